"""Layers and models whose class nobody has: they compute by the functions that a file traced.

    layer = kerasfmt.load_model("saved").get_layer("my_layer")
    layer.class_name, layer.get_config()        what the file says of it

A revived layer has its config, its weights and its layers, and is saved again with its functions as they were. What
cannot hold functions cannot hold it: `refuse_revived` says so.

Keras does not trace `compute_mask`. So a revived layer takes masks where its functions do, and gives none.

Source: tf_keras/src/saving/legacy/saved_model/load.py, RevivedLayer and RevivedNetwork
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from inspect import Parameter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Function, Spec
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import CallSignature
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import Trace, freeze
from kerasfmt.ir.traces import Kwargs, Traces
from kerasfmt.ir.tracked import TrackedItem, TrackedObject, walk
from kerasfmt.ir.weight import Weight
from kerasfmt.ir.weight_owner import Listed
from kerasfmt.typing import override

if TYPE_CHECKING:
    from collections.abc import Hashable

NO_CONFIG: Final = "layer was saved without config"
"""The key by which Keras says that a class has no config."""


@dataclass(eq=False)
class Record:
    """What a file says of a layer.

    Attributes:
      content: what Keras says of it, without the numbers of shared objects.
      identifier: what a SavedModel calls the kind of the object.
      where: what errors about it begin with.
      call: the function that gives the outputs and the losses of a call; None where the file has none.
      penalty: the function that gives the penalty on an output; None where there is none.
      functions: all its functions, by name.
      kept: the functions of the layers in it that are not revived.
      losses: the functions without arguments that give its own regularization losses.
      tracked: what it tracks, by attribute.
      listed: all its variables, in Keras's order.
      layers: the layers that Keras lists, in its order.
      states: the states of a recurrent layer.
      metrics: the metrics that it tracks.
      layer_metrics: those of them that it has by name.
      gradient_names: the functions that are gradients of nodes in its file, by what nodes call them.
      gradients: those functions by name.
    """

    content: Mapping[str, Any]
    identifier: str
    where: str
    call: GivenFunction | None = None
    penalty: GivenFunction | None = None
    functions: Mapping[str, GivenFunction] = field(default_factory=dict)
    kept: dict[Layer, Mapping[str, GivenFunction]] = field(default_factory=dict)
    losses: Sequence[GivenFunction] = ()
    tracked: dict[str, TrackedItem] = field(default_factory=dict)
    listed: Sequence[Weight] = ()
    layers: Sequence[Layer] = ()
    states: TrackedObject | None = None
    metrics: Sequence[TrackedObject] = ()
    layer_metrics: Mapping[str, TrackedObject] = field(default_factory=dict)
    gradient_names: Mapping[str, str] = field(default_factory=dict)
    gradients: Mapping[str, GivenTrace] = field(default_factory=dict)

    @property
    def class_name(self) -> str:
        """The name of the class."""
        return str(self.content.get("class_name"))

    @property
    def has_config(self) -> bool:
        """Whether Keras says a config of it; its class may have none.

        Source: tf_keras/src/saving/legacy/saved_model/layer_serialization.py, get_serialized
        """
        config = self.content.get("config")
        return isinstance(config, Mapping) and not config.get(NO_CONFIG)

    @property
    def traces(self) -> Iterator[GivenTrace]:
        """Every trace of its functions."""
        for function in (*self.functions.values(), *self.losses, *self._kept):
            yield from function.traces
        yield from self.gradients.values()

    @property
    def _kept(self) -> Iterator[GivenFunction]:
        return (function for functions in self.kept.values() for function in functions.values())


class GivenTraces(Traces):
    """The traces of a revived layer: those of its file."""

    def __init__(self, layer: RevivedLayer) -> None:
        super().__init__(layer)
        self._revived = layer
        self._used: dict[Hashable, Trace] = {}

    @override
    def __iter__(self) -> Iterator[Trace]:
        return iter(self._used.values())

    @override
    def clear(self) -> None:
        super().clear()
        self._used.clear()

    @override
    def exact(
        self,
        inputs: Structure,
        kwargs: Kwargs | None = None,
        training: bool | None = None,
        context: CallContext | None = None,
    ) -> Trace:
        """The trace for inputs and further arguments of these Specs.

        Raises:
          UnsupportedLayerError: the file has none.
        """
        layer = self._revived
        given = {name: value for name, value in (kwargs or {}).items() if name != "training"}
        mode = bool(training) if layer.takes_training else None
        key = (freeze(inputs), freeze(given), mode)
        found = self._used.get(key)
        if found is None:
            trace = layer.given_trace(inputs, given, bool(mode))
            outputs, losses = layer.results(trace)
            values = iter(trace.function.outputs)
            ordered = layer.given_call.ordered(given)
            found = self._used[key] = Trace(
                trace.function, inputs, ordered, map_structure(lambda _: next(values), outputs), losses, mode
            )
        return found

    @override
    def penalty(self, context: CallContext | None = None) -> Function:
        given = self._revived.record.penalty
        assert given is not None
        return given.traces[0].function


class RevivedLayer(Layer, register=False):
    """A layer of a class that nobody has, as a file holds it.

    Attributes:
      record: what the file says of it.

    Args:
      record: what the file says of it.
      options: name, trainable, dtype, batch_input_shape.
    """

    record: Record = fields.state()
    known_by_config: ClassVar[bool] = False
    """Whether who has the class makes the layer again from its config."""

    def __init__(self, record: Record, **options: Any) -> None:
        super().__init__(**options)
        self._begin(record)

    def _begin(self, record: Record) -> None:
        self.record = record
        content = record.content
        preserves = bool(content.get("preserve_input_structure_in_config"))
        # The facts of this object; the class itself has no facts in Keras.
        vars(self)["facts"] = replace(
            type(self).facts, identifier=record.identifier, preserves_structure=preserves
        )
        vars(self)["autocast"] = bool(content.get("autocast", True))
        self.traces = GivenTraces(self)
        self._order: dict[Listed, int] = {}
        self._held: dict[str, Layer] = {}
        self.built = True

    def hold(self, layers: Mapping[str, Layer]) -> None:
        """Takes the layers in it, by the path of attributes that leads to each."""
        self._held = dict(layers)
        inside = dict.fromkeys(layers.values())
        listed = [layer for layer in self.record.layers if layer in inside]
        self.record.layers = list(dict.fromkeys([*listed, *inside]))

    def own_weights(self) -> None:
        """Takes the weights that the record tracks and no layer in it has."""
        self._weights.clear()
        self._attributes.clear()
        self._order = {weight: place for place, weight in enumerate(self.record.listed)}
        inner = {weight for layer in self._held.values() for weight in layer.weights}
        for path, item in walk(self.record.tracked):
            if isinstance(item, Weight) and item in self._order and item not in inner:
                self._weights.append(item)
                self._attributes[path] = item
        self._weights.sort(key=self._place)

    def _place(self, listed: Listed) -> int:
        return self._order.get(listed, len(self._order))

    @override
    def held(self, name: str) -> Any:
        """The layer that it tracks under the name of an option, which the config of the option describes."""
        item = self.record.tracked.get(name)
        return item if isinstance(item, Layer) else super().held(name)

    @property
    def class_name(self) -> str:
        """The name of the class that nobody has."""
        return self.record.class_name

    @property
    @override
    def class_label(self) -> str:
        return self.class_name

    @property
    @override
    def keras_name(self) -> str:
        return self.class_name

    @property
    @override
    def stateful(self) -> bool:
        return bool(self.record.content.get("stateful"))

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        """The layers in it, by the path of attributes that leads to each, `blocks/0`."""
        return self._held

    @override
    def get_config(self) -> dict[str, Any]:
        """The config that the file holds; empty where its class has none."""
        return self.config_in(OWN_NAMES) if self.record.has_config else {}

    @property
    def stated_layers(self) -> Mapping[str, Layer]:
        """The layers in it that its config describes, under the attributes that hold them."""
        config, tracked = self.record.content.get("config"), self.record.tracked
        stated = [key for key, value in dict(config or {}).items() if isinstance(value, Mapping)]
        held = {key: tracked.get(key) for key in stated}
        return {key: item for key, item in held.items() if isinstance(item, Layer)}

    @override
    def config_in(self, names: LayerNames) -> dict[str, Any]:
        config = self.record.content.get("config")
        found = deepcopy(dict(config)) if isinstance(config, Mapping) else {}
        return (
            found
            if names[self] == self.name or not self.record.has_config
            else {**found, "name": names[self]}
        )

    @override
    def listed_trainable_weights(self) -> list[Listed]:
        return sorted(super().listed_trainable_weights(), key=self._place)

    @override
    def listed_non_trainable_weights(self) -> list[Listed]:
        return sorted(super().listed_non_trainable_weights(), key=self._place)

    @property
    @override
    def penalizes_outputs(self) -> bool:
        return self.record.penalty is not None and bool(self.record.penalty.traces)

    @property
    def _where(self) -> str:
        """What errors about its functions begin with."""
        return f"{self.record.where}: layer {self.name!r} of class {self.class_name!r}"

    @property
    def given_call(self) -> GivenFunction:
        """The function that computes its calls.

        Raises:
          UnsupportedLayerError: the file has none.
        """
        if self.record.call is None or not self.record.call.traces:
            raise UnsupportedLayerError(
                f"{self._where}: expected the functions of its call, got none; {custom_class_hint(self.class_name)}"
            )
        return self.record.call

    def given_trace(self, inputs: Structure, kwargs: Kwargs, training: bool) -> GivenTrace:
        """The function of the file for a call with arguments of these Specs.

        Raises:
          UnsupportedLayerError: the file has none for them.
        """
        call = self.given_call
        found = call.find(inputs, kwargs, training)
        if found is None:
            traced = "; ".join(str(trace.arguments) for trace in call.traces[:4])
            raise UnsupportedLayerError(
                f"{self._where}: expected a function for inputs {inputs}, arguments "
                f"{dict(kwargs)}, training={training}, got functions for {traced:.600}; "
                f"{custom_class_hint(self.class_name)}"
            )
        return found

    def results(self, trace: GivenTrace) -> tuple[Structure, int]:
        """The structure of the outputs of a call, and the number of its losses.

        Raises:
          UnsupportedLayerError: they are not tensors.
        """
        outputs = trace.outputs
        if isinstance(outputs, tuple) and len(outputs) == 2 and isinstance(outputs[1], list | tuple):
            leaves = flatten(outputs[0])
            if leaves and all(isinstance(leaf, Spec) for leaf in [*leaves, *flatten(outputs[1])]):
                return outputs[0], len(flatten(outputs[1]))
        raise UnsupportedLayerError(
            f"{self._where}: expected functions that give dense tensors and losses, got {outputs!s:.200}; "
            f"{custom_class_hint(self.class_name)}"
        )

    @property
    @override
    def signature(self) -> CallSignature:
        call = self.given_call
        spec = call.arg_spec
        first, *further = spec.args or ("inputs",)
        by_name = dict.fromkeys((*spec.kwonlyargs, *sorted(call.names - {*spec.args})))
        kinds: dict[str, Any] = dict.fromkeys((first, *further), Parameter.POSITIONAL_OR_KEYWORD)
        kinds |= dict.fromkeys(by_name, Parameter.KEYWORD_ONLY)
        return CallSignature(
            parameters={name: Parameter(name, kind) for name, kind in kinds.items() if name.isidentifier()},
            first=first,
            further=(*further, *by_name),
            takes_any=False,
            takes_context=False,
            defaults={},
        )

    @property
    @override
    def takes_training(self) -> bool:
        return self.record.call is not None and "training" in self.record.call.names

    @override
    def output_specs(
        self, inputs: Structure, kwargs: Kwargs, training: bool | None, context: CallContext
    ) -> Structure:
        return self.results(self.given_trace(inputs, kwargs, bool(training)))[0]

    @override
    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None, context: CallContext
    ) -> Structure:
        """The outputs of its function, in the graph of the inputs; adds its losses to the context."""
        given = {name: value for name, value in kwargs.items() if name != "training"}
        specs = map_structure(_spec_of, inputs)
        trace = self.traces.exact(specs, map_structure(_spec_of, given), training, context)
        flat = [v for part in (inputs, *(given[name] for name in trace.kwargs)) for v in flatten(part)]
        graph = flatten(inputs)[0].graph
        results = graph.call(trace.function, [value for value in flat if value is not None])
        count = len(results) - trace.losses
        context.losses.extend(results[count:])
        outputs = iter(results[:count])
        return map_structure(lambda _: next(outputs), trace.outputs)

    def forget_functions(self) -> None:
        """Binds its functions anew when they are next used."""
        for trace in self.record.traces:
            trace.forget()
        self.traces.clear()

    @override
    def _label(self) -> str:
        record = vars(self).get("record")
        return super()._label() if record is None else f"layer {self.name} ({record.class_name})"


def _spec_of(value: Any) -> Any:
    return getattr(value, "spec", value)


def custom_class_hint(class_name: str) -> str:
    """The advice about a class that kerasfmt does not have."""
    return f"pass a kerasfmt.layers.Layer subclass as custom_objects={{{class_name!r}: YourLayer}}"
