"""Python structures as `StructuredValue` messages.

Source: tensorflow/core/protobuf/struct.proto; tensorflow/python/saved_model/nested_structure_coder.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kerasfmt import protos
from kerasfmt.graph import Spec, VariableSpec
from kerasfmt.graph.attr_values import encode_shape


@dataclass(frozen=True)
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


def encode(value: Any) -> protos.StructuredValue:
    """The message for None, bools, numbers, strings, Specs, and tuples, lists and dicts of them."""
    proto = protos.StructuredValue()
    _encode_into(proto, value)
    return proto


def _encode_into(proto: protos.StructuredValue, value: Any) -> None:
    if value is None:
        proto.none_value.SetInParent()
    elif isinstance(value, bool):
        proto.bool_value = value
    elif isinstance(value, int):
        proto.int64_value = value
    elif isinstance(value, float):
        proto.float64_value = value
    elif isinstance(value, str):
        proto.string_value = value
    elif isinstance(value, Spec):
        spec = proto.tensor_spec_value
        spec.name = value.name or ""
        spec.shape.CopyFrom(encode_shape(value.shape))
        spec.dtype = value.dtype.enum
    elif isinstance(value, VariableSpec):
        _encode_variable_spec(proto.type_spec_value, value)
    elif isinstance(value, Mapping):
        proto.dict_value.SetInParent()
        for key, item in value.items():
            _encode_into(proto.dict_value.fields[key], item)
    elif isinstance(value, tuple):
        _encode_items(proto.tuple_value, value)
    else:
        assert isinstance(value, list), value
        _encode_items(proto.list_value, value)


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

    def encode(self, spec: ArgSpec, input_signature: tuple[Any, ...] | None) -> protos.FunctionSpec:
        """As `encode_function_spec`, with one message for equal signatures."""
        key = (spec.key, repr(input_signature))
        if key not in self._made:
            self._made[key] = encode_function_spec(spec, input_signature)
        return self._made[key]
