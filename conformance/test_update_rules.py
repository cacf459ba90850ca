"""From nothing: a model and the state of its optimizer, made in NumPy or by optax; Keras does the next steps."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.case import Keras
from conformance.environments import ROOT, python
from conformance.installed import is_keras3, kerases
from conformance.optax_steps import CASES, MORE
from conformance.update_rules import (
    RULES,
    SHAPES,
    Array,
    batch,
    gradients,
    model_of,
    next_weights,
    random_weights,
    save,
)
from kerasfmt import optimizers
from kerasfmt.ir import TrainingConfig
from kerasfmt.optimizers.state import initial_variables

TOLERANCE = 1e-6
"""float32 holds seven digits; weights are near 1, and a step is smaller."""

OPTIMIZERS: Mapping[str, optimizers.Optimizer] = {
    "SGD": optimizers.SGD(0.02),
    "SGD-momentum": optimizers.SGD(0.02, momentum=0.8, clipnorm=0.5),
    "SGD-nesterov": optimizers.SGD(0.02, momentum=0.8, nesterov=True, weight_decay=0.1),
    "RMSprop": optimizers.RMSprop(0.02, rho=0.8),
    "RMSprop-momentum": optimizers.RMSprop(0.02, momentum=0.7),
    "RMSprop-centered": optimizers.RMSprop(0.02, momentum=0.7, centered=True, global_clipnorm=0.3),
    "Adam": optimizers.Adam(0.02, beta_1=0.8, epsilon=1e-3),
    "Adam-amsgrad": optimizers.Adam(0.02, amsgrad=True, clipvalue=0.1),
    "AdamW": optimizers.AdamW(0.02, weight_decay=0.1),
    "Adamax": optimizers.Adamax(0.02),
    "Nadam": optimizers.Nadam(0.02),
    "Adagrad": optimizers.Adagrad(0.02),
    "Adadelta": optimizers.Adadelta(0.5),
    "Ftrl": optimizers.Ftrl(0.02, l1_regularization_strength=0.01, beta=0.1),
    "Lion": optimizers.Lion(0.02, weight_decay=0.1),
    "Adafactor": optimizers.Adafactor(0.02),
    "Lamb": optimizers.Lamb(0.02),
}


def made(optimizer: optimizers.Optimizer, weights: Mapping[str, Array]) -> optimizers.StartedOptimizer:
    """The optimizer after 50 steps, with slots from a generator of random numbers."""
    training = TrainingConfig({"optimizer_config": optimizer.entry()})
    rng = np.random.default_rng(5)
    slots: dict[Any, Any] = {}
    for place in initial_variables(training, model_of(weights).trainable_weights)[1:]:
        slot, of = place.name.split("/", 2)[1:]
        value = rng.uniform(0.1, 0.4, place.shape)
        if slot == "average_gradient":
            value = value * 0.3  # its square is at most the average of squares
        if slot == "v" and isinstance(optimizer, optimizers.Adafactor) and len(place.shape) > 1:
            value = value * 0  # Keras computes it of the rows and columns
        slots[of, slot] = value.astype(np.float32)
    scalars = {scalar.attribute: np.asarray(0.3, np.float32) for scalar in optimizer.scalars}
    return optimizers.StartedOptimizer(optimizer, 50, slots, scalars)


def loaded(keras: Keras, path: Path) -> Any:
    """The model of a file, with what Keras 2 does not restore.

    Nadam of Keras 2 does not store its product of momenta. In a graph, it multiplies the product for every other weight
    instead of once; it follows its own rule only where it runs eagerly.

    Source: tf_keras/src/optimizers/nadam.py, Nadam.update_step
    """
    model = keras.models.load_model(path)
    if not is_keras3(keras) and type(model.optimizer).__name__ == "Nadam":
        stored = np.load(path.with_suffix(".npz"))
        model.optimizer._u_product.assign(stored["_u_product"])
        model.optimizer._u_product_counter = int(stored["iterations"]) + 1
        model.run_eagerly = True
    return model


def stepped(model: Any, inputs: Array, targets: Array) -> dict[str, Array]:
    """The weights of the model after a step more, by name; the step is counted."""
    before = int(np.asarray(model.optimizer.variables[0]))
    model.train_on_batch(inputs, targets)
    assert int(np.asarray(model.optimizer.variables[0])) == before + 1
    weights = [weight for layer in model.layers for weight in layer.weights]
    return {name: np.asarray(weight).copy() for name, weight in zip(SHAPES, weights, strict=True)}


def test_every_rule_is_tried() -> None:
    assert {type(optimizer).__name__ for optimizer in OPTIMIZERS.values()} == set(RULES)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_next_step_is_the_published_rule(keras: Keras, tmp_path: Path, name: str) -> None:
    optimizer = OPTIMIZERS[name]
    weights, (inputs, targets) = random_weights(1), batch(2)
    started = made(optimizer, weights)
    if optimizer.facts.absent_in == 2 and not is_keras3(keras):
        assert not hasattr(keras.optimizers, type(optimizer).__name__)
        return
    save(started, model_of(weights), tmp_path / "m", only_keras3=optimizer.facts.absent_in == 2)
    model = loaded(keras, tmp_path / ("m.keras" if is_keras3(keras) else "m.h5"))
    found = stepped(model, inputs, targets)
    expected = next_weights(started, weights, gradients(weights, inputs, targets))
    for of, array in expected.items():
        np.testing.assert_allclose(found[of], array, rtol=0, atol=TOLERANCE, err_msg=of)
        assert np.abs(array - weights[of]).max() > 1e-3  # a step from other slots would be seen


@pytest.fixture(scope="session")
def steps_of_optax(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `conformance.optax_steps` writes in the environment that has optax."""
    where = tmp_path_factory.mktemp("optax")
    command = [str(python("optax")), "-m", "conformance.optax_steps", str(where)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return where


@pytest.mark.parametrize("name", CASES)
def test_the_next_steps_are_those_of_optax(keras: Keras, steps_of_optax: Path, name: str) -> None:
    case = CASES[name]
    if case.only_keras3 and not is_keras3(keras):
        return
    model = loaded(keras, steps_of_optax / f"{name}.{'keras' if is_keras3(keras) else 'h5'}")
    stored = np.load(steps_of_optax / f"{name}.steps.npz")
    moved = dict.fromkeys(SHAPES, 0.0)
    for more in range(1, (1 if case.said else MORE) + 1):
        found = stepped(model, *batch(case.steps + more - 1))
        for of, array in found.items():
            what = f"{of} after {more} steps"
            np.testing.assert_allclose(
                array, stored[f"{more}/{of}"], rtol=0, atol=more * TOLERANCE, err_msg=what
            )
            moved[of] = max(moved[of], np.abs(array - stored[f"0/{of}"]).max())
    assert all((size > 1e-3) == (of[0] not in case.frozen) for of, size in moved.items())


def test_adafactor_goes_from_one_keras_to_the_other(keras: Keras, tmp_path: Path) -> None:
    """A live model goes on in the other Keras as in its own, though Keras 3 keeps integers that Keras 2 does not."""
    others = [other for other in kerases() if is_keras3(other) != is_keras3(keras)]
    layers = [keras.layers.Input((3,)), keras.layers.Dense(4, name="a"), keras.layers.Dense(2, name="b")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adafactor(0.02), "mse")
    for seed in range(3):
        model.train_on_batch(*batch(seed))
    kerasfmt.save_model(model, tmp_path / "m.keras")
    kerasfmt.save_model(model, tmp_path / "m.h5")
    expected = stepped(model, *batch(3))
    for other in (keras, *others):
        found = stepped(loaded(other, tmp_path / ("m.keras" if is_keras3(other) else "m.h5")), *batch(3))
        for of, array in found.items():
            np.testing.assert_allclose(array, expected[of], rtol=0, atol=TOLERANCE, err_msg=of)
