"""Values without a JSON type, as Keras wraps them.

    tuple     {"class_name": "__tuple__", "items": [...]}
    shape     {"class_name": "TensorShape", "items": [...]}
    array     {"class_name": "__numpy__", "config": {"value": [...], "dtype": "float32"}}; a tensor is a "__tensor__"
    slice     {"class_name": "__slice__", "config": {"start": ..., "stop": ..., "step": ...}}, or that config alone
    Ellipsis  {"class_name": "__ellipsis__"}
    bytes     {"class_name": "__bytes__", "value": "text"}; in archives {..., "config": {"value": "text"}}

The options of a layer are Python values; `unwrap` makes them. The arguments of a call keep the short form of a slice
and the wrapper of an Ellipsis: the parts of a slice may be tensors, and a model looks for tensors in lists and dicts.

Configs that users pass to layers hold these wrappers too (`Layer.from_config`, an initializer's config), and
`get_config` writes them. So this module lies below the layers, not with the dialects that also use it.

Source: tf_keras/src/saving/legacy/saved_model/json_utils.py; keras/src/saving/serialization_lib.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError

ELLIPSIS: Final[Mapping[str, Any]] = {"class_name": "__ellipsis__"}
"""An Ellipsis among the arguments of a call."""
BYTES: Final = "__bytes__"
"""The class of the wrapper of bytes."""
ARRAYS: Final = ("__numpy__", "__tensor__")
"""The classes of the wrappers of arrays."""
TUPLE: Final = "__tuple__"
"""The class of the wrapper of a tuple."""
WRAPPED_LISTS: Final = (TUPLE, "TensorShape")
"""The classes of the wrappers of tuples and shapes, which hold lists."""
LEAVES: Final = frozenset({str, int, float, bool, type(None)})
"""The types of JSON values that hold no others."""
SLICE: Final = ("start", "stop", "step")
"""The keys of a slice among the arguments of a call."""


def unwrap(value: Any) -> Any:
    """A JSON value with tuples, shapes and arrays in place of their wrappers; slices have the short form.

    Raises:
      InvalidModelError: a wrapper has no valid content.
    """
    if type(value) in (list, tuple):
        return type(value)(map(unwrap, value))
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    make = _UNWRAPPED.get(kind) if isinstance(kind, str) else None
    if make is None:
        return {key: item if type(item) in LEAVES else unwrap(item) for key, item in value.items()}
    try:
        return make(value)
    except (TypeError, LookupError, ValueError, KerasfmtError) as error:
        raise InvalidModelError(f"config: a {kind} that holds none: {str(value)[:80]}: {error}") from error


def _tuple(value: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(map(unwrap, value.get("items", ())))


def _array(value: Mapping[str, Any]) -> Any:
    config = value["config"]
    return np.asarray(config["value"], dtypes.of(config["dtype"]).numpy if "dtype" in config else None)


def _slice(value: Mapping[str, Any]) -> dict[str, Any]:
    return {part: unwrap(value["config"][part]) for part in SLICE}


def _bytes(value: Mapping[str, Any]) -> bytes:
    return str(value["value"] if "value" in value else value["config"]["value"]).encode()


_UNWRAPPED: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    **dict.fromkeys(WRAPPED_LISTS, _tuple),
    **dict.fromkeys(ARRAYS, _array),
    "__slice__": _slice,
    "__ellipsis__": lambda value: dict(ELLIPSIS),
    BYTES: _bytes,
}


def to_index(value: Any) -> Any:
    """An index of an array, from its JSON form among the arguments of a call.

    Raises:
      ValueError: it is a dict, but neither a slice nor an Ellipsis.
    """
    if isinstance(value, list | tuple):
        return [to_index(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value == ELLIPSIS:
        return Ellipsis
    if value.keys() != set(SLICE):
        raise ValueError(f"expected a slice with start, stop and step, got {dict(value)!r}")
    return slice(*(value[part] for part in SLICE))


def holds_numbers(value: Any) -> bool:
    """Whether a JSON value is a number, a list of numbers, or a list of such lists: what is left of an array."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return isinstance(value, int | float)


def holds_ellipsis(value: Any) -> bool:
    """Whether there is an Ellipsis among the arguments of a call."""
    if isinstance(value, Mapping):
        return value == ELLIPSIS or any(map(holds_ellipsis, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_ellipsis, value))


def wrap_array(value: Any, dtype: DType) -> dict[str, Any]:
    """An array, given as lists, in its JSON wrapper."""
    return {"class_name": ARRAYS[0], "config": {"value": value, "dtype": dtype.name}}


def wrap_bytes(value: Any) -> Any:
    """A value with bytes in their JSON wrapper, as HDF5 and SavedModels of Keras 2 have them.

    Raises:
      UnsupportedLayerError: bytes are not UTF-8, which Keras cannot store.
    """
    if isinstance(value, list | tuple):
        return type(value)(map(wrap_bytes, value))
    if not isinstance(value, bytes):
        return value
    try:
        return {"class_name": BYTES, "value": value.decode()}
    except UnicodeDecodeError as error:
        raise UnsupportedLayerError(
            f"config: {value!r:.80}: expected bytes in UTF-8, which are what a config holds; make it a text in another "
            "encoding, such as base64, that the model decodes"
        ) from error


def bytes_in_archives(value: Any) -> Any:
    """A JSON value with the wrappers of bytes that archives have."""
    if isinstance(value, list | tuple):
        return [bytes_in_archives(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == BYTES and "value" in value:
        return {"class_name": BYTES, "config": {"value": value["value"]}}
    return {key: bytes_in_archives(item) for key, item in value.items()}


def wrap_tuple(items: Iterable[Any]) -> dict[str, Any]:
    """A tuple in its JSON wrapper."""
    return {"class_name": TUPLE, "items": list(items)}


def wrap_shape(shape: Iterable[int | None] | None) -> dict[str, Any]:
    """A shape in its JSON wrapper; None is the shape of unknown rank."""
    return {"class_name": "TensorShape", "items": None if shape is None else list(shape)}


def is_shape(value: Mapping[str, Any]) -> bool:
    """Whether a JSON value is a shape; then its `items` are the sizes."""
    return value.get("class_name") == "TensorShape" and "items" in value
