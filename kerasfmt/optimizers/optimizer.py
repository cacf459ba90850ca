"""The base of every optimizer: its options, and the variables that it keeps for each trainable weight.

Source: tf_keras/src/optimizers/optimizer.py, Optimizer; keras/src/optimizers/base_optimizer.py, BaseOptimizer (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from kerasfmt.families import FamilyTable
from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts, Major
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.optimizers.schedules import LearningRateSchedule
from kerasfmt.typing import override

Rate: TypeAlias = float | LearningRateSchedule | Mapping[str, Any]
"""A learning rate, a schedule, or the class name and config of one."""


@dataclass(frozen=True, eq=False)
class Slot:
    """A kind of variable: an optimizer keeps one for each trainable weight.

    Attributes:
      name: its part of a variable's name in Keras 2: the m of `Adam/m/dense/kernel`.
      attribute: the attribute that lists these variables in Keras 2, and in a SavedModel.
      option: the option that switches them on; None where they are always there.
      attribute_in_keras3: the attribute that lists them in Keras 3, if it differs.
      always_in_keras2: whether Keras 2 has them without that option too.
      legacy: its name in `keras.optimizers.legacy`, if it differs.
      initial: the option that states their first value; None where they start with zeros.
      reduced_axis: the axis of a weight that they lack, from the end; None where they have the shape of the weight.
      only_keras3: whether Keras 2 never has them.
      begins_with_weight: whether their first value is that of the weight.
      always_listed: whether Keras 2 has the list, which is empty, without the option too.
    """

    name: str
    attribute: str
    option: str | None = None
    attribute_in_keras3: str | None = None
    always_in_keras2: bool = False
    legacy: str | None = None
    initial: str | None = None
    reduced_axis: int | None = None
    only_keras3: bool = False
    begins_with_weight: bool = False
    always_listed: bool = False

    def is_kept(self, config: Mapping[str, Any], keras: Major) -> bool:
        """Whether an optimizer of this config has such variables."""
        if keras == 2 and self.only_keras3:
            return False
        return not self.option or bool(config.get(self.option)) or (keras == 2 and self.always_in_keras2)

    def shape_for(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shape of the variable for a weight of this shape; None where it has none, as it is not a matrix."""
        if self.reduced_axis is None:
            return shape
        if len(shape) < 2:
            return None
        axis = len(shape) + self.reduced_axis
        return shape[:axis] + shape[axis + 1 :]

    def listed_in_keras3(self) -> str:
        """The attribute that lists these variables in Keras 3."""
        return self.attribute_in_keras3 or self.attribute


@dataclass(frozen=True, eq=False)
class Scalar:
    """A single variable of an optimizer that Keras 2 does not count among the optimizer's variables.

    Attributes:
      attribute: the attribute that holds it in both versions of Keras, and in a SavedModel.
      initial: its first value.
      name: what Keras 2 calls the variable.
      legacy: its attribute and name in `keras.optimizers.legacy`; empty where that has no such variable.
    """

    attribute: str
    initial: float
    name: str
    legacy: str = ""


AVERAGE: Final = Slot("average", "_model_variables_moving_average", option="use_ema")
"""The moving average of a weight, which any optimizer may keep; it comes before the optimizer's own slots."""

ACCUMULATED: Final = Slot(
    "gradient_accumulator",
    "_accumulated_gradients",
    option="gradient_accumulation_steps",
    only_keras3=True,
)
"""The sum of the gradients of the batches of a step that is not complete; it comes after the averages."""

OPTIMIZER_CLASSES: Final = FamilyTable["type[Optimizer]"]()
"""The optimizers by class name."""


def find_optimizer(name: str) -> type[Optimizer] | None:
    """The class of an optimizer; None if kerasfmt does not know the name."""
    return OPTIMIZER_CLASSES.find(name)


def named_optimizer(name: str) -> str:
    """The class name of an optimizer given by name alone; Keras ignores the case of its letters."""
    known = {known.lower(): known for known in OPTIMIZER_CLASSES.names()}
    return known.get(name.lower(), name)


def _optional_number(value: Any) -> float | None:
    if value is None:
        return None
    found: float = fields.number().convert(value)
    return found


def _rate(value: Any) -> float | dict[str, Any]:
    if isinstance(value, LearningRateSchedule):
        return value.entry()
    if isinstance(value, Mapping):
        if "class_name" not in value:
            raise ValueError(f"expected a number, or a schedule with its class_name, got {value!r}")
        return dict(value)
    found: float = fields.number().convert(value)
    if found < 0:
        raise ValueError(f"expected a number of at least 0, got {found!r}")
    return found


def learning_rate(default: float) -> Any:
    """The option of a learning rate: a number, or a schedule, which is held as its class name and config."""
    return fields.option(default=default, convert=_rate)


def optional_number(default: float | None = None, *, implied: bool = False) -> Any:
    """A keyword-only option: a number or None; `implied` if Keras 2 does not store the default."""
    return fields.option(default=default, convert=_optional_number, kw_only=True, implied=implied)


def _optional_integer(value: Any) -> int | None:
    found: int | None = fields.integer(optional=True).convert(value)
    return found


class Optimizer(FrozenOptions, kw_only=True):
    """Base of the optimizers: the options and the variables of one class of Keras.

    An optimizer describes itself in files; kerasfmt does not train. A subclass adds `learning_rate` and options of
    its own.

    Args:
      name: name of the optimizer; the class name by default.
      weight_decay: the fraction of each weight that a step takes away.
      clipnorm: the largest norm of the gradient of one weight.
      global_clipnorm: the largest norm of all gradients together.
      clipvalue: the largest absolute value of an element of a gradient.
      use_ema: whether to keep a moving average of each weight.
      ema_momentum: the fraction of the average that a step keeps.
      ema_overwrite_frequency: number of steps after which the averages replace the weights.
      jit_compile: whether XLA compiles a step; Keras 2 only.
      is_legacy_optimizer: whether the class is from `keras.optimizers.legacy`; Keras 2 only.
      loss_scale_factor: the factor of the loss before gradients are taken; Keras 3 only.
      gradient_accumulation_steps: number of batches in a step; Keras 3 only.

    Raises:
      UnsupportedLayerError: the optimizer does not have an option, or an option cannot take its value.

    Source: tf_keras/src/optimizers/optimizer.py, Optimizer; keras/src/optimizers/base_optimizer.py, BaseOptimizer (3.x)

    Example:
      >>> kerasfmt.optimizers.Adam(learning_rate=0.01).get_config()["beta_1"]
      0.9
      >>> [slot.name for slot in kerasfmt.optimizers.Adam.slots]
      ['m', 'v', 'vhat']
    """

    category: ClassVar[str] = "optimizer"
    facts: ClassVar[KerasFacts] = KerasFacts(
        module="keras.optimizers",
        implied_by_keras3={"jit_compile": ANY_VALUE, "is_legacy_optimizer": ANY_VALUE, "decay": ANY_VALUE},
        implied_by_keras2={"loss_scale_factor": (None,), "gradient_accumulation_steps": (None,)},
    )
    slots: ClassVar[tuple[Slot, ...]] = ()
    """The kinds of variables that it keeps for each weight, in order; empty if kerasfmt does not know them."""
    scalars: ClassVar[tuple[Scalar, ...]] = ()
    """The variables that it keeps once."""
    hyperparameters: ClassVar[tuple[str, ...] | None] = None
    """The options, beside decay and learning rate, that are variables in its class of `keras.optimizers.legacy`; None
    where it has no such class."""
    legacy_decay: ClassVar[float] = 0.0
    """The default of the option `decay` there."""
    legacy_by_weight: ClassVar[bool] = False
    """Whether all slots of a weight stand together there."""

    name: str | None = fields.option(default=None)
    weight_decay: float | None = optional_number()
    clipnorm: float | None = optional_number()
    global_clipnorm: float | None = optional_number()
    clipvalue: float | None = optional_number()
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = fields.integer(default=None, optional=True)
    jit_compile: bool = False
    is_legacy_optimizer: bool = False
    loss_scale_factor: float | None = optional_number(implied=True)
    gradient_accumulation_steps: int | None = fields.option(
        default=None, convert=_optional_integer, implied=True
    )

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPTIMIZER_CLASSES.enter(cls.__name__, cls)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with the class's name where none is given."""
        return {**given, "name": given.get("name") or type(self).__name__}

    def entry(self) -> dict[str, Any]:
        """Class name and config, as the training config of Keras 2 states them."""
        return {"class_name": f"Custom>{type(self).__name__}", "config": self.get_config()}

    @classmethod
    def first_value(cls, slot: Slot, config: Mapping[str, Any]) -> float:
        """The value with which the variables of a slot begin.

        Args:
          slot: one of `slots`.
          config: the options of the optimizer, as a file states them.
        """
        if slot.initial is None:
            return 0.0
        stated = config.get(slot.initial)
        return float(cls.fields[slot.initial].default if stated is None else stated)

    @classmethod
    def slot_rows(cls, config: Mapping[str, Any], keras: Major) -> list[list[Slot]]:
        """The kinds of slots that an optimizer has.

        The slots of one row are stored together for each weight, weight by weight. Then the next row follows.

        Args:
          config: the options of the optimizer, as a file states them.
          keras: the version of Keras that keeps them.
        """
        rows: dict[str | None, list[Slot]] = {}
        for slot in (AVERAGE, ACCUMULATED, *cls.slots):
            if slot.is_kept(config, keras):
                rows.setdefault(slot.option, []).append(slot)
        return list(rows.values())
