"""Op definitions as the checks of graphs use them, and a node against the definition of its op.

A definition is TensorFlow's, else the file's, else the signature of a function that is called like an op. A newer
TensorFlow may have added attributes to an op, and dtypes that it takes: what only the file's definition allows is
allowed too. So is what only the oldest line had.

Source: tensorflow/core/framework/op_def.proto; node_def_util.cc, ValidateNodeDef; tensor_shape.h
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kerasfmt import protos
from kerasfmt.graph.line_op_defs import LINES, newest, ops_of

MAX_ARITY: Final = 1 << 20
"""Inputs and outputs of a node; a larger number is never made into a list."""
_MAX_RANK: Final = 254
_MAX_ELEMENTS: Final = 2**63 - 1
_REFERENCE: Final = 100
"""What is added to the number of a dtype for a reference to a variable of TensorFlow 1."""
_FIELDS: Final = {
    "int": "i", "float": "f", "bool": "b", "string": "s", "type": "type", "shape": "shape", "tensor": "tensor",
    "func": "func",
}  # fmt: skip

Outputs = tuple[tuple[str, int, Any], ...]
"""The outputs of a node: name, how many tensors, and their dtype or the list of their dtypes; None if not known."""


def base_dtype(number: int) -> int:
    """The dtype itself, for a reference to it too."""
    return number - _REFERENCE if number > _REFERENCE else number


@dataclass(frozen=True)
class Definition:
    """A definition of an op.

    Attributes:
      message: TensorFlow's definition, the file's, or a signature.
      attrs: the attributes by name.
      others: the attributes in other definitions of the op.
      is_function: whether it is the signature of a function.
      is_foreign: whether only the file defines the op.
      weight: bytes of what the file states, which each node of the op costs.
    """

    message: Any
    attrs: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...] = ()
    is_function: bool = False
    is_foreign: bool = False
    weight: int = 0


class Definitions:
    """The definitions of the ops of a graph.

    Args:
      in_file: the definitions that the file states.
      functions: the signatures of its functions by name.
    """

    def __init__(self, in_file: Iterable[Any], functions: Mapping[str, Any]) -> None:
        self._in_file = {message.name: message for message in in_file}
        self._functions = functions
        self._found: dict[str, Definition | None] = {}

    def find(self, op: str) -> Definition | None:
        """The definition of an op; None if there is none."""
        if op not in self._found:
            self._found[op] = self._look_up(op)
        return self._found[op]

    def _look_up(self, op: str) -> Definition | None:
        own, stated = newest(op), self._in_file.get(op)
        if own is not None:
            others = filter(None, (ops_of(LINES[0]).get(op), stated))
            return Definition(own, _attrs(own), tuple(map(_attrs, others)), weight=_weight(stated))
        if stated is not None:
            return Definition(stated, _attrs(stated), is_foreign=True, weight=_weight(stated))
        signature = self._functions.get(op)
        if signature is None:
            return None
        return Definition(signature, _attrs(signature), is_function=True, weight=_weight(signature))


def _weight(message: Any) -> int:
    return 0 if message is None else int(message.ByteSize())


def _attrs(message: Any) -> dict[str, Any]:
    return {attr.name: attr for attr in message.attr}


def attribute_faults(node: Any, definition: Definition) -> Iterator[str]:
    """What is wrong with the attributes of a node.

    Args:
      node: a NodeDef.
      definition: of its op.
    """
    if definition.is_function:
        return
    given = node.attr
    for name in given:
        if name.startswith("_"):
            continue
        stated = [held[name] for held in (definition.attrs, *definition.others) if name in held]
        if not stated:
            yield f"has an attribute {name!r}, which {node.op} does not have"
            continue
        fault = _value_fault(given[name], stated)
        if fault:
            yield f"attribute {name}: {fault}"
    for name, attr in definition.attrs.items():
        if name not in given and not attr.HasField("default_value"):
            yield f"lacks the attribute {name} of {node.op}"


def _value_fault(value: Any, stated: Sequence[Any]) -> str:
    """What is wrong with the value of an attribute that has several definitions; "" if nothing is."""
    kind = stated[0].type
    is_list = kind.startswith("list(")
    field = _FIELDS.get(kind[5:-1] if is_list else kind, "")
    got = value.WhichOneof("value")
    if got == "placeholder":
        return ""
    if not field:
        return ""
    if got != ("list" if is_list else field):
        return f"expected {kind}, got {got or 'nothing'}"
    if is_list:
        others = [each.name for each, _ in value.list.ListFields() if each.name != field]
        if others:
            return f"expected {kind}, got a list of {others[0]}"
    items = getattr(value.list, field) if is_list else (getattr(value, field),)
    fault = next(filter(None, (_item_fault(field, item) for item in items)), "")
    if fault:
        return fault
    allowed = any(_allows(attr, field, items, value) for attr in stated)
    return "" if allowed else "its value is not among those that the op allows"


def _allows(attr: Any, field: str, items: Any, value: Any) -> bool:
    """Whether a definition allows the value: what is listed, and the minimum."""
    if attr.has_minimum:
        measured = len(items) if value.WhichOneof("value") == "list" else value.i
        if measured < attr.minimum:
            return False
    if not attr.HasField("allowed_values"):
        return True
    allowed = attr.allowed_values.list
    if field == "type":
        return {base_dtype(item) for item in items} <= {*allowed.type}
    return {*items} <= {*allowed.s} if field == "s" else True


def _item_fault(field: str, item: Any) -> str:
    if field == "shape":
        return shape_fault(item)
    if field == "type":
        return "" if base_dtype(item) in _KNOWN and item else f"expected a dtype, got {item}"
    if field == "tensor":
        return tensor_fault(item)
    return ""


def shape_fault(shape: Any) -> str:
    """What is wrong with a shape; "" if nothing is."""
    if len(shape.dim) > _MAX_RANK:
        return f"expected at most {_MAX_RANK} axes, got {len(shape.dim)}"
    sizes = [dim.size for dim in shape.dim]
    if min(sizes, default=0) < -1:
        return f"expected sizes of at least -1, got {min(sizes)}"
    if 0 not in sizes and math.prod(size for size in sizes if size > 0) > _MAX_ELEMENTS:
        return "has more elements than a tensor can have"
    return ""


def tensor_fault(tensor: Any) -> str:
    """What is wrong with a constant; "" if nothing is."""
    fault = shape_fault(tensor.tensor_shape)
    if fault:
        return fault
    if base_dtype(tensor.dtype) not in _KNOWN or not tensor.dtype:
        return f"expected a dtype, got {tensor.dtype}"
    sizes = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or -1 in sizes:
        return "the shape of a constant is not known"
    count = math.prod(sizes)
    if tensor.tensor_content:
        width = _WIDTHS.get(tensor.dtype)
        if width is not None and len(tensor.tensor_content) != width * count:
            return f"expected {width * count} bytes for its shape, got {len(tensor.tensor_content)}"
        return ""
    held = max((len(getattr(tensor, field)) for field in _VALUES), default=0)
    per = 2 if tensor.scomplex_val or tensor.dcomplex_val else 1
    return f"expected at most {count} elements, got {held}" if held > per * count else ""


_KNOWN: Final = frozenset(protos.DataType.values())
_VALUES: Final = (
    "half_val", "float_val", "double_val", "int_val", "string_val", "scomplex_val", "int64_val", "bool_val",
    "dcomplex_val", "uint32_val", "uint64_val",
)  # fmt: skip
_WIDTHS: Final = {
    protos.DataType.Value(f"DT_{name}"): width
    for name, width in (
        ("FLOAT", 4), ("DOUBLE", 8), ("INT32", 4), ("UINT8", 1), ("INT16", 2), ("INT8", 1), ("COMPLEX64", 8),
        ("INT64", 8), ("BOOL", 1), ("BFLOAT16", 2), ("HALF", 2), ("UINT16", 2), ("UINT32", 4), ("UINT64", 8),
        ("COMPLEX128", 16),
    )
}  # fmt: skip


def _attr_value(node: Any, definition: Definition, name: str) -> Any:
    """The value of an attribute that is there or has a default; None where it is neither, or stands for another."""
    if name in node.attr:
        value = node.attr[name]
    else:
        attr = definition.attrs.get(name)
        if attr is None or not attr.HasField("default_value"):
            return None
        value = attr.default_value
    return None if value.WhichOneof("value") == "placeholder" else value


def tensors_of(args: Iterable[Any], node: Any, definition: Definition) -> Outputs:
    """What arguments of an op stand for in a node.

    Args:
      args: the inputs or the outputs of the definition.
      node: the node.
      definition: of its op.

    Raises:
      ValueError: a number of tensors is negative, or larger than MAX_ARITY.
    """
    found: list[tuple[str, int, Any]] = []
    for arg in args:
        if arg.type_list_attr:
            value = _attr_value(node, definition, arg.type_list_attr)
            listed = None if value is None else tuple(map(base_dtype, value.list.type))
            found.append((arg.name, -1 if listed is None else len(listed), listed))
            continue
        count = 1
        if arg.number_attr:
            value = _attr_value(node, definition, arg.number_attr)
            count = -1 if value is None else value.i
            if value is not None and not 0 <= count <= MAX_ARITY:
                raise ValueError(f"attribute {arg.number_attr}: expected a number of tensors, got {count}")
        dtype: Any = base_dtype(arg.type) if arg.type else None
        if arg.type_attr:
            value = _attr_value(node, definition, arg.type_attr)
            dtype = None if value is None else base_dtype(value.type)
        found.append((arg.name, count, dtype))
    return tuple(found)


def dtype_of(arg: tuple[str, int, Any], index: int) -> int | None:
    """The dtype of one tensor of an argument; None where it is not known."""
    dtype: int | tuple[int, ...] | None = arg[2]
    return dtype[index] if isinstance(dtype, tuple) else dtype
