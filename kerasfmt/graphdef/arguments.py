"""The arguments of ops as messages name them: how many tensors each takes, of which dtypes, and which output is meant.

Source: tensorflow/core/framework/node_def_util.cc, NameRangesForNode and InOutTypesForNode
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kerasfmt.errors import GraphError
from kerasfmt.graph import Node, Value
from kerasfmt.graph.op_defs import Arg, OpDef

_DIGITS: Final = 10
"""The number of an output has fewer digits."""


def size_of(arg: Arg, attrs: Mapping[str, Any]) -> int:
    """The number of tensors of an argument."""
    if arg.number_attr:
        count = int(attrs[arg.number_attr])
        if count < 0:
            raise GraphError(f"argument {arg.name}: expected at least 0 tensors, got {count}")
        return count
    return len(attrs[arg.type_list_attr]) if arg.type_list_attr else 1


def count_of(args: Iterable[Arg], attrs: Mapping[str, Any]) -> int:
    """The number of tensors of all arguments."""
    return sum(size_of(arg, attrs) for arg in args)


def checked_operands(
    op_def: OpDef, attrs: Mapping[str, Any], values: list[Value]
) -> tuple[list[Value], tuple[int | None, ...]]:
    """The inputs of a node, checked, and how many of them each argument of the op takes."""
    expected = count_of(op_def.inputs, attrs)
    if expected != len(values):
        raise GraphError(f"expected {expected} inputs, got {len(values)}")
    arity: list[int | None] = []
    at = 0
    for arg in op_def.inputs:
        size = size_of(arg, attrs)
        wanted = arg.dtype or attrs.get(arg.type_attr)
        listed = attrs[arg.type_list_attr] if arg.type_list_attr else [wanted] * size
        for value, dtype in zip(values[at : at + size], listed, strict=True):
            if value.dtype is not dtype:
                raise GraphError(
                    f"argument {arg.name}: expected {getattr(dtype, 'name', dtype)}, got {value.dtype.name} "
                    f"({value.node.name})"
                )
        arity.append(size if arg.is_list else None)
        at += size
    return values, tuple(arity)


def output_index(node: Node, label: str) -> int:
    """The number of an output of a node that a function names as `output:number`; -1 if there is none."""
    output, _, number = label.partition(":")
    at = 0
    for arg in node.op_def.outputs:
        size = size_of(arg, node.attrs)
        if arg.name == output:
            index = output_number(number)
            return at + index if 0 <= index < size else -1
        at += size
    return -1


def output_number(text: str) -> int:
    """The number of an output, 0 if none is stated; -1 for what is no number."""
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else -1
