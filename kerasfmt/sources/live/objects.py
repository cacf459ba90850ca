"""Recognizes live Keras objects without importing Keras, and gives their configs as plain JSON values."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.ir.json_values import ELLIPSIS, wrap_bytes
from kerasfmt.ir.own_modules import defines_keras

JAX: Final = "jax"
"""The backend whose code is traced where it cannot be recorded."""


def classes(value: Any) -> tuple[type, ...]:
    """The class of a value and its base classes, the most derived one first."""
    return type(value).__mro__


def keras_class(cls: type) -> bool:
    """Whether a class is one of Keras's own."""
    return defines_keras(cls.__module__)


def keras_classes(value: Any) -> set[str]:
    """The names of the Keras classes among the classes of a value."""
    return {cls.__name__ for cls in classes(value) if keras_class(cls)}


def keras_base(value: Any, name: str) -> type:
    """The Keras class of a name among the classes of a value.

    Raises:
      KeyError: there is none.
    """
    return {cls.__name__: cls for cls in classes(value) if keras_class(cls)}[name]


def layers_in(live: Any) -> list[Any]:
    """The layers that a live layer of Keras 3 holds, and those in them."""
    return list(live._flatten_layers(include_self=False, recursive=True))


def by_name(
    layer: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Sequence[Any], dict[str, Any]]:
    """The arguments of a call, the first by position and the others by the names that the layer's code gives.

    Args:
      layer: a live layer of Keras 3.
      args: what is given by position.
      kwargs: what is given by name.
    """
    parameters = inspect.signature(layer.call).parameters.values()
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    named = dict(kwargs)
    if names and names[0] in named and not args:
        args = [named.pop(names[0])]
    if 1 < len(args) <= len(names):
        named |= dict(zip(names[1:], args[1:], strict=False))
        args = args[:1]
    return args, named


def keras_root(live: Any) -> str:
    """The package of Keras 3's own modules, to which a live layer belongs."""
    return keras_base(live, "Operation").__module__.rpartition(".ops.")[0]


def backend_module(live: Any) -> Any:
    """The module `keras.src.backend` of a live layer of Keras 3."""
    return sys.modules[f"{keras_root(live)}.backend"]


def backend_of(live: Any) -> str:
    """The name of the backend of a live layer of Keras 3."""
    return str(backend_module(live).backend())


def with_mode(live: Any, kwargs: Mapping[str, Any], training: bool | None) -> dict[str, Any]:
    """The keyword arguments of a call, with the mode among them where the layer's code takes it.

    Args:
      live: the layer.
      kwargs: the others.
      training: the mode; None where there is only one.
    """
    takes_mode = training is not None and "training" in inspect.signature(live.call).parameters
    return {**kwargs, "training": training} if takes_mode else dict(kwargs)


def is_keras(value: Any) -> bool:
    """Whether a value is an instance of a Keras class or of a subclass of one."""
    return bool(keras_classes(value))


def is_keras3(value: Any) -> bool:
    """Whether a live layer or model belongs to Keras 3, where every layer is an Operation."""
    return "Operation" in keras_classes(value)


def is_function(value: Any) -> bool:
    """Whether a value is a tf.function, or one for a single signature."""
    return hasattr(value, "get_concrete_function") or hasattr(value, "structured_input_signature")


def keras_version(value: Any) -> str | None:
    """The version of the Keras that a live object belongs to; None if it does not say."""
    for cls in classes(value):
        if keras_class(cls):
            root = sys.modules.get(cls.__module__.partition(".")[0])
            return getattr(root, "__version__", None)
    return None


def registered_name(cls: Any, keras: Any = None) -> str:
    """The name under which a class or function is registered with Keras, or else its own name.

    Args:
      cls: the class or the function.
      keras: an object of the Keras that it is registered with, where `cls` is derived from no class of Keras.

    Source: keras/src/saving/object_registration.py, get_registered_name
    """
    for base in (*getattr(cls, "__mro__", (cls,)), *classes(keras)):
        root = sys.modules.get(str(getattr(base, "__module__", "")).split(".")[0])
        for place in ("saving", "utils"):  # in TensorFlow 2.12 among the utilities alone
            find = getattr(getattr(root, place, None), "get_registered_name", None)
            if find is not None:
                return str(find(cls))
    return str(cls.__name__)


@contextlib.contextmanager
def own_code(where: str, advice: str) -> Iterator[None]:
    """Turns what the code of a live model raises, its users' own too, into an error of kerasfmt.

    Args:
      where: the model, and what of it is taken.
      advice: what to do.
    """
    try:
        yield
    except (KerasfmtError, MemoryError):
        raise
    except Exception as error:
        raise UnsupportedLayerError(
            f"{where}: its code raised {type(error).__name__}: {str(error)[:300]}; {advice}"
        ) from error


def to_json(value: Any) -> Any:
    """A value in a config as plain JSON: shapes and tuples as lists, arrays as lists, objects as their configs.

    Raises:
      UnsupportedLayerError: it is an object without a config.

    Source: keras/src/saving/legacy/saved_model/json_utils.py, get_json_type
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if value is Ellipsis:
        return dict(ELLIPSIS)
    if isinstance(value, bytes):
        return wrap_bytes(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if hasattr(value, "as_list"):  # a TensorShape
        return None if getattr(value, "rank", 0) is None else to_json(value.as_list())
    if hasattr(value, "get_config"):
        return described(value)
    if isinstance(value, np.dtype) or hasattr(value, "as_numpy_dtype"):
        return str(value.name)
    if hasattr(value, "numpy"):
        return to_json(np.asarray(value))
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    if isinstance(value, set | frozenset):
        return [to_json(item) for item in sorted(value)]
    raise UnsupportedLayerError(
        f"config: expected numbers, strings and lists, got {type(value).__module__}.{type(value).__qualname__}; "
        "it cannot be saved"
    )


def described(value: Any) -> dict[str, Any]:
    """Class name and config of an object, as Keras 2 stores them.

    Source: keras/src/saving/legacy/serialization.py, serialize_keras_object
    """
    config = {key: to_json(item) for key, item in value.get_config().items()}
    return {"class_name": registered_name(type(value)), "config": config}
