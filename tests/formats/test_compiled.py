"""Compile states as Keras 2 has built them, and as the user of each Keras gave them."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import Functional, Input
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.compiled import built_state, given_state
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.layers import Dense
from kerasfmt.optimizers import Adam, Lamb

GIVEN: dict[str, Any] = {"loss": "mse", "metrics": [["mae"], ["accuracy"]]}


def two(config: dict[str, Any] = GIVEN, optimizer: Any = None, **state: Any) -> Model:
    entry = Input((3,), name="x")
    model = Functional(entry, [Dense(1, name="a")(entry), Dense(3, name="b")(entry)])
    optimizer = (optimizer or Adam()).entry()
    model.training_config = TrainingConfig({**config, "optimizer_config": optimizer}, **state)
    return model


def wrapper(name: str, function: str) -> dict[str, Any]:
    return {"class_name": "MeanMetricWrapper", "config": {"name": name, "dtype": "float32", "fn": function}}


BUILT = [[wrapper("a_mae", "mean_absolute_error")], [wrapper("b_accuracy", "categorical_accuracy")]]


def test_metrics_are_built_for_each_output() -> None:
    found = built_state(two())
    assert found is not None
    assert found.built
    assert found.config["metrics"] == BUILT
    assert found.metrics is not None
    assert [metric.name for metric in found.metrics] == ["loss", "a_loss", "b_loss", "a_mae", "b_accuracy"]


def test_built_metrics_stay_and_get_objects() -> None:
    found = built_state(two({**GIVEN, "metrics": BUILT}, built=True))
    assert found is not None
    assert found.config["metrics"] == BUILT
    assert found.metrics is not None
    assert [metric.name for metric in found.metrics] == ["loss", "a_loss", "b_loss", "a_mae", "b_accuracy"]


@pytest.mark.parametrize("keras", [2, 3])
def test_built_metrics_are_given_back(keras: Any) -> None:
    found = given_state(two({**GIVEN, "metrics": BUILT}, built=True), keras)
    assert found is not None
    assert found.config["metrics"] == [["mae"], ["accuracy"]]
    assert not found.built


def test_what_the_user_gave_stays_for_the_same_keras() -> None:
    given: dict[str, Any] = {"metrics": {"a": "mae"}, "weighted_metrics": None}
    found = given_state(two({**GIVEN, "metrics": BUILT}, built=True, given=given), 2)
    assert found is not None
    assert found.config["metrics"] == {"a": "mae"}
    again = given_state(two({**GIVEN, "metrics": {"b": ["acc"]}}), 2)
    assert again is not None
    assert again.config["metrics"] == {"b": ["acc"]}


def test_metrics_that_cannot_be_built_stay_with_a_warning() -> None:
    model = two({**GIVEN, "metrics": {"c": ["mae"]}})
    with pytest.warns(UserWarning, match="its metrics are stored as they were given: .*got c"):
        found = built_state(model)
    assert found is not None
    assert found.config["metrics"] == {"c": ["mae"]}


def test_an_optimizer_that_keras_2_lacks_matters_only_where_it_is_stored() -> None:
    model = two(optimizer=Lamb())
    with pytest.raises(UnsupportedLayerError, match="Lamb: Keras 2 has no such optimizer"):
        built_state(model)
    assert built_state(model, include_optimizer=False) is not None
    assert given_state(model, 3) is not None


def test_a_model_that_is_not_compiled() -> None:
    model = two()
    model.training_config = None
    assert built_state(model) is None
    assert given_state(model, 3) is None


@pytest.mark.parametrize("made_by", [2, 3])
def test_a_loss_of_a_model_of_keras_3_is_one_that_both_know(made_by: int) -> None:
    loss = {"class_name": "Huber", "config": {"reduction": "sum_over_batch_size", "name": "h", "delta": 2.0}}
    model = two({"loss": {"a": loss, "b": "mse"}, "metrics": None})
    model.made_by_keras = made_by
    found = built_state(model)
    assert found is not None
    stated = found.config["loss"]["a"]["config"]
    assert ("fn" in stated) == (made_by == 2)
    assert (stated["delta"], found.config["loss"]["b"]) == (2.0, "mse")
