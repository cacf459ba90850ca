"""Values that flow between nodes: the parts that graphs are made of.

Weights enter as `Variable`s that a function captures by reference.

Source: tensorflow/python/framework/ops.py fixes the semantics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph.op_defs import OpDef
from kerasfmt.graph.spec import Shape, Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kerasfmt.graph.function import Builder, Function

Array: TypeAlias = "NDArray[np.generic]"
Attr: TypeAlias = Union[
    int, float, bool, str, bytes, DType, Array, "Function", Sequence["Attr"], tuple["int | None", ...], None
]
Operand: TypeAlias = Union["Value", "Variable", int, float, bool, str, bytes, Array, Sequence[object]]


class Variable:
    """A tensor outside the graph that functions read and assign; compared by identity.

    Args:
      name: its name, as TensorFlow writes it (`dense/kernel`).
      spec: its shape (fully known) and dtype.
      autocast: whether a read beside operands of another float dtype is cast to that dtype
        (Keras's AutoCastVariable).
    """

    def __init__(self, name: str, spec: Spec, *, autocast: bool = False) -> None:
        self.name = name
        self.spec = spec
        self.autocast = autocast

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, fully known."""
        assert self.spec.shape is not None
        return tuple(int(d) for d in self.spec.shape if d is not None)

    @property
    def dtype(self) -> DType:
        """The stored dtype."""
        return self.spec.dtype


class Value:
    """One output of a node: a graph edge."""

    __slots__ = ("dtype", "index", "node", "shape")

    def __init__(self, node: Node, index: int, shape: Shape, dtype: DType) -> None:
        self.node = node
        self.index = index
        self.shape = shape
        self.dtype = dtype

    @property
    def graph(self) -> Builder:
        """The function under construction that the value belongs to."""
        return self.node.graph

    @property
    def spec(self) -> Spec:
        """Shape and dtype."""
        return Spec(self.shape, self.dtype)

    @property
    def dims(self) -> tuple[int | None, ...]:
        """The shape, where the rank must be known.

        Raises:
          ValueError: the rank is not known.
        """
        if self.shape is None:
            raise ValueError(f"the rank of {self.node.name} ({self.node.op}) is not known")
        return self.shape

    @property
    def rank(self) -> int:
        """Number of dimensions.

        Raises:
          ValueError: the rank is not known.
        """
        return len(self.dims)

    def __repr__(self) -> str:
        return f"Value({self.node.name}:{self.index}, {self.shape}, {self.dtype.name})"

    def __add__(self, other: Operand) -> Value:
        return emitter.emit_one("AddV2", self, other)

    def __radd__(self, other: Operand) -> Value:
        return emitter.emit_one("AddV2", other, self)

    def __sub__(self, other: Operand) -> Value:
        return emitter.emit_one("Sub", self, other)

    def __rsub__(self, other: Operand) -> Value:
        return emitter.emit_one("Sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return emitter.emit_one("Mul", self, other)

    def __rmul__(self, other: Operand) -> Value:
        return emitter.emit_one("Mul", other, self)

    def __truediv__(self, other: Operand) -> Value:
        return emitter.emit_one("RealDiv", self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return emitter.emit_one("RealDiv", other, self)

    def __neg__(self) -> Value:
        return emitter.emit_one("Neg", self)


class Node:
    """One operation. `outputs` are its values; `attrs` hold every attribute of its definition."""

    __slots__ = (
        "attrs", "controls", "device", "graph", "input_arity", "inputs", "name", "op", "op_def", "outputs",
    )  # fmt: skip

    def __init__(
        self,
        graph: Builder,
        op_def: OpDef,
        name: str,
        inputs: tuple[Value, ...],
        attrs: Mapping[str, Attr],
        input_arity: tuple[int | None, ...] = (),
        device: str = "",
    ) -> None:
        self.graph = graph
        self.op_def = op_def
        self.op = op_def.name
        self.name = name
        self.inputs = inputs
        self.attrs = attrs
        self.input_arity = input_arity
        self.controls: list[Node] = []
        self.outputs: tuple[Value, ...] = ()
        self.device = device

    def calling(self, function: Function) -> Node:
        """The same node with another callee; values still come from the node that it was copied from."""
        attrs = {**self.attrs, "f": function}
        node = Node(self.graph, self.op_def, self.name, self.inputs, attrs, self.input_arity, self.device)
        node.controls, node.outputs = self.controls, self.outputs
        return node

    def grouped_inputs(self) -> list[Value | tuple[Value, ...]]:
        """The inputs as the op's arguments: a tuple where the argument is a list of tensors."""
        groups: list[Value | tuple[Value, ...]] = []
        at = 0
        for arity in self.input_arity:
            if arity is None:
                groups.append(self.inputs[at])
                at += 1
            else:
                groups.append(self.inputs[at : at + arity])
                at += arity
        return groups


def as_array(value: object, dtype: DType | None) -> Array:
    """A constant's value as an array: Python's own numbers take TensorFlow's dtypes, float32 and int32."""
    if isinstance(value, np.ndarray):
        return value if dtype is None or value.dtype == dtype.numpy else value.astype(dtype.numpy)
    if dtype is not None:
        return np.asarray(value, dtype=dtype.numpy)
    array = np.asarray(value)
    if isinstance(value, np.generic):
        return array
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.int64:
        return array.astype(np.int32)
    if array.dtype.kind in "US":
        return array.astype(object)
    return array


def flatten_values(items: Iterable[object]) -> list[Value]:
    """The values among `items`, looking into lists and tuples."""
    found: list[Value] = []
    for item in items:
        if isinstance(item, Value):
            found.append(item)
        elif isinstance(item, list | tuple):
            found.extend(flatten_values(item))
    return found


# The emitter needs Value and Node, and their operators the emitter: whichever is imported first, both are whole
# before an operator is used.
import kerasfmt.graph.emit as emitter  # noqa: E402
