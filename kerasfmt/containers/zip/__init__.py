"""Zip archives read safely and written member by member."""
