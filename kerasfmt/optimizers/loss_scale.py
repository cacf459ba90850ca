"""LossScaleOptimizer: another optimizer, whose loss is scaled so that small gradients of float16 do not vanish.

    Keras 2    LossScaleOptimizerV3; LossScaleOptimizer around an optimizer of `keras.optimizers.legacy`
    Keras 3    LossScaleOptimizer

The variables of such a compile state are those of the inner optimizer. The loss scale and the number of steps since its
last change are scalars. Keras 2 keeps these two in checkpoints only: its other files begin with the initial scale.

Keras 3 has no loss scale that stays fixed. The option `loss_scale_factor` of any optimizer does the same there.

Source: tf_keras/src/mixed_precision/loss_scale_optimizer.py, LossScaleOptimizerV3;
keras/src/optimizers/loss_scale_optimizer.py, LossScaleOptimizer (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import numpy as np

from kerasfmt.ir import TrainingConfig, Weight, fields
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.legacy import stated_as_legacy
from kerasfmt.optimizers.optimizer import Optimizer, Scalar, find_optimizer

CURRENT: Final = "LossScaleOptimizerV3"
"""What Keras 2 calls it around an optimizer of `keras.optimizers`."""
LEGACY: Final = "LossScaleOptimizer"
"""What Keras 2 calls it around an optimizer of `keras.optimizers.legacy`, and what Keras 3 calls it."""
SCALARS: Final = (
    Scalar("step_counter", initial=0, name="good_steps"),
    Scalar("dynamic_scale", initial=2.0**15, name="current_loss_scale"),
)
"""Its own variables by their attributes in Keras 3, in the order of Keras 3, with their names in Keras 2."""
OWN_COUNT: Final = 2 + len(SCALARS)
"""The number of variables that Keras 3 keeps for it before those of the inner optimizer; see `own_variables`."""
GROWTH_STEPS: Final = 2000
_LEGACY_MODULE: Final = "keras.optimizers.legacy"


class LossScaleOptimizer(FrozenOptions):
    """An optimizer whose loss is scaled.

    Args:
      inner_optimizer: the optimizer that makes the steps.
      dynamic: whether the scale follows the gradients; Keras 3 says `loss_scale_factor` where it does not.
      initial_scale: the first scale.
      dynamic_growth_steps: the number of steps with finite gradients after which the scale is doubled.

    Raises:
      UnsupportedLayerError: an option cannot take its value.

    Source: tf_keras/src/mixed_precision/loss_scale_optimizer.py, LossScaleOptimizerV3

    Example:
      >>> made = kerasfmt.optimizers.LossScaleOptimizer(kerasfmt.optimizers.Adam(0.01))
      >>> made.entry()["class_name"]
      'LossScaleOptimizerV3'
    """

    category: ClassVar[str] = "optimizer"
    inner_optimizer: Optimizer
    dynamic: bool = True
    initial_scale: float = SCALARS[1].initial
    dynamic_growth_steps: int = fields.integer(default=GROWTH_STEPS)

    def entry(self) -> dict[str, Any]:
        """Class name and config, as the training config of Keras 2 states them."""
        inner = self.inner_optimizer
        config = {"inner_optimizer": described_inner(type(inner).__name__, inner.get_config())}
        steps = self.dynamic_growth_steps if self.dynamic else None
        return {
            "class_name": CURRENT,
            "config": {
                **config,
                "dynamic": self.dynamic,
                "initial_scale": self.initial_scale,
                "dynamic_growth_steps": steps,
            },
        }


def described_inner(kind: str, config: Mapping[str, Any], legacy: bool = False) -> dict[str, Any]:
    """An inner optimizer as Keras 2 states it in the config of the outer one."""
    module = _LEGACY_MODULE if legacy else "keras.optimizers"
    return {"module": module, "class_name": kind, "config": dict(config), "registered_name": None}


def is_loss_scaled(training: TrainingConfig) -> bool:
    """Whether the optimizer of a compile state is a LossScaleOptimizer."""
    inner = training.optimizer_config.get("inner_optimizer")
    return training.optimizer_class in (CURRENT, LEGACY) and isinstance(inner, Mapping)


def inner_entry(inner: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of an inner optimizer, as a training config states an optimizer by itself."""
    kind = str(inner.get("class_name"))
    if ">" not in kind and inner.get("module", _LEGACY_MODULE) != _LEGACY_MODULE and find_optimizer(kind):
        kind = f"Custom>{kind}"
    config = inner.get("config")
    return {"class_name": kind, "config": dict(config) if isinstance(config, Mapping) else {}}


def unwrapped(training: TrainingConfig) -> TrainingConfig:
    """The compile state with the inner optimizer in place of a LossScaleOptimizer; others are given back.

    The variables are the same. The scalars of the LossScaleOptimizer are not among its scalars.
    """
    if not is_loss_scaled(training):
        return training
    entry = inner_entry(training.optimizer_config["inner_optimizer"])
    own = {scalar.attribute for scalar in SCALARS}
    scalars = {key: weight for key, weight in training.scalars.items() if key not in own}
    config = {**training.config, "optimizer_config": entry}
    return replace(training, config=config, variables=list(training.variables), scalars=scalars)


def rewrapped(training: TrainingConfig, inner: TrainingConfig) -> TrainingConfig:
    """A compile state of a LossScaleOptimizer with another inner optimizer and its variables.

    Args:
      training: the compile state, whose own options and scalars stay.
      inner: the compile state of the inner optimizer alone.
    """
    kind = inner.optimizer_class
    legacy = stated_as_legacy(inner)
    described = described_inner(kind, inner.optimizer_config, legacy)
    options = {**training.optimizer_config, "inner_optimizer": described}
    entry = {"class_name": LEGACY if legacy else CURRENT, "config": options}
    own = {s.attribute: training.scalars[s.attribute] for s in SCALARS if s.attribute in training.scalars}
    config = {**training.config, "optimizer_config": entry}
    return replace(
        training,
        config=config,
        variables=inner.variables,
        learning_rate=inner.learning_rate,
        scalars={**inner.scalars, **own},
    )


def wrap(
    inner: TrainingConfig, dynamic: bool = True, initial_scale: float = SCALARS[1].initial
) -> TrainingConfig:
    """The compile state with a LossScaleOptimizer around its optimizer.

    Args:
      inner: the compile state of the inner optimizer alone.
      dynamic: whether the scale follows the gradients.
      initial_scale: the first scale.
    """
    options = {
        "inner_optimizer": {},
        "dynamic": dynamic,
        "initial_scale": initial_scale,
        "dynamic_growth_steps": GROWTH_STEPS if dynamic else None,
    }
    entry = {"class_name": CURRENT, "config": options}
    config = {**inner.config, "optimizer_config": entry}
    return rewrapped(replace(inner, config=config, variables=[], scalars={}), inner)


def take_scalars(training: TrainingConfig, values: Sequence[ArrayLike]) -> None:
    """Gives a LossScaleOptimizer its scalars, where the variables of Keras 3 hold them.

    Args:
      training: the compile state.
      values: the values in order, as `own_variables` has them, and maybe others after them.
    """
    held = values[OWN_COUNT - len(SCALARS) : OWN_COUNT]
    if len(held) == len(SCALARS) and not any(tuple(value.shape) for value in held):
        for scalar, value in zip(SCALARS, held, strict=True):
            training.scalars[scalar.attribute] = optimizer_variable(scalar.name, value)


def own_variables(training: TrainingConfig) -> list[Weight]:
    """The variables that Keras 3 keeps for a LossScaleOptimizer before those of its inner optimizer.

    They are its number of steps and its rate, which it does not use, and its scalars. A scalar that no file has kept is
    at its first value.
    """
    scale = training.optimizer_config.get("initial_scale")
    first = {"step_counter": np.zeros((), np.int32), "dynamic_scale": np.asarray(scale, np.float32)}
    unused = [
        optimizer_variable("iteration", np.zeros((), np.int32)),
        optimizer_variable("learning_rate", np.zeros((), np.float32)),
    ]
    scalars = [
        optimizer_variable(s.name, training.scalars[s.attribute].numpy().astype(first[s.attribute].dtype))
        if s.attribute in training.scalars
        else optimizer_variable(s.name, first[s.attribute])
        for s in SCALARS
    ]
    return [*unused, *scalars]
