"""The registry of ops: each op's shape inference and its NumPy kernel, side by side.

A family file in `kerasfmt/graph/ops/` declares an op as

    @register("Relu")
    class Relu(Op):
        @staticmethod
        def infer(attrs, features):        # Values in, one shape per output
            return [features.shape]

        @staticmethod
        def run(attrs, features):          # arrays in, one array per output
            return [np.maximum(features, 0)]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from kerasfmt.errors import GraphError

if TYPE_CHECKING:
    from kerasfmt.graph.spec import Shape


class Op:
    """What kerasfmt knows of a TensorFlow op beyond its definition.

    `infer(attrs, *inputs)` gets Values (a tuple of Values for a list argument) and returns one shape per
    output. `run(attrs, *inputs)` gets arrays (a tuple of arrays for a list argument) and returns one array
    per output, of the declared dtypes. Neither modifies what it gets.
    """

    @staticmethod
    def infer(attrs: Mapping[str, Any], *inputs: Any, **_: Any) -> Sequence[Shape]:
        """The shapes of the outputs; raises ValueError where the input shapes do not fit."""
        raise NotImplementedError

    @staticmethod
    def run(attrs: Mapping[str, Any], *inputs: Any, **_: Any) -> Sequence[Any]:
        """The outputs, as arrays."""
        raise NotImplementedError


_OPS: dict[str, type[Op]] = {}
_IMPORTS: list[Callable[[], None]] = []
_T = TypeVar("_T", bound=type[Op])


def register(*names: str) -> Callable[[_T], _T]:
    """Declares the decorated class as what kerasfmt knows of the ops called `names`."""

    def decorate(cls: _T) -> _T:
        for name in names:
            assert name not in _OPS, name
            _OPS[name] = cls
        return cls

    return decorate


def when_unknown(import_families: Callable[[], None]) -> None:
    """Declares what imports every family that registers ops; it is called when an op is not registered yet."""
    _IMPORTS.append(import_families)


def find_op(name: str) -> type[Op]:
    """The registered op.

    Raises:
      GraphError: no family registers it.
    """
    found = _OPS.get(name)
    if found is None:
        _import_all()
        found = _OPS.get(name)
    if found is None:
        raise GraphError(f"op {name}: kerasfmt has no shape inference and no kernel for it")
    return found


def _import_all() -> None:
    while _IMPORTS:
        _IMPORTS.pop()()


def registered_ops() -> list[str]:
    """Names of all the ops that kerasfmt can infer and run, sorted."""
    _import_all()
    return sorted(_OPS)
