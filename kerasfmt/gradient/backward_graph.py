"""The backward function under construction: operands of its nodes may be values of other functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.gradient.pair import ForwardBackward
from kerasfmt.graph import Builder, Function, Shape, Value, Variable
from kerasfmt.graph.op_defs import Arg, OpDef
from kerasfmt.typing import override

_TRAINABLE = frozenset(
    {"float16", "bfloat16", "float32", "float64", "complex64", "complex128", "resource", "variant"}
)

_HANDING_ON = frozenset({"Identity", "While", "StatelessWhile"})
_SMALL = 1000
"""Number of elements below which TensorFlow stores zeros and ones as a constant."""


def is_trainable(dtype: DType) -> bool:
    """Whether values of a dtype have gradients. Source: tensorflow/python/eager/backprop_util.py, IsTrainable."""
    return dtype.name in _TRAINABLE


class BackwardGraph(Builder):
    """A function under construction that computes gradients of another one.

    An operand may be a value of the forward function, or of a graph that holds this one: it becomes an argument the
    first time that it is used. The handle of a variable stands for the variable, which is captured here too.

    Args:
      name: name of the function.
      forward: the forward function.
      around: the graph that holds this one, if there is one.

    Attributes:
      captured: the values of other functions that are used here, each with what stands for it.
      pairs: the forward and backward functions of the functions that are called.
    """

    def __init__(self, name: str, forward: ForwardGraph, around: BackwardGraph | None = None) -> None:
        super().__init__(name)
        self.forward = forward
        self.captured: dict[Value, Value] = {}
        self.pairs: dict[Function, ForwardBackward] = {} if around is None else around.pairs

    def inside(self, value: Value, user: str = "") -> Value:
        """The value of this graph that stands for a value of any graph.

        Args:
          value: the value.
          user: the op that uses it, for the name of the argument.
        """
        if value.graph is self:
            return value
        value = _handed_in(value)
        found = self.captured.get(value)
        if found is None:
            found = self.captured[value] = self._bring_in(value, f"{self._scope}{user}/{value.node.name}")
        return found

    def _bring_in(self, value: Value, name: str) -> Value:
        """What stands for a value of another graph: an argument called `name`, by default."""
        if value.dtype is dtypes.resource and isinstance(value.graph, Builder):
            return self.capture(value.graph.variable_of(value), name)
        return self.input(value.spec, name)

    @override
    def _to_value(self, op_def: OpDef, arg: Arg, item: object, dtype: DType | None) -> Value:
        if isinstance(item, Value):
            item = self.inside(item, op_def.name)
        return super()._to_value(op_def, arg, item, dtype)

    def emit_one(self, op: str, *inputs: object, name: str | None = None, **attrs: Any) -> Value:
        """The single output of a new node; see `Builder.emit`."""
        (value,) = self.emit(op, *inputs, name=name, **attrs)
        return value

    def shape_of(self, value: Value, dtype: DType = dtypes.int32) -> Value:
        """The shape of a value of any graph: a constant where it is known."""
        known = _full(value.shape)
        if known is not None:
            return self.constant(np.array(known, dtype.numpy))
        return self.emit_one("Shape", value, out_type=dtype)

    def rank_of(self, value: Value) -> Value:
        """The number of dimensions of a value of any graph, int32: a constant where it is known."""
        return self.constant(len(value.shape)) if value.shape is not None else self.emit_one("Rank", value)

    def size_of(self, value: Value) -> Value:
        """The number of elements of a value of any graph, int32: a constant where it is known."""
        known = _full(value.shape)
        return self.emit_one("Size", value) if known is None else self.constant(math.prod(known))

    def vector_from(self, vector: Value, first: int) -> Value:
        """The elements of a vector of any graph from an index on."""
        return self.emit_one("StridedSlice", vector, [first], [0], [1], end_mask=1)

    def as_int32(self, value: Value) -> Value:
        """Whole numbers of any graph as int32."""
        return value if value.dtype is dtypes.int32 else self.emit_one("Cast", value, DstT=dtypes.int32)

    @property
    def captured_variables(self) -> tuple[Variable, ...]:
        """The variables that are captured so far."""
        return tuple(self._captures)

    def capture_in_order(self, variables: Sequence[Variable]) -> None:
        """Captures variables, all that are captured already among them, in an order."""
        for variable in variables:
            self.capture(variable)
        self._captures = {variable: self._captures[variable] for variable in variables}

    def zeros(self, x: Value) -> Value:
        """The gradient of an argument of the forward function on which nothing depends."""
        return self.zeros_like(x) if x.dtype.kind == "handle" else self.constant_like(x, 0)

    def zeros_like(self, value: Value) -> Value:
        """Zeros of the shape and dtype of a value of any graph; for a handle, of those of its variable."""
        if value.dtype is dtypes.resource:
            handle = self.inside(value)
            variable = self.variable_of(handle)
            shape = self.emit_one("VariableShape", handle)
            return self.emit_one("Fill", shape, np.zeros((), variable.dtype.numpy))
        return self.emit_one("ZerosLike", value, name="zeros_like")

    def constant_like(self, value: Value, number: float) -> Value:
        """A tensor of the shape and dtype of a value of any graph, with one number everywhere: 0 or 1."""
        known = _full(value.shape)
        if known is None:
            return self.emit_one("OnesLike" if number else "ZerosLike", value)
        if math.prod(known) < _SMALL:
            return self.constant(np.full(tuple(known), number, value.dtype.numpy))
        return self.emit_one("Fill", np.array(known, np.int32), np.array(number, value.dtype.numpy))

    def conj(self, value: Value) -> Value:
        """The complex conjugate; of real numbers the value itself, of any graph."""
        return self.emit_one("Conj", value) if value.dtype.is_complex else value


def _handed_in(value: Value) -> Value:
    """The argument that a handle is; a loop hands on the handles that it gets."""
    while value.dtype is dtypes.resource and value.node.op in _HANDING_ON:
        value = value.node.inputs[value.index]
    return value


def _full(shape: Shape) -> Sequence[int] | None:
    """A shape of which everything is known."""
    if shape is None:
        return None
    sizes = [size for size in shape if size is not None]
    return sizes if len(sizes) == len(shape) else None
