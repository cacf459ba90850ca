"""Layers and models of a SavedModel whose class nobody has, made from the objects of the file.

    keras_api.call_and_return_conditional_losses    what computes a call
    variables                                       the weights, in Keras's order
    keras_api.layers                                the layers, in Keras's order
    <attribute>                                     what the layer tracks: weights, layers, lists, modules, functions

A layer in a revived layer is made from its config where kerasfmt has its class, or is revived too. In the end
`finish` gives layers what they hold, and lets functions capture the weights that the layers have by then.

Source: tf_keras/src/saving/legacy/saved_model/load.py, KerasObjectLoader; serialized_attributes.py
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.dialects.layer_options import takes_functions
from kerasfmt.dialects.model_config import layer_from_config
from kerasfmt.errors import KerasfmtError, OutOfMemoryError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.bindings import Bindings
from kerasfmt.formats.saved_model.built_shapes import specs_of_shapes
from kerasfmt.formats.saved_model.holding import layers_in
from kerasfmt.formats.saved_model.layer_functions import ALL_LOSSES, LOSSES, OUTPUTS, PENALTY
from kerasfmt.formats.saved_model.lost_masks import refuse_lost_masks
from kerasfmt.formats.saved_model.objects import DEFAULT
from kerasfmt.formats.saved_model.revived_members import Members
from kerasfmt.formats.saved_model.stored import Place
from kerasfmt.formats.saved_model.training import network_config, without_numbers
from kerasfmt.formats.saved_model.weights import Matched, named_layers
from kerasfmt.graph import Capture, Spec
from kerasfmt.ir import InputLayer, Layer, Model, Sequential, Weight, policy
from kerasfmt.ir.given import GivenFunction
from kerasfmt.ir.held_layers import children_of, every_layer
from kerasfmt.ir.json_values import unwrap
from kerasfmt.ir.revived import NO_CONFIG, Record, RevivedLayer
from kerasfmt.ir.revived_model import RevivedModel
from kerasfmt.ir.structure import flatten, map_structure
from kerasfmt.ir.tracked import TrackedItem, TrackedObject, UnreadObject, walk
from kerasfmt.printable import printable

_MAX_DEPTH: Final = 40
"""Objects that hold each other more deeply are refused."""
_LISTS: Final = ("variables", "trainable_variables", "regularization_losses", "keras_api")
_FUNCTIONS: Final = (OUTPUTS, LOSSES, ALL_LOSSES, PENALTY)
_OF_THE_ROOT: Final = ("optimizer", "loss", "signatures")
"""What the saved model itself holds beside its attributes."""
_MODELS: Final = {
    "_tf_keras_model": "Functional",
    "_tf_keras_network": "Functional",
    "_tf_keras_sequential": "Sequential",
}
"""The identifiers of models, and the class of those that are made of inputs and outputs."""


class Revival:
    """The layers of a SavedModel that no class makes.

    Args:
      root: the object of the model.
      custom_objects: layer classes by the class name that the file gives them.
    """

    def __init__(self, root: Place, custom_objects: Mapping[str, Any]) -> None:
        self._root = root
        self._custom = custom_objects
        self._bindings = Bindings(root.stored)
        self._made: dict[int, TrackedItem] = {}
        self._named: set[Layer] = set()
        self._by_name: dict[int, dict[str, Place]] = {}
        self._depth = 0
        self._places: dict[Layer, Place] = {}
        self._inner_first: list[Layer] = []

    def model(self) -> RevivedModel:
        """The saved model itself, as a subclass of Model.

        Raises:
          UnsupportedLayerError: the file does not hold functions that compute it.
        """
        found = self.layer(self._root)
        if isinstance(found, RevivedModel) and found.inputs:
            return found
        content = self._root.described
        raise UnsupportedLayerError(
            f"{self._root.where}: model {content.get('name')!r} of class {content.get('class_name')!r}: expected a "
            "Functional or Sequential model, or functions that compute its outputs from its inputs, got neither: it "
            "calls its layers in code of its own, which a SavedModel does not hold; save it again with "
            "save_traces=True after a call; load_graph_model reads its signatures and variables"
        )

    def members(self, base: Place) -> Members:
        """The layers of a model by the entries of its config.

        Args:
          base: the object of the model.
        """
        return Members(self, base)

    def layers_of(self, place: Place) -> Mapping[str, Place]:
        """The layers of a model by name."""
        found = self._by_name.get(place.number)
        if found is None:
            found = self._by_name[place.number] = named_layers(place)
        return found

    def computes(self, place: Place) -> bool:
        """Whether the file has functions that compute the layer of an object."""
        api = place.child("keras_api")
        at = place.child(LOSSES) or (None if api is None else api.child(LOSSES))
        return at is not None and bool(at.object.message.function.concrete_functions)

    def made(self, place: Place) -> Layer | None:
        """The layer of an object, if it was made already and no config has named it yet."""
        found = self._made.get(place.number)
        if not isinstance(found, Layer) or isinstance(found, InputLayer) or found in self._named:
            return None
        self._named.add(found)
        return found

    def named(self, place: Place) -> RevivedLayer:
        """The revived layer of an object that a config names; another one for each config.

        The calls of a layer that a config numbers are those of one model.
        """
        found = self.layer(place)
        if found in self._named:
            found = _new(found.record)
            self._places[found] = place
            if isinstance(found, RevivedModel):
                self._connect(found, found.record)
        self._named.add(found)
        return found

    def enter(self, place: Place, layer: Layer) -> None:
        """Notes the layer of an object that a config has named."""
        self._note(place, layer)
        self._named.add(layer)

    def _note(self, place: Place, layer: Layer) -> None:
        self._made.setdefault(place.number, layer)
        self._places.setdefault(layer, place)

    def layer(self, place: Place) -> RevivedLayer:
        """The revived layer of an object, whether it has functions or not."""
        known = self._made.get(place.number)
        if isinstance(known, RevivedLayer):
            return known
        record = Record(without_numbers(place.described), self._identifier(place), place.where)
        self._take_functions(record, place)
        made = _new(record)
        self._note(place, made)
        self._take_objects(record, place)
        if isinstance(made, RevivedModel):
            self._connect(made, record)
        return made

    def _identifier(self, place: Place) -> str:
        found = self._root.stored.described.get(place.number)
        return place.identifier if found is None else found.identifier

    def _take_functions(self, record: Record, place: Place) -> None:
        """Enters the functions of an object."""
        api, found = place.child("keras_api"), {}
        for name in _FUNCTIONS:
            at = place.child(name) or (None if api is None else api.child(name))
            if at is not None and at.object.message.WhichOneof("kind") == "function":
                found[name] = self._bindings.function(at)
        record.functions = found
        record.gradient_names, record.gradients = self._bindings.gradient_names, self._bindings.gradients
        record.call, record.penalty = found.get(LOSSES), found.get(PENALTY)
        losses = _children(api, "layer_regularization_losses").values()
        record.losses = [f for f in map(self._item, losses) if isinstance(f, GivenFunction)]

    def _take_objects(self, record: Record, place: Place) -> None:
        """Enters what an object tracks."""
        api = place.child("keras_api")
        ours = {*_LISTS, *_FUNCTIONS, DEFAULT, *(() if place.number else _OF_THE_ROOT)}
        for name, child in place.children.items():
            if name not in ours:
                record.tracked[name] = self._item(child)
        listed = place.child("variables")
        record.listed = [] if listed is None else [self._bindings.weight(at) for at in listed.variables]
        layers = map(self._item, _children(api, "layers").values())
        record.layers = [item for item in layers if isinstance(item, Layer)]
        states = None if api is None else api.child("states")
        held = None if states is None else self._item(states)
        record.states = held if isinstance(held, TrackedObject) else None
        metrics = (self._made.get(at.number) for at in _children(api, "metrics").values())
        record.metrics = [item for item in metrics if isinstance(item, TrackedObject)]
        named = {name: self._item(child) for name, child in _children(api, "layer_metrics").items()}
        record.layer_metrics = {k: item for k, item in named.items() if isinstance(item, TrackedObject)}

    def _item(self, place: Place) -> TrackedItem:
        """What an object is in the model.

        Raises:
          UnsafeFileError: objects hold each other too deeply.
        """
        found = self._made.get(place.number)
        if found is not None:
            return found
        if self._depth > _MAX_DEPTH:
            raise UnsafeFileError(f"{place.where}: objects hold each other more than {_MAX_DEPTH} deep")
        self._depth += 1
        try:
            return self._made.setdefault(place.number, self._make(place))
        finally:
            self._depth -= 1

    def _make(self, place: Place) -> TrackedItem:
        kind = str(place.object.message.WhichOneof("kind"))
        if kind == "variable":
            return self._bindings.weight(place)
        if kind == "function":
            return self._bindings.function(place)
        if kind == "bare_concrete_function":
            return self._bindings.trace(place)
        if kind == "constant":
            return self._bindings.constant(place)
        if kind != "user_object":
            return UnreadObject(place.where, kind)
        identifier = self._identifier(place)
        if place.described and identifier.startswith(layout.KERAS_IDENTIFIER) and identifier != layout.METRIC:
            return self._known(place) or self.layer(place)
        return self._object(place)

    def _object(self, place: Place) -> TrackedObject:
        description = without_numbers(place.described) if place.described else None
        producer = place.object.message.user_object.version.producer
        made = TrackedObject(self._identifier(place), producer, {}, description)
        self._made[place.number] = made
        if place.object.slots:
            text = f"{place.where}: an optimizer that the model tracks itself: its slots are left out"
            warnings.warn(printable(text), stacklevel=2)
        for name, child in place.children.items():
            made.children[name] = self._item(child)
        return made

    def _known(self, place: Place) -> Layer | None:
        """A layer of a class that kerasfmt or the caller has, built; None if it cannot be made from its config."""
        content = without_numbers(place.described)
        kind, config, name = str(content.get("class_name")), network_config(content), str(content.get("name"))
        given = kind in self._custom
        if not isinstance(config, Mapping) or config.get(NO_CONFIG):
            return None
        if not given and content.get("is_graph_network") and "layers" in config:
            kind = _MODELS.get(self._identifier(place), kind)
        shapes = self._input_shapes(place, content)
        if kind == "Sequential":
            config = {"build_input_shape": shapes, **config}
        try:
            entry = {"class_name": kind, "config": config, "name": name}
            made = layer_from_config(entry, self._custom, self.members(place))
            if not isinstance(made, Model):
                made.name = name
                if content.get("dtype") is not None:
                    made.policy = policy.get(unwrap(content["dtype"]))
                _build(made, unwrap(content.get("build_input_shape")) or shapes)
        except (UnsafeFileError, OutOfMemoryError):
            if not takes_functions(kind):
                raise
            return None  # the code in its config is not run
        except (KerasfmtError, TypeError, ValueError, LookupError, AttributeError):
            if given:
                raise
            return None
        if isinstance(made, Sequential):
            made.checks_input = content.get("input_spec") is not None
        self._note(place, made)
        return made

    def _input_shapes(self, place: Place, content: Mapping[str, Any]) -> Any:
        """The shapes that a layer is called with, as its first function or else Keras says; None where neither does."""
        at = place.child(ALL_LOSSES)
        traces = [] if at is None else self._bindings.function(at).traces
        first = traces[0].arguments[0][:1] if traces else ()
        leaves = flatten(list(first))
        if leaves and all(isinstance(leaf, Spec) for leaf in leaves):
            return map_structure(lambda spec: spec.shape, first[0])
        return unwrap(content.get("build_input_shape"))

    def _connect(self, model: RevivedModel, record: Record) -> None:
        """Gives a model its inputs, where its functions compute it from one argument alone."""
        inputs = None if record.call is None else record.call.common_inputs()
        if inputs is not None and record.call is not None and record.call.find(inputs, {}, False) is not None:
            model.connect(inputs)

    @property
    def tracked(self) -> frozenset[int]:
        """The numbers of the objects that layers track and that are neither layers nor weights."""
        return frozenset(n for n, item in self._made.items() if isinstance(item, TrackedObject))

    def hold(self, model: Model) -> Matched:
        """Gives revived layers the layers in them; returns the places of what was made here.

        Args:
          model: the whole model.
        """
        if not any(isinstance(layer, RevivedLayer) for layer in self._places):
            return Matched()
        self._inner_first = layers_in(model, lambda layer: walk(layer.record.tracked))
        numbers = {item: n for n, item in self._made.items() if isinstance(item, Weight)}
        numbers.update({w: n for n, w in self._bindings.captures.items() if isinstance(w, Weight)})
        weights = {weight: self._root.stored.at(number) for weight, number in numbers.items()}
        return Matched(dict(self._places), weights)

    def finish(self, model: Model, matched: Matched) -> None:
        """Lets functions capture the weights and tables that the layers of the model have by now.

        Args:
          model: the whole model.
          matched: the places of its layers and weights.

        Raises:
          UnsupportedLayerError: a layer takes a mask that would have passed a revived layer.
        """
        layers = [layer for layer in self._inner_first if isinstance(layer, RevivedLayer)]
        if not layers:
            return
        captures, changed = self._bindings.captures, dict[Capture, Weight]()
        for weight, place in matched.weights.items():
            before = captures.get(place.number)
            if before is not None and before is not weight:
                changed[before] = weight
                weight.name = before.name
            captures[place.number] = weight
        for known, place in matched.layers.items():
            for name, table in known.tables.items():
                child = place.child(name)
                if child is not None:
                    captures[child.number] = table
        for layer in layers:
            _replace(layer.record, changed)
            layer.own_weights()
            for inner in children_of(layer):
                self._keep(layer.record, inner, matched)
            layer.forget_functions()
        for each in every_layer(model):
            each.traces.clear()
        refuse_lost_masks(model, matched.layers, self._bindings)

    def _keep(self, record: Record, layer: Layer, matched: Matched) -> None:
        """Keeps the functions of a layer that is not revived, and of the layers in it."""
        place = matched.layers.get(layer)
        if isinstance(layer, RevivedLayer) or layer in record.kept or place is None:
            return
        inside = Record({}, "", place.where)
        self._take_functions(inside, place)
        record.kept[layer] = inside.functions
        for child in children_of(layer):
            self._keep(record, child, matched)


def _new(record: Record) -> RevivedLayer:
    """A revived layer, with nothing in it yet."""
    content = record.content
    options = {
        "name": content.get("name"),
        "trainable": content.get("trainable", True),
        "dtype": unwrap(content.get("dtype")),
    }
    if record.identifier in _MODELS:
        return RevivedModel(record, **options)
    return RevivedLayer(record, batch_input_shape=unwrap(content.get("batch_input_shape")), **options)


def _children(place: Place | None, name: str) -> dict[str, Place]:
    at = None if place is None else place.child(name)
    return {} if at is None else at.children


def _build(layer: Layer, shapes: Any) -> None:
    """Builds a layer for inputs of these shapes; one that makes no weights needs none."""
    if layer.built:
        return
    if shapes is None:
        if type(layer).build is not Layer.build:
            raise layer.fail("expected the shape that it was built for, got none")
        layer.built = True
        return
    layer.ensure_built(specs_of_shapes(shapes, layer.compute_dtype))


def _replace(record: Record, changed: Mapping[Capture, Weight]) -> None:
    """Puts the weights of layers in the place of those that stood for them."""
    if not changed:
        return

    def now(item: TrackedItem) -> TrackedItem:
        return changed.get(item, item) if isinstance(item, Weight) else item

    for _, item in list(walk(record.tracked)):
        if isinstance(item, TrackedObject):
            item.children = {name: now(child) for name, child in item.children.items()}
    record.tracked = {name: now(child) for name, child in record.tracked.items()}
    record.listed = [changed.get(weight, weight) for weight in record.listed]
