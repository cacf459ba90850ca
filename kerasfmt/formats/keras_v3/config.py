"""What both dialects share: wrapped objects, code that is refused, and the config of Keras 3 made plain.

    Keras 3   {"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": null,
               "build_config": {"input_shape": [...]}}; a model's has "compile_config" beside it

Source: keras/src/saving/serialization_lib.py; keras/src/models/functional.py, deserialize_node (3.x)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kerasfmt.errors import InvalidModelError, UnsafeFileError, UnsupportedLayerError

_OWN_MODULES: Final = frozenset({"builtins", "keras", "tf_keras", "keras_core", "tensorflow", "None", ""})
_OP_MODULES: Final = ("keras.src.ops.", "keras.ops", "keras_core.src.ops.")


def wrapped(
    module: str | None, class_name: str, config: Any, registered_name: str | None = None
) -> dict[str, Any]:
    """An object as `keras.saving` describes it."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered_name}


def plain_shape(value: Any) -> Any:
    """A shape, or a structure of shapes, in JSON."""
    if isinstance(value, Mapping):
        return {key: plain_shape(item) for key, item in value.items()}
    return [plain_shape(item) for item in value] if isinstance(value, list | tuple) else value


def refuse_code(config: Mapping[str, Any], custom_objects: Mapping[str, Any], where: str) -> None:
    """Looks through a whole config for what would need code that is in the file, or that nobody gave.

    Raises:
        UnsafeFileError: it holds a marshalled function.
        UnsupportedLayerError: a layer is not Keras's own, and not among `custom_objects`.
    """
    for item in _mappings(config):
        kind = item.get("class_name")
        if kind == "__lambda__" or (kind == "Lambda" and _is_marshalled(item.get("config"))):
            inner = item.get("config")
            name = inner.get("name") if isinstance(inner, Mapping) else None
            raise UnsafeFileError(
                f"{where}: layer {name or 'Lambda'}: holds a marshalled Python function, which is never run; "
                "replace the Lambda layer by a layer of its own class, and pass that as custom_objects"
            )
        module, registered = str(item.get("module")), item.get("registered_name")
        if module.split(".")[0] in _OWN_MODULES or not isinstance(item.get("config"), Mapping):
            continue
        if kind not in custom_objects and str(registered) not in custom_objects:
            name = item["config"].get("name")
            raise UnsupportedLayerError(
                f"{where}: {name!r} is of the class {registered or kind!r} of module {module}, which is not one "
                "of Keras's own, and no module that a file names is imported; pass a kerasfmt.layers.Layer "
                f"subclass as custom_objects={{{str(kind)!r}: YourLayer}}"
            )


def _is_marshalled(config: Any) -> bool:
    function = config.get("function") if isinstance(config, Mapping) else None
    return isinstance(function, list) or (
        isinstance(config, Mapping) and config.get("function_type") == "lambda"
    )


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            yield item
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


NEUTRAL: Final[dict[str, dict[str, Any]]] = {
    "MultiHeadAttention": {
        "use_gate": False,
        "sliding_window": None,
        "flash_attention": None,
        "softmax_robust_masking": False,
    },
    "Resizing": {"antialias": False},
}
"""Class -> option that later releases store -> the value that stands for what earlier ones do."""


def normalized(entry: Any, keras3: bool) -> Any:
    """A model or layer of either dialect in the one that `ir.model_from_config` reads.

    Keras 3 stores what its own making added: the ops that compute masks, and the masks and the training mode
    as arguments of calls. Both follow from the layers, so they are taken out; an op that computes something
    else stays, and is refused when the model is built.

    Args:
        entry: `{"class_name", "config"}` of a model or a layer.
        keras3: whether it is of Keras 3's dialect.
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config"), Mapping):
        return entry
    config = dict(entry["config"])
    if isinstance(config.get("layers"), list):
        layers = [normalized(layer, keras3) for layer in config["layers"]]
        config["layers"] = _without_masks(layers) if keras3 and "input_layers" in config else layers
        return {**entry, "config": config}
    neutral = NEUTRAL.get(str(entry.get("class_name")), {})
    config = {k: v for k, v in config.items() if k not in neutral or v != neutral[k]}
    if keras3:
        config = {key: _option_from_keras3(key, value) for key, value in config.items()}
        if entry.get("class_name") == "LeakyReLU" and "negative_slope" in config:
            config["alpha"] = config.pop("negative_slope")
    return {**entry, "config": config}


def _option_from_keras3(key: str, value: Any) -> Any:
    if not key.endswith("activation"):
        return value
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        value = value.get("config")
    # The same name stands for another function than in Keras 2.
    return "hard_sigmoid_keras3" if value == "hard_sigmoid" else value


def _name(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return ""
    config = entry.get("config")
    inner = config.get("name") if isinstance(config, Mapping) else ""
    return str(entry.get("name") or inner)


def _calls(entry: Any) -> list[Any]:
    found = entry.get("inbound_nodes") if isinstance(entry, Mapping) else None
    return found if isinstance(found, list) else []


def history(value: Any) -> tuple[str, Any, Any] | None:
    """Layer name, node and tensor index of a `__keras_tensor__`; None for anything else."""
    if not isinstance(value, Mapping) or value.get("class_name") != "__keras_tensor__":
        return None
    found = value.get("config", {}).get("keras_history") if isinstance(value.get("config"), Mapping) else None
    if not isinstance(found, list) or len(found) != 3:
        raise InvalidModelError(f"config: not a tensor of a layer: {str(value)[:80]}")
    return str(found[0]), found[1], found[2]


def _without_masks(layers: list[Any]) -> list[Any]:
    """The layers without the ops that compute masks, their calls without the masks."""
    masked: set[tuple[str, Any]] = set()
    for entry in layers:
        kind = str(entry.get("class_name")) if isinstance(entry, Mapping) else ""
        config = entry["config"] if kind and isinstance(entry.get("config"), Mapping) else {}
        if (kind == "Embedding" and config.get("mask_zero")) or kind == "Masking":
            value = config.get("mask_value", 0.0) if kind == "Masking" else 0
            for call in _calls(entry):
                arguments = call.get("args") if isinstance(call, Mapping) else None
                source = history(arguments[0]) if isinstance(arguments, list) and arguments else None
                if source:
                    masked.add((str(source), value))
    ops = {_name(entry): entry for entry in layers if _is_op(entry)}
    masks = {name for name, entry in ops.items() if _is_mask(entry, masked)}
    while more := {n for n, e in ops.items() if n not in masks and _combines(e, masks)}:
        masks |= more

    kept = []
    for entry in layers:
        if _name(entry) in masks and _name(entry) in ops:
            continue
        calls = [_without_mask_arguments(call, masks) for call in _calls(entry)]
        kept.append({**entry, "inbound_nodes": calls} if isinstance(entry, Mapping) else entry)
    return kept


def _is_op(entry: Any) -> bool:
    return isinstance(entry, Mapping) and str(entry.get("module")).startswith(_OP_MODULES)


def _is_mask(entry: Mapping[str, Any], masked: set[tuple[str, Any]]) -> bool:
    """Whether an op compares the input of a masking layer with the value that is masked."""
    if entry.get("class_name") != "NotEqual" or len(_calls(entry)) != 1:
        return False
    arguments = _calls(entry)[0].get("args") if isinstance(_calls(entry)[0], Mapping) else None
    if not isinstance(arguments, list) or len(arguments) != 2 or isinstance(arguments[1], list | Mapping):
        return False
    return (str(history(arguments[0])), arguments[1]) in masked


_COMBINING: Final = frozenset({"Any", "LogicalOr", "LogicalAnd", "Concatenate", "ExpandDims", "All", "Stack"})


def _combines(entry: Mapping[str, Any], masks: set[str]) -> bool:
    """Whether an op makes a mask out of masks only."""
    if entry.get("class_name") not in _COMBINING or not _calls(entry):
        return False
    origins = [history(item) for call in _calls(entry) for item in _mappings(call)]
    names = [origin[0] for origin in origins if origin]
    return bool(names) and all(name in masks for name in names)


def _without_mask_arguments(call: Any, masks: set[str]) -> Any:
    kwargs = call.get("kwargs") if isinstance(call, Mapping) else None
    if not isinstance(kwargs, Mapping):
        return call

    def dropped(key: str, value: Any) -> bool:
        # The mode that a model is called in overrides the one that is stored.
        if key == "training":
            return value is None or isinstance(value, bool)
        origins = [history(item) for item in _mappings(value)] if isinstance(value, Mapping | list) else []
        names = [origin[0] for origin in origins if origin]
        return bool(names) and (key == "mask" or key.endswith("_mask")) and all(n in masks for n in names)

    return {**call, "kwargs": {key: value for key, value in kwargs.items() if not dropped(key, value)}}


def mapped(value: Any, wrap: Callable[[str, Any], Any], key: str = "") -> Any:
    """An option's value with every object therein described as `keras.saving` does.

    Args:
        value: an option's value in Keras 2's dialect.
        wrap: makes the description of `{"class_name", "config"}` at an option.
        key: the option's name.
    """
    if isinstance(value, list | tuple):
        return [mapped(item, wrap, key) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "TensorShape" and "items" in value:
        return list(value["items"])
    if value.keys() == {"class_name", "config"}:
        return wrap(key, value)
    return {name: mapped(item, wrap, name) for name, item in value.items()}
