"""Operations of Keras 3 among the layers of a model, as the TensorFlow functions that do the same.

Keras 3 makes an operation of `x + 1` or `keras.ops.relu(x)` on symbolic tensors. It stores a class name ("Add",
"Relu"; some are names of layers too) of a module `keras.src.ops...`, with options in the config and the other
arguments in the call. Here each operation becomes a TFOpLambda or SlicingOpLambda of the same name, so that Keras 2
can load the model. If one function is not enough, helpers come before it, whose names have a suffix. Where functions
of TensorFlow's public API do not suffice, the operation is one function of this package, `composed`: TensorFlow loads
such a model from a SavedModel, and Keras 2 does not.

Source: keras/src/ops/operation.py; keras/src/ops/numpy.py, nn.py, math.py, core.py, linalg.py, image.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.families import FamilyTable
from kerasfmt.ir.json_values import ELLIPSIS, SLICE, unwrap
from kerasfmt.ir.structure import Structure
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.tf_op import SlicingOpLambda, TFOpLambda
from kerasfmt.typing import override, record

Translated: TypeAlias = tuple[str, Any, dict[str, Any]]
"""Name, first argument and keyword arguments of a TensorFlow function."""

Translate: TypeAlias = Callable[..., Translated]
"""Translates the arguments of an operation to a TensorFlow function and its arguments."""


@record(frozen=True, eq=False)
class Row:
    """An operation that kerasfmt knows.

    Attributes:
      translate: translates it to a TensorFlow function.
      module: the module of `keras.src.ops` that defines it.
    """

    translate: Translate
    module: str


OPERATIONS: FamilyTable[Row] = FamilyTable()


def module_of(kind: str) -> str:
    """The module of an operation, by its class name; most are in `numpy`."""
    row = OPERATIONS.find(kind)
    return f"keras.src.ops.{'numpy' if row is None else row.module}"


class Operation(SlicingOpLambda):
    """An operation of Keras 3.

    Args:
      kind: its class name.
      options: its config.

    Attributes:
      module: the module in which Keras 3 defines the operation.
      keras3_arguments: the arguments of each call, as Keras 3 stores them.
    """

    facts = replace(SlicingOpLambda.facts, absent_in=None)
    function: str = ""

    def __init__(self, kind: str, name: str | None = None, dtype: Any = None, **options: Any) -> None:
        self.kind = kind
        self.options = options if dtype is None else {**options, "dtype": dtype}
        self._helpers: dict[str, TFOpLambda] = {}
        self.module = module_of(kind)
        self.keras3_arguments: list[tuple[list[Any], dict[str, Any]]] = []
        super().__init__("", name=name)

    @override
    def validate(self) -> None:
        """Checks that kerasfmt knows the operation."""
        if OPERATIONS.find(self.kind) is None:
            raise UnsupportedLayerError(
                f"layer {self.name}: operation {self.kind} of Keras 3 is not supported; build the model with "
                f"other operations or a layer instead, or pass a kerasfmt.layers.Layer subclass that stands for it "
                f"as custom_objects={{{self.kind!r}: YourLayer}}"
            )

    @override
    def __call__(self, inputs: Structure, **kwargs: Any) -> Any:
        """The symbolic outputs for a list of arguments, as Keras 3 stores them."""
        arguments = [_argument(unwrap(argument)) for argument in inputs]
        options = {**self.options, **{name: _argument(unwrap(value)) for name, value in kwargs.items()}}
        row = OPERATIONS.find(self.kind)
        assert row is not None
        try:
            self.function, first, given = row.translate(self, *arguments, **options)
        except (InvalidModelError, UnsafeFileError, UnsupportedLayerError):  # they name the layer
            raise
        except (KerasfmtError, TypeError, ValueError, LookupError) as error:
            raise self.fail(f"operation {self.kind}: {error}") from error
        self.note_function()
        self.keras3_arguments.append((list(inputs), kwargs))
        return super().__call__(first, **given)

    @staticmethod
    def kinds() -> list[str]:
        """The class names of all operations."""
        return OPERATIONS.names()

    @property
    @override
    def keras_name(self) -> str:
        """Keras 2's name of the class that the operation becomes."""
        return "SlicingOpLambda" if self.function == "__operators__.getitem" else self.name_of_lambda

    @property
    def helpers(self) -> list[TFOpLambda]:
        """The functions that come before this one, and are not operations of Keras 3."""
        return list(self._helpers.values())

    def helper(self, function: str, first: Any, **kwargs: Any) -> Tensor:
        """The output of a function that comes before this one."""
        suffix = function.rpartition(".")[2]
        count = sum(name.startswith(suffix) for name in self._helpers)
        name = f"{suffix}_{count}" if count else suffix
        layer = self._helpers[name] = TFOpLambda(function, name=f"{self.name}_{name}")
        made: Tensor = layer(first, **kwargs)
        return made

    def cast(self, x: Any, dtype: DType) -> Any:
        """A tensor in another dtype; a constant unchanged."""
        if not isinstance(x, Tensor) or x.dtype is dtype:
            return x
        return self.helper("cast", x, dtype=dtype.name)

    def as_floats(self, x: Any) -> Any:
        """A tensor in the float dtype in which Keras 3 computes a function of floats."""
        if not isinstance(x, Tensor) or x.dtype.is_floating or x.dtype.is_complex:
            return x
        return self.cast(x, dtypes.float64 if x.dtype is dtypes.int64 else dtypes.float32)

    def promote(self, *operands: Any) -> list[Any]:
        """The operands in the dtype in which Keras 3 computes.

        Source: keras/src/backend/common/dtypes.py, result_type.
        """
        constants = [leaf for x in operands if not isinstance(x, Tensor) for leaf in leaves(x)]
        widest = result_dtype([x.dtype for x in operands if isinstance(x, Tensor)], constants)
        return [self.cast(x, widest) if isinstance(x, Tensor) else _constant(x, widest) for x in operands]

    def binary(self, function: str, x1: Any, x2: Any) -> Tensor:
        """The output of a function of two operands of one dtype, which comes before this one."""
        left, right = self.promote(x1, x2)
        return self.helper(function, left, y=right)

    def where(self, condition: Any, x1: Any, x2: Any) -> Tensor:
        """`x1` where the condition is true, else `x2`."""
        left, right = self.promote(x1, x2)
        return self.helper("where", condition, x=left, y=right)

    def broadcast_like(self, value: Any, beside: Tensor) -> Tensor:
        """A constant as a tensor of the dtype of another, a number also in its shape; a tensor unchanged."""
        if isinstance(value, Tensor):
            return value
        return self.binary("math.add", self.helper("zeros_like", beside), value)

    def reshaped(self, value: Any, shape: list[int]) -> Any:
        """A tensor or constant in another shape."""
        if isinstance(value, Tensor):
            return self.helper("reshape", value, shape=shape)
        return np.reshape(value, shape).tolist()

    def slice_axis(self, x: Tensor, axis: int, start: int, size: int) -> Tensor:
        """`size` elements from `start` on along an axis."""
        axis = self.axis(x, axis)
        begin, sizes = [0] * self.rank(x), [-1] * self.rank(x)
        begin[axis], sizes[axis] = start, size
        return self.helper("slice", x, begin=begin, size=sizes)

    def rank(self, x: Any) -> int:
        """The number of axes of a tensor or constant."""
        if not isinstance(x, Tensor):
            return 1 + self.rank(x[0]) if isinstance(x, list) and x else int(isinstance(x, list))
        if x.shape is None:
            raise self.unsupported("the rank of its input is not known")
        return len(x.shape)

    def axis(self, x: Any, axis: int) -> int:
        """An axis of a tensor, counted from the front."""
        rank = self.rank(x)
        if not -rank <= axis < rank:
            raise self.unsupported(f"axis {axis} is out of range for {rank} dimensions")
        return axis % rank

    def size(self, x: Tensor, axis: int) -> int:
        """The size of an axis, which must be known."""
        found = None if x.shape is None else x.shape[axis]
        if found is None:
            raise self.unsupported(f"the size of axis {axis} must be known, got shape {x.shape}")
        return found

    def sizes(self, x: Tensor) -> list[int]:
        """The shape for a reshape, with -1 for an unknown size; there may be one."""
        found = [-1 if size is None else size for size in x.shape or [-1] * self.rank(x)]
        if found.count(-1) > 1:
            raise self.unsupported(f"more than one unknown dimension is not supported, got shape {x.shape}")
        return found

    def result(self, function: str, x1: Any, x2: Any) -> Translated:
        """The translation to a function of two operands of one dtype."""
        left, right = self.promote(x1, x2)
        return function, left, {"y": right}

    def unsupported(self, text: str) -> InvalidModelError:
        """An error about an option."""
        return self.fail(f"operation {self.kind}: {text}")


def result_dtype(found: Sequence[DType], constants: Sequence[Any] = ()) -> DType:
    """The dtype in which Keras 3 computes with tensors and numbers.

    Args:
      found: the dtypes of the tensors; at least one.
      constants: the numbers.

    Source: keras/src/backend/common/dtypes.py, result_type.
    """
    kinds = set(found)
    if any(d.is_complex for d in kinds):
        return dtypes.complex128 if kinds & {dtypes.complex128, dtypes.float64} else dtypes.complex64
    widest = max(kinds, key=_breadth)
    if any(d.is_floating for d in kinds) and not widest.is_floating:
        widest = max((d for d in kinds if d.is_floating), key=_breadth)
    if len({d for d in kinds if d.is_floating}) > 1 and {dtypes.float16, dtypes.bfloat16} <= kinds:
        widest = dtypes.float32
    if not widest.is_floating and any(isinstance(leaf, float) for leaf in constants):
        widest = dtypes.float32
    if widest is dtypes.bool_ and any(not isinstance(leaf, bool) for leaf in constants):
        widest = dtypes.int32
    return widest


def _breadth(dtype: DType) -> tuple[bool, int, bool]:
    return dtype.is_floating, 0 if dtype is dtypes.bool_ else dtype.itemsize, dtype.kind == "signed"


def _constant(value: Any, dtype: DType) -> Any:
    """Numbers as Keras 2 stores them beside tensors of a dtype; it makes a tensor of a first operand."""
    if isinstance(value, list | tuple):
        return [_constant(item, dtype) for item in value]
    return float(value) if dtype.is_floating and isinstance(value, int) else value


def leaves(value: Any) -> list[Any]:
    """The numbers of a nested list."""
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list | tuple) else [value]


def _argument(value: Any) -> Any:
    """An argument as Keras 2 stores it, with lists for arrays and tuples."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_argument(item) for item in value]
    if not isinstance(value, Mapping) or value == ELLIPSIS:
        return value
    if value.keys() != set(SLICE):
        raise ValueError(f"an argument of class {value.get('class_name')!r} is not supported")
    return {part: _argument(item) for part, item in value.items()}


def map_numbers(value: Any, change: Callable[[Any], Any]) -> Any:
    """`change` applied to a number, or to each number of a nested list."""
    return [map_numbers(item, change) for item in value] if isinstance(value, list) else change(value)


def float_operands(op: Operation, x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors of floats."""
    left, right = (op.as_floats(v) for v in op.promote(x1, x2))
    return op.broadcast_like(left, right), op.broadcast_like(right, left)


def register_operation(*kinds: str, module: str = "numpy") -> Callable[[Translate], Translate]:
    """A decorator that registers a function for operations of one module of `keras.src.ops`, by class names."""

    def decorate(translate: Translate) -> Translate:
        for kind in kinds:
            OPERATIONS.enter(kind, Row(translate, module))
        return translate

    return decorate


def register_table(
    functions: Mapping[str, str], make: Callable[[str], Translate], module: str = "numpy"
) -> None:
    """Registers operations of one module: `functions` maps their class names to TensorFlow functions for `make`."""
    for kind, function in functions.items():
        OPERATIONS.enter(kind, Row(make(function), module))
