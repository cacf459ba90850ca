"""The compile state from the objects of a SavedModel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import CorruptFileError
from kerasfmt.formats.saved_model.reader import load
from kerasfmt.ir import Model, TrainingConfig, Weight
from kerasfmt.optimizers import SGD, Adafactor, Adam, LossScaleOptimizer, Nadam, RMSprop
from kerasfmt.optimizers.loss_scale import unwrapped
from kerasfmt.optimizers.schedules import ExponentialDecay
from kerasfmt.optimizers.state import initial_variables
from tests.formats.saved_model.saved import save
from tests.formats.saved_model.stored_edits import edit_saved_model


def _model(optimizer: Any, **options: Any) -> Model:
    kerasfmt.clear_session()
    layers = kerasfmt.layers
    model = kerasfmt.Sequential(
        [layers.Dense(4, input_shape=(3,), name="a"), layers.Dense(2, name="b")], name="m"
    )
    model.compile(optimizer, **{"loss": "mse", **options})
    return model


def _stepped(model: Model) -> Model:
    """The model with a state of its optimizer in which no two variables are equal."""
    training = model.training_config
    assert training is not None
    training.variables = initial_variables(unwrapped(training), model.trainable_weights)
    for number, weight in enumerate(training.variables):
        weight.value = np.full(weight.shape, number + 1, weight.dtype.numpy)
    return model


def _state(training: TrainingConfig | None) -> list[tuple[str, Any]]:
    assert training is not None
    weights = [*training.variables, *training.scalars.values()]
    return [(weight.name, weight.numpy().tolist()) for weight in weights]


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: SGD(0.1, momentum=0.9),
        lambda: Adam(0.01, amsgrad=True, use_ema=True),
        lambda: Adafactor(),
        lambda: Nadam(),
        lambda: RMSprop(ExponentialDecay(0.1, 10, 0.5), centered=True),
        lambda: LossScaleOptimizer(Adam(0.01)),
        lambda: LossScaleOptimizer(SGD(0.01), dynamic=False),
        lambda: "adam",
    ],
)
def test_optimizers_come_back(tmp_path: Path, optimizer: Callable[[], Any]) -> None:
    model = _stepped(_model(optimizer(), metrics=["mae"]))
    first = save(model, tmp_path / "m")
    again = load(first.directory)
    ours, theirs = again.training_config, model.training_config
    assert ours is not None
    assert theirs is not None
    assert ours.optimizer_class == theirs.optimizer_class
    assert [value for _, value in _state(ours)[: len(theirs.variables)]] == [
        weight.numpy().tolist() for weight in theirs.variables
    ]
    assert save(again, tmp_path / "again").files() == first.files()


def _compile_legacy(model: Model, restored: bool) -> None:
    adam = {
        "name": "Adam",
        "learning_rate": 0.25,
        "decay": 0.0,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "amsgrad": False,
    }
    training = TrainingConfig(
        {"loss": "mse", "metrics": None, "optimizer_config": {"class_name": "Adam", "config": adam}}
    )
    weights = model.trainable_weights
    names = [f"Adam/{weight.name}/{slot}" for slot in "mv" for weight in weights]
    shapes = [weight.shape for _ in "mv" for weight in weights]
    steps = Weight("Adam/iter", (), dtypes.int64, trainable=False)
    steps.value = np.asarray(3, np.int64)
    training.variables = [steps]
    for number, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        slot = Weight(name, shape, dtypes.float32, trainable=False)
        slot.value = np.full(shape, number, np.float32)
        training.variables.append(slot)
    training.restored = restored
    model.training_config = training


@pytest.mark.parametrize("restored", [True, False])
def test_legacy_optimizers_come_back_with_their_slots(tmp_path: Path, restored: bool) -> None:
    model = _model("sgd")
    _compile_legacy(model, restored)
    first = save(model, tmp_path / "m")
    again = load(first.directory)
    assert again.training_config is not None
    assert again.training_config.restored is restored
    assert _state(again.training_config) == _state(model.training_config)
    assert save(again, tmp_path / "again").files() == first.files()


def test_a_legacy_optimizer_that_lacks_a_slot_is_told(tmp_path: Path) -> None:
    model = _model("sgd")
    _compile_legacy(model, True)
    directory = save(model, tmp_path / "m").directory

    def change(meta: Any) -> None:
        for node in meta.object_graph_def.nodes:
            if node.slot_variables:
                del node.slot_variables[0]

    edit_saved_model(directory, change)
    with pytest.warns(UserWarning, match=r"root\.optimizer: optimizer Adam: its variables do not fit"):
        again = load(directory)
    assert again.training_config is not None
    assert again.training_config.variables == []


def test_whether_keras_had_loaded_the_model_shows_in_the_names(tmp_path: Path) -> None:
    model = _stepped(_model(Adam(0.01)))
    assert model.training_config is not None
    for restored in (False, True):
        model.training_config.restored = restored
        first = save(model, tmp_path / f"m{restored}")
        again = load(first.directory)
        assert again.training_config is not None
        assert again.training_config.restored is restored
        assert _state(again.training_config)[1][0] == "Adam/m/a/kernel"
        assert save(again, tmp_path / f"again{restored}").files() == first.files()


def test_metrics_come_back_with_their_state(tmp_path: Path) -> None:
    metrics = ["mae", kerasfmt.metrics.AUC(num_thresholds=20), kerasfmt.metrics.Mean(name="own")]
    model = _model("sgd", metrics=metrics[:2], weighted_metrics=["mse"])
    directory = save(model, tmp_path / "m").directory
    again = load(directory)
    training = again.training_config
    assert training is not None
    assert training.metrics is not None
    assert [metric.name for metric in training.metrics] == ["loss", "mae", "auc", "mse"]
    assert [metric.class_name for metric in training.metrics][:3] == ["Mean", "MeanMetricWrapper", "AUC"]
    assert [weight.name for weight in training.metrics[0].variables] == ["total", "count"]
    assert training.built
    assert "shared_object_id" not in str(training.config)


def test_a_saved_model_without_traces_has_no_list_of_metrics(tmp_path: Path) -> None:
    model = _model("sgd", metrics=["mae"])
    again = load(save(model, tmp_path / "m", save_traces=False).directory)
    assert again.training_config is not None
    assert again.training_config.metrics is None


def test_a_variable_that_is_no_variable(tmp_path: Path) -> None:
    directory = save(_model("sgd", metrics=["mae"]), tmp_path / "m").directory

    def change(meta: Any) -> None:
        for node in meta.object_graph_def.nodes:
            if node.WhichOneof("kind") == "variable" and node.variable.name == "total":
                node.variable.aggregation = 99

    edit_saved_model(directory, change)
    with pytest.raises(CorruptFileError, match="99 is not a valid Aggregation; the file is damaged"):
        load(directory)
