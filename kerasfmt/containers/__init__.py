"""Containers: bytes to named arrays and back. They import neither Keras models nor graphs."""
