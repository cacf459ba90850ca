"""Functions of two graphs, compared node by node.

pairs     functions of one name, whose numbers at the end do not count; equal ones first, the others in order
nodes     by their names in the function
graph     the main graph is one function more, called GRAPH
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.comparison.records import CHANGED, ONLY_A, ONLY_B, Change, FunctionChange
from kerasfmt.errors import KerasfmtError
from kerasfmt.graph.attr_values import decode_attr

GRAPH: Final = "(main graph)"
_NUMBER: Final = re.compile(r"(_\d+)+$")
_INFERRED: Final = "_output_shapes"
_SHOWN: Final = 200
"""Characters of an attribute that are shown."""
_SMALL: Final = 64
"""Bytes and elements of a tensor whose elements are shown."""


def compare_functions(a: Any, b: Any) -> Iterator[FunctionChange]:
    """What differs between two graphs and the functions of their libraries.

    Args:
      a: a GraphDef.
      b: another one.
    """
    change = _changed(GRAPH, _Nodes(a.node), _Nodes(b.node), [])
    if change is not None:
        yield change
    ours, theirs = _by_name(a.library.function), _by_name(b.library.function)
    for name in dict.fromkeys([*ours, *theirs]):
        yield from _paired(name, ours.get(name, []), theirs.get(name, []))


def plain_name(name: str) -> str:
    """The name of a function without its number; the backward function of a numbered one has two."""
    return _NUMBER.sub("", name)


def _by_name(functions: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for function in functions:
        found.setdefault(plain_name(function.signature.name), []).append(function)
    return found


def _paired(name: str, ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[FunctionChange]:
    left: dict[object, list[Any]] = {}
    for function in theirs:
        left.setdefault(_content(function), []).append(function)
    different = []
    for function in ours:
        equal = left.get(_content(function))
        if equal:
            equal.pop()
        else:
            different.append(function)
    kept = {id(function) for functions in left.values() for function in functions}
    others = [function for function in theirs if id(function) in kept]
    for one, two in zip(different, others, strict=False):
        a, b = (_Nodes(each.node_def, each.signature.input_arg) for each in (one, two))
        change = _changed(name, a, b, list(_arguments(one, two)))
        if change is not None:
            yield change
    for function in different[len(others) :]:
        yield FunctionChange(name, ONLY_A, {op: (n, 0) for op, n in _ops(function.node_def).items()})
    for function in others[len(different) :]:
        yield FunctionChange(name, ONLY_B, {op: (0, n) for op, n in _ops(function.node_def).items()})


def _ops(nodes: Iterable[Any]) -> Mapping[str, int]:
    return Counter(node.op for node in nodes)


def _content(function: Any) -> object:
    """What is equal for equal functions, whatever the numbers in names of functions."""
    types = [arg.type for side in _sides(function) for arg in side]
    nodes = _Nodes(function.node_def, function.signature.input_arg)
    said = (
        (
            node.name,
            node.op,
            nodes.inputs(node),
            tuple((key, _key(node.attr[key])) for key in sorted(node.attr)),
        )
        for node in function.node_def
    )
    return tuple(types), frozenset(said)


class _Nodes:
    """The nodes of a function by their names.

    Args:
      nodes: the nodes.
      arguments: the arguments of the function.
    """

    def __init__(self, nodes: Iterable[Any], arguments: Iterable[Any] = ()) -> None:
        self.by_name = {node.name: node for node in nodes}
        self._places = {argument.name: f"(argument {place})" for place, argument in enumerate(arguments)}

    def inputs(self, node: Any) -> tuple[str, ...]:
        """The inputs of a node, with the places of arguments for their names."""
        return tuple(self._places.get(name, name) for name in node.input)


def _sides(function: Any) -> tuple[Any, Any]:
    return function.signature.input_arg, function.signature.output_arg


def _arguments(one: Any, two: Any) -> Iterator[Change]:
    for side, ours, theirs in zip(("arguments", "outputs"), _sides(one), _sides(two), strict=True):
        types = [[arg.type for arg in args] for args in (ours, theirs)]
        if types[0] != types[1]:
            names = [f"[{', '.join(map(_dtype, each))}]"[:_SHOWN] for each in types]
            yield Change(side, CHANGED, names[0], names[1])


def _changed(name: str, ours: _Nodes, theirs: _Nodes, attributes: list[Change]) -> FunctionChange | None:
    a, b = ours.by_name, theirs.by_name
    ops: dict[str, list[int]] = {}
    rewired = 0
    for node in dict.fromkeys([*a, *b]):
        one, two = a.get(node), b.get(node)
        if one is None or two is None or one.op != two.op:
            for side, only in enumerate((one, two)):
                if only is not None:
                    ops.setdefault(only.op, [0, 0])[side] += 1
            continue
        rewired += ours.inputs(one) != theirs.inputs(two)
        attributes += _attributes(one, two)
    if not (ops or attributes or rewired):
        return None
    counts = {op: (only_a, only_b) for op, (only_a, only_b) in sorted(ops.items())}
    return FunctionChange(name, CHANGED, counts, tuple(attributes), rewired)


def _attributes(one: Any, two: Any) -> Iterator[Change]:
    for key in sorted({*_stated(one), *_stated(two)}):
        at = f"{one.name}.{key}"
        if key not in two.attr:
            yield Change(at, ONLY_A, _shown(one.attr[key]), None)
        elif key not in one.attr:
            yield Change(at, ONLY_B, None, _shown(two.attr[key]))
        elif _key(one.attr[key]) != _key(two.attr[key]):
            yield Change(at, CHANGED, _shown(one.attr[key]), _shown(two.attr[key]))


def _stated(node: Any) -> list[str]:
    """The attributes of a node that say what it does."""
    return sorted(key for key in node.attr if key != _INFERRED)


def _key(value: Any) -> object:
    """What is equal for equal attributes; the name of a function counts without its number."""
    if value.WhichOneof("value") == "func":
        return plain_name(value.func.name)
    if value.WhichOneof("value") == "list" and len(value.list.func):
        return tuple(plain_name(each.name) for each in value.list.func)
    return value.SerializeToString(deterministic=True)


def _shown(value: Any) -> str:
    """An attribute as a short text: a large tensor by its sizes, dtypes by their names."""
    tensor = value.tensor if value.WhichOneof("value") == "tensor" else None
    if tensor is not None:
        sizes = [size.size for size in tensor.tensor_shape.dim]
        if tensor.ByteSize() > _SMALL or math.prod(sizes) > _SMALL:  # a few bytes may stand for many elements
            return f"a tensor {sizes} of {tensor.ByteSize()} bytes"
    try:
        found = decode_attr(value)
    except KerasfmtError:
        return f"{value.ByteSize()} bytes"
    if isinstance(found, list):
        return f"[{', '.join(map(_word, found))}]"[:_SHOWN]
    return _word(found.tolist() if tensor is not None else found)[:_SHOWN]


def _word(value: Any) -> str:
    return value.name if isinstance(value, dtypes.DType) else str(value)


def _dtype(number: int) -> str:
    try:
        return dtypes.of(number).name
    except KerasfmtError:
        return f"dtype {number}"
