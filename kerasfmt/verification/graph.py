"""Graphs and functions against the definitions of their ops: attributes, inputs, names, circles.

    node, node:1, ^node             in a graph: an output of a node by its number, a node to wait for
    argument, node:output:0, ^node  in a function

Messages are looked at as they are; nothing is built from them. The work is linear in the graph.

Source: tensorflow/core/graph/graph_constructor.cc; tensorflow/core/framework/function.proto
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt import limits
from kerasfmt.graphdef.needed import node_name
from kerasfmt.verification.definitions import (
    Definitions,
    Outputs,
    attribute_faults,
    base_dtype,
    dtype_of,
    tensors_of,
)
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rules import consistency

_LOOPS: Final = frozenset({"NextIteration", "RefNextIteration"})
"""The ops whose output may come before its input: the way back in a loop of TensorFlow 1."""
_CALLS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "PartitionedCall": {"f": ("Tin", "Tout")},
    "StatefulPartitionedCall": {"f": ("Tin", "Tout")},
    "If": {"then_branch": ("Tin", "Tout"), "else_branch": ("Tin", "Tout")},
    "StatelessIf": {"then_branch": ("Tin", "Tout"), "else_branch": ("Tin", "Tout")},
    "While": {"body": ("T", "T")},
    "StatelessWhile": {"body": ("T", "T")},
    "Case": {"branches": ("Tin", "Tout")},
    "StatelessCase": {"branches": ("Tin", "Tout")},
}
"""Op -> attribute with a function -> the attributes with the dtypes of its arguments and of its outputs."""
_SHOWN: Final = 3
_LIGHT: Final = 4096
"""Bytes of the definition of an op that costs its nodes nothing; TensorFlow's own take less."""
_COST: Final = 8
"""What a byte of a longer definition costs each node, which stands for the time that it takes."""
_FEW: Final = 64
"""Names of outputs among which one is looked for without counting the cost."""


@dataclass
class Body:
    """The nodes of a graph or of a function.

    Attributes:
      name: the name of the function; "" for the main graph.
      nodes: its nodes.
      arguments: the arguments of the function, by name; None for the main graph.
      ends: for each output of the function, the tensor and the dtype.
      waits: the nodes that the function waits for.
    """

    name: str
    nodes: Sequence[Any]
    arguments: Mapping[str, tuple[str, int, Any]] | None = None
    ends: Sequence[tuple[str, int | None]] = ()
    waits: Sequence[str] = ()
    outputs: dict[str, Outputs] = field(default_factory=dict)

    def where(self, node: str = "") -> str:
        """The place of a node, for findings."""
        function = f"function {self.name}" if self.name else ""
        return ": ".join(filter(None, (function, f"node {node}" if node else "")))


def function_body(message: Any) -> Body:
    """What is checked of a FunctionDef: its nodes, its arguments, and what it gives."""
    signature = message.signature
    arguments = {}
    for arg in signature.input_arg:
        fixed = bool(arg.type) and not (arg.number_attr or arg.type_list_attr or arg.type_attr)
        arguments[arg.name] = (arg.name, 1 if fixed else -1, base_dtype(arg.type) if fixed else None)
    ends = [
        (message.ret.get(arg.name, ""), base_dtype(arg.type) if arg.type else None)
        for arg in signature.output_arg
    ]
    return Body(signature.name, message.node_def, arguments, ends, list(message.control_ret.values()))


class GraphCheck:
    """Checks the graph of a SavedModel with its functions.

    Args:
      findings: what was found.
      graph: the GraphDef.
      op_defs: the definitions that the file states.
      file: the file, for findings.
    """

    def __init__(self, findings: Findings, graph: Any, op_defs: Iterable[Any], file: str) -> None:
        self.findings = findings
        self.file = file
        self.functions = {message.signature.name: message for message in graph.library.function}
        signatures = {name: message.signature for name, message in self.functions.items()}
        self.definitions = Definitions(op_defs, signatures)
        self.main = Body("", graph.node)
        self._graph = graph
        self._unknown: tuple[Body | None, frozenset[str]] = (None, frozenset())
        self._signatures: dict[str, tuple[tuple[int, ...] | None, ...]] = {}

    def bodies(self) -> Iterator[Body]:
        """The main graph, then the functions."""
        yield self.main
        yield from map(function_body, self._graph.library.function)

    def run(self) -> None:
        """Checks everything."""
        library = self._graph.library
        if len(self.functions) < len(library.function):
            self._add(consistency.NAMED_TWICE, "two functions of the library have one name", "")
        for gradient in library.gradient:
            for name in (gradient.function_name, gradient.gradient_func):
                if name not in self.functions:
                    self._add(consistency.FUNCTION_MISSING, f"a gradient names the function {name!r}", "")
        calls: dict[str, set[str]] = {}
        for body in self.bodies():
            calls[body.name] = self._check(body)
        self.findings.checked["functions"] += len(self.functions)
        circle = find_circle({name: found for name, found in calls.items() if name})
        if circle:
            self._add(
                consistency.RECURSION, f"calls itself, by way of {_listed(circle)}", f"function {circle[0]}"
            )

    def _add(self, rule: Any, message: str, inside: str) -> None:
        self.findings.add(rule, message, self.file, inside)

    def _check(self, body: Body) -> set[str]:
        """Checks a body; the names of the functions that it calls."""
        calls: set[str] = set()
        names: set[str] = set()
        in_order = True
        for node in body.nodes:
            if node.name in names or (body.arguments and node.name in body.arguments):
                self._add(consistency.NAMED_TWICE, "has the name of another node", body.where(node.name))
            in_order = in_order and all(
                name in names or (body.arguments is not None and name in body.arguments)
                for name in map(node_name, node.input)
            )
            names.add(node.name)
            self._check_node(body, node, calls)
        for node in body.nodes:
            self._check_inputs(body, node, names)
        for tensor, dtype in body.ends:
            self._check_end(body, tensor, dtype)
        for name in body.waits:
            if name not in names:
                self._add(consistency.DANGLING_INPUT, f"waits for {name!r}, which is not there", body.where())
        if not in_order:
            self._check_circles(body, names)
        self.findings.checked["nodes"] += len(body.nodes)
        return calls

    def _check_node(self, body: Body, node: Any, calls: set[str]) -> None:
        """Checks a node by itself, and notes its outputs and the functions that it calls."""
        where = body.where(node.name)
        definition = self.definitions.find(node.op)
        if definition is None:
            self._add(consistency.UNKNOWN_OP, f"is of the op {node.op!r}, which is not defined", where)
            return
        if definition.weight > _LIGHT:
            limits.spend(_COST * definition.weight, where)
        if definition.is_function:
            calls.add(node.op)
        for fault in attribute_faults(node, definition):
            self._add(consistency.ATTRIBUTE, fault, where)
        for value in node.attr.values():
            kind = value.WhichOneof("value")
            named = [value.func.name] if kind == "func" else [each.name for each in value.list.func]
            for name in filter(None, named):
                if name in self.functions:
                    calls.add(name)
                elif self.definitions.find(name) is None:
                    self._add(consistency.FUNCTION_MISSING, f"names the function {name!r}", where)
        value, dtype = node.attr.get("value"), node.attr.get("dtype")
        is_whole = value is not None and dtype is not None
        if node.op == "Const" and is_whole and value.tensor.dtype != dtype.type:
            self._add(consistency.ATTRIBUTE, "is a constant of another dtype than it states", where)
        try:
            body.outputs[node.name] = tensors_of(definition.message.output_arg, node, definition)
        except ValueError as error:
            self._add(consistency.ATTRIBUTE, str(error), where)
        self._check_callees(node, where)

    def _check_callees(self, node: Any, where: str) -> None:
        """The dtypes of a call against the signature of the function."""
        for attr, ends in _CALLS.get(node.op, {}).items():
            value = node.attr.get(attr)
            for named in [] if value is None else [value.func, *value.list.func]:
                callee = self.functions.get(named.name)
                if callee is None:
                    continue
                for listed, dtypes, side in zip(
                    ends, self._signature(callee), ("takes", "gives"), strict=True
                ):
                    given = node.attr.get(listed)
                    stated = () if given is None else tuple(map(base_dtype, given.list.type))
                    if dtypes is not None and stated != dtypes:
                        message = (
                            f"its {listed} does not fit the function {named.name}, which {side} {len(dtypes)}"
                        )
                        self._add(consistency.OPERANDS, message, where)

    def _signature(self, function: Any) -> tuple[tuple[int, ...] | None, ...]:
        """The dtypes of the arguments and of the outputs of a function; None where a caller chooses them."""
        name = function.signature.name
        if name not in self._signatures:
            self._signatures[name] = tuple(
                None
                if any(arg.type_attr or arg.number_attr or arg.type_list_attr for arg in args)
                else tuple(base_dtype(arg.type) for arg in args)
                for args in (function.signature.input_arg, function.signature.output_arg)
            )
        return self._signatures[name]

    def _check_inputs(self, body: Body, node: Any, names: set[str]) -> None:
        definition = self.definitions.find(node.op)
        where = body.where(node.name)
        tensors = [name for name in node.input if not name.startswith("^")]
        if any(name.startswith("^") for name in node.input[: len(tensors)]):
            self._add(consistency.DANGLING_INPUT, "takes a tensor after a node that it waits for", where)
        for name in node.input:
            known = name[1:] in names or (body.arguments is not None and name[1:] in body.arguments)
            if name.startswith("^") and not known:
                self._add(consistency.DANGLING_INPUT, f"waits for {name[1:]!r}, which is not there", where)
        if definition is None:
            return
        try:
            expected = tensors_of(definition.message.input_arg, node, definition)
        except ValueError as error:
            self._add(consistency.ATTRIBUTE, str(error), where)
            return
        count = sum(arg[1] for arg in expected)
        counted = all(arg[1] >= 0 for arg in expected)
        if counted and count != len(tensors):
            self._add(
                consistency.OPERANDS, f"expected {count} inputs for {node.op}, got {len(tensors)}", where
            )
            counted = False
        wanted = ((arg, index) for arg in expected for index in range(arg[1])) if counted else None
        for tensor in tensors:
            arg, index = next(wanted) if wanted is not None else (("", -1, None), 0)
            got, fault = self._dtype(body, tensor)
            if fault:
                self._add(consistency.DANGLING_INPUT, f"takes {tensor!r}, {fault}", where)
            dtype = dtype_of(arg, index)
            if got is not None and dtype is not None and got != dtype:
                self._add(
                    consistency.OPERANDS,
                    f"argument {arg[0]}: expected dtype {dtype}, got {got} from {tensor!r}",
                    where,
                )

    def _dtype(self, body: Body, tensor: str) -> tuple[int | None, str]:
        """The dtype of a tensor, None where it is not known; and why it is not there."""
        name, _, label = tensor.partition(":")
        if body.arguments is not None and name in body.arguments:
            _, count, dtype = body.arguments[name]
            return dtype, "" if count < 0 or label in ("", "0") else "which is not an output of an argument"
        outputs = body.outputs.get(name)
        if outputs is None:
            return None, "" if name in self._nameless(body) else "which is not there"
        if len(outputs) > _FEW:
            limits.spend(limits.EDGE_COST * len(outputs), self.file)
        index = _number(label.rpartition(":")[2])
        if body.arguments is None:
            for arg in outputs:
                if arg[1] < 0 or 0 <= index < arg[1]:
                    return (None if arg[1] < 0 else dtype_of(arg, index)), ""
                index -= arg[1]
            return None, "which has no such output"
        output = label.partition(":")[0]
        for arg in outputs:
            if arg[0] == output:
                if arg[1] < 0:
                    return None, ""
                return (
                    (dtype_of(arg, index), "") if 0 <= index < arg[1] else (None, "which has no such output")
                )
        return None, "which has no such output"

    def _nameless(self, body: Body) -> frozenset[str]:
        """The nodes of a body whose outputs are not known, because their op is not."""
        if self._unknown[0] is not body:
            found = frozenset(node.name for node in body.nodes if node.name not in body.outputs)
            self._unknown = (body, found)
        return self._unknown[1]

    def _check_end(self, body: Body, tensor: str, dtype: int | None) -> None:
        if not tensor:
            self._add(consistency.DANGLING_INPUT, "an output has no tensor", body.where())
            return
        got, fault = self._dtype(body, tensor)
        if fault:
            self._add(consistency.DANGLING_INPUT, f"its output is {tensor!r}, {fault}", body.where())
        elif got is not None and dtype is not None and got != dtype:
            self._add(
                consistency.OPERANDS, f"output {tensor!r}: expected dtype {dtype}, got {got}", body.where()
            )

    def tensor(self, tensor: str) -> tuple[int | None, str]:
        """The dtype of a tensor of the main graph, and why it is not there; after `run`."""
        return self._dtype(self.main, tensor)

    def _check_circles(self, body: Body, names: set[str]) -> None:
        back = {node.name for node in body.nodes if node.op in _LOOPS}
        edges = {
            node.name: {name for name in map(node_name, node.input) if name in names and name not in back}
            for node in body.nodes
        }
        circle = find_circle(edges)
        if circle:
            self._add(
                consistency.RECURSION, f"waits for itself, by way of {_listed(circle)}", body.where(circle[0])
            )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[1 : 1 + _SHOWN]) or "itself"
    return f"{shown}, ..." if len(names) > 1 + _SHOWN else shown


def _number(text: str) -> int:
    """The number of an output, 0 if none is stated; -1 for what is no number."""
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def find_circle(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """The names on a circle of a graph, in order; none if there is no circle.

    Args:
      edges: for each name, those that it leads to.
    """
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path: dict[str, Iterator[str]] = {start: iter(edges[start])}
        while path:
            name = next(reversed(path))
            step = next((each for each in path[name] if each in edges and each not in done), None)
            if step is None:
                done.add(name)
                path.popitem()
            elif step in path:
                names = list(path)
                return names[names.index(step) :]
            else:
                path[step] = iter(edges[step])
    return []
