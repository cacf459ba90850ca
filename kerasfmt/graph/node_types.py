"""What follows from the operands and attributes of a node: dtypes, further attributes, shapes of the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError, InvalidModelError, KerasfmtError
from kerasfmt.graph.op import find_op
from kerasfmt.graph.op_defs import Arg, OpDef
from kerasfmt.graph.resource import Variable
from kerasfmt.graph.sizes import checked_shape, fitting
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import as_bytes
from kerasfmt.graph.value import Node, Value

if TYPE_CHECKING:
    from kerasfmt.graph.value import Array, Attr


def list_items(op: str, arg: Arg, operand: object) -> Sequence[object]:
    """The operands of an argument that is a list of tensors.

    Raises:
      GraphError: the operand is not a list.
    """
    if not isinstance(operand, list | tuple):
        raise GraphError(f"op {op}: argument {arg.name} takes a list, got {type(operand).__name__}")
    return operand


def check_list(op: str, arg: Arg, items: Sequence[Value], attrs: Mapping[str, Attr]) -> None:
    """Checks the values of a list argument against the attributes for its length and its dtypes.

    Raises:
      GraphError: they do not agree.
    """
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


def add_inferred_attrs(op_def: OpDef, inputs: Sequence[object], attrs: dict[str, Attr]) -> None:
    """Adds the attributes that the operands determine and `attrs` does not hold: counts and dtypes.

    The first Value decides a dtype. If there is none, a variable, an array or a NumPy number decides before a Python
    number does.

    Args:
      op_def: the op.
      inputs: one operand per argument of the op.
      attrs: the known attributes, to which the others are added.
    """
    for arg, operand in zip(op_def.inputs, inputs, strict=True):
        items = list_items(op_def.name, arg, operand) if arg.is_list else (operand,)
        if arg.number_attr:
            attrs.setdefault(arg.number_attr, len(items))
        if arg.type_list_attr and arg.type_list_attr not in attrs:
            attrs[arg.type_list_attr] = [_own_dtype(i) for i in items]
        if arg.type_attr and arg.type_attr not in attrs:
            for item in items:
                if isinstance(item, Value):
                    attrs[arg.type_attr] = item.dtype
                    break
    if not op_def.type_attrs <= attrs.keys():
        _add_natural_dtypes(op_def, inputs, attrs)


def _add_natural_dtypes(op_def: OpDef, inputs: Sequence[object], attrs: dict[str, Attr]) -> None:
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


def wanted_dtype(arg: Arg, attrs: Mapping[str, Attr]) -> DType | None:
    """The dtype that the values of an argument must have; None where each may have its own."""
    if not arg.type_attr:
        return arg.dtype
    dtype = attrs[arg.type_attr]
    assert isinstance(dtype, DType)
    return dtype


def complete_attrs(op_def: OpDef, attrs: Mapping[str, Attr]) -> dict[str, Attr]:
    """Every attribute of the op, in the order of its definition: the checked value, or the default.

    Raises:
      GraphError: the op has no such attribute, one without a default is missing, or a value is not allowed.
    """
    if not attrs.keys() <= op_def.attrs.keys():
        unknown = sorted(attrs.keys() - op_def.attrs.keys())
        raise GraphError(f"op {op_def.name}: no attribute {unknown}; it has {sorted(op_def.attrs)}")
    full: dict[str, Attr] = {}
    for name, attr in op_def.attrs.items():
        if name in attrs:
            value = full[name] = attrs[name]
            attr.check(value)
        elif attr.default is not None:
            full[name] = attr.default_value
        else:
            raise GraphError(f"op {op_def.name}: attribute {name} ({attr.kind}) is needed")
    return full


def output_dtypes(op_def: OpDef, attrs: Mapping[str, Attr]) -> list[DType]:
    """The dtypes of the outputs of a node with these attributes."""
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


def inferred_shapes(node: Node, count: int) -> Sequence[Shape]:
    """The shapes of the `count` outputs of a node, from its inputs and attributes.

    Raises:
      GraphError: kerasfmt does not know the op.
      InvalidModelError: the shapes of the inputs do not fit.
    """
    op = find_op(node.op)
    try:
        shapes = [checked_shape(shape) for shape in op.infer(node.attrs, *node.grouped_inputs())]
    except KerasfmtError:
        raise
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        given = ", ".join(
            f"{v.dtype.name}{list(v.shape) if v.shape is not None else '?'}" for v in node.inputs
        )
        raise InvalidModelError(f"{node.name}: op {node.op} on ({given}): {error}") from error
    if len(shapes) != count:
        raise GraphError(f"op {node.op}: inferred {len(shapes)} output shapes, expected {count}")
    return shapes


def as_array(value: object, dtype: DType | None) -> Array:
    """The value of a constant as an array; Python numbers take TensorFlow's dtypes, float32 and int32.

    Raises:
      ValueError: a whole number does not fit, or there is neither a number nor a text.
    """
    if dtype is dtypes.string or (
        dtype is None and isinstance(value, np.ndarray) and value.dtype.kind in "OSU"
    ):
        return as_bytes(value)
    if isinstance(value, np.ndarray):
        return value if dtype is None or value.dtype == dtype.numpy else value.astype(dtype.numpy)
    array = np.asarray(value)
    if array.dtype.kind in "US":
        return as_bytes(value)
    if isinstance(value, np.generic) and dtype is None:
        return array
    if array.dtype == object:
        raise ValueError(f"expected numbers that a tensor can hold, got {value!r:.80}")
    wanted = dtype or {"f": dtypes.float32, "i": dtypes.int32, "u": dtypes.int32}.get(array.dtype.kind)
    if wanted is None:
        return array
    if wanted.is_integer and array.dtype.kind in "iu":
        return fitting(array, wanted)
    with np.errstate(over="ignore"):
        return array.astype(wanted.numpy)
