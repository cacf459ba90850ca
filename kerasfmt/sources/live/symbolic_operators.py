"""The operators of symbolic tensors, as those of the tensors of a backend: `np.float32(2) * x`, `x[i]`, `x[None]`.

NumPy leaves its operators to the tensors of every backend. What a number or an array of NumPy's becomes beside a tensor
is a matter of the backend; functions such as `keras.ops.multiply` promote in one way on all of them.

    jax         an array, whose dtype takes part in promotion, as in `keras.ops.multiply`
    tensorflow  an array of the dtype of the tensor
    torch       a number is one of Python's; an array takes part in promotion

Source: tensorflow/python/framework/override_binary_operator.py, binary_op_wrapper; jax/_src/numpy/array_methods.py;
keras/src/backend/common/keras_tensor.py; keras/src/ops/numpy.py, GetItem
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes

_BINARY: Final = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor",
)  # fmt: skip
_COMPARED: Final = ("lt", "le", "gt", "ge", "eq", "ne")


def operators(tensor_class: Any, backend: str, take: Callable[[Any, Any, int], Any]) -> Mapping[str, Any]:
    """The operators that are to stand in the place of those of a class of symbolic tensors.

    Args:
      tensor_class: the class.
      backend: the name of the backend.
      take: gives the slice of a tensor at an index that is a tensor, along an axis.
    """
    found: dict[str, Any] = {"__array_ufunc__": None}
    getitem = getattr(tensor_class, "__getitem__", None)
    if getitem is not None:
        found["__getitem__"] = _indexing(tensor_class, getitem, take)
    kept = _KEPT.get(backend)
    names = [*_BINARY, *(f"r{name}" for name in _BINARY), *_COMPARED]
    for name in [f"__{name}__" for name in names] if kept is not None else []:
        if name in vars(tensor_class):
            found[name] = _operating(vars(tensor_class)[name], kept)
    return found


def _operating(original: Any, kept: Any) -> Any:
    def operate(self: Any, other: Any) -> Any:
        return original(self, kept(self, other))

    return operate


def _of_the_tensor(tensor: Any, other: Any) -> Any:
    """On TensorFlow: an array of the dtype of the tensor."""
    if isinstance(other, np.ndarray | np.generic):
        return np.asarray(other).astype(dtypes.of(str(tensor.dtype)).numpy)
    return other


def _of_python(tensor: Any, other: Any) -> Any:
    """On torch: a number of Python's."""
    return other.item() if isinstance(other, np.generic) else other


_KEPT: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"tensorflow": _of_the_tensor, "torch": _of_python}


def _indexing(tensor_class: Any, original: Any, take: Callable[[Any, Any, int], Any]) -> Any:
    def is_index(item: Any) -> bool:
        return isinstance(item, tensor_class) and not item.shape and "int" in str(item.dtype)

    def getitem(self: Any, key: Any) -> Any:
        if key is None or key is Ellipsis or isinstance(key, slice) or is_index(key):
            key = (key,)
        if not isinstance(key, tuple) or not any(map(is_index, key)):
            return original(self, key)
        x, items = self, list(key)
        for place in reversed(range(len(items))):
            if is_index(items[place]):
                x = take(x, items[place], _axis(items, place, len(x.shape)))
                del items[place]
        return original(x, tuple(items)) if items else x

    return getitem


def _axis(items: list[Any], place: int, rank: int) -> int:
    """The axis that an item of an index is about."""
    if any(item is Ellipsis for item in items[:place]):
        return rank - sum(item is not None for item in items[place:])
    return sum(item is not None for item in items[:place])
