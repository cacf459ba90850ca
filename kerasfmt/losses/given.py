"""Losses in the words of another file: names, functions and objects as a version of Keras reads them.

    HDF5       "log_cosh"    {"class_name": "Huber", "config": {"reduction": "auto", ..., "fn": "huber"}}
    archive    "log_cosh"    {"module": "keras.losses", "class_name": "Huber", "config": {...}, "registered_name": null}

An alias that the reader lacks becomes the name of its function. A loss that the reader lacks is refused. What is not
Keras's own is described as `keras.saving` describes it.

Source: tf_keras/src/saving/legacy/serialization.py and tf_keras/src/saving/serialization_lib.py,
  serialize_keras_object; tf_keras/src/losses.py and keras/src/losses/__init__.py (3.x), get
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.own_modules import is_own
from kerasfmt.losses.functions import LOSS_FUNCTIONS
from kerasfmt.losses.loss import Loss, find_loss, from_words
from kerasfmt.losses.wrapper import function_words

BY_LABELS: Final = frozenset({"crossentropy", "ce"})
"""The words that Keras 3 takes for one of several functions: the labels decide which."""


def given_loss(value: Any, keras: Major, *, archive: bool) -> Any:
    """A loss, or a structure of losses, in the words of a file.

    Args:
      value: names, `{"class_name", "config"}`, lists, dicts by output, None.
      keras: the version of Keras that is to read it.
      archive: whether the file is an archive (`.keras`), which describes objects with their modules, or an HDF5 file.

    Raises:
      UnsupportedLayerError: that version of Keras lacks a loss, or one of its options.
      InvalidModelError: it is no loss, or an option is missing.

    Example:
      >>> given_loss({"a": "logcosh", "b": None}, 3, archive=True)
      {'a': 'log_cosh', 'b': None}
    """
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return [given_loss(item, keras, archive=archive) for item in value]
    if isinstance(value, str):
        return _named(value, keras, archive)
    if not isinstance(value, Mapping):
        raise InvalidModelError(f"loss: expected a name, or a class_name and a config, got {value!r:.80}")
    if "class_name" not in value:
        return {key: given_loss(item, keras, archive=archive) for key, item in value.items()}
    if value["class_name"] == "function":
        return _named(str(value.get("config")), keras, archive)
    return _object(value, keras, archive)


def loss_of(value: Mapping[str, Any]) -> Loss | None:
    """The loss that an object in words is; None where its class is not Keras's own.

    Raises:
      UnsupportedLayerError: an option that its class does not have.
      InvalidModelError: it has no config, or an option is missing.
    """
    class_name, config = str(value["class_name"]), value.get("config") or {}
    if not isinstance(config, Mapping):
        raise InvalidModelError(f"loss {class_name}: expected a config, got {config!r:.80}")
    module = value.get("module")
    foreign = (module is not None and not is_own(str(module))) or ">" in str(value.get("registered_name"))
    kind = None if foreign else find_loss(class_name)
    return None if kind is None else from_words(kind, config)


def _named(name: str, keras: Major, archive: bool) -> Any:
    row = LOSS_FUNCTIONS.find(name)
    if row is not None:
        names = row.names(keras)
        if not names:
            raise UnsupportedLayerError(f"loss {name!r}: Keras {keras} has no such function")
        return name if name in names else row.name
    kind = find_loss(name)
    if kind is not None:
        loss = from_words(kind, {})
        return described(loss, keras) if archive else _checked(name, loss, keras)
    if name.lower() in BY_LABELS:
        if keras == 2:
            raise UnsupportedLayerError(
                f"loss {name!r}: Keras {keras} has no such function; it depends on the labels which one is meant; "
                "name binary_crossentropy, categorical_crossentropy or sparse_categorical_crossentropy"
            )
        return name
    own = name.rpartition(">")[2]
    return name if own[:1].isupper() or not archive else function_words(name)


def _checked(name: str, loss: Loss, keras: Major) -> str:
    """The name of a class, which the reader has."""
    loss.config_in(keras)
    return name


def _object(value: Mapping[str, Any], keras: Major, archive: bool) -> dict[str, Any]:
    loss = loss_of(value)
    if loss is not None:
        return described(loss, keras) if archive else {**loss.entry(), "config": loss.config_in(keras)}
    config = dict(value.get("config") or {})
    if keras == 3 and config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    class_name = str(value["class_name"])
    registered = value.get("registered_name") or class_name
    if not archive:
        return {"class_name": registered, "config": config}
    own = class_name.rpartition(">")[2]
    return {"module": value.get("module"), "class_name": own, "config": config, "registered_name": registered}


def described(loss: Loss, keras: Major) -> dict[str, Any]:
    """A loss as `keras.saving` describes it in an archive.

    Raises:
      UnsupportedLayerError: that version of Keras lacks it, or one of its options.
    """
    module, registered = loss.module_in(keras)
    return {
        "module": module,
        "class_name": type(loss).__name__,
        "config": loss.config_in(keras),
        "registered_name": registered,
    }
