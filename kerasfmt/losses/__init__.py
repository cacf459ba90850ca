"""Every loss that kerasfmt knows: one class per loss, with typed options.

`__init__.pyi` lists the classes. One is imported when it is used, or when a file names it. `functions` has the names
that stand for functions.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.losses.loss import LOSS_CLASSES

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
LOSS_CLASSES.when_missing(lambda name: [__getattr__(public) for public in __all__ if name in (public, None)])
