"""Operations that no functions of TensorFlow's public API compute: functions of Values, and how they are registered.

Such a function takes Values, numbers and lists, as those of `kerasfmt.nn.tf` do, and is called "keras.ops.Gcd".
Its parameters are the arguments of the operation, then its options, with Keras's names and defaults.

Source: keras/src/ops; keras/src/backend/tensorflow, for what they compute.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, ops
from kerasfmt.layers.keras3_ops.operation import OPERATIONS, Operation, Row, Translated, result_dtype
from kerasfmt.layers.tf_op import COMPOSED_FUNCTIONS
from kerasfmt.nn.tf.table import FUNCTIONS, first_value, leaves, tensor

_F = TypeVar("_F", bound=Callable[..., Any])


def composed(kind: str, module: str = "numpy") -> Callable[[_F], _F]:
    """A decorator that registers a function of Values as an operation.

    Args:
      kind: the class name of the operation.
      module: the module of `keras.src.ops` that defines it.
    """
    name = f"{COMPOSED_FUNCTIONS}{kind}"

    def decorate(function: _F) -> _F:
        signature = inspect.signature(function)

        def translate(op: Operation, *arguments: Any, **options: Any) -> Translated:
            given = dict(signature.bind(*arguments, **options).arguments)
            first = given.pop(next(iter(given)))
            return name, first, given

        translate.__module__ = function.__module__
        FUNCTIONS.enter(name, function)
        OPERATIONS.enter(kind, Row(translate, module))
        return function

    return decorate


def promoted(*operands: Any) -> list[Value]:
    """Tensors and numbers as tensors of the dtype in which Keras 3 computes."""
    beside = first_value(operands)
    constants = [leaf for x in operands if not isinstance(x, Value) for leaf in leaves(x)]
    dtype = result_dtype([x.dtype for x in operands if isinstance(x, Value)], constants)
    return [ops.cast(x, dtype) if isinstance(x, Value) else tensor(x, beside, dtype) for x in operands]


def floats_of(x: Value) -> Value:
    """A tensor in the float dtype in which Keras 3 computes; float32 for integers."""
    return x if x.dtype.is_floating or x.dtype.is_complex else ops.cast(x, dtypes.float32)


def constant(beside: Value, value: Any, dtype: DType | None = None) -> Value:
    """A constant in the graph of a tensor, of its dtype where none is given."""
    made: Value = beside.graph.constant(np.asarray(value, (dtype or beside.dtype).numpy))
    return made


def known_size(x: Value, axis: int) -> int:
    """The size of an axis.

    Raises:
      ValueError: it is not known.
    """
    size = x.dims[axis]
    if size is None:
        raise ValueError(f"the size of axis {axis} must be known, got shape {x.shape}")
    return size


def turned(x: Value) -> Value:
    """Matrices transposed, and conjugated where they are complex."""
    rank = x.rank
    found = ops.transpose(x, [*range(rank - 2), rank - 1, rank - 2])
    return ops.conj(found) if x.dtype.is_complex else found
