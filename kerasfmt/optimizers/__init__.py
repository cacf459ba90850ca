"""Every optimizer that kerasfmt knows: one class per optimizer, each in a file of its own.

`__init__.pyi` lists the classes. One is imported when it is used, or when a file names it.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.optimizers.optimizer import OPTIMIZER_CLASSES

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
OPTIMIZER_CLASSES.when_missing(
    lambda name: [__getattr__(public) for public in __all__ if name in (public, None)]
)
