"""Live models of Keras 2 (tf.keras up to 2.15, tf_keras) and Keras 3, on any backend, as models of kerasfmt.

Nothing of Keras is imported: a live object is recognized by the names and modules of its classes. Its config makes
the layers, then each layer takes the values of its variables. Values are read when they are used, and share the
memory of the live model if its backend allows.

Source: tf_keras/src/engine/functional.py, get_network_config; keras/src/models/functional.py, get_config;
keras/src/variables.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from kerasfmt import ir
from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.saved_model.metadata import type_spec
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.live_layer import LiveModel
from kerasfmt.ir.signature import Signature
from kerasfmt.ir.structure import map_structure
from kerasfmt.layers.feature_space import FeatureSpace
from kerasfmt.sources.live.beside import take_what_is_beside
from kerasfmt.sources.live.compile_state import training_config
from kerasfmt.sources.live.custom_layers import CustomLayers
from kerasfmt.sources.live.entries import (
    SPACE,
    called,
    is_network,
    model_entry,
    space_entry,
    without_failed_configs,
)
from kerasfmt.sources.live.keras_code import KerasCode, input_specs
from kerasfmt.sources.live.objects import (
    JAX,
    backend_of,
    is_keras,
    is_keras3,
    keras_classes,
    keras_version,
    own_code,
)
from kerasfmt.sources.live.symbolic_control import OPERATIONS
from kerasfmt.sources.live.taking import HasMoreWeights, adapters, take_layer, take_weights
from kerasfmt.sources.live.tf_code import TFCode, model_inputs
from kerasfmt.sources.live.tf_functions import taken_function, taken_signatures
from kerasfmt.sources.live.tf_layers import TFLayers

_MEND: Final = (
    "a model is saved by what get_config of its layers returns: a dict of numbers, texts and lists, which are the "
    "arguments of the constructor; mend the get_config that raised it"
)
_LEAVE_OUT: Final = (
    "leave it out with include_optimizer=False, or with from_keras(model, compile=False); losses, metrics and "
    "optimizers are saved by what their get_config returns"
)


@gc_paused()
def from_keras(
    model: Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    opaque: Literal["stablehlo"] | None = None,
) -> ir.Model:
    """A live Keras model as a model of kerasfmt, with its weights.

    Layers, models and functions with code of their own are traced. With Keras 3, `call` runs on symbolic tensors, and
    its operations of `keras.ops` and calls of layers are recorded; no backend computes. Where `call` uses functions of
    JAX, on the JAX backend, JAX traces it, and the rules of `from_jax` make TensorFlow's ops of it. With Keras 2, the
    TensorFlow in its process traces it. Such a layer has the values and the config of the live one. A SavedModel holds
    its functions for inference and training and loads without its class; HDF5 and `.keras` hold its config, if it has
    one.

    A layer that a model calls several times stays one layer. A layer of two models, one inside the other, becomes two
    layers with equal values, as when Keras itself saves and loads the model.

    Args:
      model: a model of Keras 2 or Keras 3: Functional, Sequential, or a subclass with code of its own that was called.
      custom_objects: subclasses of `kerasfmt.layers.Layer` that stand for custom layers, by class name.
      compile: whether to take the compile state and the optimizer's variables.
      opaque: "stablehlo" makes one node of each layer whose code is JAX's: a module that TensorFlow compiles with XLA
        for the processor, and differentiates once. Functions of JAX then need no rule. NumPy runs it by jaxlib.

    Example:
      `keras_model` is a live model, of Keras 2 or Keras 3.

      >>> model = kerasfmt.from_keras(keras_model)
      >>> kerasfmt.save_model(model, "saved_model")

    Raises:
      UnsupportedLayerError: code that cannot be traced, with the line that stands in the way; or a layer, option or
        optimizer that kerasfmt does not know.
      InvalidModelError: the model has no layers, was never built, or has weights that do not fit its layers.
      TypeError: it is not a Keras model.
    """
    return _taken(model, custom_objects, compile, opaque)[0]


@gc_paused()
def from_keras_with_signatures(
    model: Any, signatures: Mapping[str, Any], compile: bool = True
) -> tuple[ir.Model, dict[str, Signature]]:
    """A live Keras model as a model of kerasfmt, with signatures; functions of TensorFlow among these are taken.

    Args:
      model: as for `from_keras`.
      signatures: by name: a kerasfmt.Signature; or for a model of Keras 2 a tf.function with an input signature, or a
        concrete function, which captures nothing but variables of the model and constants.
      compile: as for `from_keras`.

    Raises:
      InvalidModelError: a tf.function has no input signature, or does not take or give tensors by name.
      UnsupportedLayerError, TypeError: as for `from_keras`; or a function captures something else.
    """
    found, layers = _taken(model, None, compile)
    if isinstance(layers, TFLayers) and isinstance(signatures, Mapping):
        return found, taken_signatures(TFCode(layers, model), signatures)
    return found, dict(signatures) if isinstance(signatures, Mapping) else signatures


def _taken(
    model: Any, custom_objects: Mapping[str, Any] | None, compile: bool, opaque: str | None = None
) -> tuple[ir.Model, CustomLayers]:
    is_space = SPACE in keras_classes(model)
    if not is_keras(model) or not (is_space or hasattr(model, "layers")):
        raise TypeError(f"expected a Keras model, got {type(model).__module__}.{type(model).__qualname__}")
    _check_opaque(model, opaque)
    layers = _custom_layers(model, dict(custom_objects or {}), opaque)
    while True:
        try:
            return _taken_with(model, layers, compile, is_space), layers
        except HasMoreWeights as error:
            if id(error.live) in layers.traced:
                raise
            traced = {*layers.traced, id(error.live)}
            layers = _custom_layers(model, layers.customs, opaque)
            layers.traced = traced


def _taken_with(model: Any, layers: CustomLayers, compile: bool, is_space: bool) -> ir.Model:
    with malformed_config_errors(f"model {getattr(model, 'name', SPACE)}"):
        found = _model(model, layers, is_space)
    found.made_by_keras = 3 if is_keras3(model) else 2
    if found.made_by_keras == 2 and not isinstance(found, LiveModel):
        found.keras2_version = keras_version(model)
    if isinstance(found, FeatureSpace):
        for name, layer in found.preprocessors.items():
            take_layer(layer, model.preprocessors[name], {})
        return found
    if not isinstance(found, LiveModel):
        take_weights(found, model, layers.weights)
    layers.finish()
    if not isinstance(found, LiveModel):
        take_what_is_beside(found, model, layers)
    if compile and not adapters(model):  # whose optimizer trains the adapters
        with own_code(f"model {model.name}: how it is compiled", _LEAVE_OUT):
            found.training_config = training_config(model, layers.weights)
    return found


def _check_opaque(model: Any, opaque: str | None) -> None:
    """Raises InvalidModelError if modules are asked for that cannot be made."""
    if opaque is None:
        return
    if opaque != "stablehlo":
        raise InvalidModelError(f'opaque: expected "stablehlo" or None, got {opaque!r}')
    if not is_keras3(model) or backend_of(model) != JAX:
        raise InvalidModelError(
            f'opaque="stablehlo": expected a model of Keras 3 on the JAX backend, got {called(model)}; leave it out'
        )


def _custom_layers(live: Any, customs: Mapping[str, Any], opaque: str | None) -> CustomLayers:
    if is_keras3(live):
        return CustomLayers(customs, KerasCode, opaque)
    found = TFLayers(customs, lambda layers, inner: TFCode(found, inner))
    found.make_function = lambda layers, inner, run: TFCode(layers, inner).function(
        lambda: [run()], [], f"{inner.name}_loss"
    )
    found.take_function = lambda layers, inner, name, function: taken_function(
        TFCode(layers, inner), name, function
    )
    found.variables_of(live)
    return found


def _network_entry(live: Any, customs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Class name and config of a model of layers and their calls.

    Keras 2 notes a custom layer without a config as one, as in a SavedModel. For a model of Keras 3 with one: None.
    """
    if not is_network(live, customs):
        return None
    if is_keras3(live) and any(_runs_functions(each, customs) for each in getattr(live, "operations", ())):
        return None
    try:
        return model_entry(live, customs)
    except NotImplementedError:
        if is_keras3(live):
            return None
    with without_failed_configs(live):
        return model_entry(live, customs)


def _runs_functions(operation: Any, customs: Mapping[str, Any]) -> bool:
    """Whether it is an operation that runs functions of the user's, which no config states."""
    return bool(OPERATIONS & keras_classes(operation) - customs.keys())


def _model(live: Any, layers: CustomLayers, is_space: bool) -> ir.Model:
    """The model, with fresh weights."""
    keras: Major = 3 if is_keras3(live) else 2
    with own_code(f"model {getattr(live, 'name', SPACE)}", _MEND):
        entry = space_entry(live) if is_space else _network_entry(live, layers.customs)
    if entry is not None:
        members = None if is_space else layers.members(live)
        return model_from_config(entry, layers.customs, keras=keras, members=members)
    if not getattr(live, "built", True):
        raise InvalidModelError(
            f"model {live.name} ({called(live)}): it is not built yet; call it on data first"
        )
    found = layers.custom(live)
    assert isinstance(found, LiveModel)
    specs = input_specs(live) if keras == 3 else model_inputs(live)
    if specs is None:
        raise InvalidModelError(
            f"model {live.name}: its input shape is not known yet; call it on data, or model.build(shape), first"
        )
    found.connect(specs)
    if keras == 2:
        return found  # Keras has said what it takes
    stated = map_structure(type_spec, specs)
    found.record.content = {**found.record.content, "full_save_spec": ([stated], {}), "save_spec": stated}
    return found
