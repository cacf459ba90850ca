"""Functions under construction.

A `Builder` makes nodes; `Builder.finish` turns them into an immutable `Function`. Every node is checked against
its op definition, and its output shapes are inferred, when it is made.

Source: tensorflow/python/framework/func_graph.py fixes the semantics; side_effects.py has the order of effects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeGuard

from kerasfmt import dtypes, limits
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph.function import Function
from kerasfmt.graph.node_types import (
    add_inferred_attrs,
    as_array,
    check_list,
    complete_attrs,
    inferred_shapes,
    list_items,
    output_dtypes,
    wanted_dtype,
)
from kerasfmt.graph.op_defs import Arg, OpDef, lookup
from kerasfmt.graph.resource import Capture, Variable
from kerasfmt.graph.side_effects import SideEffects, is_side_effect, needed_by
from kerasfmt.graph.spec import Shape, Spec
from kerasfmt.graph.value import Node, Value

if TYPE_CHECKING:
    from kerasfmt.graph.value import Attr, Operand


_INVALID: Final = re.compile(r"[^A-Za-z0-9_.\\/>-]")
_FIRST: Final = re.compile(r"[A-Za-z0-9.]")


@lru_cache(maxsize=1 << 14)
def _node_name(name: str) -> str:
    """`name` with underscores for the characters that the name of a node must not have.

    Source: tensorflow/core/graph/graph.cc; tensorflow/python/framework/ops.py, _VALID_OP_NAME_REGEX.
    """
    plain = _INVALID.sub("_", name)
    return plain if _FIRST.match(plain) else f".{plain}"


@lru_cache(maxsize=1 << 14)
def _argument_name(name: str) -> str:
    """`name` as the name of an argument: lower case, beginning with a letter.

    Source: tensorflow/core/framework/graph_to_functiondef.cc, NormalizeHelper.
    """
    plain = re.sub(r"[^a-z0-9_]", "_", name.lower())
    return re.sub(r"^[^a-z]+", "", plain) or "unknown"


class Builder:
    """A function under construction.

    Args:
      name: the name of the function.
    """

    def __init__(self, name: str = "function") -> None:
        self.name = name
        self.inputs: list[Value] = []
        self.input_names: list[str] = []
        self.nodes: list[Node] = []
        self._captures: dict[Capture, Value] = {}
        self._names: dict[str, int] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Value] = {}
        self._effects = SideEffects()
        self._handles: dict[Value, Capture] = {}
        self._capture_numbers: dict[str, int] = {}
        self._scope = ""

    def unique_name(self, base: str) -> str:
        """`base`, or `base_1`, `base_2`, ... where that name is taken; case makes no difference."""
        name = base = _node_name(base)
        key = first = base.lower()
        taken = self._names
        while key in taken:
            name = f"{base}_{taken[first]}"
            taken[first] += 1
            key = name.lower()
        taken[key] = 1
        return name

    def free_name(self, name: str) -> None:
        """Gives back a name from `unique_name` that no node took."""
        del self._names[name.lower()]

    def scope(self, name: str) -> _Scope:
        """A context in which node names get the prefix `name/`."""
        return _Scope(self, name)

    def scoped(self, name: str) -> str:
        """`name` in the current scope, made unique."""
        return self.unique_name(f"{self._scope}{name}")

    def input(self, spec: Spec, name: str | None = None) -> Value:
        """A new argument of the function; its value has the shape and dtype of `spec`."""
        wanted = name or spec.name or "arg"
        value = self._argument(self.unique_name(_argument_name(wanted)), spec.shape, spec.dtype)
        self.inputs.append(value)
        self.input_names.append(wanted)
        return value

    def _argument(self, name: str, shape: Shape, dtype: DType) -> Value:
        node = Node(self, lookup("Placeholder"), name, (), {"dtype": dtype, "shape": shape})
        value = Value(node, 0, shape, dtype)
        node.outputs = (value,)
        return value

    def emit(
        self,
        op: str,
        *inputs: object,
        name: str | None = None,
        device: str = "",
        shapes: Sequence[Shape] | None = None,
        **attrs: Attr,
    ) -> tuple[Value, ...]:
        """The outputs of a new node.

        Args:
          op: name of a TensorFlow op.
          inputs: one operand per argument of the op; a list of them for a list argument. A Variable is read. A
            table or a constant outside the graph is captured. Python and NumPy values become constants of the dtype
            that the other operands fix.
          name: name of the node; the op's name by default.
          device: the device on which TensorFlow shall place the node.
          shapes: the shapes of the outputs; inferred by default.
          attrs: attributes that the operands do not determine.

        Raises:
          GraphError: the operands or attributes do not agree with the op's definition.
          InvalidModelError: the shapes do not fit.
        """
        op_def = lookup(op)
        if len(inputs) != len(op_def.inputs):
            raise GraphError(f"op {op}: expected {len(op_def.inputs)} operands, got {len(inputs)}")
        node_name = None
        if any(map(_is_captured, inputs)):
            node_name = self.scoped(name or op)
            inputs = tuple(
                self.capture(operand, f"{node_name}/{arg.name}") if _is_captured(operand) else operand
                for arg, operand in zip(op_def.inputs, inputs, strict=True)
            )
        add_inferred_attrs(op_def, inputs, attrs)
        values: list[Value] = []
        arity: list[int | None] = []
        for arg, operand in zip(op_def.inputs, inputs, strict=True):
            dtype = wanted_dtype(arg, attrs)
            if arg.is_list:
                items = [self._to_value(op_def, arg, i, dtype) for i in list_items(op, arg, operand)]
                check_list(op, arg, items, attrs)
                values.extend(items)
                arity.append(len(items))
            else:
                values.append(self._to_value(op_def, arg, operand, dtype))
                arity.append(None)
        full = complete_attrs(op_def, attrs)
        node_name = node_name or self.scoped(name or op)
        node = Node(self, op_def, node_name, tuple(values), full, tuple(arity), device)
        types = output_dtypes(op_def, full)
        inferred = inferred_shapes(node, len(types))
        known = inferred if shapes is None else shapes
        cost = limits.NODE_COST + limits.EDGE_COST * (len(values) + len(types))
        limits.spend(cost, self.name)
        node.outputs = tuple(
            Value(node, i, shape, dtype) for i, (shape, dtype) in enumerate(zip(known, types, strict=True))
        )
        self.append(node)
        return node.outputs

    def _to_value(self, op_def: OpDef, arg: Arg, item: object, dtype: DType | None) -> Value:
        """The value that an operand stands for; it must have `dtype`, unless that is None."""
        if isinstance(item, Value):
            value = item
            if value.node.graph is not self:
                raise GraphError(f"op {op_def.name}: its operands come from different functions")
        elif isinstance(item, Variable):
            value = self.read(item, op_def.name)
            if dtype is not None and item.autocast and dtype is not value.dtype and dtype.is_floating:
                (value,) = self.emit("Cast", value, DstT=dtype)
        else:
            value = self.constant(item, dtype)
        if dtype is not None and value.dtype is not dtype:
            raise GraphError(
                f"op {op_def.name}: argument {arg.name}: expected {dtype.name}, got {value.dtype.name}"
                f" ({value.node.name}); cast it first"
            )
        return value

    def capture(self, captured: Capture, name: str | None = None) -> Value:
        """The argument through which this function reaches `captured`: a handle, or the tensor itself.

        Args:
          captured: a variable, a table or a constant outside the graph.
          name: name of the argument if it is new; made from the name of `captured` by default.
        """
        value = self._captures.get(captured)
        if value is None:
            spec = captured.argument
            value = self._argument(
                self._capture_name(name or f"{captured.name}_resource"), spec.shape, spec.dtype
            )
            self._captures[captured] = value
            if value.dtype is dtypes.resource:
                self._handles[value] = captured
        return value

    def _capture_name(self, name: str) -> str:
        """`name` as the name of an argument, or `name_0`, `name_1`, ... where that is taken.

        Source: tensorflow/core/framework/graph_to_functiondef.cc, UniquifyHelper.
        """
        found = base = _argument_name(name)
        while found in self._names:
            count = self._capture_numbers.get(base, 0)
            self._capture_numbers[base] = count + 1
            found = f"{base}_{count}"
        return self.unique_name(found)

    def variable_of(self, handle: Value) -> Variable:
        """The variable that a resource handle of this function stands for.

        Raises:
          KeyError: it stands for something else.
        """
        found = self._handles[handle]
        if not isinstance(found, Variable):
            raise KeyError(handle)
        return found

    def read(self, variable: Variable, reader: str = "") -> Value:
        """The value of `variable` at this point of the function; `reader` is the name of the op that reads it."""
        name = f"{reader}/ReadVariableOp" if reader else "ReadVariableOp"
        handle = self.capture(variable, f"{self._scope}{name}_resource")
        return self.emit("ReadVariableOp", handle, dtype=variable.dtype, name=name)[0]

    def assign(self, variable: Variable, value: Operand) -> None:
        """Replaces the value of `variable`, after every earlier read and before every later one."""
        self.emit("AssignVariableOp", self.capture(variable), value, dtype=variable.dtype)

    def constant(self, value: object, dtype: DType | None = None) -> Value:
        """A constant; equal constants of one function are one Const node.

        Python floats become float32 and ints int32, unless `dtype` is given; arrays keep their dtype.
        """
        array = as_array(value, dtype)
        limits.spend(array.nbytes, self.name)
        dt = dtype or dtypes.of(array.dtype)
        key = (
            dt.name,
            array.shape,
            array.tobytes() if array.dtype != object else repr(array.tolist()).encode(),
        )
        found = self._constants.get(key)
        if found is None:
            kept = array.copy() if array is value else array
            (found,) = self.emit("Const", value=kept, dtype=dt)
            self._constants[key] = found
        return found

    def call(
        self, function: Function, inputs: Sequence[Value], shapes: Sequence[Shape] | None = None
    ) -> tuple[Value, ...]:
        """The outputs of `function` called with `inputs`; this function captures what that one captures too.

        Args:
          function: the callee.
          inputs: one value per input of the callee.
          shapes: shapes of the outputs, where they are known better than in the callee.

        Raises:
          GraphError: the callee takes another number of inputs, or other dtypes.
        """
        if len(inputs) != len(function.inputs):
            raise GraphError(
                f"function {function.name}: expected {len(function.inputs)} inputs, got {len(inputs)}"
            )
        for value, argument in zip(inputs, function.inputs, strict=True):
            if value.dtype is not argument.dtype:
                raise GraphError(
                    f"function {function.name}: input {argument.node.name}: expected {argument.dtype.name}, "
                    f"got {value.dtype.name} ({value.node.name})"
                )
        origin = self._scope.split("/")[0] or "unknown"
        operands = [*inputs, *(self.capture(captured, origin) for captured in function.captured)]
        return self.emit(
            "StatefulPartitionedCall" if function.stateful else "PartitionedCall",
            operands,
            f=function,
            Tin=[v.dtype for v in operands],
            Tout=[v.dtype for v in function.outputs],
            shapes=shapes,
        )

    def copy_node(self, pattern: Node, inputs: tuple[Value, ...], name: str) -> Node:
        """A copy of a node of this graph, on other inputs of the same shapes and dtypes, without inference."""
        node = Node(
            self,
            pattern.op_def,
            self.scoped(name),
            inputs,
            pattern.attrs,
            pattern.input_arity,
            pattern.device,
        )
        node.outputs = tuple(Value(node, v.index, v.shape, v.dtype) for v in pattern.outputs)
        self.append(node)
        return node

    def append(self, node: Node) -> None:
        """Appends a finished node and orders it after the nodes whose side effects it must see."""
        handles = [v for v in node.inputs if v.dtype is dtypes.resource]
        if handles:
            self._effects.order(node, handles, self._handles)
        self.nodes.append(node)

    @property
    def captured_handles(self) -> tuple[Value, ...]:
        """The handles of the variables that are captured so far."""
        return tuple(self._captures.values())

    def finish(
        self,
        outputs: Sequence[Value],
        name: str | None = None,
        *,
        compiled: bool = False,
        handed_on: int = 0,
        attributes: Mapping[str, str | bool | Function] = MappingProxyType({}),
        make_companions: Callable[[], Sequence[Function]] | None = None,
    ) -> Function:
        """The finished function with these outputs; it has only the nodes that an output or a side effect needs.

        Args:
          outputs: values of this function.
          name: its name; by default the one with which it was begun.
          compiled, handed_on, attributes, make_companions: see `Function`.

        Raises:
          GraphError: an output is a value of another function.
        """
        for value in outputs:
            if value.graph is not self:
                raise GraphError(
                    f"function {self.name}: its output {value.name} is of function {value.graph.name}"
                )
        stateful = [n for n in self.nodes if is_side_effect(n)]
        needed = needed_by([*stateful, *(v.node for v in outputs)])
        captures = self._captures
        self._captures, self._handles = {}, {}  # functions share a body, but not its weights
        return Function(
            name=name or self.name,
            inputs=tuple(self.inputs),
            input_names=tuple(self.input_names),
            captures=tuple(captures.items()),
            nodes=tuple([n for n in self.nodes if n in needed]),
            outputs=tuple(outputs),
            control_outputs=tuple(stateful),
            written=frozenset(self._effects.written),
            compiled=compiled,
            handed_on=handed_on,
            attributes=attributes,
            make_companions=make_companions,
        )


def _is_captured(operand: object) -> TypeGuard[Capture]:
    """Whether an op takes the operand as an argument of the function; the value of a variable is read instead."""
    return type(operand) is not Value and isinstance(operand, Capture) and not isinstance(operand, Variable)


class _Scope:
    def __init__(self, graph: Builder, name: str) -> None:
        self.graph, self.name, self.outer = graph, name, ""

    def __enter__(self) -> None:
        self.outer = self.graph._scope
        self.graph._scope = f"{self.outer}{self.name}/"

    def __exit__(self, *_: object) -> None:
        self.graph._scope = self.outer
