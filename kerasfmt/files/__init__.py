"""What stands on disk is replaced whole or not at all."""
