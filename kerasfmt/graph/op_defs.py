"""Op definitions: the names, arguments, types and attributes of TensorFlow ops, as TensorFlow declares them.

`op_defs.binpb` is a serialized `OpList`, written by `tools/extract_op_defs` from an installed TensorFlow.
Source: tensorflow/core/framework/op_def.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from kerasfmt import dtypes, protos
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph import attr_values as attr_codec


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class AttrDef:
    """One attribute of an op: its kind ("int", "list(int)", "type", ...), default and allowed values.

    `default_value` is `default` as a Python value, one object for every node that has it.
    """

    name: str
    kind: str
    default: protos.AttrValue | None
    default_value: object
    allowed: frozenset[object]
    minimum: int | None


@dataclass(frozen=True)
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
    def type_attrs(self) -> frozenset[str]:
        """Names of the attributes that hold the dtype of an input."""
        return frozenset(a.type_attr for a in self.inputs if a.type_attr)


@cache
def _op_list() -> dict[str, protos.OpDef]:
    data = Path(__file__).with_name("op_defs.binpb").read_bytes()
    return {op.name: op for op in protos.OpList.FromString(data).op}


def op_list(names: Iterable[str]) -> protos.OpList:
    """The declarations of ops, sorted by name, as a graph carries them."""
    return protos.OpList(op=[_op_list()[name] for name in sorted(names)])


@cache
def lookup(name: str) -> OpDef:
    """The definition of the op called `name`.

    Raises:
      GraphError: kerasfmt ships no definition of that op.
    """
    try:
        proto = _op_list()[name]
    except KeyError:
        raise GraphError(
            f"op {name}: no definition; run tools/extract_op_defs to add it to op_defs.binpb"
        ) from None
    return OpDef(
        name=proto.name,
        inputs=tuple(_arg(a) for a in proto.input_arg),
        outputs=tuple(_arg(a) for a in proto.output_arg),
        attrs={a.name: _attr(a) for a in proto.attr},
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


def _attr(proto: protos.OpDef.AttrDef) -> AttrDef:
    allowed = proto.allowed_values.list
    default = proto.default_value if proto.HasField("default_value") else None
    return AttrDef(
        name=proto.name,
        kind=proto.type,
        default=default,
        default_value=None if default is None else attr_codec.from_proto(default),
        allowed=frozenset([*(s.decode() for s in allowed.s), *(dtypes.of(t) for t in allowed.type)]),
        minimum=proto.minimum if proto.has_minimum else None,
    )
