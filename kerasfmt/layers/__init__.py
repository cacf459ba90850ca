"""Every Keras layer that kerasfmt knows: a class per layer, a module per family.

`__init__.pyi` lists the classes. A family is imported when one of its classes is used, or when a file names one.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.ir.layer import LAYER_CLASSES

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
LAYER_CLASSES.when_missing(lambda name: [__getattr__(public) for public in __all__ if name in (public, None)])
