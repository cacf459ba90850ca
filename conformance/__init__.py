"""Real TensorFlow reads what kerasfmt wrote: `python -m conformance` runs it, `cases/` says on what."""
