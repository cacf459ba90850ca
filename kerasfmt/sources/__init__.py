"""Objects of other libraries as models of kerasfmt."""

from kerasfmt.sources.live.from_keras import from_keras

__all__ = ["from_keras"]
