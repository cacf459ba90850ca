"""The steps of a live Keras 3 layer's code as graph nodes.

Operations become the TensorFlow functions that `kerasfmt.layers.keras3_ops` states for them. Calls of layers become
calls of their functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Builder, Value, Variable, ops
from kerasfmt.graph.spec import Spec
from kerasfmt.ir import Layer, Tensor, Weight
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.json_values import ELLIPSIS, SLICE
from kerasfmt.ir.model_run import ModelRun
from kerasfmt.ir.naming import to_snake_case
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.layers.keras3_ops import Operation
from kerasfmt.nn.shapes import as_value, dims_of, dropout, seeds
from kerasfmt.sources.live.control import Place, assigned, control, fitted
from kerasfmt.sources.live.events import Body, Event
from kerasfmt.sources.live.open_sizes import OpenArray, OpenSize
from kerasfmt.sources.live.script import Content, Input, Output, Script


class Replay:
    """Runs a script on Values.

    Args:
      graph: the function under construction.
      script: the steps.
      inputs: the Values of its inputs.
      layers: the layer of each live layer, by the id of the live one.
      weight_of: gives the weight of a live variable.
      training: the mode.
      context: takes the losses.
    """

    def __init__(
        self,
        graph: Builder,
        script: Script,
        inputs: list[Value],
        layers: Mapping[int, Layer],
        weight_of: Callable[[Any], Weight | None],
        training: bool | None,
        context: CallContext,
    ) -> None:
        self._graph = graph
        self._script = script
        self._inputs = inputs
        self._layers = layers
        self._weight_of = weight_of
        self._context = context
        self._run = ModelRun(training, context, {})
        self._bound: dict[Input | Output, Tensor] = {
            Input(place): self._bind(value) for place, value in enumerate(inputs)
        }
        self._sizes: dict[int, Value] = {}
        self._contents: dict[Content, Tensor] = {}

    def outputs(self) -> Structure:
        """What the code returns, as Values.

        Raises:
          UnsupportedLayerError: a step has no counterpart.
        """
        self._run_steps(self._script.steps)
        return map_structure(self.value, self._script.outputs)

    def _run_steps(self, steps: Iterable[Event]) -> None:
        for step in steps:
            try:
                self._step(step)
            except UnsupportedLayerError as error:
                raise UnsupportedLayerError(f"{step.line}: {error}") from error
            except (KerasfmtError, TypeError, ValueError, LookupError, AttributeError) as error:
                what = f"{step.kind} {step.name}".strip()
                raise InvalidModelError(f"{step.line}: {what}: {error}") from error

    def _step(self, step: Event) -> None:
        run: Callable[[Event, int], list[Value]] = getattr(self, f"_{step.kind}")
        values = run(step, step.number)
        specs = [] if step.outputs is None else flatten(step.outputs)
        for place, (value, spec) in enumerate(zip(values, specs, strict=bool(specs))):
            self._bound[Output(step.number, place)] = self._bind(fitted(value, spec))

    # Steps.

    def _operation(self, step: Event, number: int) -> list[Value]:
        name = f"{to_snake_case(step.name)}_{number}"
        options = {key: self._static(item) for key, item in step.options.items()}
        if step.name == "Reshape":
            (shape,) = flatten([step.outputs])
            options["newshape"] = self._new_shape(step.options["newshape"], shape.shape)
        made = Operation(step.name, name=name, **options)
        arguments = [self._argument(item) for item in step.args]
        outputs = made(arguments, **{key: self._argument(item) for key, item in step.kwargs.items()})
        return self._ran(flatten(outputs))

    def _new_shape(self, wanted: Any, shape: Any) -> list[Any]:
        """A shape for a reshape, in which -1 stands for one unknown size."""
        sizes = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
        known = [s if d is None else d for s, d in zip(sizes, shape, strict=True)]
        unknown = [s for s in known if not isinstance(s, int) or s < 0]
        if len(unknown) == 1:
            return [-1 if not isinstance(s, int) else s for s in known]
        return [self._static(s) for s in known]

    def _layer(self, step: Event, number: int) -> list[Value]:
        layer = self._layers.get(id(step.target))
        if layer is None:
            raise UnsupportedLayerError(
                f"layer {step.target.name}: no attribute of the layer that calls it holds it; assign it to one"
            )
        kwargs = {k: self._argument(v) for k, v in step.kwargs.items() if v is not None}
        arguments = [self._argument(item) for item in step.args]
        if not layer.takes_training:
            kwargs.pop("training", None)
        inputs = arguments[0] if len(arguments) == 1 and not layer.facts.preserves_structure else arguments
        outputs = layer(inputs, **kwargs)
        return self._ran(flatten(outputs))

    def _assign(self, step: Event, number: int) -> list[Value]:
        weight = self._weight(step.target)
        value = self.value(step.args[0])
        self._graph.assign(weight, ops.cast(value, weight.dtype))
        self._contents = {key: tensor for key, tensor in self._contents.items() if key.key != id(step.target)}
        return []

    def _loss(self, step: Event, number: int) -> list[Value]:
        self._context.losses.append(self.value(step.args[0]))
        return []

    def _array(self, step: Event, number: int) -> list[Value]:
        given, spec = step.kwargs, flatten(step.outputs)[0]
        if step.name == "arange":
            return [ops.range_(*(self._number(given[name]) for name in ("start", "stop", "step")))]
        if step.name in ("zeros", "ones", "full"):
            filled = {"zeros": 0, "ones": 1}.get(step.name, given.get("fill_value"))
            shape = self._shape(given["shape"])
            return [ops.fill(shape, np.asarray(filled, spec.dtype.numpy))]
        rows = ops.range_(np.int32(0), self._number(given["N"]), np.int32(1))
        columns = ops.range_(np.int32(0), self._number(given["M"]), np.int32(1))
        shifted = ops.expand_dims(rows + np.int32(given["k"]), 1)
        compare = ops.equal if step.name == "eye" else ops.greater_equal
        return [compare(shifted, columns)]

    def _number(self, value: Any) -> Any:
        found = self.size(value)
        return found if isinstance(found, Value) else self._graph.constant(found)

    def _random(self, step: Event, number: int) -> list[Value]:
        given = step.kwargs
        draw = _DRAWS.get(step.name)
        if draw is None:
            raise UnsupportedLayerError(
                f"keras.random.{step.name} is not supported; expected one of {', '.join(sorted(_DRAWS))}"
            )
        return [draw(self, given, flatten(step.outputs)[0])]

    def draw(self, make: Callable[..., Value], given: Mapping[str, Any], spec: Spec, *names: str) -> Value:
        """Random floats; `names` are those of two numbers that say how they are distributed."""
        options = {name: given[name] for name in names if given.get(name) is not None}
        return make(self._shape(given["shape"]), spec.dtype, **options, **_seeds(given))

    def draw_integers(self, given: Mapping[str, Any], spec: Spec) -> Value:
        """Random integers."""
        shape = self._shape(given["shape"])
        low, high = (np.asarray(given[name], spec.dtype.numpy) for name in ("minval", "maxval"))
        return ops.random_uniform_int(shape, low, high, **_seeds(given))

    def draw_dropout(self, given: Mapping[str, Any], spec: Spec) -> Value:
        """A tensor with zeros at random."""
        noise = given.get("noise_shape")
        return dropout(self.value(given["inputs"]), given["rate"], noise, _seeds(given)["seed2"] or None)

    # Functions of the user's.

    def _control(self, step: Event, number: int) -> list[Value]:
        found = control(self, step)
        changed = assigned(step.bodies)
        self._contents = {key: tensor for key, tensor in self._contents.items() if key.key not in changed}
        return found

    def inside(
        self,
        graph: Builder,
        values: Mapping[Place, Value],
        sizes: Mapping[int, Value],
    ) -> Replay:
        """What runs the steps of a function of the user's, in a function of its own.

        Args:
          graph: the function under construction.
          values: the Values of the places that it uses of the code around it.
          sizes: the Values of unknown sizes.
        """
        context = self._context.inside()
        training = self._run.training
        found = Replay(graph, self._script, [], self._layers, self._weight_of, training, context)
        for place, value in values.items():
            held: dict[Any, Tensor] = found._contents if isinstance(place, Content) else found._bound
            held[place] = found._bind(value)
        found._sizes = dict(sizes)
        return found

    def body(self, body: Body, inputs: Sequence[Value]) -> list[Value]:
        """What a function of the user's returns.

        Raises:
          UnsupportedLayerError: a step has no counterpart, or a layer adds a loss.
        """
        for place, (value, spec) in enumerate(zip(inputs, body.inputs, strict=True)):
            self._bound[Output(body.number, place)] = self._bind(fitted(value, spec))
        self._run_steps(body.events)
        if self._context.losses:
            raise UnsupportedLayerError("a layer adds a loss in a function that keras.ops runs")
        return [self.value(value) for value in body.outputs]

    # Arguments.

    def _argument(self, value: Any) -> Any:
        """An argument of a step, with Tensors in place of tensors and arrays, in the form that configs have."""
        if isinstance(value, Input | Output):
            return self._bound[value]
        if isinstance(value, Content):
            return self._content(value)
        if isinstance(value, np.ndarray):
            return self._bind(self._graph.constant(value, dtypes.of(value.dtype)))
        if isinstance(value, OpenSize):
            found = self.size(value)
            return self._bind(found) if isinstance(found, Value) else found
        if isinstance(value, OpenArray):
            return self._bind(self._open_array(value))
        if isinstance(value, list | tuple):
            return [self._argument(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._argument(item) for key, item in value.items()}
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            return dict(zip(SLICE, map(self._argument, parts), strict=True))
        if value is Ellipsis:
            return dict(ELLIPSIS)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise UnsupportedLayerError(f"expected tensors, numbers and texts, got the argument {value!r:.80}")

    _static = _argument

    def value(self, value: Any) -> Value:
        """An argument as a Value."""
        found = self._argument(value)
        if isinstance(found, Tensor):
            return self._run.values[found]
        if found is None or isinstance(found, str | list | dict):
            raise UnsupportedLayerError(f"expected a tensor, got {value!r:.80}")
        return self._graph.constant(found)

    def _content(self, wanted: Content) -> Tensor:
        """What a variable holds now."""
        found = self._contents.get(wanted)
        if found is None:
            value = self._graph.read(self._weight(self._script.variables.get(wanted.key)))
            if wanted.cast is not None:
                value = ops.cast(value, dtypes.of(wanted.cast))
            found = self._contents[wanted] = self._bind(value)
        return found

    def _weight(self, variable: Any) -> Variable:
        weight = self._weight_of(variable)
        if weight is None:
            name = getattr(variable, "path", "")
            raise UnsupportedLayerError(
                f"variable {name}: no layer of the model holds it; make it with add_weight of the layer that uses it"
            )
        return weight

    def size(self, size: int | OpenSize) -> int | Value:
        """A number, or an int32 scalar where it follows from sizes that are not known."""
        if not isinstance(size, OpenSize):
            return size
        total: Any = size.constant
        for factor, symbols in size.terms:
            product: Any = factor
            for symbol in symbols:
                product = _times(product, self.open_size(symbol))
            total = product if isinstance(total, int) and total == 0 else product + total
        return total  # type: ignore[no-any-return]

    def open_size(self, symbol: int) -> Value:
        """The unknown size of a number, int32 ()."""
        if symbol not in self._sizes:
            place, axis = self._script.axes[symbol]
            self._sizes[symbol] = as_value(self._graph, dims_of(self._inputs[place])[axis])
        return self._sizes[symbol]

    def _shape(self, sizes: Iterable[int | OpenSize]) -> Value:
        """A shape as an int32 vector."""
        found = [self.size(size) for size in sizes]
        if any(isinstance(size, Value) for size in found):
            return ops.pack(found)
        return self._graph.constant(np.array(found, np.int32))

    def _open_array(self, array: OpenArray) -> Value:
        if isinstance(array.first, OpenSize):
            return ops.cast(self._number(array.first), dtypes.of(array.dtype))
        first = np.asarray(array.first, array.dtype)
        if not array.step:
            return ops.fill(self._shape(array.shape), first)
        count = self.size(array.shape[0])
        numbers = ops.cast(ops.range_(np.int32(0), count, np.int32(1)), dtypes.of(array.dtype))
        return numbers * np.asarray(array.step, array.dtype) + first

    # Running.

    def _bind(self, value: Value) -> Tensor:
        tensor = Tensor(value.spec, self._context.shared)
        self._run.values[tensor] = value
        return tensor

    def _ran(self, tensors: Iterable[Tensor]) -> list[Value]:
        """The Values of tensors, after the calls that make them."""
        found = list(tensors)
        pending = list(found)
        while pending:
            tensor = pending[-1]
            if tensor in self._run.values:
                pending.pop()
                continue
            call = tensor.origin
            missing = [t for t in call.tensor_inputs if t not in self._run.values]
            if missing:
                pending.extend(missing)
                continue
            with self._graph.scope(self._context.names[call.layer]):
                self._run.run(call)
        return [self._run.values[tensor] for tensor in found]


def _times(left: Any, right: Any) -> Any:
    if isinstance(left, int) and left == 1:
        return right
    return right * left if isinstance(right, Value) else left * right


def _seeds(given: Mapping[str, Any]) -> dict[str, int]:
    seed = given.get("seed")
    return seeds(seed if isinstance(seed, int) else None)


_DRAWS: Final[Mapping[str, Callable[[Replay, Mapping[str, Any], Spec], Value]]] = {
    "normal": lambda replay, given, spec: replay.draw(ops.random_normal, given, spec, "mean", "stddev"),
    "truncated_normal": lambda replay, given, spec: replay.draw(
        ops.truncated_normal, given, spec, "mean", "stddev"
    ),
    "uniform": lambda replay, given, spec: replay.draw(ops.random_uniform, given, spec, "minval", "maxval"),
    "randint": Replay.draw_integers,
    "dropout": Replay.draw_dropout,
}
