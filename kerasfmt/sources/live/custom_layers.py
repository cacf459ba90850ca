"""Custom layers and subclassed models of a live model, as layers whose functions are traced.

Each attribute that holds a variable or a layer is tracked under its name, as Keras tracks it. A layer of Keras's own
inside of a custom one is made from its config; one with code of its own is traced too.

Source: tf_keras/src/saving/legacy/saved_model/layer_serialization.py; tensorflow/python/trackable/data_structures.py
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.dialects import versions
from kerasfmt.dialects.keras3 import keras3_to_keras2
from kerasfmt.dialects.model_config import layer_from_config
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import EagerConstant
from kerasfmt.ir import Layer, Model, Weight, regularizers
from kerasfmt.ir.given import GivenFunction
from kerasfmt.ir.json_values import unwrap
from kerasfmt.ir.live_layer import LiveLayer, LiveModel, Tracer
from kerasfmt.ir.revived import NO_CONFIG, Record
from kerasfmt.ir.tracked import TrackedItem, TrackedObject
from kerasfmt.ir.weight import Aggregation, Synchronization
from kerasfmt.sources.live.arrays import LiveArray, variable_name
from kerasfmt.sources.live.building import build_as
from kerasfmt.sources.live.entries import (
    called,
    custom_entry,
    is_custom,
    is_layer,
    is_model,
    layer_entry,
    stated,
)
from kerasfmt.sources.live.members import LiveMembers
from kerasfmt.sources.live.objects import described, is_keras3, to_json
from kerasfmt.sources.live.taking import take_layer, take_weights

_LIST: Final = "trackable_list_wrapper"
_DICT: Final = "trackable_dict_wrapper"
_LAYER: Final = "_tf_keras_layer"
_MODEL: Final = "_tf_keras_model"
_OF_KERAS: Final = frozenset(
    {
        "_layers", "_metrics", "_losses", "_loss_ids", "_tracker", "_trainable_variables", "_non_trainable_variables",
        "_seed_generators", "_inbound_nodes", "_outbound_nodes", "_functional", "optimizer", "_loss_tracker",
        "_compile_metrics", "_compile_loss", "_dtype_policy", "dtype_policy", "_build_shapes_dict", "torch_params",
        "_parameters", "_buffers",
    }
)  # fmt: skip
"""Attributes that Keras itself sets, beside those that the class of a layer does."""

_MODULES: Final = "_modules"
"""Where torch keeps the layers that attributes of a layer hold."""

MakeTracer = Callable[["CustomLayers", Any], Tracer]


class CustomLayers:
    """The layers of a live model that have code of their own, each made once.

    Args:
      customs: what stands for custom layers, by class name.
      make_tracer: makes the tracer of a live layer.
      opaque: "stablehlo" where layers that cannot be recorded become modules; None where they become ops.

    Attributes:
      layers: the layers made so far, by the id of the live one.
      weights: the weights made so far, by the id of the variable.
      traced: the ids of live layers of Keras's own that are traced nevertheless.
      constants: the constants that functions captured so far, with the live tensors, by their ids.
    """

    def __init__(
        self, customs: Mapping[str, Any], make_tracer: MakeTracer, opaque: str | None = None
    ) -> None:
        self.customs = customs
        self.opaque = opaque
        self.layers: dict[int, Layer] = {}
        self.weights: dict[int, Weight] = {}
        self.constants: dict[int, tuple[EagerConstant, Any]] = {}
        self.traced: set[int] = set()
        self._make_tracer = make_tracer
        self._lives: dict[Layer, Any] = {}
        self._entered: dict[int, tuple[Layer, Any]] = {}
        self._named: set[Layer] = set()

    def is_custom(self, live: Any) -> bool:
        """Whether a live layer has code of its own."""
        return id(live) in self.traced or is_custom(live, self.customs)

    def members(self, live: Any) -> LiveMembers:
        """The layers of a live model by the entries of its config."""
        return LiveMembers(self, live)

    def custom(self, live: Any) -> LiveLayer:
        """The layer of a live one with code of its own; a new one each time.

        One of Keras 2 that was never called has no weights and no functions, as in Keras.

        Raises:
          InvalidModelError: it is of Keras 3, and was never built.
          UnsupportedLayerError: it holds something that cannot be saved.
        """
        if is_keras3(live) and not getattr(live, "built", True):
            raise InvalidModelError(
                f"layer {live.name} ({called(live)}): it is not built yet; call the model on data first"
            )
        model = is_model(live)
        identifier, content = self.described(live)
        record = Record(content, identifier, f"{'model' if model else 'layer'} {live.name}")
        kind = LiveModel if model else LiveLayer
        dtype = unwrap(content.get("dtype"))
        options = {"name": live.name, "trainable": bool(live.trainable), "dtype": dtype}
        made = kind(record, self._make_tracer(self, live), **options)
        self.layers[id(live)] = made
        self._lives[made] = live
        made.passes_mask = bool(getattr(live, "supports_masking", False))
        penalty = getattr(live, "activity_regularizer", None)
        if penalty is not None:
            made.activity_regularizer = regularizers.get(described(penalty))
        record.tracked = self.tracked(live)
        self.hold(made)
        record.losses = self.penalties(live)
        record.layer_metrics = self.metrics(live)
        record.metrics = list(record.layer_metrics.values())
        return made

    def hold(self, layer: LiveLayer) -> None:
        """Gives a layer what it tracks by now."""
        found: dict[str, Layer] = {}

        def walk(items: Mapping[str, TrackedItem], path: str) -> None:
            for name, item in items.items():
                if isinstance(item, Layer) and item is not layer:
                    found[f"{path}{name}"] = item
                elif isinstance(item, TrackedObject):
                    walk(item.children, f"{path}{name}/")

        walk(layer.record.tracked, "")
        layer.hold(found)
        live = self._lives[layer]
        listed = [self.weights.get(id(v)) for v in (*live.trainable_weights, *live.non_trainable_weights)]
        layer.record.listed = [weight for weight in listed if weight is not None]
        layer.own_weights()

    def finish(self) -> None:
        """Gives every layer the values of its live one, now that all are built.

        Raises:
          InvalidModelError: weights do not fit.
        """
        for layer, live in list(self._lives.items()):
            if isinstance(layer, LiveLayer):
                continue
            self._take(layer, live)
            if not layer.built and live.weights:
                raise InvalidModelError(
                    f"layer {live.name} ({called(live)}): it has weights, and the code of the layer that holds it "
                    "never calls it; take it out of that layer"
                )
        for layer in reversed(list(self._lives)):
            if isinstance(layer, LiveLayer):
                self.hold(layer)

    def weight_of(self, variable: Any) -> Weight | None:
        """The weight of a live variable; None where no layer that is known so far holds it.

        Args:
          variable: the variable.
        """
        found = self.weights.get(id(variable))
        if found is None:
            for layer, live in [*self._lives.items(), *self._entered.values()]:
                if not isinstance(layer, LiveLayer) and any(v is variable for v in live.weights):
                    self._take(layer, live)
            found = self.weights.get(id(variable))
        return found

    def _take(self, layer: Layer, live: Any) -> None:
        """Gives a layer the values of its live one, if it is built."""
        if isinstance(layer, Model):
            take_weights(layer, live, self.weights)
            return
        if not layer.built:
            build_as(layer, live)
        if layer.built:
            take_layer(layer, live, self.weights)

    def inner(self, live: Any) -> Layer:
        """The layer of a live one inside of a custom one."""
        found = self.layers.get(id(live))
        if found is not None:
            return found
        if self.is_custom(live):
            return self.custom(live)
        made = self.known(live)
        self.layers[id(live)] = made
        self._lives[made] = live
        return made

    def known(self, live: Any) -> Layer:
        """A layer of Keras's own, from its config."""
        entry = layer_entry(live, {"config": to_json(live.get_config())}, self.customs)
        if is_keras3(live):
            entry = keras3_to_keras2(entry)
        return layer_from_config(entry, self.customs, self.members(live) if is_model(live) else None)

    def named(self, live: Any) -> Layer | None:
        """The layer of a live one that a config names, if it has code of its own, or a custom layer holds it."""
        if self.is_custom(live):
            return self.custom(live)
        found = self.layers.get(id(live))
        if found is None or found in self._named or isinstance(found, Model):
            return None
        self._named.add(found)
        return found

    def enter(self, live: Any, layer: Layer) -> None:
        """Notes the layer of a live one that was made of its config."""
        self._entered[id(live)] = (layer, live)
        if not isinstance(layer, Model):
            self.layers.setdefault(id(live), layer)
            self._named.add(layer)

    def known_layer(self, live: Any) -> Layer | None:
        """The layer that stands for a live one so far; None if there is none."""
        entered = self._entered.get(id(live))
        return self.layers.get(id(live)) if entered is None else entered[0]

    # What a layer of Keras's own has beside its config.

    def beside(self, live: Any, name: str, value: Any) -> TrackedItem | None:
        """What an attribute of a layer of Keras's own is in a SavedModel; None where it cannot be taken."""
        return None

    def tracked_names(self, live: Any) -> Mapping[int, str]:
        """The names under which a layer of Keras's own tracks objects, by their ids."""
        return {}

    def beside_loss(self, live: Any, loss: Any) -> GivenFunction | None:
        """A function among the losses of a layer of Keras's own; None where it cannot be taken."""
        return None

    def beside_optimizer(self, live: Any, optimizer: Any) -> TrackedObject | None:
        """The optimizer of a model that is not compiled; None where it cannot be taken."""
        return None

    # What a layer tracks.

    def penalties(self, live: Any) -> Sequence[GivenFunction]:
        """The functions that give the penalties on the weights of a custom layer, where its weights do not say them."""
        return ()

    def metrics(self, live: Any) -> Mapping[str, TrackedObject]:
        """The metrics that a custom layer has as attributes, by name."""
        return {}

    def described(self, live: Any) -> tuple[str, dict[str, Any]]:
        """What a SavedModel calls a custom layer, and what Keras would say of it."""
        return (_MODEL if is_model(live) else _LAYER), _content(live)

    def tracked(self, live: Any) -> dict[str, TrackedItem]:
        """What a custom layer tracks, by attribute."""
        found: dict[str, TrackedItem] = {}
        met: set[int] = set()
        held = {**vars(live), **vars(live).get(_MODULES, {})}
        for name, value in held.items():
            if name in _OF_KERAS or name == _MODULES:
                continue
            item = self._item(live, value, met)
            if item is not None:
                found[name] = item
        for variable in own_variables(live):
            if id(variable) not in met:
                name = variable_name(variable).rpartition("/")[2]
                found[name if name not in found else f"{name}_{len(found)}"] = self.weight(live, variable)
        return found

    def _item(self, live: Any, value: Any, met: set[int]) -> TrackedItem | None:
        """What an attribute holds; None where Keras tracks nothing of it."""
        if is_layer(value) and hasattr(value, "trainable_weights"):
            return None if value is live or _is_metric(value) else self.inner(value)
        if _is_variable(value):
            met.add(id(value))
            return self.weight(live, value)
        if isinstance(value, Mapping):
            pairs = [(str(key), self._item(live, item, met)) for key, item in value.items()]
            kind = _DICT
        elif isinstance(value, list | tuple):
            pairs = [(str(place), self._item(live, item, met)) for place, item in enumerate(value)]
            kind = _LIST
        else:
            return None
        children = {key: item for key, item in pairs if item is not None}
        return TrackedObject(kind, 1, children) if children else None

    def weight_name(self, live: Any, variable: Any) -> str:
        """The name of the weight of a variable."""
        name = variable_name(variable)
        return name if "/" in name else f"{live.name}/{name}"

    def weight(self, live: Any, variable: Any) -> Weight:
        """The weight of a variable of a custom layer."""
        known = self.weights.get(id(variable))
        if known is not None:
            return known
        array = LiveArray(variable)
        penalty = getattr(variable, "regularizer", None)
        made = self.weights[id(variable)] = Weight(
            self.weight_name(live, variable),
            array.shape,
            dtypes.of(array.dtype),
            trainable=bool(variable.trainable),
            regularizer=None if penalty is None else regularizers.get(described(penalty)),
            autocast=False,
            synchronization=_enumerated(Synchronization, variable, "synchronization"),
            aggregation=_enumerated(Aggregation, variable, "aggregation"),
        )
        made.value = array
        return made


def _enumerated(kind: type[Any], variable: Any, name: str) -> Any:
    """How the copies of a variable become one, as TensorFlow's variable says it."""
    value = getattr(getattr(variable, name, None), "value", 0)
    return kind(value if isinstance(value, int) else 0)


def own_variables(live: Any) -> Iterator[Any]:
    """The variables that a live layer of Keras 3 has itself."""
    for name in ("_trainable_variables", "_non_trainable_variables"):
        yield from vars(live).get(name, ())


def _is_variable(value: Any) -> bool:
    return hasattr(value, "assign") and hasattr(value, "shape") and hasattr(value, "trainable")


def _is_metric(value: Any) -> bool:
    return "Metric" in {cls.__name__ for cls in type(value).__mro__}


def _content(live: Any) -> dict[str, Any]:
    """What Keras 2 would say of a layer in a SavedModel."""
    try:
        config = to_json(stated(live))
    except (NotImplementedError, UnsupportedLayerError):
        config = {NO_CONFIG: True}
    entry = custom_entry(live, config)
    if is_keras3(live):
        entry = keras3_to_keras2(entry)
    policy = getattr(live, "dtype_policy", None)
    takes_training = "training" in _parameters(live)
    content: dict[str, Any] = {
        "name": live.name,
        "trainable": bool(live.trainable),
        "expects_training_arg": takes_training,
        "dtype": getattr(policy, "name", "float32"),
        "batch_input_shape": None,
        "stateful": False,
        "must_restore_from_config": False,
        "preserve_input_structure_in_config": False,
        "autocast": bool(getattr(live, "autocast", True)),
        "class_name": entry["class_name"],
        "config": entry["config"],
    }
    if not is_model(live):
        return content
    named = {"class_name": entry["class_name"], "config": entry["config"]}
    return {
        **content,
        "is_graph_network": False,
        "keras_version": versions.KERAS2,
        "backend": "tensorflow",
        "model_config": named,
    }


def _parameters(live: Any) -> Mapping[str, Any]:
    return inspect.signature(live.call).parameters
