"""Models in the dialect of Keras 3.

A call is `{"args": [...], "kwargs": {...}}`, in which a tensor is `{"class_name": "__keras_tensor__", "config":
{"keras_history": [layer name, number of the call, number of the output]}}`. Some of these texts mean
something else in Keras 2, or nothing. `keras3_to_keras2` translates them:

- The activation `hard_sigmoid` is another function.
- `training` among a layer's call arguments is the default of the call; see call_modes.py.
- The operations that compute masks are layers of the model; see keras3_masks.py.

The facts of a layer's class say how its options differ.

Source: keras/src/models/functional.py, get_config, operation_fn, serialize_node, deserialize_node and get_tensor;
keras/src/activations/activations.py; keras/src/layers/layer.py (3.0 to 3.15)
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from kerasfmt.dialects.activations import activation_to_keras2, activation_to_keras3, is_activation
from kerasfmt.dialects.call_modes import keep_modes_in_keras3
from kerasfmt.dialects.calls import CallWords, FindTensor, states_arguments
from kerasfmt.dialects.functions import functions_to_keras3
from kerasfmt.dialects.keras3_masks import (
    drop_implied_masks,
    name_operation_modules,
    refuse_other_masks,
    refuse_unstated_masks,
    state_missing_masks,
)
from kerasfmt.dialects.saving_lib import (
    is_custom,
    mapped,
    object_at,
    plain_shape,
    warn_of_own_classes,
    wrapped,
)
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import InputLayer, Layer, Model, Sequential, Tensor
from kerasfmt.ir.activations import Activation
from kerasfmt.ir.json_values import ARRAYS, unwrap, wrap_array
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.ir.structure import Structure, flatten, map_to_lists
from kerasfmt.ir.tensor import Constant
from kerasfmt.ir.topology import References
from kerasfmt.layers.keras3_ops import Operation

_DEFAULT_TRAINING: Final = "default_training"
"""Where a translated call states its mode."""


def keras3_to_keras2(entry: Any) -> Any:
    """A model or layer of Keras 3, `{"class_name", "config"}`, translated for Keras 2.

    Calls keep their form. Three things that Keras 3 adds are removed where they follow from the layers: the
    operations that compute masks, and the mask and the training mode among the arguments of calls.
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config"), Mapping):
        return entry
    config = dict(entry["config"])
    if not isinstance(config.get("layers"), list):
        return {**entry, "config": {key: _meant(key, value) for key, value in config.items()}}
    if "input_layers" in config and not any("module" in _mapping(layer) for layer in config["layers"]):
        config["layers"] = name_operation_modules(config["layers"])
    config["layers"] = [state_missing_masks(keras3_to_keras2(layer)) for layer in config["layers"]]
    if "input_layers" in config:
        config["layers"] = [_without_mode(layer) for layer in drop_implied_masks(config)]
    return {**entry, "config": config}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _meant(key: str, value: Any) -> Any:
    """An option's value as Keras 2 states it."""
    if isinstance(value, list | tuple):
        return [_meant(key, item) for item in value]
    if is_activation(key):
        value = activation_to_keras2(value)
    if not isinstance(value, Mapping):
        return value
    if "class_name" in value and isinstance(value.get("config"), Mapping):
        return keras3_to_keras2(value)
    return {name: _meant(name, item) for name, item in value.items()}


def _without_mode(entry: Any) -> Any:
    """A layer whose calls do not state the training mode among their arguments, but beside them.

    The mode of the model's call overrides it.
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("inbound_nodes"), list):
        return entry
    calls = []
    for call in entry["inbound_nodes"]:
        kwargs = _mapping(call).get("kwargs")
        if isinstance(kwargs, Mapping) and (kwargs.get("training") is None or kwargs["training"] in (0, 1)):
            mode = kwargs.get("training")
            call = {**call, "kwargs": {key: item for key, item in kwargs.items() if key != "training"}}
            if mode is not None:
                call[_DEFAULT_TRAINING] = bool(mode)
        calls.append(call)
    return {**entry, "inbound_nodes": calls}


def read_call(node: Any, tensor: FindTensor, exact: bool) -> tuple[Structure, dict[str, Any]]:
    """The inputs and the keyword arguments of a call.

    Args:
      node: an entry of `inbound_nodes`.
      tensor: finds the tensor of a reference.
      exact: whether a list of one input differs from the input itself, and None from no argument.

    Raises:
      InvalidModelError: it is not a call.
    """
    if not states_arguments(node):
        raise InvalidModelError(f"config: expected a call with args and kwargs, got {str(node)[:80]}")
    arguments = [_leaf(a, tensor, exact) for a in node["args"]]
    given = {k: _leaf(v, tensor, exact) for k, v in node.get("kwargs", {}).items()}
    inputs = arguments[0] if len(arguments) == 1 and not exact else arguments
    return inputs, {k: v for k, v in given.items() if exact or v is not None}


def _leaf(value: Any, tensor: FindTensor, exact: bool) -> Any:
    if isinstance(value, Mapping):
        kind = value.get("class_name")
        if kind == "__keras_tensor__":
            return tensor(value["config"]["keras_history"])
        if kind in ARRAYS and not exact:
            return Constant(unwrap(value))
        return {k: _leaf(v, tensor, exact) for k, v in value.items()}
    if isinstance(value, list):
        return [_leaf(v, tensor, exact) for v in value]
    return value


def _calls_before(layer: Layer, top: bool) -> int:
    """Keras 3 counts the construction of a functional model only in references from the top."""
    return 1 if top and isinstance(layer, Model) and not isinstance(layer, Sequential) else 0


def _refuse_lost_mask(layer: Layer, node: Any, inputs: Structure) -> None:
    """Refuses a call that Keras 3 makes without a mask if its inputs have a mask here, as in Keras 2.

    The layers here are those of Keras 2, which cannot express such a call.
    """
    stated = _mapping(node).get("kwargs")
    if not isinstance(stated, Mapping) or "mask" not in stated or stated["mask"] is not None:
        return
    if layer.takes_mask and any(isinstance(x, Tensor) and x.masked for x in flatten(inputs)):
        raise UnsupportedLayerError(
            f"layer {layer.name} ({type(layer).__name__}): Keras 3 calls it without a mask; expected the mask that "
            "Keras 2 hands on to it, which cannot be taken away; mask all inputs of the layers before it, or none"
        )


CALLS: Final = CallWords(
    read_call, _calls_before, _refuse_lost_mask, lambda node: _mapping(node).get(_DEFAULT_TRAINING)
)


def write_model(model: Model, to_train: bool = True) -> dict[str, Any]:
    """The `config.json` of a model, without what it was compiled with.

    Args:
      model: the model.
      to_train: whether it is to be trained, and not only to predict.

    Raises:
      UnsupportedLayerError: Keras 3 lacks a layer or option, or would compute another mask or in another mode.
    """
    keep_modes_in_keras3(model, to_train)
    warn_of_own_classes(model)
    return _entry(model)


def _entry(layer: Layer) -> dict[str, Any]:
    name = layer.keras_name
    if "/" in layer.name:
        raise _refuse(layer, "Keras 3 has no names with a slash")
    if isinstance(layer, Sequential):
        return {**wrapped("keras", "Sequential", _sequential(layer)), **_build_config(layer)}
    if isinstance(layer, Model) and layer.keeps_features:
        from kerasfmt.dialects.feature_space import write_feature_space  # models without one do not load it

        return write_feature_space(layer, _entry)
    if isinstance(layer, Model):
        return wrapped("keras.src.models.functional", "Functional", _functional(layer), "Functional")
    if isinstance(layer, InputLayer):
        return wrapped("keras.layers", "InputLayer", _input(layer))
    if isinstance(layer, Operation):
        return wrapped(layer.module, layer.kind, {"name": layer.name, **layer.options}, layer.kind)
    if is_custom(layer):
        return {**wrapped(None, name, _options(layer), name), **_build_config(layer)}
    if layer.facts.absent_in == 3:
        raise _refuse(layer, "Keras 3 has no such layer")
    module, kind = layer.facts.module_in_keras3, layer.facts.name_in_keras3 or type(layer).__name__
    registered = None if module == "keras.layers" else kind
    options = _options(layer)
    if "quantization" in layer.fields:
        from kerasfmt.dialects.quantization import write_quantized  # models without one do not load it

        options = write_quantized(layer, options)
    return {**wrapped(module, kind, options, registered), **_build_config(layer)}


def _refuse(layer: Layer, text: str) -> UnsupportedLayerError:
    return UnsupportedLayerError(
        f"layer {layer.name} ({type(layer).__name__}): {text}; replace it, or write the model for Keras 2 with "
        'save_format="tf_keras", "h5" or "tf"'
    )


def _build_config(layer: Layer) -> dict[str, Any]:
    shape = layer.build_input
    plain = isinstance(shape, tuple) and all(size is None or isinstance(size, int) for size in shape)
    if not plain or (not layer.weight_attributes and not isinstance(layer, Sequential)):
        return {}
    return {"build_config": {"input_shape": list(shape)}}


def _policy(layer: Layer) -> dict[str, Any]:
    name = layer.policy.name
    if layer.facts.floats_in_keras3 and not layer.compute_dtype.is_floating:
        floats = any(t.dtype.is_floating for call in layer.calls for t in call.tensor_inputs)
        name = "float32" if floats or name == "int64" else name  # int64 is what Keras 2 makes of no dtype
    # Keras 3 has no policy of strings; the layers of strings have that of floats.
    return wrapped("keras", "DTypePolicy", {"name": "float32" if name == "string" else name})


def _input(layer: InputLayer) -> dict[str, Any]:
    return {
        "batch_shape": plain_shape(layer.batch_input_shape),
        "dtype": layer.input_dtype.name,
        "sparse": False,
        "name": layer.name,
        **({"optional": True} if layer.optional else {}),
    }


def _sequential(model: Sequential) -> dict[str, Any]:
    entry = model.inputs[0].origin.layer
    return {
        "name": model.name,
        "trainable": model.trainable,
        "dtype": _policy(model),
        "layers": [_entry(layer) for layer in (entry, *model.layers)],
        "build_input_shape": plain_shape(model.inputs[0].shape),
    }


def _options(layer: Layer) -> dict[str, Any]:
    def wrap(key: str, value: Mapping[str, Any]) -> Any:
        held = layer.held(key)
        if isinstance(held, FrozenOptions) and held.facts.absent_in == 3:
            raise _refuse(layer, f"Keras 3 has no {key.rpartition('_')[2]} {value['class_name']}")
        return object_at(key, value, value["config"])

    found: dict[str, Any] = {}
    facts, listed = layer.facts, layer.tracked_layers()
    for key, value in {**layer.get_config(), **layer.learned_options()}.items():
        if key in facts.implied_by_keras3:
            _check_implied(layer, key, value)
        elif key == "dtype":
            found[key] = _policy(layer)
        elif key == "batch_input_shape":
            continue
        elif key in facts.renamed:
            found[facts.renamed[key]] = value
        elif is_activation(key) and isinstance(value, str):
            found[key] = _activation(layer, key, value)
        elif isinstance(held := layer.held(key), Activation) and isinstance(held.layer, Layer):
            found[key] = _entry(held.layer)
        elif isinstance(held := layer.held(key), Layer):
            found[key] = _entry(held)
        elif key in listed:
            found[key] = [_entry(inner) for inner in listed[key]]
        else:
            found[key] = mapped(value, wrap, key)
    if facts.functions:
        return functions_to_keras3(found, facts)
    for key in facts.unlisted_in_keras3:
        if isinstance(found.get(key), list):
            if len(found[key]) != 1:
                raise _refuse(layer, f"option {key}: Keras 3 takes one {key}, got {found[key]}")
            found[key] = found[key][0]
    return found


def _check_implied(layer: Layer, key: str, value: Any) -> None:
    """Refuses a value of an option that Keras 3 lacks, unless it means what Keras 3 does anyway."""
    implied = layer.facts.implied_by_keras3[key]
    if value not in implied:
        raise _refuse(layer, f"option {key}: Keras 3 takes only {_listed(implied)}, got {value!r}")


def _activation(layer: Layer, key: str, name: str) -> Any:
    held = layer.held(key)
    if isinstance(held, Activation) and held.is_custom:
        return wrapped("builtins", "function", name, "function")  # a bare name would be one of Keras's
    found = activation_to_keras3(name)
    if found is None:
        raise _refuse(layer, f"option {key}: Keras 3 has no such function; its {name} is another function")
    return found


def _listed(values: Container[object]) -> str:
    return " or ".join(repr(value) for value in values) if isinstance(values, tuple) else "other values"


def _functional(model: Model) -> dict[str, Any]:
    refuse_other_masks(model.layers)
    refuse_unstated_masks(model.layers)
    references = References(model.network, model.layers)

    def reference(tensor: Tensor, top: bool = False) -> list[Any]:
        layer, call, output = references.to(tensor)
        return [layer.name, call + _calls_before(layer, top), output]

    helpers = {h for layer in model.layers if isinstance(layer, Operation) for h in layer.helpers}
    layers = []
    for layer in model.layers:
        if layer in helpers:
            continue
        nodes = [
            {"args": _argument(args, reference), "kwargs": _argument(kwargs, reference)}
            for args, kwargs in _arguments(layer, references)
        ]
        layers.append({**_entry(layer), "name": layer.name, "inbound_nodes": nodes})
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": map_to_lists(lambda tensor: reference(tensor, top=True), model.inputs_structure),
        "output_layers": map_to_lists(lambda tensor: reference(tensor, top=True), model.outputs_structure),
    }


def _arguments(layer: Layer, references: References) -> list[tuple[list[Any], Mapping[str, Any]]]:
    """The arguments of every call of a layer in a model."""
    if isinstance(layer, InputLayer):
        return []
    if isinstance(layer, Operation):
        arguments = dict(zip(map(id, layer.calls), layer.keras3_arguments, strict=True))
        return [arguments[id(call)] for call in references.calls[layer]]
    found: list[tuple[list[Any], Mapping[str, Any]]] = []
    for call in references.calls[layer]:
        inputs, kwargs = layer.arranged(call.inputs, call.kwargs)
        mode = {} if call.default_training is None else {"training": call.default_training}
        found.append(([inputs], {**mode, **kwargs}))
    return found


def _argument(value: Any, reference: Callable[[Tensor], list[Any]]) -> Any:
    if isinstance(value, Mapping):
        return {key: _argument(item, reference) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_argument(item, reference) for item in value]
    if isinstance(value, Constant):
        return wrap_array(value.plain, value.spec.dtype)
    if not isinstance(value, Tensor):
        return value
    config = {
        "shape": plain_shape(value.shape),
        "dtype": value.dtype.name,
        "keras_history": reference(value),
    }
    return {"class_name": "__keras_tensor__", "config": config}
