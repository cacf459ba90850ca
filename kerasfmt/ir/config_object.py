"""Objects that Keras stores as a name and a config: initializers, regularizers, constraints, activations.

The annotated attributes of a `ConfigObject`, in order, are its Keras config. A `Registry` holds the
classes of one kind under all the names that Keras gives them and reads identifiers in every dialect:

    a name     "glorot_uniform"
    Keras 2    {"class_name": "GlorotUniform", "config": {"seed": null}}
    Keras 3    {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": null},
                "registered_name": null}; Keras 2 from 2.12 on writes it too, in .keras files

Source: keras/src/saving/legacy/serialization.py and keras/src/saving/serialization_lib.py (2.15).
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import numpy as np

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.keras_facts import KerasFacts

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: bool) -> Callable[[_T], _T]:
        """What a type checker needs to know of ConfigObject; in `typing` from Python 3.11 on."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class ConfigObject:
    """An object that its class name and its fields fix completely.

    A subclass is to its users what a frozen dataclass is. There are some thirty, and to make a dataclass takes a
    millisecond.

    Source: keras/src/saving/legacy/serialization.py, serialize_keras_object
    """

    options: ClassVar[dict[str, str]] = {}
    """Field name -> its annotation, in order; a default is an attribute of the class."""
    kind: ClassVar[str] = "object"
    obsolete_options: ClassVar[Mapping[str, str | None]] = {}
    """Options of older Keras releases: the field that each means, or None where Keras drops the option."""

    facts: ClassVar[KerasFacts] = KerasFacts()

    def config(self) -> dict[str, object]:
        """The Keras config: field name to value, in Keras's order."""
        return dict(vars(self))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {k: v for k, v in inspect.get_annotations(cls).items() if not v.startswith("ClassVar")}
        cls.options = {**cls.options, **own}

    def __init__(self, *args: object, **given: object) -> None:
        names = list(self.options)
        twice = given.keys() & names[: len(args)]
        given |= dict(zip(names, args, strict=False))
        missing = [name for name in names if name not in given and not hasattr(type(self), name)]
        unknown = [name for name in given if name not in names]
        if missing or unknown or twice or len(args) > len(names):
            raise TypeError(f"{type(self).__name__}: expected {names}, got {list(args)} and {given}")
        for name in names:
            vars(self)[name] = given[name] if name in given else getattr(type(self), name)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Checks the fields."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}: cannot assign to field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


_T = TypeVar("_T", bound=ConfigObject)


class Registry(Generic[_T]):
    """The classes of one kind, by every name that Keras gives them.

    Args:
      base: the abstract class of the kind.
    """

    def __init__(self, base: type[_T]) -> None:
        self._base = base
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
        class_name, config = parse_identifier(self._base.kind, identifier)
        if not isinstance(config, Mapping):
            raise UnsupportedLayerError(
                f"{self._base.kind} {class_name}: expected a config dict, got {config!r}; "
                "a function cannot be written without its code"
            )
        return self._make(class_name, config)

    def _make(self, name: str, config: Mapping[str, object]) -> _T:
        if name not in self._makers:
            raise unknown(self._base.kind, name, self._makers)
        cls, defaults = self._makers[name]
        options = dict(defaults)
        names = list(cls.options)
        for key, value in config.items():
            option = cls.obsolete_options.get(key, key)
            if option is None or value in cls.facts.implied_by_keras2.get(key, ()):
                continue
            if option not in names:
                raise UnsupportedLayerError(
                    f"{cls.kind} {cls.__name__}: no option {key!r}; it has {', '.join(names) or 'none'}"
                )
            options[option] = _plain(f"{cls.kind} {cls.__name__}: {key}", value)
        return cls(**options)


def to_config(x: ConfigObject | None) -> dict[str, object] | None:
    """The Keras 2 config of an object, `{"class_name": ..., "config": {...}}`; None for None.

    Source: keras/src/saving/legacy/serialization.py, serialize_keras_object
    """
    if x is None:
        return None
    return {"class_name": type(x).__name__, "config": x.config()}


# shared_object_id and __passive_serialization__ are bookkeeping of Keras 2, build_config of Keras 3.
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
_KERAS_MODULES = frozenset({"builtins", "keras", "tf_keras", "keras_core", "tensorflow"})


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
    foreign = module is not None and str(module).split(".")[0] not in _KERAS_MODULES
    if foreign or ">" in str(registered) or ">" in class_name:
        raise UnsupportedLayerError(
            f"{kind} {registered or class_name} (module {module}): it is not one of Keras's own, "
            "and kerasfmt runs no custom code; replace it by a built-in one"
        )
    config = identifier.get("config")
    return class_name, {} if config is None else config


def unknown(kind: str, name: str, known: Iterable[str]) -> UnsupportedLayerError:
    """The error for a name that no class of the kind has."""
    folded = {k.lower(): k for k in known}
    close = [folded[k] for k in difflib.get_close_matches(name.lower(), folded, n=3)]
    hint = f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
    return UnsupportedLayerError(f"{kind} {name!r}: kerasfmt knows no {kind} of this name{hint}")


def _plain(where: str, value: object) -> object:
    """`value` with the wrappers undone that Keras's JSON puts around tuples and arrays."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list):
        return [_plain(where, v) for v in value]
    if isinstance(value, tuple):
        return tuple(_plain(where, v) for v in value)
    if not isinstance(value, Mapping):
        return value
    items, config = value.get("items"), value.get("config")
    if value.get("class_name") == "__tuple__" and isinstance(items, list | tuple):
        return tuple(_plain(where, v) for v in items)
    if value.get("class_name") in ("__numpy__", "__tensor__") and isinstance(config, Mapping):
        return _plain(where, config.get("value"))
    raise UnsupportedLayerError(f"{where}: expected a number, a string or a list, got {dict(value)!r}")


def check_number(x: ConfigObject, name: str) -> float:
    """The field `name` of `x`, a finite real number.

    Raises:
      UnsupportedLayerError: it is something else.
    """
    value = getattr(x, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnsupportedLayerError(
            f"{x.kind} {type(x).__name__}: {name}: expected a finite number, got {value!r}"
        )
    return value


def check_choice(x: ConfigObject, name: str, choices: Iterable[str]) -> None:
    """Checks that the field `name` of `x` is one of `choices`.

    Raises:
      UnsupportedLayerError: it is not.
    """
    value = getattr(x, name)
    if value not in tuple(choices):
        raise UnsupportedLayerError(
            f"{x.kind} {type(x).__name__}: {name}: expected one of {', '.join(choices)}, got {value!r}"
        )
