"""An optimizer in the middle of its training: its options, and the state that its steps have left.

Source: tf_keras/src/optimizers/optimizer.py, Optimizer
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.options import did_you_mean
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.optimizer import ACCUMULATED, AVERAGE, Optimizer, Slot
from kerasfmt.optimizers.state import SlotOf, initial_variables, slots_of, with_scalars
from kerasfmt.typing import override


@dataclass(frozen=True, eq=False, repr=False)
class StartedOptimizer:
    """An optimizer with the state of the steps that it has done.

    The arrays are not copied. What is not given has the value that a new optimizer gives it. An average that is not
    given is its weight.

    Attributes:
      optimizer: the options.
      iterations: number of steps done. With `gradient_accumulation_steps`, it is the number of batches.
      slots: (weight, slot) -> array. The weight is a `Weight` or its name. The slot is `m`, `v` or another of the
        `slots` of the optimizer's class, `average`, or `gradient_accumulator`. The array has the dtype of the weight,
        and its shape too but for the `r` and `c` of Adafactor.
      scalars: attribute -> number, of the `scalars` of the optimizer's class.

    Raises:
      InvalidModelError: `iterations` is not a count; the optimizer keeps no such slot, not with its options, or no
        such scalar.

    Source: tf_keras/src/optimizers/optimizer.py, Optimizer

    Example:
      >>> import numpy as np
      >>> kernel = np.zeros((3, 2), np.float32)
      >>> slots = {("dense/kernel", "m"): kernel, ("dense/kernel", "v"): kernel}
      >>> started = kerasfmt.optimizers.StartedOptimizer(kerasfmt.optimizers.Adam(0.01), iterations=1000, slots=slots)
      >>> started.optimizer.learning_rate, started.iterations
      (0.01, 1000)
    """

    optimizer: Optimizer
    iterations: int = 0
    slots: Mapping[tuple[Weight | str, str], ArrayLike] = field(default_factory=dict)
    scalars: Mapping[str, ArrayLike] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "iterations", operator.index(self.iterations))
        except TypeError:
            raise self._fail(f"iterations: expected a whole number, got {self.iterations!r}") from None
        if self.iterations < 0:
            raise self._fail(f"iterations: expected at least 0, got {self.iterations}")
        for of, name in self.slots:
            self._check_slot(f"slot {name!r} of weight {_name(of)}", name)
        known = {scalar.attribute for scalar in self.optimizer.scalars}
        for attribute in self.scalars:
            if attribute not in known:
                raise self._fail(
                    f"scalar {attribute!r}: it has {', '.join(sorted(known)) or 'no scalars'}"
                    + did_you_mean(attribute, known)
                )
        object.__setattr__(self, "slots", MappingProxyType(dict(self.slots)))
        object.__setattr__(self, "scalars", MappingProxyType(dict(self.scalars)))

    @override
    def __repr__(self) -> str:
        return f"<StartedOptimizer {self.optimizer!r}, {self.iterations} iterations, {len(self.slots)} slots>"

    def _check_slot(self, where: str, name: str) -> None:
        if not self.optimizer.slots:
            raise self._fail(f"{where}: kerasfmt does not know which slots it keeps")
        known = {slot.name: slot for slot in (AVERAGE, ACCUMULATED, *self.optimizer.slots)}
        if name not in known:
            raise self._fail(f"{where}: it keeps {', '.join(known)}{did_you_mean(name, known)}")
        slot, config = known[name], self.optimizer.get_config()
        if not slot.is_kept(config, 2) and not slot.is_kept(config, 3):
            raise self._fail(
                f"{where}: it keeps them only with the option {slot.option}, which is {config.get(slot.option or '')!r}"
            )

    def variables(self, weights: Sequence[Weight], keras: Major = 2) -> list[Weight]:
        """The state as the optimizer's variables: `iteration`, then the slots in order.

        Args:
          weights: the trainable weights of the model, in order.
          keras: the version of Keras whose order it is.

        Raises:
          InvalidModelError: a slot is of a weight that is not there, or the name of its weight occurs twice; a slot
            has another shape or dtype than Keras keeps; that version of Keras keeps no such slot.
        """
        training = self._training()
        given = self._of_weights(weights)
        places = slots_of(training, weights, keras)
        kept = {(place.weight, place.slot.name): place for place in places if place.shape is not None}
        for of, name in given:
            if (of, name) not in kept:
                raise self._fail(f"slot {name!r} of weight {of.name}: {self._why_not_kept(name, of, keras)}")
        first = initial_variables(training, weights, keras)[1:]
        found = [iteration_variable(np.asarray(self.iterations))]
        for place, variable in zip(places, first, strict=True):
            value = given.get((place.weight, place.slot.name))
            if value is not None:
                self._check_array(place, value)
                variable = optimizer_variable(place.name, value)
            elif place.slot is AVERAGE and self.iterations:
                variable = optimizer_variable(place.name, place.weight.value)
            found.append(variable)
        return found

    def scalar_variables(self, weights: Sequence[Weight]) -> dict[str, Weight]:
        """The variables that Keras 2 does not count, by attribute.

        Args:
          weights: the trainable weights of the model, in order.

        Raises:
          InvalidModelError: a scalar is an array.
        """
        training = self._training()
        for scalar in self.optimizer.scalars:
            value = self.scalars.get(scalar.attribute)
            if value is None:
                continue
            if tuple(value.shape):
                raise self._fail(
                    f"scalar {scalar.attribute!r}: expected a number, got an array of shape {tuple(value.shape)}"
                )
            training.scalars[scalar.attribute] = optimizer_variable(scalar.name, value)
        return with_scalars(training, weights)

    def _training(self) -> TrainingConfig:
        return TrainingConfig({"optimizer_config": self.optimizer.entry()})

    def _of_weights(self, weights: Sequence[Weight]) -> dict[tuple[Weight, str], ArrayLike]:
        by_name: dict[str, list[Weight]] = {}
        for weight in weights:
            by_name.setdefault(weight.name, []).append(weight)
        found: dict[tuple[Weight, str], ArrayLike] = {}
        for (of, name), value in self.slots.items():
            named = by_name.get(_name(of), [])
            same = [weight for weight in named if weight is of] if isinstance(of, Weight) else named
            where = f"slot {name!r} of weight {_name(of)}"
            if not same:
                raise self._fail(
                    f"{where}: the model has no such trainable weight{did_you_mean(_name(of), by_name)}"
                )
            if len(same) > 1:
                raise self._fail(
                    f"{where}: {len(same)} weights have this name; give the weight in place of the name"
                )
            if (same[0], name) in found:
                raise self._fail(f"{where}: it is given twice")
            found[same[0], name] = value
        return found

    def _why_not_kept(self, name: str, of: Weight, keras: Major) -> str:
        slot: Slot = next(s for s in (AVERAGE, ACCUMULATED, *self.optimizer.slots) if s.name == name)
        if slot.shape_for(of.shape) is None:
            return f"Keras keeps it for matrices only, the weight has shape {of.shape}"
        return f"Keras {keras} keeps none with these options"

    def _check_array(self, place: SlotOf, value: ArrayLike) -> None:
        where = f"slot {place.slot.name!r} of weight {place.weight.name}"
        if not hasattr(value, "shape") or not hasattr(value, "dtype"):
            raise self._fail(f"{where}: expected an array, got {type(value).__name__}")
        if tuple(value.shape) != place.shape:
            raise self._fail(f"{where}: expected shape {place.shape}, got {tuple(value.shape)}")
        dtype = dtypes.of(value.dtype)
        if dtype != place.weight.dtype:
            raise self._fail(f"{where}: expected dtype {place.weight.dtype.name}, got {dtype.name}")

    def _fail(self, text: str) -> InvalidModelError:
        return InvalidModelError(f"optimizer {type(self.optimizer).__name__}: {text}")


def _name(of: Weight | str) -> str:
    return of.name if isinstance(of, Weight) else of
