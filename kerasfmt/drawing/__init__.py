"""Pictures of graphs of boxes; knows no models."""
