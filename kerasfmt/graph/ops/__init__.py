"""The ops: shape inference, NumPy kernels, and the frontend functions that layers use.

A frontend function makes nodes in the graph of its operands. It takes `Value`s. Where it takes an `Operand`, that
may also be a `Variable`, which is read, or a NumPy array or Python number, which becomes a constant of the dtype of
the other operands. At least one operand is a `Value`.

`__init__.pyi` lists the frontends. A family is imported when one of its frontends is used. All families are
imported when an op is asked for by a name that no family has registered yet; those without frontends too, whose ops
only come in files.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.graph.op import OPS
from kerasfmt.graph.ops import array, control, math, resource  # noqa: F401  (ops that every graph has)

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)


def _import_families_of_files(name: str | None) -> None:
    if name is None:
        from kerasfmt.graph.ops import (  # noqa: F401
            color,
            cross_entropy,
            ctc,
            detection,
            fake_quant,
            frames,
            gamma,
            incomplete,
            linear_algebra,
            older,
            parsing,
            raw,
            searching,
            segments,
            signal,
            sparse_tensors,
            tensor_array,
            text_parts,
            xla,
        )


OPS.when_missing(_import_families_of_files)
OPS.when_missing(lambda name: [__getattr__(public) for public in __all__ if name is None])
