"""Python structures as `StructuredValue` messages.

Source: tensorflow/core/protobuf/struct.proto; tensorflow/python/saved_model/nested_structure_coder.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from kerasfmt import dtypes, protos
from kerasfmt.errors import GraphError
from kerasfmt.graph import Spec, VariableSpec
from kerasfmt.graph.attr_values import decode_shape, encode_shape
from kerasfmt.typing import record

_PLAIN: Final = frozenset({"bool_value", "int64_value", "float64_value", "string_value"})
_MAX_DEPTH: Final = 64
"""Structures that are nested more deeply are refused."""


@record(frozen=True)
class ArgSpec:
    """The signature of a Python function, as TensorFlow stores it (inspect.FullArgSpec)."""

    args: tuple[str, ...] = ()
    defaults: tuple[Any, ...] | None = None
    kwonlyargs: tuple[str, ...] = ()
    kwonlydefaults: Mapping[str, Any] | None = None
    varargs: str | None = None
    varkw: str | None = None

    @cached_property
    def key(self) -> str:
        """A text that is equal for equal signatures; it tells the defaults 0, 0.0 and False apart."""
        return repr(self)


@record(frozen=True)
class OtherValue:
    """A value of a kind that kerasfmt does not take: the spec of a ragged tensor, a tensor, and others.

    Attributes:
      kind: what it is.
    """

    kind: str


def decode(proto: protos.StructuredValue) -> Any:
    """The value of a message; a named tuple becomes a tuple.

    Raises:
      GraphError: it is nested too deeply.
    """
    return decode_with(_other, proto)


def decode_with(other: Callable[[Any, str], Any], proto: Any, where: str = "message", depth: int = 0) -> Any:
    """The value of a message, in which something else says what becomes of the kinds that Python has no type for.

    Args:
      other: the value of such a message, by its kind.
      proto: the message.
      where: what errors begin with.
      depth: how deep it lies in another one.

    Raises:
      GraphError: it is nested too deeply.
    """
    if depth > _MAX_DEPTH:
        raise GraphError(f"{where}: a structure is nested more than {_MAX_DEPTH} deep")
    kind = proto.WhichOneof("kind")
    if kind in ("none_value", None):
        return None
    value = getattr(proto, kind)
    if kind in _PLAIN:
        return value
    if kind == "tensor_spec_value":
        return decode_spec(value)
    if kind == "dict_value":
        return {key: decode_with(other, value.fields[key], where, depth + 1) for key in sorted(value.fields)}
    if kind in ("list_value", "tuple_value"):
        items = [decode_with(other, item, where, depth + 1) for item in value.values]
        return items if kind == "list_value" else tuple(items)
    if kind == "named_tuple_value":
        return tuple(decode_with(other, pair.value, where, depth + 1) for pair in value.values)
    return other(proto, kind)


def decode_spec(proto: Any) -> Spec:
    """The Spec of a message about a tensor."""
    return Spec(decode_shape(proto.shape), dtypes.of(proto.dtype), proto.name or None)


def _other(proto: Any, kind: str) -> OtherValue:
    named = proto.type_spec_value.type_spec_class_name if kind == "type_spec_value" else ""
    return OtherValue(named or kind)


def decode_arg_spec(proto: protos.FunctionSpec) -> ArgSpec:
    """The signature in a message, without `self`.

    Raises:
      GraphError: it is not the signature of a Python function.
    """
    pairs = {pair.key: decode(pair.value) for pair in proto.fullargspec.named_tuple_value.values}
    args, defaults = _texts(pairs.get("args")), pairs.get("defaults")
    keywords = pairs.get("kwonlydefaults")
    if proto.is_method:
        args = args[1:]
    if not isinstance(defaults, tuple | list | None) or not isinstance(keywords, dict | None):
        raise GraphError(f"expected the defaults of a signature, got {defaults!r:.80} and {keywords!r:.80}")
    varargs, varkw = (None if pairs.get(key) is None else str(pairs[key]) for key in ("varargs", "varkw"))
    return ArgSpec(
        args,
        None if defaults is None else tuple(defaults),
        _texts(pairs.get("kwonlyargs")),
        keywords,
        varargs,
        varkw,
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list | tuple):
        raise GraphError(f"expected the names of arguments, got {value!r:.80}")
    return tuple(map(str, value or ()))


def encode(value: Any) -> protos.StructuredValue:
    """The message for None, bools, numbers, strings, Specs, and tuples, lists and dicts of them.

    A message stands for itself.
    """
    if isinstance(value, protos.StructuredValue):
        return value
    proto = protos.StructuredValue()
    _encode_into(proto, value)
    return proto


def _encode_into(proto: protos.StructuredValue, value: Any) -> None:
    if isinstance(value, str):  # the commonest come first
        proto.string_value = value
    elif isinstance(value, list):
        _encode_items(proto.list_value, value)
    elif isinstance(value, tuple):
        _encode_items(proto.tuple_value, value)
    elif value is None:
        proto.none_value.SetInParent()
    elif isinstance(value, bool):
        proto.bool_value = value
    elif isinstance(value, int):
        proto.int64_value = value
    elif isinstance(value, float):
        proto.float64_value = value
    elif isinstance(value, Spec):
        spec = proto.tensor_spec_value
        spec.name = value.name or ""
        spec.shape.CopyFrom(encode_shape(value.shape))
        spec.dtype = value.dtype.enum
    elif isinstance(value, VariableSpec):
        _encode_variable_spec(proto.type_spec_value, value)
    else:
        assert isinstance(value, Mapping), value
        proto.dict_value.SetInParent()
        for key, item in value.items():
            _encode_into(proto.dict_value.fields[key], item)


def _encode_variable_spec(proto: protos.TypeSpecProto, spec: VariableSpec) -> None:
    proto.type_spec_class = protos.TypeSpecProto.TypeSpecClass.Value("VARIABLE_SPEC")
    proto.type_spec_class_name = "VariableSpec"
    proto.num_flat_components = 1
    state = proto.type_state.tuple_value.values
    state.add().tensor_shape_value.CopyFrom(encode_shape(spec.content.shape))
    state.add().tensor_dtype_value = spec.content.dtype.enum
    state.add().bool_value = True  # trainable
    state.add().int64_value = spec.alias


def _encode_items(proto: protos.TupleValue | protos.ListValue, items: Sequence[Any]) -> None:
    proto.SetInParent()
    for item in items:
        _encode_into(proto.values.add(), item)


def encode_function_spec(
    spec: ArgSpec, input_signature: tuple[Any, ...] | None = None
) -> protos.FunctionSpec:
    """The message for a Python signature, with the `input_signature` of the tf.function if it has one."""
    fields: list[tuple[str, Any]] = [
        ("args", list(spec.args)),
        ("varargs", spec.varargs),
        ("varkw", spec.varkw),
        ("defaults", spec.defaults),
        ("kwonlyargs", list(spec.kwonlyargs)),
        ("kwonlydefaults", spec.kwonlydefaults),
        ("annotations", {}),
    ]
    proto = protos.FunctionSpec()
    named = proto.fullargspec.named_tuple_value
    named.name = "FullArgSpec"
    for key, value in fields:
        pair = named.values.add(key=key)
        _encode_into(pair.value, value)
    proto.input_signature.CopyFrom(encode(input_signature))
    return proto


class FunctionSpecs:
    """Encodes the signatures of functions, each once: a model has few of them."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], protos.FunctionSpec] = {}

    def encode(
        self, spec: ArgSpec | protos.FunctionSpec, input_signature: tuple[Any, ...] | None
    ) -> protos.FunctionSpec:
        """As `encode_function_spec`, with one message for equal signatures; a message stands for itself."""
        if isinstance(spec, protos.FunctionSpec):
            return spec
        key = (spec.key, repr(input_signature))
        if key not in self._made:
            self._made[key] = encode_function_spec(spec, input_signature)
        return self._made[key]
