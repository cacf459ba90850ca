"""The steps of a live Keras 3 layer's code for inputs of any size: what several recordings of it agree on.

Source: keras/src/backend/jax/core.py, compute_output_spec
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.layers.keras3_ops.operation import result_dtype
from kerasfmt.sources.live.arrays import to_numpy
from kerasfmt.sources.live.events import Body, Event, NotRecordable, Recording
from kerasfmt.sources.live.open_sizes import UnknownForm, merged, samples
from kerasfmt.sources.live.recording import Recorder
from kerasfmt.sources.live.symbolic_variables import variable_of


@dataclass(frozen=True)
class Input:
    """An input of the code, by its place among the tensors of its arguments."""

    place: int


@dataclass(frozen=True)
class Output:
    """An output of a step or an argument of a function, by the number of the step or function and its place."""

    step: int
    place: int


@dataclass(frozen=True)
class Content:
    """What a variable holds when the step runs.

    Attributes:
      key: the id of the variable.
      cast: the dtype that it is read in; None for its own.
    """

    key: int
    cast: str | None


@dataclass(frozen=True, eq=False)
class Script:
    """The steps of a layer's code.

    Attributes:
      steps: the steps. Tensors among their arguments are Inputs, Outputs and Contents; their outputs are Specs.
      outputs: what the code returns.
      axes: for each unknown size, the place of an input and its axis.
      variables: the variables by id.
    """

    steps: tuple[Event, ...]
    outputs: Any
    axes: tuple[tuple[int, int], ...]
    variables: Mapping[int, Any]


def script_of(
    recorder: Recorder, inputs: Structure, kwargs: Mapping[str, Any], training: bool | None
) -> Script:
    """The steps of the code of a layer.

    Args:
      recorder: records it.
      inputs: the first argument, a structure of Specs.
      kwargs: further arguments by name, with Specs in place of tensors.
      training: the mode; None where there is only one.

    Raises:
      NotRecordable: it does something else than operations on tensors.
    """
    numbers, axes = _open_axes([leaf for part in (inputs, *kwargs.values()) for leaf in flatten(part)])
    try:
        sizes = samples(len(axes))
    except UnknownForm as error:
        raise NotRecordable("", str(error)) from None

    def made(tensor_class: Any, known: Mapping[int, int]) -> tuple[Any, Mapping[str, Any]]:
        def tensor(spec: Any) -> Any:
            if not isinstance(spec, Spec):
                return spec
            if spec.shape is None:
                raise NotRecordable("", "an input has no known rank")
            shape = tuple(known[numbers[a]] if d is None else d for a, d in enumerate(spec.shape))
            return tensor_class(shape, spec.dtype.name)

        return map_structure(tensor, inputs), {k: map_structure(tensor, v) for k, v in kwargs.items()}

    runs = [
        _normal(recorder.record(lambda cls, known=known: made(cls, known), training, known), recorder)  # type: ignore[misc]
        for known in sizes
    ]
    first = runs[0]
    if any(_way(run.steps) != _way(first.steps) for run in runs):
        raise NotRecordable("", "its Python code takes another way for other sizes of its inputs; give the model "
                            "inputs of known sizes")  # fmt: skip
    steps = _all_agreed([run.steps for run in runs], sizes)
    return Script(tuple(steps), first.outputs, tuple(axes), first.variables)


def _way(steps: Iterable[Event]) -> list[Any]:
    """Which steps there are, also in the functions that they run."""
    return [(s.kind, s.name, [(len(b.outputs), _way(b.events)) for b in s.bodies]) for s in steps]


def _all_agreed(runs: Sequence[Sequence[Event]], sizes: list[dict[int, int]]) -> list[Event]:
    """The steps that several runs agree on.

    Raises:
      NotRecordable: they change with the sizes in a way that is not recognized.
    """
    steps = []
    for together in zip(*runs, strict=True):
        try:
            steps.append(_agreed(together, sizes))
        except UnknownForm as error:
            raise NotRecordable(together[0].line, f"{error}; give the model inputs of known sizes") from None
    return steps


def _open_axes(leaves: list[Any]) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """The number of the unknown size of each axis, and where it can be told; one axis has one size in all inputs."""
    numbers: dict[int, int] = {}
    axes = []
    tensors = [leaf for leaf in leaves if isinstance(leaf, Spec)]
    for place, spec in enumerate(tensors):
        for axis, size in enumerate(spec.shape or ()):
            if size is None and axis not in numbers:
                numbers[axis] = len(numbers)
                axes.append((place, axis))
    return numbers, axes


def _agreed(together: tuple[Event, ...], sizes: list[dict[int, int]]) -> Event:
    first = together[0]
    options, args, kwargs = merged([(e.options, e.args, e.kwargs) for e in together], sizes)
    bodies = tuple(_agreed_body(each, sizes) for each in zip(*(e.bodies for e in together), strict=True))
    outputs = None if first.outputs is None else _agreed_specs([e.outputs for e in together])
    return replace(first, options=options, args=args, kwargs=kwargs, bodies=bodies, outputs=outputs)


def _agreed_body(together: tuple[Body, ...], sizes: list[dict[int, int]]) -> Body:
    return replace(
        together[0],
        inputs=_agreed_specs([b.inputs for b in together]),
        events=_all_agreed([b.events for b in together], sizes),
        outputs=merged([b.outputs for b in together], sizes),
    )


def _agreed_specs(together: Sequence[Structure]) -> Structure:
    """The Specs of several runs, with None for each size that changes."""
    shapes = [[leaf.shape for leaf in flatten(specs)] for specs in together]
    known = iter(
        tuple(
            size if all(s[place][axis] == size for s in shapes) else None for axis, size in enumerate(shape)
        )
        for place, shape in enumerate(shapes[0])
    )
    return map_structure(lambda spec: Spec(next(known), spec.dtype), together[0])


@dataclass
class _Normal:
    """A recording with places in place of tensors."""

    recorder: Recorder
    places: dict[int, Any] = field(default_factory=dict)
    variables: dict[int, Any] = field(default_factory=dict)
    held: dict[int, Any] = field(default_factory=dict)

    count: int = 0

    def numbered(self, outputs: Sequence[Any]) -> int:
        """The number of the next step or function, whose outputs or arguments get places."""
        number = self.count
        self.count += 1
        for place, tensor in enumerate(outputs):
            self.places[id(tensor)] = Output(number, place)
        return number

    def steps(self, events: Iterable[Event]) -> list[Event]:
        """The events as steps."""
        return list(map(self._step, events))

    def _step(self, event: Event) -> Event:
        try:
            options = self.of(event.options)
            args = tuple(self._operand(event, value) for value in event.args)
            kwargs = {name: self._operand(event, value) for name, value in event.kwargs.items()}
        except NotRecordable as error:
            raise NotRecordable(event.line, str(error)) from None
        leaves = [] if event.outputs is None else flatten(event.outputs)
        number = self.numbered(leaves)
        bodies = tuple(self._body(body, event.line) for body in event.bodies)
        outputs = map_structure(_spec, event.outputs) if leaves else None
        return replace(
            event, options=options, args=args, kwargs=kwargs, bodies=bodies, outputs=outputs, number=number
        )

    def _body(self, body: Body, line: str) -> Body:
        number = self.numbered(body.inputs)
        events = self.steps(body.events)
        try:
            outputs = [self.of(value) for value in body.outputs]
        except NotRecordable as error:
            raise NotRecordable(line, str(error)) from None
        return Body(list(map(_spec, body.inputs)), events, outputs, number)

    def _operand(self, event: Event, value: Any) -> Any:
        """An argument; a number of NumPy's stays an array where its dtype is that of the result."""
        if event.kind != "operation" or event.name == "GetItem" or not isinstance(value, np.generic):
            return self.of(value)
        others = [x for x in flatten([event.args, event.kwargs]) if isinstance(x, self.recorder.tensor_class)]
        found = [dtypes.of(str(x.dtype)) for x in others]
        array = self._array(value)
        if not found or result_dtype([*found, dtypes.of(array.dtype)]) in found:
            return self.of(value)
        return array

    def _array(self, value: Any) -> Any:
        array = to_numpy(value)
        return array.astype(dtypes.of(self.recorder.kept(dtypes.of(array.dtype).name)).numpy, copy=False)

    def of(self, value: Any) -> Any:
        """An argument in which each tensor is a place, and each array one of NumPy."""
        if isinstance(value, Mapping):
            return {key: self.of(item) for key, item in value.items()}
        if isinstance(value, slice):
            return slice(*map(self.of, (value.start, value.stop, value.step)))
        if isinstance(value, list | tuple):
            found = [self.of(item) for item in value]
            return tuple(found) if isinstance(value, tuple) else found
        if isinstance(value, np.generic):  # np.float64 is a float of Python's too
            return value.item()
        if isinstance(value, bool | str | int | float | None) or value is Ellipsis:
            return value
        variable = variable_of(value)
        if variable is not None:
            self.variables[id(variable)] = variable
            dtype = str(value.dtype)
            return Content(id(variable), dtype if dtype != str(variable.dtype) else None)
        if isinstance(value, self.recorder.tensor_class):
            return self._place(value)
        if id(value) in self.held:
            return Content(self.held[id(value)], None)
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            return self._array(value)
        if isinstance(value, type) or hasattr(value, "name"):
            return str(getattr(value, "name", None) or getattr(value, "__name__", value))
        return _Other(value)

    def _place(self, tensor: Any) -> Any:
        if id(tensor) not in self.places:
            raise NotRecordable("", "it uses a symbolic tensor that was made elsewhere")
        return self.places[id(tensor)]


@dataclass(frozen=True)
class _Other:
    """An argument that is neither a number, a text nor a tensor."""

    value: Any


def _normal(recording: Recording, recorder: Recorder) -> Script:
    state = _Normal(recorder)
    for variable in recorder.live.variables:
        held = getattr(variable, "_value", None)
        if held is not None:
            state.held[id(held)] = id(variable)
            state.variables[id(variable)] = variable
    inputs, kwargs = recording.inputs
    tensors = [x for part in (inputs, *kwargs.values()) for x in flatten(part)]
    for place, tensor in enumerate(x for x in tensors if isinstance(x, recorder.tensor_class)):
        state.places[id(tensor)] = Input(place)
    steps = state.steps(recording.events)
    try:
        returned = state.of(recording.outputs)
    except NotRecordable as error:
        raise NotRecordable("", str(error)) from None
    return Script(tuple(steps), returned, (), state.variables)


def _spec(tensor: Any) -> Spec:
    return Spec(tuple(tensor.shape), dtypes.of(str(tensor.dtype)))
