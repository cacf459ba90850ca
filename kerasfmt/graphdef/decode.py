"""Functions from `FunctionDef` and `GraphDef` messages: the twin of `functions`.

    node, node:1, ^node            in a graph: an output of a node by its number, a node to wait for
    argument, node:output:0, ^node    in a function: an argument, an output of a node by name and number

A decoded function takes every argument as an input; a handle stands for itself, and nothing is captured. Each node
is checked against its op definition. An op that kerasfmt does not know is defined by the file; it is an error when it
runs. The shapes of values are not known.

Source: tensorflow/core/framework/function.proto and node_def.proto; tensorflow/core/graph/graph_constructor.cc
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError, KerasfmtError
from kerasfmt.graph import Builder, Function, Node, Value
from kerasfmt.graph.attr_values import decode_attr
from kerasfmt.graph.node_types import complete_attrs, output_dtypes
from kerasfmt.graph.op import known_op
from kerasfmt.graph.op_defs import OpDef, decode_op_def, lookup
from kerasfmt.graph.value import Attr
from kerasfmt.graphdef.arguments import checked_operands, count_of, output_index, output_number
from kerasfmt.graphdef.definition import Definition
from kerasfmt.graphdef.needed import needed_nodes, node_name
from kerasfmt.limits import EDGE_COST, NODE_COST, Allowance

_MAX_DEPTH: Final = 64
"""Functions that call each other more deeply are refused."""
_LARGEST_ELEMENT: Final = 16
"""Bytes of a complex number of twice 64 bits."""
_MERGES: Final = frozenset({"Merge", "RefMerge"})
_BACK: Final = frozenset({"NextIteration", "RefNextIteration"})
"""The ops that lead from the end of a loop back to its beginning, a Merge."""


class FunctionDecoder:
    """Decodes the functions of a library, each once and only when it is asked for.

    Args:
      library: the functions.
      op_defs: the definitions of ops in the file, for ops that kerasfmt does not know.
      allowance: the bytes that the functions may cost.
      where: what errors begin with: the file.
      gradients: the names of the functions that are gradients of nodes, by what nodes call them.
    """

    def __init__(
        self,
        library: Iterable[Any],
        op_defs: Iterable[Any],
        allowance: Allowance,
        where: str,
        gradients: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.where = where
        self.allowance = allowance
        self._messages = {message.signature.name: message for message in library}
        self._op_defs = {message.name: message for message in op_defs}
        self._gradients = gradients
        self._known: dict[str, OpDef] = {}
        self._made: dict[str, Function] = {}
        self._open: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._messages

    def function(self, name: str) -> Function:
        """The function of a name.

        Raises:
          GraphError: there is none, it calls itself, or a node does not agree with its op definition.
          UnsafeFileError: it costs more than it may.
        """
        found = self._made.get(name)
        if found is not None:
            return found
        if name not in self._messages:
            raise GraphError(f"{self.where}: expected a function {name!r}, got none")
        if name in self._open or len(self._open) >= _MAX_DEPTH:
            fault = "calls itself" if name in self._open else f"is called more than {_MAX_DEPTH} deep"
            raise GraphError(f"{self.where}: function {name!r} {fault}")
        self._open.append(name)
        try:
            found = self._made[name] = self._decode(name)
        finally:
            self._open.pop()
        return found

    def _decode(self, name: str) -> Function:
        message = self._messages[name]
        body = _Body(self, f"{self.where}: function {name}", Builder(name), named=True)
        for arg in message.signature.input_arg:
            if arg.number_attr or arg.type_list_attr or arg.type_attr:
                raise GraphError(f"{body.where}: argument {arg.name}: expected one tensor, got a list")
            body.add_input(arg.name, dtypes.of(arg.type))
        body.add_nodes(message.node_def)
        ends = []
        for arg in message.signature.output_arg:
            if arg.name not in message.ret:
                raise GraphError(f"{body.where}: output {arg.name}: expected a tensor, got none")
            ends.append((message.ret[arg.name], dtypes.of(arg.type)))
        definition = Definition(message, self._gradients, self._op_defs)
        return replace(
            body.finish(ends, message.control_ret.values()),
            definition=definition,
            make_companions=lambda: self._named(definition),
        )

    def _named(self, definition: Definition) -> list[Function]:
        """The functions that a function names, beside itself."""
        own = definition.message.signature.name
        return [
            self.function(name) for name in dict.fromkeys(definition.named()) if name in self and name != own
        ]

    def graph(
        self,
        nodes: Iterable[Any],
        name: str,
        inputs: Mapping[str, DType],
        outputs: Sequence[str],
        controls: Sequence[str] = (),
    ) -> Function:
        """A part of a graph as a function.

        Args:
          nodes: the messages of the graph's nodes.
          name: the name of the function.
          inputs: the tensors that are its arguments, `node` or `node:1`, with their dtypes.
          outputs: the tensors that it gives.
          controls: the nodes that it runs.

        Raises:
          GraphError: a tensor does not exist, or a node does not agree with its op definition.
          UnsafeFileError: it costs more than it may.
        """
        body = _Body(self, f"{self.where}: graph", Builder(name), named=False)
        body.add_nodes(nodes)
        for tensor, dtype in inputs.items():
            body.add_fed(tensor, dtype)
        return body.finish([(tensor, None) for tensor in outputs], controls)

    def op_def(self, op: str) -> OpDef:
        """The definition of an op: kerasfmt's own, or else the file's.

        Raises:
          GraphError: neither defines it.
        """
        found = self._known.get(op)
        if found is None:
            try:
                found = lookup(op)
            except GraphError:
                if op not in self._op_defs:
                    raise GraphError(
                        f"{self.where}: op {op!r}: no definition, neither here nor in the file"
                    ) from None
                found = decode_op_def(self._op_defs[op])
            self._known[op] = found
        return found

    def spend_constant(self, message: Any) -> None:
        """Counts what the array of a constant costs, which may repeat one element.

        Raises:
          UnsafeFileError: it is more than is left.
        """
        size = math.prod(max(dim.size, 0) for dim in message.tensor_shape.dim)
        self.allowance.spend(_LARGEST_ELEMENT * size, self.where)

    def needed(self, name: str) -> list[Any]:
        """The messages of the nodes that the outputs of a function need."""
        message = self._messages[name]
        arguments = {arg.name for arg in message.signature.input_arg}
        return needed_nodes(
            message.node_def, [*message.ret.values(), *message.control_ret.values()], arguments
        )

    def callees(self, nodes: Iterable[Any]) -> set[str]:
        """The names of the functions that nodes run, as far as they are in the library."""
        called = [
            each.name
            for node in nodes
            for value in node.attr.values()
            for each in ([value.func] if value.WhichOneof("value") == "func" else value.list.func)
        ]
        return {name for name in called if name in self._messages}


@dataclass
class _Body:
    """A function while it is decoded.

    Attributes:
      decoder: the functions that it calls.
      where: what errors begin with.
      graph: holds its nodes.
      named: whether outputs go by name and number, as in functions.
      inputs: its arguments by name.
    """

    decoder: FunctionDecoder
    where: str
    graph: Builder
    named: bool
    inputs: dict[str, Value] = field(default_factory=dict)
    _messages: dict[str, Any] = field(default_factory=dict)
    _nodes: dict[str, Node] = field(default_factory=dict)
    _order: list[Node] = field(default_factory=list)
    _back: list[Any] = field(default_factory=list)

    def add_input(self, name: str, dtype: DType) -> None:
        if name in self.inputs:
            raise GraphError(f"{self.where}: two arguments are called {name!r}")
        shape = () if dtype is dtypes.resource else None
        node = Node(self.graph, lookup("Placeholder"), name, (), {"dtype": dtype, "shape": shape})
        node.outputs = (Value(node, 0, shape, dtype),)
        self.inputs[name] = node.outputs[0]

    def add_fed(self, tensor: str, dtype: DType) -> None:
        """Adds an argument in the place of a tensor of a graph."""
        name = _short(tensor)
        if node_name(name) not in self._messages:
            raise GraphError(f"{self.where}: expected a tensor {tensor!r}, got none")
        if name not in self.inputs:
            self.add_input(name, dtype)

    def add_nodes(self, messages: Iterable[Any]) -> None:
        for message in messages:
            if message.name in self._messages or message.name in self.inputs:
                raise GraphError(f"{self.where}: two nodes are called {message.name!r}")
            self._messages[message.name] = message

    def finish(self, ends: Sequence[tuple[str, DType | None]], controls: Iterable[str]) -> Function:
        """The function with these outputs; it has the nodes that an output or a control output needs."""
        waits = [node_name(name) for name in controls]
        self._make([*(end for end, _ in ends), *(f"^{name}" for name in waits)])
        outputs = []
        for end, dtype in ends:
            value = self._value(end)
            if dtype is not None and value.dtype is not dtype:
                raise GraphError(f"{self.where}: output {end}: expected {dtype.name}, got {value.dtype.name}")
            outputs.append(value)
        return Function(
            name=self.graph.name,
            inputs=tuple(self.inputs.values()),
            input_names=tuple(self.inputs),
            captures=(),
            nodes=tuple(self._order),
            outputs=tuple(outputs),
            control_outputs=tuple(self._nodes[name] for name in waits if name in self._nodes),
            written=frozenset(),
        )

    def _make(self, wanted: Sequence[str]) -> None:
        """Makes nodes and all that they need, each after those that it needs; what leads back to a Merge comes last."""
        pending = list(reversed(wanted))
        begun: set[str] = set()
        merges: list[Any] = []
        while pending or merges:
            if not pending:
                pending = [name for merge in merges for name in self._missing(merge.input)]
                self._back += merges
                merges = []
                continue
            name = pending[-1]
            if self._is_there(name):
                pending.pop()
                continue
            message = self._messages.get(node_name(name))
            if message is None:
                if node_name(name) in self.inputs:
                    raise GraphError(f"{self.where}: expected a tensor {name!r}, got an argument")
                raise GraphError(f"{self.where}: expected a node {node_name(name)!r}, got none")
            merge = message.op in _MERGES
            missing = self._missing(message.input)
            if merge:
                missing = [needed for needed in missing if not self._leads_back(needed)]
            if not missing:
                pending.pop()
                self._add(message)
                if merge:
                    merges.append(message)
            elif message.name in begun:
                raise GraphError(f"{self.where}: node {message.name!r} needs itself, and no loop does that")
            else:
                begun.add(message.name)
                pending.extend(reversed(missing))
        for message in self._back:
            node = self._nodes[message.name]
            values = [self._value(name) for name in message.input if not name.startswith("^")]
            node.inputs = tuple(checked_operands(node.op_def, node.attrs, values)[0])
        self._back = []

    def _leads_back(self, tensor: str) -> bool:
        message = self._messages.get(node_name(tensor))
        return message is not None and message.op in _BACK

    def _is_there(self, tensor: str) -> bool:
        return _short(tensor) in self.inputs or node_name(tensor) in self._nodes or self._is_fed(tensor)

    def _is_fed(self, tensor: str) -> bool:
        """Whether it is a node to wait for in whose place there is an argument."""
        return tensor.startswith("^") and node_name(tensor) in self.inputs

    def _missing(self, tensors: Iterable[str]) -> list[str]:
        return [tensor for tensor in tensors if not self._is_there(tensor)]

    def _add(self, message: Any) -> None:
        where = f"{self.where}: node {message.name} ({message.op})"
        try:
            node = self._node(message)
        except KerasfmtError as error:
            if str(error).startswith(self.decoder.where):
                raise
            raise type(error)(f"{where}: {error}") from error
        except (LookupError, TypeError, ValueError, AssertionError, ArithmeticError) as error:
            raise GraphError(f"{where}: it does not agree with the definition of its op: {error}") from error
        self._nodes[message.name] = node
        self._order.append(node)

    def _node(self, message: Any) -> Node:
        op_def = self.decoder.op_def(message.op)
        given = {
            name: self._attr(op_def, name, message.attr[name])
            for name in op_def.attrs
            if name in message.attr
        }
        attrs = complete_attrs(op_def, given)
        op = known_op(message.op)
        if op is not None and op.is_constant:
            _check_constant(attrs)
        tensors = [name for name in message.input if not name.startswith("^")]
        there = [self._value(name) for name in tensors if self._is_there(name)]
        if message.op in _MERGES and there:
            there += there[:1] * (len(tensors) - len(there))  # until what leads back is made
        values, arity = checked_operands(op_def, attrs, there)
        outputs = count_of(op_def.outputs, attrs)
        self.decoder.allowance.spend(NODE_COST + EDGE_COST * (len(values) + outputs), self.where)
        node = Node(self.graph, op_def, message.name, tuple(values), attrs, arity, message.device)
        node.outputs = tuple(
            Value(node, index, None, dtype) for index, dtype in enumerate(output_dtypes(op_def, attrs))
        )
        controls = [node_name(name) for name in message.input if name.startswith("^")]
        node.controls.extend(self._nodes[name] for name in controls if name in self._nodes)
        return node

    def _attr(self, op_def: OpDef, name: str, message: Any) -> Attr:
        kind = op_def.attrs[name].kind
        if kind == "tensor":
            self.decoder.spend_constant(message.tensor)
        value: Attr = decode_attr(message)
        if kind == "func" and isinstance(value, str) and value in self.decoder:
            return self.decoder.function(value)
        if kind == "list(func)" and isinstance(value, list):
            return [self.decoder.function(each) if each in self.decoder else each for each in value]
        return value

    def _value(self, tensor: str) -> Value:
        """The value of a tensor that is there."""
        name, _, label = tensor.partition(":")
        value = self.inputs.get(_short(tensor))
        if value is not None:
            return value
        node = self._nodes[name]
        index = output_index(node, label) if self.named else output_number(label)
        if not 0 <= index < len(node.outputs):
            raise GraphError(f"{self.where}: expected a tensor {tensor!r}, got none")
        return node.outputs[index]


def _short(tensor: str) -> str:
    """The name of a tensor of a graph, without the number of a first output."""
    return tensor.removesuffix(":0")


def _check_constant(attrs: Mapping[str, Any]) -> None:
    value, dtype = attrs["value"], attrs["dtype"]
    if value.dtype != dtype.numpy:
        raise GraphError(f"expected a constant of {dtype.name}, got {value.dtype}")
