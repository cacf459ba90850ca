"""The parts of a layer that do not compute: name, dtype policy, weights, tables, and the layers inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Capture, EagerConstant, Table
from kerasfmt.graph.sizes import checked_shape
from kerasfmt.ir import fields, naming, policy as policies
from kerasfmt.ir.fields import Field
from kerasfmt.ir.initializers import Initializer
from kerasfmt.ir.options import Options
from kerasfmt.ir.policy import Policy, PolicyIdentifier
from kerasfmt.ir.weight import Aggregation, Synchronization, Weight
from kerasfmt.printable import printable
from kerasfmt.typing import override


def _name(value: Any) -> str:
    try:
        value.encode()
    except (AttributeError, UnicodeEncodeError):
        raise ValueError(f"expected a text, got {value!r}") from None
    return str(value)


class WeightHandler:
    """Stands in the list of a layer's weights for content that Keras 2 gives away like a weight, and keeps elsewhere.

    Source: tf_keras/src/engine/base_layer_utils.py, TrackableWeightHandler.
    """

    trainable: ClassVar[bool] = False


Listed: TypeAlias = Weight | WeightHandler
"""What Keras 2 lists among the weights of a layer."""


class WeightOwner(Options, kw_only=True):
    """An object with weights of its own, and with sublayers that have weights.

    Args:
      name: unique name within a model; made from the class name by default.
      trainable: whether the weights may be trained.
      dtype: dtype or dtype policy, float32 by default.
    """

    category = "layer"
    state_types = (Weight, Table, EagerConstant)
    refusal = InvalidModelError
    times_set: ClassVar[int] = 0
    """How often `trainable` was set, of any object."""
    scope = ""
    """What the names of the weights begin with: for a layer inside a layer, `outer/`."""
    weight_scope: str | None = fields.state(default=None)
    """What the names of the weights begin with instead of the layer's name: the scope of its wrapper."""
    name: Field[str, str | None] = fields.option(default=None, convert=_name)
    _trainable: bool = fields.boolean(default=True, alias="trainable")
    policy: Field[Policy, PolicyIdentifier] = fields.option(
        default=None, alias="dtype", convert=policies.get, to_config=Policy.to_config
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        self._weights: list[Listed] = []
        self._attributes: dict[str, Weight] = {}
        self._tables: dict[str, Table] = {}
        self._constants: list[EagerConstant] = []
        super().__init__(*args, **options)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options with a name, which errors about the other options then state."""
        name = given.get("name")
        self.name = naming.unique_name(type(self).__name__) if name is None or name == "" else name
        return {**given, "name": self.name}

    @override
    def _label(self) -> str:
        cls = type(self).__name__
        return (
            f"{self.category} {self.name} ({cls})"
            if "name" in vars(self)
            else f"{self.category} of class {cls}"
        )

    @property
    def sublayers(self) -> Mapping[str, WeightOwner]:
        """The objects with weights that it holds, by attribute."""
        return {}

    @property
    def trainable(self) -> bool:
        """Whether the weights may be trained; setting it sets it for the sublayers too."""
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        WeightOwner.times_set += 1
        self._trainable = trainable
        for layer in self.sublayers.values():
            layer.trainable = trainable

    @property
    def trainable_state(self) -> tuple[Any, ...]:
        """Whether it and everything that it holds is trainable; functions depend on it."""
        return (self._trainable, *(layer.trainable_state for layer in self.sublayers.values()))

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
        kind: type[Weight] = Weight,
    ) -> Weight:
        """A new weight of this layer, called `layer/name` and reached as the attribute of its name.

        Args:
          name: name below the layer's.
          shape: its shape, fully known.
          initializer: makes its first value; the option `name_initializer` by default. Regularizer and
            constraint are the options `name_regularizer` and `name_constraint`, where the layer has them.
          trainable: whether it is a trainable weight.
          dtype: the policy's variable dtype by default.
          attribute: name of the attribute, if it is not `name`.
          options: what the names of its options begin with, if it is not `name`.
          autocast: whether reads follow the compute dtype.
          moving: whether it is a running average (on-read synchronization, mean aggregation).
          kind: its class.
        """
        if any(d is None for d in shape):
            raise self.fail(
                f"weight {name}: shape {shape} has an unknown dimension; give the layer a full input shape"
            )
        try:
            sizes = checked_shape(shape)
        except ValueError as error:
            raise self.fail(f"weight {name}: {error}") from error
        prefix = options or name
        weight = kind(
            f"{self.name_scope}{name}",
            tuple(d for d in sizes or () if d is not None),
            dtype or self.policy.variable_dtype,
            trainable=trainable,
            initializer=initializer or getattr(self, f"{prefix}_initializer", None),
            regularizer=getattr(self, f"{prefix}_regularizer", None),
            constraint=getattr(self, f"{prefix}_constraint", None),
            autocast=autocast,
            synchronization=Synchronization.ON_READ if moving else Synchronization.AUTO,
            aggregation=Aggregation.MEAN if moving else Aggregation.NONE,
        )
        return self.own_weight(weight, name, attribute)

    def own_weight(self, weight: Weight, name: str, attribute: str | None = None) -> Weight:
        """Makes a weight one of this layer.

        Args:
          weight: the weight.
          name: its name.
          attribute: name of the attribute, if it is not `name`.
        """
        self._weights.append(weight)
        for key in dict.fromkeys((name, attribute or name)):
            self._attributes[key] = weight
        setattr(self, attribute or name, weight)
        return weight

    def add_weight_handler(self) -> None:
        """Adds what stands for content that is not a weight to the list of the weights."""
        self._weights.append(WeightHandler())

    def add_table(self, attribute: str, table: Table) -> Table:
        """A table of this layer, reached as the attribute of that name.

        Args:
          attribute: the name.
          table: the table.
        """
        self._tables[attribute] = table
        setattr(self, attribute, table)
        return table

    def add_constant(self, name: str, value: np.ndarray[Any, Any], dtype: DType) -> EagerConstant:
        """A tensor that the layer's functions capture.

        Args:
          name: name below the layer's.
          value: its content.
          dtype: its dtype.
        """
        return self.own_constant(EagerConstant(f"{self.name_scope}{name}", value, dtype))

    def own_constant(self, constant: EagerConstant) -> EagerConstant:
        """Makes a constant one of this layer, whose functions capture it."""
        self._constants.append(constant)
        return constant

    @property
    def tables(self) -> Mapping[str, Table]:
        """The layer's own tables, by attribute."""
        return self._tables

    @property
    def captures(self) -> Sequence[Capture]:
        """What the layer's own functions capture beside its weights."""
        return (*self._tables.values(), *(t.default for t in self._tables.values()), *self._constants)

    @property
    def name_scope(self) -> str:
        """What the names of the weights begin with."""
        return f"{self.scope}{self.name}/" if self.weight_scope is None else self.weight_scope

    @property
    def weight_attributes(self) -> Mapping[str, Weight]:
        """The layer's own weights by name, and by attribute if it differs, in the order of construction."""
        return self._attributes

    @property
    def trainable_weights(self) -> list[Weight]:
        """Weights that an optimizer may change."""
        return _only_weights(self.listed_trainable_weights())

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The other weights."""
        return _only_weights(self.listed_non_trainable_weights())

    @property
    def weights(self) -> list[Weight]:
        """Trainable weights, then the others; each once."""
        return _only_weights(self.listed_weights())

    def listed_trainable_weights(self) -> list[Listed]:
        """The trainable weights as Keras 2 lists them, with what is not a weight among them."""
        if not self.trainable:
            return []
        own = [w for w in self._weights if w.trainable]
        nested = [w for layer in self.sublayers.values() for w in layer.listed_trainable_weights()]
        return list(dict.fromkeys(own + nested))

    def listed_non_trainable_weights(self) -> list[Listed]:
        """The other weights as Keras 2 lists them."""
        if self.trainable:
            own = [w for w in self._weights if not w.trainable]
            nested = [w for layer in self.sublayers.values() for w in layer.listed_non_trainable_weights()]
        else:
            own = [w for w in self._weights if w.trainable] + [w for w in self._weights if not w.trainable]
            nested = [w for layer in self.sublayers.values() for w in layer.listed_weights()]
        return list(dict.fromkeys(own + nested))

    def listed_weights(self) -> list[Listed]:
        """All weights as Keras 2 lists them."""
        return list(dict.fromkeys(self.listed_trainable_weights() + self.listed_non_trainable_weights()))

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as NumPy arrays."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, values: list[Any]) -> None:
        """Replaces the values of `weights`; the arrays are kept, not copied.

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

    @override
    def __repr__(self) -> str:
        return printable(f"<{type(self).__name__} {self.name}>")


def _only_weights(listed: list[Listed]) -> list[Weight]:
    return [weight for weight in listed if isinstance(weight, Weight)]
