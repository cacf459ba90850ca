"""The ops: shape inference, NumPy kernels, and the functions that layers write their graphs with.

Frontend functions take `Value`s, and as `Operand`s also `Variable`s (which are read), NumPy arrays and Python
numbers (which become constants of the dtype of the other operands). At least one operand is a `Value`.

`__init__.pyi` lists the frontends. A family is imported when one of its frontends is used, and all of them when an
op is asked for by a name that no family has registered yet.
"""

from __future__ import annotations

import lazy_loader

from kerasfmt.graph.op import OPS
from kerasfmt.graph.ops import array, control, math, resource  # noqa: F401  (what every graph holds)

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
OPS.when_missing(lambda name: [__getattr__(public) for public in __all__ if name is None])
