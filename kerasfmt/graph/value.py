"""Values and the nodes that make them: the parts of a graph.

Source: tensorflow/python/framework/ops.py fixes the semantics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, Union

from kerasfmt.dtypes import DType
from kerasfmt.graph.op_defs import OpDef
from kerasfmt.graph.spec import Shape, Spec, merge_shapes
from kerasfmt.graph.text import attr_texts, type_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kerasfmt.graph.builder import Builder
    from kerasfmt.graph.function import Function
    from kerasfmt.graph.resource import Capture

Array: TypeAlias = "NDArray[np.generic]"
Attr: TypeAlias = Union[
    int, float, bool, str, bytes, DType, Array, "Function", Sequence["Attr"], tuple["int | None", ...], None
]
Operand: TypeAlias = Union["Value", "Capture", int, float, bool, str, bytes, Array, Sequence[object]]

GRADIENT: Final = "_gradient_op_type"
"""The attribute of a node that names its own gradient; in a node that was built, it holds the function."""


class Value:
    """One output of a node: a graph edge."""

    __slots__ = ("dtype", "index", "node", "shape")
    __array_ufunc__ = None
    """NumPy leaves `array + value` to the value."""

    def __init__(self, node: Node, index: int, shape: Shape, dtype: DType) -> None:
        self.node: Final = node
        self.index: Final = index
        self.shape = shape
        self.dtype: Final = dtype

    @property
    def graph(self) -> Builder:
        """The function under construction that the value belongs to."""
        return self.node.graph

    @property
    def spec(self) -> Spec:
        """Shape and dtype."""
        return Spec(self.shape, self.dtype)

    def set_shape(self, shape: Shape) -> None:
        """Adds what is known of the shape from elsewhere, while the function is under construction.

        Raises:
          ValueError: the two shapes do not agree.
        """
        self.shape = merge_shapes(self.shape, shape)

    @property
    def dims(self) -> tuple[int | None, ...]:
        """The shape; its rank must be known.

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

    @property
    def name(self) -> str:
        """The name of the node; `name:index` if the node has several outputs."""
        return self.node.name if len(self.node.outputs) == 1 else f"{self.node.name}:{self.index}"

    def __repr__(self) -> str:
        return f"Value({self.node.name}:{self.index}, {self.shape}, {self.dtype.name})"

    def __add__(self, other: Operand) -> Value:
        return self.graph.emit("AddV2", self, other)[0]

    def __radd__(self, other: Operand) -> Value:
        return self.graph.emit("AddV2", other, self)[0]

    def __sub__(self, other: Operand) -> Value:
        return self.graph.emit("Sub", self, other)[0]

    def __rsub__(self, other: Operand) -> Value:
        return self.graph.emit("Sub", other, self)[0]

    def __mul__(self, other: Operand) -> Value:
        return self.graph.emit("Mul", self, other)[0]

    def __rmul__(self, other: Operand) -> Value:
        return self.graph.emit("Mul", other, self)[0]

    def __truediv__(self, other: Operand) -> Value:
        return self.graph.emit("RealDiv", self, other)[0]

    def __rtruediv__(self, other: Operand) -> Value:
        return self.graph.emit("RealDiv", other, self)[0]

    def __neg__(self) -> Value:
        return self.graph.emit("Neg", self)[0]


class Node:
    """One operation. `outputs` are its values; `attrs` hold every attribute of its definition."""

    __slots__ = (
        "__weakref__", "attrs", "controls", "device", "graph", "input_arity", "inputs", "name", "op", "op_def",
        "outputs",
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

    def with_callee(self, attr: str, function: Function) -> Node:
        """A copy of the node with another callee; its outputs are the values of the original.

        Args:
          attr: the attribute that holds the callee.
          function: the callee.
        """
        attrs = {**self.attrs, attr: function}
        node = Node(self.graph, self.op_def, self.name, self.inputs, attrs, self.input_arity, self.device)
        node.controls, node.outputs = self.controls, self.outputs
        return node

    def __str__(self) -> str:
        types = ", ".join(type_text(v.dtype, v.shape) for v in self.outputs)
        groups = self.grouped_inputs()
        inputs = [g.name if isinstance(g, Value) else f"[{', '.join(v.name for v in g)}]" for g in groups]
        operation = f"{self.op}({', '.join([*inputs, *attr_texts(self.op_def, self.attrs)])})"
        waits = f" after {', '.join(n.name for n in self.controls)}" if self.controls else ""
        device = f" on {self.device}" if self.device else ""
        return f"{self.name}{': ' if types else ''}{types} = {operation}{device}{waits}"

    def __repr__(self) -> str:
        return f"Node({self})"

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
