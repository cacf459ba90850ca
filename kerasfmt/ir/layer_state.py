"""What a layer holds: options, which are its config, and weights."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Spec
from kerasfmt.ir import naming, policy as policies
from kerasfmt.ir.fields import REQUIRED, Field, boolean, is_integer
from kerasfmt.ir.initializers import Initializer
from kerasfmt.ir.policy import Policy
from kerasfmt.ir.structure import Structure
from kerasfmt.ir.weight import Weight

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer


class LayerState:
    """The options and weights of a layer; what they compute is `Layer`'s."""

    fields: ClassVar[dict[str, Field]] = {}
    config_order: ClassVar[tuple[str, ...]] = ()
    """The options in the order of Keras's config, where that is not the order of the constructor."""
    scope: str = ""
    """What the names of the weights begin with: for a layer inside a layer, `outer/`."""
    weight_scope: str | None = None
    """What the names of the weights begin with where that is not the name of the layer: its wrapper's scope."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own: dict[str, Field] = {}
        for key, annotation in inspect.get_annotations(cls).items():
            default = cls.__dict__.get(key, REQUIRED)
            if key.startswith("_") or str(annotation).startswith(("ClassVar", "Weight")):
                continue
            if isinstance(default, Field):
                own[key] = default
            else:
                own[key] = boolean(default=default) if annotation in (bool, "bool") else Field(default)
            if key in cls.__dict__:
                delattr(cls, key)
        cls.fields = {**cls.fields, **own}

    def __init__(
        self,
        *args: Any,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: tuple[int | None, ...] | None = None,
        batch_input_shape: tuple[int | None, ...] | None = None,
        batch_size: int | None = None,
        **options: Any,
    ) -> None:
        self.name = _checked_name(type(self), name) or naming.unique_name(type(self).__name__)
        if not isinstance(trainable, bool | np.bool_):
            raise self.fail(f"option trainable: expected True or False, got {trainable!r}")
        self._trainable = bool(trainable)
        self.policy: Policy = policies.get(dtype)
        if "input_dim" in options and "input_dim" not in self.fields:
            input_shape = (options.pop("input_dim"),)
        if input_shape is not None:
            batch_input_shape = (batch_size, *input_shape)
        self.batch_input_shape = self._checked_shape(batch_input_shape)
        self._set_options(args, options)
        self.built = False
        self.build_input: Structure = None
        self._weights: list[Weight] = []
        self._attributes: dict[str, Weight] = {}
        self.validate()

    def _checked_shape(self, shape: Any) -> tuple[int | None, ...] | None:
        if shape is None:
            return None
        items = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
        if not isinstance(shape, list | tuple) or not all(d is None or is_dimension(d) for d in items):
            raise self.fail(f"input shape: expected sizes and None, got {shape!r}")
        return tuple(None if d is None else int(d) for d in items)

    @property
    def trainable(self) -> bool:
        """Whether the weights may be trained; to set it sets that of the sublayers too."""
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        self._trainable = bool(trainable)
        for layer in self.sublayers.values():
            layer.trainable = trainable

    @property
    def _trainable_state(self) -> tuple[Any, ...]:
        return (self._trainable, *(layer._trainable_state for layer in self.sublayers.values()))

    def _set_options(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        if len(args) > len(self.fields):
            raise TypeError(
                f"{type(self).__name__}: {len(args)} positional arguments for {len(self.fields)} options"
            )
        given = dict(zip(self.fields, args, strict=False))
        for key, value in options.items():
            if key not in self.fields:
                raise UnsupportedLayerError(
                    f"layer {self.name} ({type(self).__name__}): unknown option {key}={value!r}; "
                    f"it takes {', '.join(self.fields) or 'none'}"
                )
            given[key] = value
        for key, spec in self.fields.items():
            value = given.get(key, spec.default)
            if value is REQUIRED:
                raise TypeError(f"layer {self.name} ({type(self).__name__}): option {key} is needed")
            setattr(self, key, self._convert(key, spec, value))

    def _convert(self, key: str, spec: Field, value: Any) -> Any:
        where = f"layer {self.name} ({type(self).__name__}): option {key}"
        try:
            return spec.convert(value)
        except UnsupportedLayerError as error:
            raise UnsupportedLayerError(f"{where}: {error}") from error
        except KerasfmtError:
            raise
        except (ValueError, TypeError) as error:
            raise InvalidModelError(f"{where}: {error}") from error

    def validate(self) -> None:
        """Checks options against each other; raises through `self.fail`."""

    def fail(self, text: str) -> InvalidModelError:
        """An error that names this layer."""
        return InvalidModelError(f"layer {self.name} ({type(self).__name__}): {text}")

    def last_dim(self, inputs: Spec) -> int:
        """Size of the last axis, which must be known."""
        return self.axis_dim(inputs, -1)

    def axis_dim(self, inputs: Spec, axis: int) -> int:
        """Size of an axis, which must be known.

        Raises:
          InvalidModelError: it is not.
        """
        if inputs.shape is None or not -len(inputs.shape) <= axis < len(inputs.shape):
            raise self.fail(f"input: expected an axis {axis}, got shape {inputs.shape}")
        size = inputs.shape[axis]
        if size is None:
            raise self.fail(f"input: expected a known size of axis {axis}, got shape {inputs.shape}")
        return size

    @property
    def compute_dtype(self) -> DType:
        """The dtype that the layer computes in."""
        return self.policy.compute_dtype

    def add_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        *,
        initializer: Initializer | None = None,
        trainable: bool = True,
        dtype: DType | None = None,
        attribute: str | None = None,
        options: str | None = None,
        autocast: bool = True,
        moving: bool = False,
    ) -> Weight:
        """A new weight of this layer, called `layer/name` and reached as the attribute of its name.

        Args:
          name: name below the layer's.
          shape: its shape, fully known.
          initializer: makes its first value; the option `name_initializer` by default. Regularizer and
            constraint are the options `name_regularizer` and `name_constraint`, where the layer has them.
          trainable: whether it is a trainable weight.
          dtype: the policy's variable dtype by default.
          attribute: attribute name, where it is not `name`.
          options: what the names of its options begin with, where it is not `name`.
          autocast: whether reads follow the compute dtype.
          moving: whether it is a running average (on-read synchronization, mean aggregation).
        """
        if any(d is None for d in shape):
            raise self.fail(
                f"weight {name}: shape {shape} has an unknown dimension; give the layer a full input shape"
            )
        prefix = options or name
        weight = Weight(
            f"{self.name_scope}{name}",
            tuple(int(d) for d in shape),
            dtype or self.policy.variable_dtype,
            trainable=trainable,
            initializer=initializer or getattr(self, f"{prefix}_initializer", None),
            regularizer=getattr(self, f"{prefix}_regularizer", None),
            constraint=getattr(self, f"{prefix}_constraint", None),
            autocast=autocast,
            synchronization=3 if moving else 0,
            aggregation=2 if moving else 0,
        )
        self._weights.append(weight)
        for key in dict.fromkeys((name, attribute or name)):
            self._attributes[key] = weight
        setattr(self, attribute or name, weight)
        return weight

    @property
    def name_scope(self) -> str:
        """What the names of the weights begin with."""
        return f"{self.scope}{self.name}/" if self.weight_scope is None else self.weight_scope

    @property
    def weight_attributes(self) -> Mapping[str, Weight]:
        """The layer's own weights by name and, where that is another, by attribute, in the order of their making."""
        return self._attributes

    @property
    def sublayers(self) -> Mapping[str, Layer]:
        """Layers that this layer holds, by attribute."""
        return {}

    @property
    def trainable_weights(self) -> list[Weight]:
        """Weights that an optimizer may change."""
        if not self.trainable:
            return []
        own = [w for w in self._weights if w.trainable]
        return _distinct(own + [w for layer in self.sublayers.values() for w in layer.trainable_weights])

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The other weights."""
        if self.trainable:
            own = [w for w in self._weights if not w.trainable]
            nested = [w for layer in self.sublayers.values() for w in layer.non_trainable_weights]
        else:
            own = [w for w in self._weights if w.trainable] + [w for w in self._weights if not w.trainable]
            nested = [w for layer in self.sublayers.values() for w in layer.weights]
        return _distinct(own + nested)

    @property
    def weights(self) -> list[Weight]:
        """Trainable weights, then the others; each once."""
        return _distinct(self.trainable_weights + self.non_trainable_weights)

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as NumPy arrays."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, values: list[Any]) -> None:
        """Replaces the values of `weights`; kept as given, not copied.

        Raises:
          InvalidModelError: wrong number, shape or dtype.
        """
        weights = self.weights
        if len(values) != len(weights):
            raise self.fail(f"expected {len(weights)} weights, got {len(values)}")
        for weight, value in zip(weights, values, strict=True):
            weight.value = value

    def count_params(self) -> int:
        """Number of weight elements."""
        total = 0
        for weight in self.weights:
            size = 1
            for dim in weight.shape:
                size *= dim
            total += size
        return total

    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect; `from_config` makes an equal layer of it."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.policy.to_config(),
        }
        if self.batch_input_shape is not None:
            config["batch_input_shape"] = list(self.batch_input_shape)
        for key in self.config_order or self.fields:
            value = getattr(self, key)
            if self.fields[key].in_config(value):
                config[key] = self.fields[key].to_config(value)
        return config

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def is_dimension(value: object) -> bool:
    """Whether `value` can be the known size of an axis."""
    return is_integer(value) and 0 <= value < 2**63


def _checked_name(cls: type[LayerState], name: Any) -> str | None:
    if name is None:
        return None
    try:
        name.encode()
    except (AttributeError, UnicodeEncodeError):
        raise InvalidModelError(
            f"layer of class {cls.__name__}: expected a text as name, got {name!r}"
        ) from None
    return str(name)


def _distinct(weights: list[Weight]) -> list[Weight]:
    return list(dict.fromkeys(weights))
