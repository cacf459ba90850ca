"""Custom layers and subclassed models of a live Keras 2 model, with what TensorFlow tracks of them.

Source: tf_keras/src/saving/legacy/saved_model/layer_serialization.py, python_properties;
tensorflow/python/trackable/base.py, Trackable._trackable_children; tensorflow/python/saved_model/revived_types.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from kerasfmt.errors import KerasfmtError, OutOfMemoryError, UnsafeFileError
from kerasfmt.formats.saved_model.built_shapes import specs_of_shapes
from kerasfmt.formats.saved_model.training import without_numbers
from kerasfmt.graph import Function
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Layer, Model
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.tracked import TrackedItem, TrackedObject
from kerasfmt.sources.live.arrays import variable_name
from kerasfmt.sources.live.building import as_shapes
from kerasfmt.sources.live.custom_layers import CustomLayers, MakeTracer
from kerasfmt.sources.live.entries import is_layer
from kerasfmt.sources.live.objects import is_function, keras_classes
from kerasfmt.typing import override

_OF_THE_ROOT: Final = ("optimizer", "loss", "signatures", "keras_api")
_OPTIMIZERS: Final = frozenset({"Optimizer", "OptimizerV2", "_BaseOptimizer"})
_FEATURES: Final = frozenset({"_BaseFeaturesLayer"})
_GENERIC: Final = "_generic_user_object"


class TFLayers(CustomLayers):
    """The layers of a live Keras 2 model that have code of their own, each made once.

    A layer of Keras's own inside of a custom one is made from its config, or else traced as a custom one is.

    Attributes:
      gradient_names: the functions that are gradients of nodes, by what nodes call them.
      gradients: those functions by name.
    """

    _root: Any = None
    _handles: dict[int, Any] | None = None
    _objects: dict[int, TrackedItem]
    make_function: Callable[[TFLayers, Any, Callable[[], Any]], Function]
    """Traces a function without arguments of a live layer."""
    take_function: Callable[[TFLayers, Any, str, Any], GivenFunction | GivenTrace]
    """Takes a tf.function, by its name, that an object in a live layer has as an attribute."""

    def __init__(self, customs: Mapping[str, Any], make_tracer: MakeTracer) -> None:
        super().__init__(customs, make_tracer)
        self._objects = {}
        self.gradient_names: dict[str, str] = {}
        self.gradients: dict[str, GivenTrace] = {}

    def variables_of(self, root: Any) -> None:
        """Says where the variables are that functions may capture: in the whole model."""
        self._root, self._handles = root, None

    def variable_of(self, handle: Any) -> Any:
        """The live variable that a handle stands for; None for one that no layer holds."""
        if self._handles is None and self._root is not None:  # most models have no code that captures any
            self._handles = {id(_handle(v)): v for v in _variables(self._root)}
        return (self._handles or {}).get(id(handle))

    @override
    def is_custom(self, live: Any) -> bool:
        # Feature columns are functions of TensorFlow, which no config states.
        return super().is_custom(live) or bool(keras_classes(live) & _FEATURES)

    @override
    def described(self, live: Any) -> tuple[str, dict[str, Any]]:
        content = json.loads(live._trackable_saved_model_saver.tracking_metadata)
        return live._object_identifier, without_numbers(content)

    @override
    def tracked(self, live: Any) -> dict[str, TrackedItem]:
        made = self._objects
        found = {}
        for name, value in _children(live).items():
            item = None if name in _OF_THE_ROOT else self._tracked_item(live, value, made)
            if item is not None:
                found[name] = item
        return found

    def _tracked_item(self, live: Any, value: Any, made: dict[int, TrackedItem]) -> TrackedItem | None:
        """What a tracked object is in the model; None for an optimizer, which the training config holds."""
        if id(value) in made:
            return made[id(value)]
        kinds = keras_classes(value)
        if "Metric" in kinds:
            return self._object(live, value, made, _described(value))
        if is_layer(value):
            return self.known_layer(value) or self.inner(value)
        if _is_variable(value):
            return self.weight(live, value)
        if kinds & _OPTIMIZERS:
            return None
        if not hasattr(value, "_trackable_children") or hasattr(value, "get_concrete_function"):
            return None
        return self._object(live, value, made, None)

    @override
    def beside(self, live: Any, name: str, value: Any) -> TrackedItem | None:
        if not hasattr(live, "_trackable_children"):
            return None
        if is_function(value):
            return self.take_function(self, live, name, value)
        return self._tracked_item(live, value, self._objects) if self._is_held(value) else None

    @override
    def tracked_names(self, live: Any) -> Mapping[int, str]:
        if not hasattr(live, "_trackable_children"):
            return {}
        return {id(value): name for name, value in live._trackable_children().items()}

    def _is_held(self, value: Any) -> bool:
        """Whether the model holds every layer that an object leads to, so that it may be tracked."""
        pending, met = [value], {id(value)}
        while pending:
            each = pending.pop()
            if is_layer(each) and "Metric" not in keras_classes(each):
                if self.known_layer(each) is None:
                    return False
                continue
            if not hasattr(each, "_trackable_children") or keras_classes(each) & _OPTIMIZERS:
                return False
            inner = [child for child in each._trackable_children().values() if id(child) not in met]
            met.update(map(id, inner))
            pending.extend(child for child in inner if not is_function(child))
        return True

    @override
    def beside_optimizer(self, live: Any, optimizer: Any) -> TrackedObject | None:
        has_slots = "OptimizerV2" in keras_classes(optimizer) and bool(optimizer.get_slot_names())
        if has_slots or not hasattr(optimizer, "_trackable_children"):
            return None
        return self._object(live, optimizer, self._objects, None)

    @override
    def beside_loss(self, live: Any, loss: Any) -> GivenFunction | None:
        return self._penalty(live, loss) if hasattr(live, "_trackable_children") else None

    def _object(
        self, live: Any, value: Any, made: dict[int, TrackedItem], description: Mapping[str, Any] | None
    ) -> TrackedObject:
        identifier, producer = _kind_of(value)
        found = TrackedObject(identifier, producer, {}, description)
        made[id(value)] = found
        for name, child in value._trackable_children().items():
            item = self._tracked_item(live, child, made)
            if item is not None:
                found.children[name] = item
        return found

    @override
    def custom(self, live: Any) -> LiveLayer:
        made = super().custom(live)
        made.record.gradient_names, made.record.gradients = self.gradient_names, self.gradients
        return made

    @override
    def weight_name(self, live: Any, variable: Any) -> str:
        return variable_name(variable)

    @override
    def metrics(self, live: Any) -> Mapping[str, TrackedObject]:
        own = getattr(live, "_metrics", ())  # add_metric makes some that no attribute tracks
        held = {metric.name: self._tracked_item(live, metric, self._objects) for metric in own}
        return {name: item for name, item in held.items() if isinstance(item, TrackedObject)}

    @override
    def penalties(self, live: Any) -> Sequence[GivenFunction]:
        return [self._penalty(live, loss) for loss in getattr(live, "_callable_losses", ())]

    def _penalty(self, live: Any, loss: Any) -> GivenFunction:
        function = self.make_function(self, live, loss)
        (output,) = function.outputs
        trace = GivenTrace("loss_fn", ((), {}), output.spec, lambda: function, None)
        return GivenFunction([trace], ArgSpec(), None)

    @override
    def known(self, live: Any) -> Layer:
        try:
            made = super().known(live)
            if not isinstance(made, Model):
                made.name = live.name
                shapes = getattr(live, "_build_input_shape", None)
                if not made.built and live.weights:
                    made.ensure_built(specs_of_shapes(as_shapes(shapes), made.compute_dtype))
                made.built = made.built or not live.weights
            self._take(made, live)
            if any(True for _ in _variables(vars(live).get("_random_generator"))):
                return self.custom(live)  # its state is in no weight
            return made
        except (UnsafeFileError, OutOfMemoryError):
            raise
        except (KerasfmtError, TypeError, ValueError, LookupError, AttributeError, NotImplementedError):
            return self.custom(live)


def _variables(root: Any) -> Iterator[Any]:
    """Every variable below an object, each once; without those of optimizers.

    To list what an optimizer of tf_keras tracks changes what Keras writes of it afterwards.
    """
    pending, met = [root], {id(root)}
    while pending:
        value = pending.pop()
        if _is_variable(value):
            yield value
            continue
        for child in (*_children(value).values(), *(getattr(value, "_metrics", None) or ())):
            if id(child) not in met and not keras_classes(child) & _OPTIMIZERS:
                met.add(id(child))
                pending.append(child)


def _children(value: Any) -> Mapping[str, Any]:
    """What an object tracks. A random generator is tracked in a SavedModel only.

    Source: tf_keras/src/engine/base_layer.py, BaseRandomLayer._trackable_children
    """
    found = dict(value._trackable_children()) if hasattr(value, "_trackable_children") else {}
    generator = getattr(value, "__dict__", {}).get("_random_generator")
    return found if generator is None else {"_random_generator": generator, **found}


def _is_variable(value: Any) -> bool:
    if not hasattr(value, "assign"):
        return False
    try:
        return hasattr(value, "handle")
    except ValueError:  # a variable of a tf.distribute.Strategy has none outside of a replica
        return True


def _handle(variable: Any) -> Any:
    """The handle that functions capture; that of the first copy, for a variable of a tf.distribute.Strategy."""
    return getattr(variable, "_primary", variable).handle


def _described(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = without_numbers(
        json.loads(value._trackable_saved_model_saver.tracking_metadata)
    )
    return found


def _kind_of(value: Any) -> tuple[str, int]:
    """By what TensorFlow restores an object, and the version of that."""
    own = getattr(value, "_object_identifier", _GENERIC)
    types: Any = sys.modules.get("tensorflow.python.saved_model.revived_types")
    proto = None if types is None else types.serialize(value)
    if proto is not None:
        return str(proto.identifier), int(proto.version.producer)
    return str(own), 1
