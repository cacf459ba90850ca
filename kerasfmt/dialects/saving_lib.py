"""Objects as `keras.saving` describes them in archives. Code in such descriptions is refused.

    Keras 3   {"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": null,
               "build_config": {"input_shape": [...]}}; a model's has "compile_config" beside it

Source: keras/src/saving/serialization_lib.py
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kerasfmt.dialects.refused_layers import refuse_code_alone
from kerasfmt.errors import UnsafeFileError, UnsupportedLayerError
from kerasfmt.ir import Model, constraints, initializers, regularizers
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.identifiers import LAMBDA
from kerasfmt.ir.json_values import is_shape
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.own_modules import is_own
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.printable import printable


def wrapped(
    module: str | None, class_name: str, config: Any, registered_name: str | None = None
) -> dict[str, Any]:
    """An object as `keras.saving` describes it."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered_name}


def warn_of_own_classes(model: Model) -> None:
    """Warns of models of classes of their users' own, which are written as what Keras has."""
    for inner in every_layer(model):
        if isinstance(inner, Model) and inner.own_class is not None:
            warnings.warn(
                printable(
                    f"model {inner.name}: its class, {inner.own_class}, is written as {inner.keras_name}, which Keras "
                    "reads without that class; methods of its own, such as train_step, are left out"
                ),
                stacklevel=3,
            )


def is_custom(layer: Layer) -> bool:
    """Whether a layer is of a class of the user's own, which stands for no class of Keras."""
    return isinstance(layer, RevivedLayer) or not type(layer).__module__.startswith("kerasfmt.")


def plain_shape(value: Any) -> Any:
    """A shape, or a structure of shapes, in JSON."""
    if isinstance(value, Mapping):
        return {key: plain_shape(item) for key, item in value.items()}
    return [plain_shape(item) for item in value] if isinstance(value, list | tuple) else value


MODULES: Final = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "dtype": "keras.mixed_precision",
}
"""The last word of an option's name: the module of the object that is its value."""


_OWN_NAMES: Final[Mapping[str, Callable[[str], bool]]] = {
    "initializer": initializers.knows,
    "regularizer": regularizers.knows,
    "constraint": constraints.knows,
}


def object_at(option: str, value: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """The object that an option of a layer holds, as `keras.saving` describes it.

    Args:
      option: the name of the option.
      value: the object, `{"class_name", "config"}`.
      config: its config in the target's dialect.
    """
    kind, name = option.rpartition("_")[2], str(value["class_name"])
    if kind in _OWN_NAMES and not _OWN_NAMES[kind](name):
        return wrapped(None, name.rpartition(">")[2], config, name)
    return wrapped(MODULES.get(kind, "keras.layers"), name, config)


COMPILE_CONFIG: Final = "compile_config"
"""Where the description of a model states how it is compiled."""


def mappings(value: Any, without: str = "") -> Iterator[Mapping[str, Any]]:
    """Every mapping inside of a JSON value, outer ones first; not what is under the key `without`."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            yield item
            pending.extend(inner for key, inner in item.items() if key != without)
        elif isinstance(item, list):
            pending.extend(item)


def refuse_code(config: Mapping[str, Any], custom_objects: Mapping[str, Any], where: str) -> None:
    """Refuses the config of a model that needs code from the file, or code that the user did not pass.

    Losses, metrics and optimizers of the user's own are passed on as they are described, and need no code.

    Raises:
      UnsafeFileError: it holds a marshalled function, and none was given in its place.
      UnsupportedLayerError: a layer is not Keras's own, and not among `custom_objects`.
    """
    replaced: set[int] = set()
    for item in mappings(config, without=COMPILE_CONFIG):  # outer ones first
        kind = item.get("class_name")
        inner = item.get("config")
        names = ("Lambda", str(inner.get("name"))) if kind == "Lambda" and isinstance(inner, Mapping) else ()
        if any(callable(custom_objects.get(name)) for name in names):
            replaced |= {id(item), *(id(item["config"].get(key)) for key in ("function", "mask"))}
        if id(item) in replaced or (kind == LAMBDA and callable(custom_objects.get("<lambda>"))):
            continue
        if kind == LAMBDA or (kind == "Lambda" and _is_marshalled(item.get("config"))):
            inner = item.get("config")
            name = inner.get("name") if isinstance(inner, Mapping) else None
            raise UnsafeFileError(
                f"{where}: layer {name or 'Lambda'}: holds a marshalled Python function, which is never run; "
                "pass custom_objects={name of the layer: function}, a function of kerasfmt Values; for an activation, "
                'custom_objects={"<lambda>": function}'
            )
        module, registered = item.get("module"), item.get("registered_name")
        if not module or is_own(str(module)) or not isinstance(item.get("config"), Mapping):
            continue
        if kind not in custom_objects and str(registered) not in custom_objects:
            name = item["config"].get("name")
            if item is config:
                refuse_code_alone(config, f"{where}: ")
            if "layers" in item["config"]:
                raise UnsupportedLayerError(
                    f"{where}: model {name!r} is of the class {registered or kind!r} of module {module}, which may "
                    "compute something else than its layers, and no module that a file names is imported; if it does "
                    f"not, pass custom_objects={{{str(kind)!r}: kerasfmt.Model}}"
                )
            raise UnsupportedLayerError(
                f"{where}: {name!r} is of the class {registered or kind!r} of module {module}, which is not one "
                "of Keras's own, and no module that a file names is imported; pass a kerasfmt.layers.Layer subclass "
                f"(or Initializer, Regularizer, Constraint) as custom_objects={{{str(kind)!r}: YourClass}}"
            )


def refuse_code_to_train(compile_config: Mapping[str, Any], where: str) -> None:
    """Refuses a compile state that needs code from the file.

    Raises:
      UnsafeFileError: it holds a marshalled function.
    """
    if any(item.get("class_name") == LAMBDA for item in mappings(compile_config)):
        raise UnsafeFileError(
            f"{where}: {COMPILE_CONFIG}: holds a marshalled Python function, which is never run; "
            "leave the compile state out with compile=False"
        )


def _is_marshalled(config: Any) -> bool:
    function = config.get("function") if isinstance(config, Mapping) else None
    return isinstance(function, list) or (
        isinstance(config, Mapping) and config.get("function_type") == "lambda"
    )


def mapped(value: Any, wrap: Callable[[str, Any], Any], key: str = "") -> Any:
    """An option's value with every object in it described as `keras.saving` does.

    Args:
      value: an option's value in Keras 2's dialect.
      wrap: makes the description of `{"class_name", "config"}` at an option.
      key: the option's name.
    """
    if isinstance(value, list | tuple):
        return [mapped(item, wrap, key) for item in value]
    if not isinstance(value, Mapping):
        return value
    if is_shape(value):
        return list(value["items"])
    if value.keys() == {"class_name", "config"}:
        return wrap(key, value)
    return {name: mapped(item, wrap, name) for name, item in value.items()}
