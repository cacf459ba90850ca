"""Losses, metrics, optimizers and schedules of one's own: what kerasfmt writes, a Keras that knows them loads.

Live models, and files that Keras wrote, through every format that this Keras reads.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import kerasfmt
from conformance.case import Keras
from conformance.installed import kerases

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.filterwarnings("ignore")

KERASES = kerases()


class Own(NamedTuple):
    """Classes and functions of the user's own, made with one Keras."""

    loss: Any
    registered_loss: Any
    function: Any
    registered_function: Any
    metric: Any
    registered_metric: Any
    optimizer: Any
    registered_optimizer: Any
    schedule: Any

    def objects(self) -> dict[str, Any]:
        """`custom_objects`: those that are not registered."""
        return {
            "OwnLoss": self.loss,
            "own_function": self.function,
            "OwnMetric": self.metric,
            "OwnAdam": self.optimizer,
            "OwnSchedule": self.schedule,
        }


def own(keras: Keras) -> Own:
    """A new set, registered anew."""
    saving = getattr(keras, "saving", keras.utils)
    register = saving.register_keras_serializable

    class OwnLoss(keras.losses.Loss):
        def __init__(self, factor: float = 2.0, **options: Any) -> None:
            super().__init__(**options)
            self.factor = factor

        def call(self, labels: Any, values: Any) -> Any:
            return (labels - values) ** 2 * self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    @register("Pkg")
    class RegisteredLoss(OwnLoss):
        pass

    def own_function(labels: Any, values: Any) -> Any:
        return (labels - values) ** 2

    @register("Pkg")
    def registered_function(labels: Any, values: Any) -> Any:
        return (labels - values) ** 2

    class OwnMetric(keras.metrics.MeanSquaredError):
        pass

    @register("Pkg")
    class RegisteredMetric(keras.metrics.MeanSquaredError):
        pass

    class OwnAdam(keras.optimizers.Adam):
        pass

    @register("Pkg")
    class RegisteredAdam(keras.optimizers.Adam):
        pass

    class OwnSchedule(keras.optimizers.schedules.ExponentialDecay):
        pass

    return Own(
        OwnLoss, RegisteredLoss, own_function, registered_function, OwnMetric, RegisteredMetric, OwnAdam,
        RegisteredAdam, OwnSchedule,
    )  # fmt: skip


def trained(keras: Keras, mine: Own, registered: bool) -> Any:
    entry = keras.Input((3,), name="entry")
    outputs = [keras.layers.Dense(1, name=name)(entry) for name in "ab"]
    model = keras.Model(entry, outputs, name="two")
    if registered:
        loss = [mine.registered_loss(factor=3.0), mine.registered_function]
        metrics = [[mine.registered_metric(name="m")], [mine.registered_function]]
        optimizer = mine.registered_optimizer(0.25)
    else:
        loss, metrics = [mine.loss(factor=3.0), mine.function], [[mine.metric(name="m")], [mine.function]]
        optimizer = mine.optimizer(mine.schedule(0.25, 10, 0.5))
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    rng = np.random.default_rng(1)
    labels = [rng.normal(size=(8, 1)).astype("float32") for _ in outputs]
    model.fit(rng.normal(size=(8, 3)).astype("float32"), labels, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("live", [True, False], ids=["live", "file"])
@pytest.mark.parametrize("registered", [True, False], ids=["registered", "custom_objects"])
@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
@pytest.mark.parametrize("keras", KERASES, ids=lambda keras: f"{keras.__name__}-{keras.__version__}")
def test_what_is_ones_own_is_found(
    keras: Keras, name: str, registered: bool, live: bool, tmp_path: Path
) -> None:
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    mine = own(keras)
    model = trained(keras, mine, registered)
    source = model
    if not live:
        model.save(tmp_path / f"theirs{Path(name).suffix}")
        source = kerasfmt.load_model(tmp_path / f"theirs{Path(name).suffix}")
    dialect = None if name.endswith(".h5") else "tf_keras" if keras.__version__.startswith("2.") else "keras"
    kerasfmt.save_model(source, tmp_path / name, save_format=dialect)
    objects = None if registered else mine.objects()
    loaded = keras.models.load_model(tmp_path / name, custom_objects=objects)
    losses = loaded.loss
    assert type(losses[0]) is (mine.registered_loss if registered else mine.loss)
    assert losses[0].factor == 3.0
    assert losses[1] is (mine.registered_function if registered else mine.function)
    assert type(loaded.optimizer) is (mine.registered_optimizer if registered else mine.optimizer)
    if not registered:
        rate = loaded.optimizer.get_config()["learning_rate"]
        assert rate["class_name"] == "OwnSchedule"
    x = np.random.default_rng(2).normal(size=(8, 3)).astype("float32")
    labels = [np.zeros((8, 1), "float32")] * 2
    expected = model.evaluate(x, labels, verbose=0, return_dict=True)
    found = loaded.evaluate(x, labels, verbose=0, return_dict=True)
    # Keras 2 stores the full name of a metric in an archive, and puts the output's name before it again.
    assert sorted(found.values()) == pytest.approx(sorted(expected.values()), rel=1e-5)
