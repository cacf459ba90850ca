"""A trace: a layer's `call` as a function, for one signature."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kerasfmt.graph import Builder, Function, Spec
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Constant, Tensor
from kerasfmt.typing import override, record

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer


@record(frozen=True, eq=False)
class InnerCall:
    """A call of a layer by the layer that holds it: the layer, and the Specs of the arguments."""

    layer: Layer
    inputs: Structure
    kwargs: Mapping[str, Any]


@record(frozen=True, eq=False)
class Trace:
    """A layer's `call`, traced for one signature.

    Attributes:
      function: inputs are the flat tensors of `inputs` and then those of `kwargs`; outputs are the flat
        outputs and then `losses`.
      inputs: structure of Specs.
      kwargs: name -> structure of Specs or constants.
      outputs: structure of Values.
      losses: number of loss values after the outputs.
      training: the mode; None if the layer has only one.
      inner: the calls of layers that the layer holds, made by `CallContext.run`.
      places: positions of the captured variables among the layer's weights, if equal layers share the trace.
    """

    function: Function
    inputs: Structure
    kwargs: Mapping[str, Any]
    outputs: Structure
    losses: int
    training: bool | None
    inner: tuple[InnerCall, ...] = ()
    places: tuple[int, ...] = ()


class HashedTuple(tuple[Any, ...]):
    """A tuple whose hash is worked out once: a long part of many keys."""

    @cached_property
    def _hash(self) -> int:
        return super().__hash__()

    @override
    def __hash__(self) -> int:
        return self._hash


def function_name(layer: str) -> str:
    """The name of the function that a layer of this name is traced as."""
    return f"{layer}_layer_call_and_return_conditional_losses"


def argument(graph: Builder, value: Any) -> Any:
    """A new input of the function under construction for a Spec; a constant as it is."""
    return graph.input(value) if isinstance(value, Spec) else value


def name_specs(structure: Structure, path: str) -> Structure:
    """Names each Spec by its place, `inputs`, `inputs_0`, `inputs_key`; a Spec with a name keeps it.

    Source: tensorflow/core/function/polymorphism/function_type.py.
    """
    if isinstance(structure, Spec):
        return structure if structure.name else structure.with_name(path)
    if isinstance(structure, dict):
        return {key: name_specs(structure[key], f"{path}_{key}") for key in structure}
    if isinstance(structure, list | tuple):
        return type(structure)(name_specs(item, f"{path}_{i}") for i, item in enumerate(structure))
    return structure


def specs_of(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Call arguments with the Spec in place of each Tensor, and of each constant that is a tensor to the layer."""
    return {
        k: map_structure(lambda t: t.spec if isinstance(t, Tensor | Constant) else t, v)
        for k, v in kwargs.items()
    }


def freeze(structure: Any) -> Any:
    """A structure of Specs and constants as a value that can be a key."""
    if isinstance(structure, dict):
        return tuple((k, freeze(structure[k])) for k in sorted(structure))
    if isinstance(structure, list | tuple):
        return (type(structure).__name__, *(freeze(s) for s in structure))
    return structure


def accepts(signature: Structure, inputs: Structure) -> bool:
    """Whether a function traced for `signature` takes `inputs`: the dtypes are equal and the shapes fit.

    Args:
      signature: what the function takes, a structure of Specs.
      inputs: what it is to be called with.
    """
    if type(signature) is not type(inputs):
        return False
    wide, narrow = flatten(signature), flatten(inputs)
    if isinstance(signature, dict) and signature.keys() != inputs.keys():
        return False
    return len(wide) == len(narrow) and all(_accepts_spec(w, n) for w, n in zip(wide, narrow, strict=True))


def _accepts_spec(wide: Spec, narrow: Spec) -> bool:
    if wide.dtype is not narrow.dtype:
        return False
    if wide.shape is None or narrow.shape is None:
        return wide.shape is None
    return len(wide.shape) == len(narrow.shape) and all(
        w is None or w == n for w, n in zip(wide.shape, narrow.shape, strict=True)
    )
