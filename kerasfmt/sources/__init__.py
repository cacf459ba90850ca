"""Objects of other libraries as models of kerasfmt."""

from kerasfmt.sources.live.from_keras import from_keras, from_keras_with_signatures

__all__ = ["from_keras", "from_keras_with_signatures"]
