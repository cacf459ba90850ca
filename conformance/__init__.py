"""Real TensorFlow reads what kerasfmt wrote: `python -m conformance` runs it on the models in `cases/`."""
