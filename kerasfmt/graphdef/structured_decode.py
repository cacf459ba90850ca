"""Python structures from `StructuredValue` messages, in which a tensor may consist of several tensors.

Source: tensorflow/core/protobuf/struct.proto; tensorflow/python/saved_model/nested_structure_coder.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasfmt.errors import GraphError
from kerasfmt.graph import Spec
from kerasfmt.graphdef.structured_value import ArgSpec, decode_spec, decode_with


@dataclass(frozen=True)
class Composite:
    """A tensor of several tensors, a ragged or a sparse one.

    Attributes:
      kind: the name of its class.
      components: of how many tensors it consists.
    """

    kind: str
    components: int


def decode(proto: Any, where: str) -> Any:
    """The structure of a message: None, bools, numbers, strings, Specs, Composites, tuples, lists and dicts.

    A named tuple is a tuple. What else a message may hold, a dtype or a shape, stands for itself.

    Args:
      proto: the message.
      where: what errors begin with.

    Raises:
      GraphError: it is nested too deeply.
    """
    return decode_with(_other, proto, where)


def _other(proto: Any, kind: str) -> Any:
    if kind == "bounded_tensor_spec_value":
        return decode_spec(proto.bounded_tensor_spec_value)
    if kind == "type_spec_value":
        spec = proto.type_spec_value
        return Composite(spec.type_spec_class_name, spec.num_flat_components)
    return proto


def leaves(structure: Any) -> Iterator[Any]:
    """What a structure holds beside tuples, lists and dicts, in TensorFlow's order: dicts by their keys."""
    if isinstance(structure, dict):
        for key in sorted(structure):
            yield from leaves(structure[key])
    elif isinstance(structure, list | tuple):
        for item in structure:
            yield from leaves(item)
    else:
        yield structure


def filled(structure: Any, values: Iterator[Any]) -> Any:
    """The structure with other values in place of its Specs; None and other leaves stay.

    Args:
      structure: the structure.
      values: one value for each Spec and for each component of a Composite, in the order of `leaves`.
    """
    if isinstance(structure, dict):
        return {key: filled(structure[key], values) for key in sorted(structure)}
    if isinstance(structure, list | tuple):
        return type(structure)(filled(item, values) for item in structure)
    if isinstance(structure, Composite):
        return tuple(next(values) for _ in range(structure.components))
    return next(values) if isinstance(structure, Spec) else structure


def decode_function_spec(proto: Any, where: str) -> ArgSpec:
    """The signature of a Python function, without `self`.

    Raises:
      GraphError: it is damaged.

    Source: tensorflow/python/saved_model/function_deserialization.py, _deserialize_function_spec_as_nonmethod.
    """
    named = proto.fullargspec.named_tuple_value
    said = {pair.key: decode(pair.value, where) for pair in named.values}
    args = tuple(said.get("args") or ())
    defaults = said.get("defaults")
    if not all(isinstance(arg, str) for arg in args) or not (
        defaults is None or isinstance(defaults, tuple | list)
    ):
        raise GraphError(f"{where}: the signature of a function is damaged")
    if args and (proto.is_method or args[0] == "self"):
        args = args[1:]
    return ArgSpec(
        args,
        None if defaults is None else tuple(defaults)[-len(args) :] if args else (),
        tuple(said.get("kwonlyargs") or ()),
        said.get("kwonlydefaults"),
        said.get("varargs"),
        said.get("varkw"),
    )
