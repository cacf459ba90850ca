"""Values without a JSON type, as Keras wraps them.

    tuple     {"class_name": "__tuple__", "items": [...]}
    shape     {"class_name": "TensorShape", "items": [...]}
    array     {"class_name": "__numpy__", "config": {"value": [...], "dtype": "float32"}}; a tensor is a "__tensor__"
    slice     {"class_name": "__slice__", "config": {"start": ..., "stop": ..., "step": ...}}, or that config alone
    Ellipsis  {"class_name": "__ellipsis__"}

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
from kerasfmt.errors import InvalidModelError, KerasfmtError

ELLIPSIS: Final[Mapping[str, Any]] = {"class_name": "__ellipsis__"}
"""An Ellipsis among the arguments of a call."""
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


_UNWRAPPED: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "__tuple__": _tuple,
    "TensorShape": _tuple,
    "__numpy__": _array,
    "__tensor__": _array,
    "__slice__": _slice,
    "__ellipsis__": lambda value: dict(ELLIPSIS),
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


def holds_ellipsis(value: Any) -> bool:
    """Whether there is an Ellipsis among the arguments of a call."""
    if isinstance(value, Mapping):
        return value == ELLIPSIS or any(map(holds_ellipsis, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_ellipsis, value))


def wrap_tuple(items: Iterable[Any]) -> dict[str, Any]:
    """A tuple in its JSON wrapper."""
    return {"class_name": "__tuple__", "items": list(items)}


def wrap_shape(shape: Iterable[int | None] | None) -> dict[str, Any]:
    """A shape in its JSON wrapper; None is the shape of unknown rank."""
    return {"class_name": "TensorShape", "items": None if shape is None else list(shape)}


def is_shape(value: Mapping[str, Any]) -> bool:
    """Whether a JSON value is a shape; then its `items` are the sizes."""
    return value.get("class_name") == "TensorShape" and "items" in value
