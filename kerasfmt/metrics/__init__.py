"""Every metric that kerasfmt knows: one class per metric, with typed options and the variables that it keeps.

`__init__.pyi` lists the classes. One is imported when it is used, or when a file names it. `functions` has the names
that stand for functions. `resolve` says what Keras 2 makes of the metrics that a model is compiled with.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.metrics.metric import METRIC_CLASSES

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
METRIC_CLASSES.when_missing(
    lambda name: [__getattr__(public) for public in __all__ if name in (public, None)]
)
