"""The table: every optimizer, and scenarios on Adam."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

Make = Callable[[Any], Any]
"""Makes something with a Keras."""
LACKING = (AttributeError, ImportError, TypeError, ValueError)
"""What a Keras raises for an optimizer or an option that it lacks."""


@dataclass(frozen=True)
class TrainingCase:
    """A way to train.

    Attributes:
      name: its name.
      optimizer: makes the optimizer, or names it; raises one of LACKING where a Keras lacks it or an option of it.
      model: the kind of model in `models.py`.
      tolerance: how far the two kinds of Keras may differ, relative to the largest value, and `why`.
      why: why the tolerance is not 1e-5.
      twin: the case whose own files are the control where a Keras lacks this one.
    """

    name: str
    optimizer: Make
    model: str = "plain"
    tolerance: float = 1e-5
    why: str = ""
    twin: str = ""


def _plain(name: str, kind: str, /, **options: Any) -> TrainingCase:
    return TrainingCase(
        name, lambda keras: getattr(keras.optimizers, kind)(**{"learning_rate": 0.01, **options})
    )


def _legacy(kind: str, /, **options: Any) -> TrainingCase:
    def make(keras: Any) -> Any:
        return getattr(keras.optimizers.legacy, kind)(**{"learning_rate": 0.01, **options})

    suffix = "".join(f"-{key}" for key in options)
    return TrainingCase(f"legacy-{kind}{suffix}", make, twin=kind)


def _schedule(name: str, /, *args: Any, **options: Any) -> TrainingCase:
    def make(keras: Any) -> Any:
        schedule = getattr(keras.optimizers.schedules, name)(*args, **options)
        return keras.optimizers.Adam(learning_rate=schedule)

    return TrainingCase(f"schedule-{name}", make)


def _adam(name: str, model: str = "plain", /, **options: Any) -> TrainingCase:
    return TrainingCase(
        name, lambda keras: keras.optimizers.Adam(**{"learning_rate": 0.01, **options}), model
    )


def _scaled(keras: Any, **options: Any) -> Any:
    found = getattr(keras.optimizers, "LossScaleOptimizer", None) or keras.mixed_precision.LossScaleOptimizer
    return found(keras.optimizers.Adam(learning_rate=0.01), **options)


_HALF = "float16 rounds to 1e-3, and the Keras versions round at other places"

_EPSILON = (
    "without momentum, the legacy class adds epsilon to the root, and the current one to what is below it"
)

_ALL = (
    _plain("SGD", "SGD"),
    _plain("SGD-momentum", "SGD", momentum=0.9),
    _plain("SGD-nesterov", "SGD", momentum=0.9, nesterov=True),
    _plain("RMSprop", "RMSprop"),
    _plain("RMSprop-momentum", "RMSprop", momentum=0.9),
    _plain("RMSprop-centered", "RMSprop", centered=True, momentum=0.5),
    _plain("Adam", "Adam"),
    _plain("Adam-amsgrad", "Adam", amsgrad=True),
    _plain("AdamW", "AdamW"),
    _plain("Adagrad", "Adagrad"),
    _plain("Adadelta", "Adadelta"),
    _plain("Adamax", "Adamax"),
    _plain("Nadam", "Nadam"),
    _plain("Ftrl", "Ftrl"),
    _plain("Lion", "Lion"),
    _plain("Adafactor", "Adafactor"),
    _plain("Lamb", "Lamb"),
    _plain("Muon", "Muon"),
    _plain("ScheduleFreeAdamW", "ScheduleFreeAdamW"),
    _legacy("SGD"),
    _legacy("SGD", momentum=0.9),
    _legacy("RMSprop", momentum=0.9),
    replace(_legacy("RMSprop", centered=True), tolerance=1e-2, why=_EPSILON),
    _legacy("Adam"),
    _legacy("Adam", amsgrad=True),
    _legacy("Adam", decay=0.1),
    _legacy("Adagrad"),
    _legacy("Adadelta"),
    _legacy("Adamax"),
    _legacy("Nadam"),
    _legacy("Ftrl"),
    TrainingCase("LossScaleOptimizer", _scaled),
    TrainingCase("LossScaleOptimizer-growing", lambda keras: _scaled(keras, dynamic_growth_steps=2)),
    TrainingCase(
        "LossScaleOptimizer-fixed",
        lambda keras: _scaled(keras, dynamic=False, initial_scale=128.0),
        twin="loss_scale_factor",
    ),
    TrainingCase(
        "loss_scale_factor",
        lambda keras: keras.optimizers.Adam(learning_rate=0.01, loss_scale_factor=128.0),
        twin="LossScaleOptimizer-fixed",
    ),
    _schedule("ExponentialDecay", 0.01, 2, 0.5),
    _schedule("CosineDecay", 0.01, 10),
    _schedule("PiecewiseConstantDecay", [2, 4], [0.01, 0.005, 0.001]),
    _schedule("PolynomialDecay", 0.01, 5, 0.001),
    _schedule("InverseTimeDecay", 0.01, 2, 0.5),
    _schedule("CosineDecayRestarts", 0.01, 4),
    _adam("clipnorm", clipnorm=0.1),
    _adam("global_clipnorm", global_clipnorm=0.1),
    _adam("clipvalue", clipvalue=0.01),
    _adam("weight_decay", weight_decay=0.1),
    _adam("use_ema", use_ema=True, ema_momentum=0.9),
    _adam("use_ema-overwriting", use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=4),
    _adam("gradient_accumulation_steps", gradient_accumulation_steps=2),
    TrainingCase("by-name", lambda keras: "adam"),
    TrainingCase("mixed_float16", lambda keras: "adam", "mixed", 1e-2, _HALF),
    _adam("several-outputs", "outputs"),
    _adam("frozen-layer", "frozen"),
    _adam("shared-layer", "shared"),
    _adam("nested-model", "nested"),
    replace(_adam("changed-trainable", "changed"), twin="Adam"),
)
CASES = {case.name: case for case in _ALL}


def select(patterns: Iterable[str]) -> list[TrainingCase]:
    """The cases that a pattern fits; all without patterns."""
    patterns = list(patterns)
    return [
        case
        for case in CASES.values()
        if not patterns or any(fnmatch.fnmatch(case.name, p) for p in patterns)
    ]
