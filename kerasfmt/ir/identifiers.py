"""Objects that Keras stores as a name and a config: initializers, regularizers, constraints, activations.

A `Registry` holds the classes of one kind under all the names that Keras gives them. It reads identifiers in every
dialect:

    a name     "glorot_uniform"
    Keras 2    {"class_name": "GlorotUniform", "config": {"seed": null}}
    Keras 3    {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": null},
                "registered_name": null}; Keras 2 from 2.12 on writes it too, in .keras files

Source: keras/src/saving/legacy/serialization.py and keras/src/saving/serialization_lib.py (2.15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.json_values import unwrap
from kerasfmt.ir.options import FrozenOptions, did_you_mean
from kerasfmt.ir.own_modules import is_own

_T = TypeVar("_T", bound=FrozenOptions)

Config: TypeAlias = str | Mapping[str, Any]
"""What a config holds of an object: its name, or a dict of either dialect."""


class Registry(Generic[_T]):
    """The classes of one kind, by every name that Keras gives them.

    Args:
      base: the abstract class of the kind.
    """

    def __init__(self, base: type[_T]) -> None:
        self._base = base
        self._named: dict[str, _T] = {}  # objects cannot change, so all uses of a bare name share one
        self._makers: dict[str, tuple[type[_T], Mapping[str, object]]] = {}

    def register(self, *aliases: str) -> Callable[[type[_T]], type[_T]]:
        """Declares the decorated class under its own name and under `aliases`."""

        def decorate(cls: type[_T]) -> type[_T]:
            for name in (cls.__name__, *aliases):
                self.alias(name, cls)
            return cls

        return decorate

    def alias(self, name: str, cls: type[_T], **defaults: object) -> None:
        """Declares one more name of `cls`, with defaults of its own."""
        assert name not in self._makers, name
        self._makers[name] = (cls, defaults)

    def get(self, identifier: object) -> _T | None:
        """The object that `identifier` names; None for None.

        Args:
          identifier: None, an object of the kind or its class, a name, or a config dict of either dialect.

        Raises:
          UnsupportedLayerError: the class or one of its options is not known.
        """
        if identifier is None or isinstance(identifier, self._base):
            return identifier
        if isinstance(identifier, type) and issubclass(identifier, self._base):
            return identifier()
        if isinstance(identifier, str):
            found = self._named.get(identifier)
            if found is None:
                found = self._named[identifier] = self._make(identifier, {})
            return found
        class_name, config = parse_identifier(self._base.category, identifier)
        if not isinstance(config, Mapping):
            raise UnsupportedLayerError(
                f"{self._base.category} {class_name}: expected a config dict, got {config!r}; "
                "a function cannot be written without its code"
            )
        return self._make(class_name, config)

    def _make(self, name: str, config: Mapping[str, object]) -> _T:
        if name not in self._makers:
            raise unknown(self._base.category, name, self._makers)
        cls, defaults = self._makers[name]
        where = f"{cls.category} {cls.__name__}: option"
        return cls.from_config(
            {**defaults, **{k: _python(f"{where} {k}", unwrap(v)) for k, v in config.items()}}
        )


def to_config(x: FrozenOptions | None) -> dict[str, object] | None:
    """The Keras 2 config of an object, `{"class_name": ..., "config": {...}}`; None for None.

    Source: keras/src/saving/legacy/serialization.py, serialize_keras_object
    """
    if x is None:
        return None
    return {"class_name": type(x).__name__, "config": x.get_config()}


# shared_object_id, __passive_serialization__ and build_config are bookkeeping.
_IDENTIFIER_KEYS = frozenset(
    {
        "module",
        "class_name",
        "config",
        "registered_name",
        "build_config",
        "shared_object_id",
        "__passive_serialization__",
    }
)


def parse_identifier(kind: str, identifier: object) -> tuple[str, object]:
    """The class name and the config (a dict, or the name of a function) in a name or config dict.

    Args:
      kind: what is being read, for the error messages.
      identifier: a name, or a config dict in the dialect of Keras 2 or of Keras 3.

    Raises:
      UnsupportedLayerError: it is neither, or it names an object that is not Keras's own.

    Source: keras/src/saving/serialization_lib.py, deserialize_keras_object
    """
    if isinstance(identifier, str):
        return identifier, {}
    if not isinstance(identifier, Mapping) or not isinstance(identifier.get("class_name"), str):
        raise UnsupportedLayerError(
            f"{kind}: expected a name, a config dict with class_name, or a kerasfmt object, "
            f"got {type(identifier).__name__} {identifier!r}"
        )
    class_name = str(identifier["class_name"])
    extra = sorted(str(k) for k in identifier.keys() - _IDENTIFIER_KEYS)
    if extra:
        raise UnsupportedLayerError(f"{kind} {class_name}: its config has unknown keys {extra}")
    module, registered = identifier.get("module"), identifier.get("registered_name")
    foreign = module is not None and not is_own(str(module))
    if foreign or ">" in str(registered) or ">" in class_name:
        raise UnsupportedLayerError(
            f"{kind} {registered or class_name} (module {module}): it is not one of Keras's own, "
            "and kerasfmt runs no custom code; replace it by a built-in one"
        )
    config = identifier.get("config")
    return class_name, {} if config is None else config


def unknown(kind: str, name: str, known: Iterable[str]) -> UnsupportedLayerError:
    """The error for a name that belongs to no class of the kind."""
    hint = did_you_mean(name, known)
    return UnsupportedLayerError(f"{kind} {name!r}: kerasfmt knows no {kind} of this name{hint}")


def _python(where: str, value: object) -> object:
    """An option's value without wrappers; arrays become lists."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return type(value)(_python(where, v) for v in value)
    if isinstance(value, Mapping):
        raise UnsupportedLayerError(f"{where}: expected a number, a string or a list, got {dict(value)!r}")
    return value
