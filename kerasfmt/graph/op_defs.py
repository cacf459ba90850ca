"""Op definitions: the names, arguments, types and attributes of TensorFlow ops, as TensorFlow declares them.

`op_defs.binpb` is a serialized `OpList`, written by `tools/extract_op_defs` from an installed TensorFlow.
Source: tensorflow/core/framework/op_def.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph.attr_values import decode_attr
from kerasfmt.typing import record


@record(frozen=True, eq=False)
class Arg:
    """One input or output of an op: a tensor, `number_attr` tensors of one dtype, or a `type_list_attr` list."""

    name: str
    dtype: DType | None
    type_attr: str
    number_attr: str
    type_list_attr: str

    @property
    def is_list(self) -> bool:
        """Whether the argument stands for a list of tensors."""
        return bool(self.number_attr or self.type_list_attr)


_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int, np.integer),
    "float": (float, int, np.floating),
    "bool": (bool, np.bool_),
    "string": (str, bytes),
    "type": (DType,),
    "shape": (tuple, type(None)),
    "tensor": (np.ndarray,),
}


@record(frozen=True, eq=False)
class AttrDef:
    """One attribute of an op: its kind ("int", "list(int)", "type", ...), default and allowed values.

    `default_value` is `default` as a Python value, one object for all nodes.
    """

    op: str
    name: str
    kind: str
    default: protos.AttrValue | None
    default_value: Any
    allowed: frozenset[object]
    minimum: int | None

    @cached_property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return self.kind.startswith("list(")

    @cached_property
    def item_kind(self) -> str:
        """The kind of the value; for a list, of its items."""
        return self.kind[5:-1] if self.is_list else self.kind

    @cached_property
    def item_types(self) -> tuple[type, ...] | None:
        """The Python types of the value; for a list, of its items. None where any will do."""
        return _PYTHON_TYPES.get(self.item_kind)

    def check(self, value: object) -> None:
        """Checks a value of the attribute.

        Raises:
          GraphError: it has a wrong Python type, is not among the allowed values, or is below the minimum.
        """
        items: Sequence[object] = (value,)
        if self.is_list:
            if not isinstance(value, list | tuple):
                raise self._error(f"expected {self.kind}, got {value!r}")
            items = value
        expected, allowed = self.item_types, self.allowed
        for item in items:
            if expected is not None and not isinstance(item, expected):
                raise self._error(f"expected {self.kind}, got {item!r}")
            if allowed and item not in allowed:
                names = sorted(a.name if isinstance(a, DType) else str(a) for a in allowed)
                raise self._error(
                    f"expected one of {names}, got {item.name if isinstance(item, DType) else item}"
                )
        if self.minimum is not None:
            measured = len(items) if self.is_list else value
            assert isinstance(measured, int | np.integer)
            if measured < self.minimum:
                raise self._error(f"at least {self.minimum}, got {measured}")

    def _error(self, fault: str) -> GraphError:
        return GraphError(f"op {self.op}: attribute {self.name}: {fault}")


@record(frozen=True, eq=False)
class OpDef:
    """The declaration of a TensorFlow op."""

    name: str
    inputs: tuple[Arg, ...]
    outputs: tuple[Arg, ...]
    attrs: Mapping[str, AttrDef]
    stateful: bool

    @cached_property
    def inferred_attrs(self) -> frozenset[str]:
        """Names of the attributes that the inputs determine."""
        return frozenset(n for a in self.inputs for n in (a.type_attr, a.number_attr, a.type_list_attr) if n)

    @cached_property
    def only_output(self) -> str | None:
        """The name of the output, where there is one and it is no list."""
        return self.outputs[0].name if len(self.outputs) == 1 and not self.outputs[0].is_list else None

    @cached_property
    def callees(self) -> tuple[str, ...]:
        """Names of the attributes that hold a function for the op to run."""
        return tuple(a.name for a in self.attrs.values() if a.kind == "func")

    @cached_property
    def type_attrs(self) -> frozenset[str]:
        """Names of the attributes that hold the dtype of an input."""
        return frozenset(a.type_attr for a in self.inputs if a.type_attr)


@cache
def _op_list() -> dict[str, protos.OpDef]:
    data = Path(__file__).with_name("op_defs.binpb").read_bytes()
    return {op.name: op for op in protos.OpList.FromString(data).op}


def op_list(names: Iterable[str]) -> protos.OpList:
    """The declarations of ops, sorted by name, as they are stored in a graph."""
    return protos.OpList(op=[_op_list()[name] for name in sorted(names)])


def is_defined(name: str) -> bool:
    """Whether kerasfmt ships the definition of an op."""
    return name in _op_list()


@cache
def lookup(name: str) -> OpDef:
    """The definition of the op called `name`.

    Raises:
      GraphError: kerasfmt ships no definition of that op.
    """
    try:
        proto = _op_list()[name]
    except KeyError:
        raise GraphError(f"op {name}: kerasfmt has no definition of it") from None
    return decode_op_def(proto)


def decode_op_def(proto: protos.OpDef) -> OpDef:
    """The definition of an op from its message.

    Raises:
      GraphError: an attribute has a value that cannot be read.
      UnsupportedFormatError: it names a dtype that kerasfmt does not know.
    """
    return OpDef(
        name=proto.name,
        inputs=tuple(_arg(a) for a in proto.input_arg),
        outputs=tuple(_arg(a) for a in proto.output_arg),
        attrs={a.name: _attr(proto.name, a) for a in proto.attr},
        stateful=proto.is_stateful,
    )


def _arg(proto: protos.OpDef.ArgDef) -> Arg:
    return Arg(
        name=proto.name,
        dtype=dtypes.of(proto.type) if proto.type else None,
        type_attr=proto.type_attr,
        number_attr=proto.number_attr,
        type_list_attr=proto.type_list_attr,
    )


def _attr(op: str, proto: protos.OpDef.AttrDef) -> AttrDef:
    allowed = proto.allowed_values.list
    default = proto.default_value if proto.HasField("default_value") else None
    return AttrDef(
        op=op,
        name=proto.name,
        kind=proto.type,
        default=default,
        default_value=None if default is None else decode_attr(default),
        allowed=frozenset([*(s.decode() for s in allowed.s), *(dtypes.of(t) for t in allowed.type)]),
        minimum=proto.minimum if proto.has_minimum else None,
    )
