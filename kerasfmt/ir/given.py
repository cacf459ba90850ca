"""Functions that are given, not traced: what a file holds of a layer whose class nobody has.

A tf.function has one function for each signature that it was traced for. The canonical signature of one is
`((positional arguments), {keyword arguments})`; a leaf is the Spec of a tensor, or a constant.

Source: tensorflow/python/saved_model/function_deserialization.py, recreate_function;
tf_keras/src/saving/legacy/saved_model/load.py, _finalize_saved_model_layers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerasfmt.errors import GraphError
from kerasfmt.graph import Function, Shape, Spec
from kerasfmt.graphdef.structured_value import ArgSpec, OtherValue
from kerasfmt.ir.structure import Structure, flatten, pack_as


class GivenTrace:
    """A function for one signature, which is decoded when it is first used.

    Args:
      name: its name in the file.
      arguments: the canonical signature.
      outputs: a structure of Specs; a leaf that is no tensor is None.
      prepare: gives the function: its inputs are the tensors among the arguments, its outputs those among the outputs.
      stored: what the file says of it, for who writes it again; None where it is of no file.
    """

    def __init__(
        self,
        name: str,
        arguments: tuple[tuple[Any, ...], Mapping[str, Any]],
        outputs: Structure,
        prepare: Callable[[], Function],
        stored: Any,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.outputs = outputs
        self.stored = stored
        self._prepare = prepare
        self._function: Function | None = None

    @property
    def function(self) -> Function:
        """The function, bound to what it captures.

        Raises:
          GraphError: it does not agree with its signature.
          UnsafeFileError: it costs more than it may.
        """
        if self._function is None:
            function = self._prepare()
            specs = [leaf for leaf in flatten(self.outputs) if leaf is not None]
            expected = (len(self.tensors), len(specs))
            if (len(function.inputs), len(function.outputs)) != expected:
                raise GraphError(
                    f"function {self.name}: expected {expected[0]} inputs and {expected[1]} outputs, got "
                    f"{len(function.inputs)} and {len(function.outputs)}"
                )
            for value, spec in zip(function.outputs, specs, strict=True):
                if not isinstance(spec, Spec) or value.dtype is not spec.dtype:
                    raise GraphError(f"function {self.name}: expected an output {spec}, got {value}")
                if value.shape is None:  # a decoded function states no shapes
                    value.set_shape(spec.shape)
            self._function = function
        return self._function

    def forget(self) -> None:
        """Prepares the function anew when it is next used, because it captures something else now."""
        self._function = None

    @property
    def tensors(self) -> list[Spec]:
        """The Specs of the tensors among the arguments, in the order of the function's inputs."""
        return [leaf for leaf in flatten(list(self.arguments)) if isinstance(leaf, Spec)]

    def takes(self, arguments: tuple[tuple[Any, ...], Mapping[str, Any]]) -> bool:
        """Whether it was traced for such arguments: the structures fit, shapes do, and constants are equal."""
        return _fits(self.arguments[0], arguments[0]) and _fits(self.arguments[1], arguments[1])


class GivenFunction:
    """A tf.function of a file.

    Args:
      traces: its functions, one for each signature.
      arg_spec: the signature of the Python function.
      stored: what the file says of it, for who writes it again.
    """

    def __init__(self, traces: Sequence[GivenTrace], arg_spec: ArgSpec, stored: Any) -> None:
        self.traces = traces
        self.arg_spec = arg_spec
        self.stored = stored

    @property
    def names(self) -> set[str]:
        """The names of the arguments that it can take."""
        further = {name for trace in self.traces for name in trace.arguments[1]}
        return {*self.arg_spec.args, *self.arg_spec.kwonlyargs, *further}

    def common_inputs(self) -> Structure | None:
        """The Specs of the first argument that all functions take; None where it is not of dense tensors.

        Source: tf_keras/src/saving/legacy/saved_model/load.py, infer_inputs_from_restored_call_function
        """
        found = [trace.arguments[0][0] for trace in self.traces if trace.arguments[0]]
        leaves = [flatten(inputs) for inputs in found]
        if not found or not all(isinstance(leaf, Spec) for each in leaves for leaf in each):
            return None
        like = [each for each in leaves if len(each) == len(leaves[0])]
        common = [_common(specs) for specs in zip(*like, strict=True)]
        return pack_as(found[0], common) if common else None

    def find(self, inputs: Structure, kwargs: Mapping[str, Any], training: bool) -> GivenTrace | None:
        """The first function that was traced for such arguments; None if there is none.

        Args:
          inputs: the first argument, a structure of Specs.
          kwargs: further arguments by name, with Specs in place of tensors.
          training: the mode.
        """
        arguments = self._canonical(inputs, kwargs, training)
        return next((trace for trace in self.traces if trace.takes(arguments)), None)

    def _canonical(
        self, inputs: Structure, kwargs: Mapping[str, Any], training: bool
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        spec = self.arg_spec
        defaults = spec.defaults or ()
        given = dict(zip(spec.args[len(spec.args) - len(defaults) :], defaults, strict=False))
        given.update(spec.kwonlydefaults or {})
        given.update(kwargs)
        if "training" in self.names:
            given["training"] = training
        positional = (inputs, *(given.pop(name, None) for name in spec.args[1:]))
        return positional, {name: given[name] for name in sorted(given) if name not in spec.args}

    def ordered(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Further arguments in the order in which functions take them."""
        places = {name: place for place, name in enumerate(self.arg_spec.args)}
        names = sorted(kwargs, key=lambda name: (places.get(name, len(places)), name))
        return {name: kwargs[name] for name in names}


def _fits(traced: Any, given: Any) -> bool:
    """Whether a function that was traced for a structure takes another one."""
    if isinstance(traced, Spec):
        if isinstance(given, list | tuple) and len(given) == 1:
            given = given[0]
        return (
            isinstance(given, Spec) and given.dtype is traced.dtype and _compatible(traced.shape, given.shape)
        )
    if isinstance(traced, list | tuple):
        if isinstance(given, Spec):
            given = [given]
        return (
            isinstance(given, list | tuple)
            and len(traced) == len(given)
            and all(_fits(t, g) for t, g in zip(traced, given, strict=True))
        )
    if isinstance(traced, Mapping):
        return (
            isinstance(given, Mapping)
            and traced.keys() == given.keys()
            and all(_fits(traced[key], given[key]) for key in traced)
        )
    return not isinstance(traced, OtherValue) and not isinstance(given, Spec) and bool(traced == given)


def _common(specs: Sequence[Spec]) -> Spec:
    """The first spec, with the sizes left open in which the others differ from it."""
    first, others = specs[0], [spec.shape for spec in specs[1:]]
    shape = first.shape
    for other in others:
        if shape is None or other is None or len(shape) != len(other):
            shape = None
        else:
            shape = tuple(a if a == b else None for a, b in zip(shape, other, strict=True))
    return Spec(shape, first.dtype, first.name)


def _compatible(traced: Shape, given: Shape) -> bool:
    if traced is None or given is None:
        return True
    return len(traced) == len(given) and all(
        t is None or g is None or t == g for t, g in zip(traced, given, strict=True)
    )
