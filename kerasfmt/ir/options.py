"""Options: the annotated attributes of a class are the parameters of its constructor and its Keras config.

    class Scale(Layer):
        units: int = fields.positive_integer()     # an option that is needed, and checked by its specifier
        factor: float = 2.0                        # an option with a default, and checked by its type
        kernel: Weight = fields.weight()           # state, not an option
        rank: ClassVar[int] = 2                    # a fact about the class
        input_shape: InitVar[Shape] = None         # an argument of the constructor that `complete` uses up

Options are positional in the order of their declaration, base classes first. A class declared with `kw_only=True`
takes its options by keyword only. Type checkers see the same constructor, by PEP 681.
"""

from __future__ import annotations

import builtins
import inspect
import itertools
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import FrozenInstanceError, InitVar
from typing import TYPE_CHECKING, Any, ClassVar

from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.ir import fields
from kerasfmt.ir.field import REQUIRED, Field, State
from kerasfmt.ir.json_values import LEAVES, unwrap
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.typing import dataclass_transform, override

if TYPE_CHECKING:
    from typing_extensions import Self


_OF_TYPE: Mapping[object, Callable[..., Any]] = {
    bool: fields.boolean,
    int: fields.integer,
    float: fields.number,
    str: fields.text,
}
"""The specifier of an option whose annotation is a plain Python type."""


def _own_field(cls: type[Options], name: str, annotation: object) -> Field[Any, Any] | None:
    """The option that an annotated attribute declares; None if it declares something else."""
    root = _root(annotation, cls)
    given = cls.__dict__.get(name, REQUIRED)
    if isinstance(given, State):
        _put(cls, name, given.default)
        return None
    if (
        root is ClassVar
        or (name.startswith("_") and not getattr(given, "alias", None))
        or (isinstance(root, type) and issubclass(root, cls.state_types))
    ):
        return None
    if isinstance(given, Field):
        field: Field[Any, Any] = given
    elif isinstance(root, type) and root in _OF_TYPE and annotation in (root, root.__name__):
        field = _OF_TYPE[root](default=given)
    elif (
        isinstance(root, type) and root in _OF_TYPE and annotation in (root | None, f"{root.__name__} | None")
    ):
        field = fields.optional(_OF_TYPE[root](default=given))
    else:
        field = Field(given)
    field.attribute, field.annotation, field.module = name, annotation, cls.__module__
    field.init_only = root is InitVar
    _put(cls, name, REQUIRED if field.init_only else field)
    return field


def _put(cls: type[Options], name: str, value: object) -> None:
    """Makes `value` the class's own attribute; deletes the attribute if the value is REQUIRED."""
    if value is not REQUIRED:
        setattr(cls, name, value)
    elif name in cls.__dict__:
        delattr(cls, name)


_NAME = re.compile(r"[\w.]+")


def _root(annotation: object, cls: type[Options]) -> object:
    """What an annotation names first: ClassVar of `ClassVar[int]`, Weight of `Weight | None`.

    Evaluating whole annotations would cost more than the rest of importing the layers. Some names in annotations exist
    for type checkers only; such an attribute is an option.
    """
    if not isinstance(annotation, str):
        if isinstance(annotation, InitVar):
            return InitVar
        if isinstance(annotation, types.UnionType):
            return annotation.__args__[0]
        return typing.get_origin(annotation) or annotation
    found = _NAME.search(annotation)
    first, *rest = found[0].split(".") if found else [""]
    scope = _scope(cls.__module__)
    value = scope.get(first, getattr(builtins, first, None))
    for name in rest:
        value = getattr(value, name, None)
    return value


def _scope(module: str) -> Mapping[str, Any]:
    """The names of a module; empty if it was never imported."""
    return vars(sys.modules[module]) if module in sys.modules else {}


class _ConstructorSignature:
    """The signature of a class, made on first use."""

    def __get__(self, owner: Options | None, kind: type[Options]) -> inspect.Signature:
        if owner is not None:
            raise AttributeError("__signature__")  # inspect then reads __call__
        return _signature(kind)


@dataclass_transform(
    eq_default=False,
    field_specifiers=(
        fields.option, fields.state, fields.weight, fields.text, fields.integer, fields.number, fields.float32,
        fields.boolean, fields.choice, fields.dims, fields.integers, fields.fraction, fields.positive_integer,
        fields.axes, fields.raw,
    ),
)  # fmt: skip
class Options:
    """Base of every class that is made from options."""

    fields: ClassVar[Mapping[str, Field[Any, Any]]] = {}
    """Every option by name, in order."""
    positional: ClassVar[tuple[str, ...]] = ()
    """The names of the options that may be given by position."""
    config_order: ClassVar[tuple[str, ...]] = ()
    """The last options of the config, where its order is not that of the constructor."""
    argument_order: ClassVar[tuple[str, ...]] = ()
    """The first positional options, where their order is not that of the declarations."""
    _by_attribute: ClassVar[Mapping[str, str]] = {}
    """The names of the options by the attributes that hold them."""
    _stored: ClassVar[tuple[tuple[str, Field[Any, Any]], ...]] = ()
    """The options that the config holds, in its order."""
    facts: ClassVar[KerasFacts] = KerasFacts()
    """Facts about the class in Keras beside its options."""
    category: ClassVar[str] = "object"
    """What errors call it."""
    state_types: ClassVar[tuple[type, ...]] = ()
    """An attribute that is annotated with one of these types is state, not an option."""
    refusal: ClassVar[type[KerasfmtError]] = UnsupportedLayerError
    """The error for a value that an option cannot take."""
    __signature__ = _ConstructorSignature()

    # `frozen` and `init` are for type checkers: `init=False` says that a class inherits its constructor.
    @override
    def __init_subclass__(
        cls, *, kw_only: bool = False, frozen: bool = False, init: bool = True, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        found = dict(cls.fields)
        for name, annotation in inspect.get_annotations(cls).items():
            field = _own_field(cls, name, annotation)
            if field is not None:
                field.kw_only = field.kw_only or kw_only
                found[field.alias or name] = field
        cls.fields = found
        cls._by_attribute = {
            f.attribute: name for name, f in found.items() if getattr(cls, f.attribute, None) is f
        }
        order = (*(name for name in found if name not in cls.config_order), *cls.config_order)
        stored = ((name, found[name]) for name in order)
        cls._stored = tuple((name, field) for name, field in stored if field.stored and not field.init_only)
        by_position = dict.fromkeys((*cls.argument_order, *found))
        cls.positional = tuple(name for name in by_position if not found[name].kw_only)
        for before, after in itertools.pairwise(cls.positional):
            if found[before].default is not REQUIRED and found[after].default is REQUIRED:
                raise TypeError(f"{cls.__name__}: an option without a default follows one that has one")

    def __init__(self, *args: Any, **given: Any) -> None:
        values = self.complete(self._by_name(args, given))
        unknown = next((name for name in values if name not in self.fields), None)
        if unknown is not None:
            raise UnsupportedLayerError(
                f"{self._label()}: unknown option {unknown}={values[unknown]!r}; {_offer(unknown, self.fields)}"
            )
        held = vars(self)
        for name, field in self.fields.items():
            value = values.get(name, field.default)
            if value is REQUIRED:
                raise TypeError(f"{self._label()}: option {name} is needed")
            converted = self._converted(name, value)
            if not field.init_only:
                held[field.attribute] = converted
        self.validate()

    def _by_name(self, args: tuple[Any, ...], given: Mapping[str, Any]) -> dict[str, Any]:
        if len(args) > len(self.positional):
            raise TypeError(
                f"{type(self).__name__}: {len(args)} positional arguments for {len(self.positional)} options"
            )
        by_position = dict(zip(self.positional, args, strict=False))
        for name in by_position.keys() & given.keys():
            raise TypeError(f"{type(self).__name__}: option {name} is given twice")
        return {**by_position, **given}

    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options to set, by name, completed from the given ones; not yet checked or converted."""
        return given

    def validate(self) -> None:
        """Checks options against each other and sets what follows from them; raises `self.fail(...)`."""

    @override
    def __setattr__(self, name: str, value: object) -> None:
        option = self._by_attribute.get(name)
        if option is None:
            object.__setattr__(self, name, value)
        else:
            self.set_option(option, value)

    def set_option(self, name: str, value: Any) -> None:
        """Sets an option after converting it as the constructor does; assigning to its attribute does the same.

        Raises:
          KerasfmtError: the option cannot take the value.
        """
        vars(self)[self.fields[name].attribute] = self._converted(name, value)

    def _converted(self, name: str, value: Any) -> Any:
        try:
            return self.fields[name].convert(value)
        except UnsupportedLayerError as error:
            raise UnsupportedLayerError(f"{self._label()}: option {name}: {error}") from error
        except KerasfmtError:
            raise
        except (ValueError, TypeError, ArithmeticError) as error:
            raise self.refusal(f"{self._label()}: option {name}: {error}") from error

    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect; `from_config` makes an equal object of it."""
        config: dict[str, Any] = {}
        held = vars(self)
        for name, field in self._stored:
            value = held[field.attribute]
            if not (field.implied and value == field.default):
                config[name] = field.to_config(value)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The object that a config stands for.

        Raises:
          UnsupportedLayerError: an option that the class does not have.
        """
        return cls(**{k: v if type(v) in LEAVES else unwrap(v) for k, v in config.items()})

    def held(self, name: str) -> Any:
        """The value of an option by its name; None where there is no such option."""
        field = self.fields.get(name)
        return None if field is None else vars(self).get(field.attribute)

    def fail(self, text: str) -> InvalidModelError:
        """An error that says which object is wrong."""
        return InvalidModelError(f"{self._label()}: {text}")

    def _label(self) -> str:
        return f"{self.category} {type(self).__name__}"


@dataclass_transform(
    frozen_default=True,
    field_specifiers=(
        fields.option, fields.state, fields.weight, fields.text, fields.integer, fields.number, fields.float32,
        fields.boolean, fields.choice, fields.dims, fields.integers, fields.fraction, fields.positive_integer,
        fields.axes, fields.raw,
    ),
)  # fmt: skip
class FrozenOptions(Options, frozen=True):
    """Options that cannot change: objects are equal where their classes and options are."""

    obsolete_options: ClassVar[Mapping[str, str | None]] = {}
    """Options of older Keras releases: the option that each means, or None where Keras drops it."""

    @classmethod
    @override
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The object that a config of any Keras release stands for.

        Raises:
          UnsupportedLayerError: an option that the class does not have.
        """
        given = {}
        for key, value in config.items():
            name = cls.obsolete_options.get(key, key)
            if name is not None and value not in cls.facts.implied_by_keras2.get(key, ()):
                given[name] = value
        return cls(**given)

    @override
    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}: cannot assign to option {name!r}")

    @override
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    @override
    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


def _offer(name: str, fields: Mapping[str, Field[Any, Any]]) -> str:
    """The advice about an unknown option: similar options first, or else all of them."""
    names = sorted(fields, key=lambda name: fields[name].kw_only)
    close = did_you_mean(name, names)
    takes = f"takes {', '.join(names) or 'none'}"
    return f"{close[2:]} It {takes}" if close else f"it {takes}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: similar known names, if there are any."""
    import difflib

    folded = {k.lower(): k for k in known}
    close = [folded[k] for k in difflib.get_close_matches(name.lower(), folded, n=3)]
    return f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else ""


def _signature(cls: type[Options]) -> inspect.Signature:
    """The signature of a class: the parameters of `__init__`, with the options in place of `*args` and `**options`."""
    own = list(inspect.signature(cls.__init__).parameters.values())[1:]
    kinds = {parameter.kind for parameter in own}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        return inspect.Signature(own)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = [parameter for parameter in own if parameter.kind not in variable]
    taken = {parameter.name for parameter in parameters}
    for name, field in cls.fields.items():
        if name not in taken:
            by_name = field.kw_only or inspect.Parameter.VAR_POSITIONAL not in kinds
            kind = inspect.Parameter.KEYWORD_ONLY if by_name else inspect.Parameter.POSITIONAL_OR_KEYWORD
            default = inspect.Parameter.empty if field.default is REQUIRED else field.default
            parameters.append(inspect.Parameter(name, kind, default=default, annotation=_accepted(field)))
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))


def _accepted(field: Field[Any, Any]) -> object:
    """The type that the constructor takes for an option; the annotation's text if it cannot be evaluated."""
    found = field.annotation
    if isinstance(found, str):
        try:
            found = eval(found, dict(_scope(field.module)))
        except (NameError, AttributeError, TypeError):
            return found
    if isinstance(found, InitVar):
        return found.type
    return typing.get_args(found)[1] if typing.get_origin(found) is Field else found
