"""Nodes and functions as readable text.

    function dense(inputs: float32[?, 3])
      capture matmul_readvariableop_resource = dense/kernel: float32[3, 5]
      MatMul/ReadVariableOp: float32[3, 5] = ReadVariableOp(matmul_readvariableop_resource)
      MatMul: float32[?, 5] = MatMul(inputs, MatMul/ReadVariableOp)
      return MatMul

A node is printed as its name, the types of its outputs, its op with inputs and attributes, and the nodes that it
waits for. Attributes that follow from the types are left out. `?` is an unknown size, `...` an unknown rank.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph.attr_values import encode_attr
from kerasfmt.graph.op_defs import AttrDef, OpDef
from kerasfmt.graph.spec import Shape

_WIDTH = 110
_ITEMS = 6
"""The number of items that are shown of a constant or a list."""
_LETTERS = 40
"""The number of characters that are shown of a string."""


def type_text(dtype: DType, shape: Shape) -> str:
    """A dtype and a shape: `float32[?, 3]`."""
    if shape is None:
        return f"{dtype.name}[...]"
    return f"{dtype.name}[{', '.join('?' if size is None else str(size) for size in shape)}]"


def attr_texts(op_def: OpDef, attrs: Mapping[str, object]) -> list[str]:
    """The attributes that differ from the defaults and do not follow from the types of inputs and outputs."""
    shown = op_def.inferred_attrs | {
        name for arg in op_def.outputs for name in (arg.type_attr, arg.number_attr, arg.type_list_attr)
    }
    return [
        f"{name}={_value_text(attrs[name])}"
        for name, attr in op_def.attrs.items()
        if name not in shown and not _is_default(attr, attrs[name])
    ]


def wrapped(line: str, indent: str = "") -> list[str]:
    """The line, split if it is too long; its further lines are indented more."""
    return textwrap.wrap(
        line,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _is_default(attr: AttrDef, value: object) -> bool:
    if attr.default is None:
        return False
    texts = [encode_attr(attr.kind, v).SerializeToString() for v in (value, attr.default_value)]
    return texts[0] == texts[1]


def _value_text(value: object) -> str:
    if isinstance(value, np.ndarray):
        if value.ndim == 0 or value.size <= _ITEMS:
            return _value_text(value.tolist())
        return _list_text(value.ravel()[:_ITEMS].tolist(), value.size)
    if isinstance(value, list | tuple):
        return _list_text(value[:_ITEMS], len(value))
    if isinstance(value, float):
        return f"{value:.7g}" if value % 1 else str(value)
    if value is None:  # of a shape
        return "?"
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= _LETTERS else f"{value[:_LETTERS]!r}..."
    name = getattr(value, "name", None)  # of a dtype, or of a function
    return name if isinstance(name, str) else str(value)


def _list_text(items: Sequence[object], count: int) -> str:
    more = [f"... {count - len(items)} more"] if count > len(items) else []
    return f"[{', '.join([*map(_value_text, items), *more])}]"
