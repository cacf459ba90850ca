"""Recurrent layers, and the cells that they run step by step."""
