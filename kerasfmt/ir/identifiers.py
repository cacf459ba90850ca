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
from typing import Any, Final, Generic, TypeAlias, TypeVar

import numpy as np

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.json_values import unwrap
from kerasfmt.ir.options import FrozenOptions, did_you_mean
from kerasfmt.ir.own_modules import is_own

_T = TypeVar("_T", bound=FrozenOptions)

Config: TypeAlias = str | Mapping[str, Any]
"""What a config holds of an object: its name, or a dict of either dialect."""


FUNCTION: Final = "function"
"""The class name of a function in the dialect of Keras 3, whose config is its name."""
LAMBDA: Final = "__lambda__"
"""The class name of a function without a name there, whose config is its code."""
_LAMBDA_NAME: Final = "<lambda>"


class Registry(Generic[_T]):
    """The classes of one kind, by every name that Keras gives them.

    Args:
      base: the abstract class of the kind.
      function_form: what a function of the user's that stands for an object takes and returns, for errors.
    """

    def __init__(self, base: type[_T], function_form: str) -> None:
        self._base = base
        self._function_form = function_form
        self._of_function: type[_T] | None = None
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

    def functions(self, cls: type[_T]) -> type[_T]:
        """Declares the class of objects that functions of the user's stand for: an `OfFunction`."""
        self._of_function = cls
        return cls

    def knows(self, name: str) -> bool:
        """Whether Keras has a class of this name."""
        return name in self._makers

    def custom(self, identifier: object, custom_objects: Mapping[str, Any]) -> _T | None:
        """The object of the user's that `identifier` names; None where the user gave none.

        Args:
          identifier: as for `get`.
          custom_objects: by name, subclasses of the class of the kind, objects of it, or functions.

        Raises:
          UnsupportedLayerError: what the user gave is something else, or its class does not take the config.
        """
        name, given = find_custom(identifier, custom_objects)
        if given is None or isinstance(given, self._base):
            return given
        config = identifier.get("config") if isinstance(identifier, Mapping) else None
        options = config if isinstance(config, Mapping) else {}
        if isinstance(given, type):
            if issubclass(given, self._base):
                return given.from_config({key: unwrap(value) for key, value in options.items()})
        elif callable(given) and self._of_function is not None and not options:
            return self._of_function(name=name, function=given)
        raise self._unfit(name, given, options)

    def _unfit(self, name: str, given: object, options: Mapping[str, Any]) -> UnsupportedLayerError:
        kind = self._base.category
        cls = f"a subclass of kerasfmt.{kind}s.{self._base.__name__}"
        if options:
            cls += f" with the options {', '.join(options)}"
        else:
            cls += f", or a function {self._function_form}"
        return UnsupportedLayerError(f"custom_objects[{name!r}]: expected {cls}, got {given!r:.80}")

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
        if isinstance(identifier, Mapping) and identifier["class_name"] in (FUNCTION, LAMBDA):
            raise unknown(self._base.category, class_name, ())
        if not isinstance(config, Mapping):
            raise UnsupportedLayerError(
                f"{self._base.category} {class_name}: expected a config dict, got {config!r}"
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


def to_config(x: FrozenOptions | None) -> dict[str, object] | str | None:
    """The Keras 2 config of an object, `{"class_name": ..., "config": {...}}`; a name for a function, None for None.

    Source: keras/src/saving/legacy/serialization.py, serialize_keras_object
    """
    if x is None:
        return None
    if isinstance(x, OfFunction):
        return x.name
    return {"class_name": x.facts.registered_name or type(x).__name__, "config": x.get_config()}


class OfFunction:
    """An object that stands for a function of the user's; a config holds its name.

    Attributes:
      name: the name.
      function: the function.
    """

    name: str
    function: Callable[..., Any]


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
    if class_name == LAMBDA:
        return _LAMBDA_NAME, {}
    extra = sorted(str(k) for k in identifier.keys() - _IDENTIFIER_KEYS)
    if extra:
        raise UnsupportedLayerError(f"{kind} {class_name}: its config has unknown keys {extra}")
    module, registered = identifier.get("module"), identifier.get("registered_name")
    foreign = module is not None and not is_own(str(module))
    if foreign or ">" in str(registered) or ">" in class_name:
        raise UnsupportedLayerError(
            f"{kind} {registered or class_name} (module {module}): it is not one of Keras's own, and no module that a "
            f"file names is imported; pass custom_objects={{{class_name.rpartition('>')[2]!r}: ...}}, a kerasfmt {kind}"
        )
    config = identifier.get("config")
    if class_name == FUNCTION and isinstance(config, str):
        return config, {}
    return class_name, {} if config is None else config


def unknown(kind: str, name: str, known: Iterable[str]) -> UnsupportedLayerError:
    """The error for a name that belongs to no class of the kind."""
    hint = did_you_mean(name, known)
    return UnsupportedLayerError(
        f"{kind} {name!r}: kerasfmt knows no {kind} of this name{hint}; for a function or class of your own, load the "
        f"file with custom_objects={{{name!r}: ...}}"
    )


def find_custom(identifier: object, custom_objects: Mapping[str, Any]) -> tuple[str, Any]:
    """The name in an identifier, and what the user gave for it; None where the user gave nothing.

    A registered name `package>name` may be given whole or without the package.
    """
    stated: list[object] = [identifier]
    if isinstance(identifier, Mapping):
        kind = identifier.get("class_name")
        stated = [identifier.get("registered_name"), kind]
        if kind == FUNCTION:
            stated = [identifier.get("config")]
        elif kind == LAMBDA:
            stated = [_LAMBDA_NAME]
    names = [name for name in stated if isinstance(name, str)]
    for name in (*names, *(name.rpartition(">")[2] for name in names)):
        if custom_objects.get(name) is not None:
            return names[-1], custom_objects[name]
    return (names[-1] if names else ""), None


def _python(where: str, value: object) -> object:
    """An option's value without wrappers; arrays become lists."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return type(value)(_python(where, v) for v in value)
    if isinstance(value, Mapping):
        raise UnsupportedLayerError(f"{where}: expected a number, a string or a list, got {dict(value)!r}")
    return value
