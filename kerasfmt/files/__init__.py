"""Files and directories are replaced whole or not at all."""
