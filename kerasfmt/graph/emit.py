"""Making nodes: operands become values, attributes are filled and checked, shapes are inferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError, InvalidModelError, KerasfmtError
from kerasfmt.graph.op import find_op
from kerasfmt.graph.op_defs import Arg, OpDef, lookup
from kerasfmt.graph.value import Node, Value, Variable, as_array, flatten_values

if TYPE_CHECKING:
    from kerasfmt.graph.function import Builder
    from kerasfmt.graph.value import Attr


def emit_one(op: str, *inputs: object, name: str | None = None, **attrs: Attr) -> Value:
    """The single output of a new node; see `emit`."""
    (value,) = emit(op, *inputs, name=name, **attrs)
    return value


def emit(op: str, *inputs: object, name: str | None = None, **attrs: Attr) -> tuple[Value, ...]:
    """The outputs of a new node `op` in the graph of its operands.

    Args:
      op: name of a TensorFlow op.
      inputs: one operand per argument of the op, a list where the argument is a list. Variables are read,
        Python and NumPy values become constants of the dtype that the other operands fix.
      name: name of the node; the op's name by default.
      attrs: attributes that the operands do not determine.

    Raises:
      GraphError: the operands or attributes do not agree with the op's definition.
      InvalidModelError: the shapes do not fit.
    """
    graph = _graph_of(op, inputs)
    return emit_in(graph, op, inputs, attrs, name or op)


def _graph_of(op: str, inputs: Sequence[object]) -> Builder:
    values = flatten_values(inputs)
    if not values:
        raise GraphError(f"op {op}: no operand is a Value, so it is not known which graph it belongs to")
    graph = values[0].graph
    if any(v.graph is not graph for v in values):
        raise GraphError(f"op {op}: its operands come from different functions")
    return graph


def emit_in(
    graph: Builder, op: str, inputs: Sequence[object], given: Mapping[str, Attr], name: str, device: str = ""
) -> tuple[Value, ...]:
    """`emit` into a given graph; needed for ops without operands."""
    op_def = lookup(op)
    if len(inputs) != len(op_def.inputs):
        raise GraphError(f"op {op}: expected {len(op_def.inputs)} operands, got {len(inputs)}")
    attrs: dict[str, Attr] = dict(given)
    _infer_type_attrs(op_def, inputs, attrs)
    values: list[Value] = []
    arity: list[int | None] = []
    for arg, operand in zip(op_def.inputs, inputs, strict=True):
        if arg.is_list:
            items = [_to_value(graph, op_def, arg, item, attrs) for item in _items(op, arg, operand)]
            _check_list(op, arg, items, attrs)
            values.extend(items)
            arity.append(len(items))
        else:
            values.append(_to_value(graph, op_def, arg, operand, attrs))
            arity.append(None)
    full = _complete_attrs(op_def, attrs)
    node = Node(graph, op_def, graph.scoped(name), tuple(values), full, tuple(arity), device)
    out_dtypes = _output_dtypes(op_def, full)
    shapes = _infer_shapes(node, len(out_dtypes))
    node.outputs = tuple(
        Value(node, i, s, d) for i, (s, d) in enumerate(zip(shapes, out_dtypes, strict=True))
    )
    graph.adopt(node)
    return node.outputs


def _items(op: str, arg: Arg, operand: object) -> Sequence[object]:
    if not isinstance(operand, list | tuple):
        raise GraphError(f"op {op}: argument {arg.name} takes a list, got {type(operand).__name__}")
    return operand


def _check_list(op: str, arg: Arg, items: Sequence[Value], attrs: Mapping[str, Attr]) -> None:
    if arg.number_attr and attrs[arg.number_attr] != len(items):
        raise GraphError(
            f"op {op}: argument {arg.name}: expected {arg.number_attr}={attrs[arg.number_attr]!r} tensors, "
            f"got {len(items)}"
        )
    given = attrs[arg.type_list_attr] if arg.type_list_attr else None
    if isinstance(given, list | tuple) and list(given) != [v.dtype for v in items]:
        expected = [d.name for d in given if isinstance(d, DType)]
        raise GraphError(
            f"op {op}: argument {arg.name}: expected {expected}, got {[v.dtype.name for v in items]}"
        )


def _infer_type_attrs(op_def: OpDef, inputs: Sequence[object], attrs: dict[str, Attr]) -> None:
    for arg, operand in zip(op_def.inputs, inputs, strict=True):
        items = _items(op_def.name, arg, operand) if arg.is_list else [operand]
        if arg.number_attr:
            attrs.setdefault(arg.number_attr, len(items))
        if arg.type_list_attr and arg.type_list_attr not in attrs:
            attrs[arg.type_list_attr] = [_own_dtype(i) for i in items]
        if arg.type_attr and arg.type_attr not in attrs:
            for item in items:
                if isinstance(item, Value):
                    attrs[arg.type_attr] = item.dtype
                    break
    if op_def.type_attrs <= attrs.keys():
        return
    for kind in (Variable, np.ndarray, np.generic, object):
        for arg, operand in zip(op_def.inputs, inputs, strict=True):
            if not arg.type_attr or arg.type_attr in attrs:
                continue
            for item in operand if arg.is_list and isinstance(operand, list | tuple) else [operand]:
                if isinstance(item, kind):
                    attrs[arg.type_attr] = _natural_dtype(op_def, arg.type_attr, item)
                    break


def _own_dtype(item: object) -> DType:
    return item.dtype if isinstance(item, Value | Variable) else dtypes.of(as_array(item, None).dtype)


def _natural_dtype(op_def: OpDef, attr: str, item: object) -> DType:
    if isinstance(item, Variable):
        return item.dtype
    default = op_def.attrs[attr].default
    if default is not None and not isinstance(item, np.ndarray | np.generic):
        return dtypes.of(default.type)
    return dtypes.of(as_array(item, None).dtype)


def _to_value(graph: Builder, op_def: OpDef, arg: Arg, item: object, attrs: Mapping[str, Attr]) -> Value:
    wanted = arg.dtype
    if arg.type_attr:
        dtype = attrs[arg.type_attr]
        assert isinstance(dtype, DType)
        wanted = dtype
    if isinstance(item, Variable):
        value = graph.read(item, op_def.name)
        if wanted is not None and item.autocast and wanted is not value.dtype and wanted.is_floating:
            value = emit_one("Cast", value, DstT=wanted)
    elif isinstance(item, Value):
        value = item
    else:
        value = graph.constant(item, wanted)
    if wanted is not None and value.dtype is not wanted:
        raise GraphError(
            f"op {op_def.name}: argument {arg.name}: expected {wanted.name}, got {value.dtype.name}"
            f" ({value.node.name}); cast it first"
        )
    return value


def _complete_attrs(op_def: OpDef, attrs: dict[str, Attr]) -> dict[str, Attr]:
    if not attrs.keys() <= op_def.attrs.keys():
        unknown = sorted(attrs.keys() - op_def.attrs.keys())
        raise GraphError(f"op {op_def.name}: no attribute {unknown}; it has {sorted(op_def.attrs)}")
    full: dict[str, Attr] = {}
    for name, attr in op_def.attrs.items():
        if name in attrs:
            full[name] = attrs[name]
            attr.check(full[name])
        elif attr.default is not None:
            full[name] = cast("Attr", attr.default_value)
        else:
            raise GraphError(f"op {op_def.name}: attribute {name} ({attr.kind}) is needed")
    return full


def _output_dtypes(op_def: OpDef, attrs: Mapping[str, Attr]) -> list[DType]:
    out: list[DType] = []
    for arg in op_def.outputs:
        if arg.type_list_attr:
            listed = attrs[arg.type_list_attr]
            assert isinstance(listed, Sequence)
            out.extend(d for d in listed if isinstance(d, DType))
            continue
        dtype = arg.dtype or attrs[arg.type_attr]
        count = attrs[arg.number_attr] if arg.number_attr else 1
        assert isinstance(dtype, DType)
        assert isinstance(count, int)
        out.extend([dtype] * count)
    return out


def _infer_shapes(node: Node, count: int) -> Sequence[tuple[int | None, ...] | None]:
    op = find_op(node.op)
    try:
        shapes = op.infer(node.attrs, *node.grouped_inputs())
    except KerasfmtError:
        raise
    except (ValueError, TypeError, IndexError) as error:
        given = ", ".join(
            f"{v.dtype.name}{list(v.shape) if v.shape is not None else '?'}" for v in node.inputs
        )
        raise InvalidModelError(f"{node.name}: op {node.op} on ({given}): {error}") from error
    if len(shapes) != count:
        raise GraphError(f"op {node.op}: inferred {len(shapes)} output shapes, expected {count}")
    return shapes
