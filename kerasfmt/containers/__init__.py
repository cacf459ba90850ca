"""Containers: bytes to named arrays and back. They know neither Keras nor graphs."""
