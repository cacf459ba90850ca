"""The state of an optimizer that has done no step is what Keras builds: order, names, shapes, dtypes, values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from conformance.case import Keras
from conformance.installed import is_keras3
from kerasfmt import dtypes, optimizers
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.optimizers.optimizer import find_optimizer
from kerasfmt.optimizers.state import has_rate_variable, initial_variables, with_scalars

ARRAYS = {
    "a/kernel": np.full((3, 4), 2.5, np.float32),
    "a/bias": np.full((4,), -1.5, np.float32),
    "b/scale": np.full((), 0.5, np.float32),
    "b/kernel": np.full((2, 3, 5), 0.25, np.float16),
}
"""Trainable weights: a matrix, a vector, a number, and several matrices of another dtype."""

OPTIONS: Sequence[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.5}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True, "use_ema": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "use_ema": True}),
    ("AdamW", {"amsgrad": True}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.3}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Nadam", {"use_ema": True}),
    ("Ftrl", {"initial_accumulator_value": 0.3}),
    ("Lion", {"use_ema": True}),
    ("Adafactor", {}),
    ("Adafactor", {"use_ema": True}),
    ("Lamb", {}),
    ("ScheduleFreeAdamW", {}),
    ("Adam", {"gradient_accumulation_steps": 2, "use_ema": True}),
    ("Adafactor", {"gradient_accumulation_steps": 2}),
    ("Nadam", {"gradient_accumulation_steps": 2}),
]
"""Every optimizer whose slots are known, and every option that adds some."""


def _described(values: Sequence[Any]) -> list[tuple[tuple[int, ...], str, list[float]]]:
    arrays = [np.asarray(value) for value in values]
    return [(array.shape, array.dtype.name, array.ravel().tolist()) for array in arrays]


def _ours(kind: str, options: dict[str, Any]) -> tuple[TrainingConfig, list[Weight]]:
    found = find_optimizer(kind)
    assert found is not None
    weights = []
    for name, array in ARRAYS.items():
        weights.append(Weight(name, array.shape, dtypes.of(array.dtype)))
        weights[-1].value = array
    return TrainingConfig({"optimizer_config": found(**options).entry()}), weights


def test_every_optimizer_with_known_slots_is_here() -> None:
    classes = [getattr(optimizers, name) for name in optimizers.__all__]
    slots = {found.__name__ for found in classes if isinstance(found, type) and getattr(found, "slots", ())}
    assert slots == {kind for kind, _ in OPTIONS}


@pytest.mark.parametrize(("kind", "options"), OPTIONS)
def test_a_new_optimizer(keras: Keras, kind: str, options: dict[str, Any]) -> None:
    later = not hasattr(keras.optimizers, kind) or "gradient_accumulation_steps" in options
    if later and not is_keras3(keras):
        with pytest.raises((AttributeError, TypeError)):
            getattr(keras.optimizers, kind)(**options)
        return
    theirs = getattr(keras.optimizers, kind)(**options)
    training, weights = _ours(kind, options)
    if is_keras3(keras):
        variables = [
            keras.Variable(a, dtype=a.dtype.name, name=n.replace("/", "_")) for n, a in ARRAYS.items()
        ]
        theirs.build(variables)
        assert has_rate_variable(training)
        iteration, *slots = initial_variables(training, weights, 3)
        built = [variable.numpy() for variable in theirs.variables]
        rate = built.pop(1)
        assert rate.shape == ()
        scalars = with_scalars(training, weights).values()
        ours = [weight.numpy() for weight in (iteration, *slots, *scalars)]
        built[0] = built[0].astype(np.int64)  # 32 bits on some backends
        assert _described(ours) == _described(built)
        return
    import tensorflow as tf

    theirs.build([tf.Variable(array, name=name) for name, array in ARRAYS.items()])
    found = initial_variables(training, weights, 2)
    names = [v.name.partition(":")[0] for v in theirs.variables]
    assert [weight.name for weight in found] == [names[0], *(f"{kind}/{name}" for name in names[1:])]
    assert _described([weight.numpy() for weight in found]) == _described(
        [v.numpy() for v in theirs.variables]
    )
    for attribute, weight in with_scalars(training, weights).items():
        assert _described([weight.numpy()]) == _described([getattr(theirs, attribute).numpy()])
