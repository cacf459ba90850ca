"""Real TensorFlow reads what kerasfmt wrote: `python -m conformance` runs it, `cases.py` says on what."""
