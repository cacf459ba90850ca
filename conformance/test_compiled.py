"""Metrics that are given back from resolved ones: every installed Keras makes the same metrics of them.

Runs with the Python of any environment: with tf_keras, Keras 2 or Keras 3 on any backend, or several of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.case import Keras
from conformance.installed import is_keras3
from kerasfmt.ir.keras_facts import Major
from kerasfmt.losses.functions import LOSS_FUNCTIONS
from kerasfmt.losses.given import given_loss
from kerasfmt.losses.loss import find_loss
from kerasfmt.metrics.described import is_sparse
from kerasfmt.metrics.given import given
from kerasfmt.metrics.per_output import Output, one_per_output
from kerasfmt.metrics.resolve import Entries, resolve
from tests.losses.keras_golden import FILES, KERAS_2
from tests.metrics.compiled_golden import CASES, outputs_in

NAMES = [name for keras, name in CASES if keras == KERAS_2[0] and "stored" in CASES[keras, name]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_keras_makes_the_same_metrics_of_what_is_given_back(tmp_path: Path, keras: Keras, name: str) -> None:
    case = CASES[KERAS_2[0], name]
    outputs = outputs_in(case)
    resolved = resolve(case["config"], outputs)
    words = given(resolved, outputs, 3 if is_keras3(keras) else 2)
    assert words.left_out == ()
    losses = one_per_output("loss", case["config"]["loss"], outputs)
    model = compiled(keras, outputs, losses, words.metrics, words.weighted_metrics)
    # Keras 3 calls the outputs in a dict by their keys.
    called = [Output(o.key, o.shape, o.key) if is_keras3(keras) and o.key else o for o in outputs]
    names = {metric.name for metric in resolve(case["config"], called).objects}
    assert set(model.get_metrics_result()) - losses_of(called) == names - losses_of(called)
    if is_keras3(keras):
        return
    import h5py

    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        stored = json.loads(file.attrs["training_config"])
    assert seen(stored["metrics"]) == seen(resolved.metrics)
    assert seen(stored["weighted_metrics"]) == seen(resolved.weighted_metrics)


def losses_of(outputs: list[Output]) -> set[str]:
    return {"loss", *(f"{output.name}_loss" for output in outputs)}


def seen(entries: Entries | None) -> list[list[Any]]:
    """The metrics of each output that has some."""
    return [[entry for entry in items if entry is not None] for items in entries or () if any(items)]


def compiled(
    keras: Keras, outputs: list[Output], losses: list[Any], metrics: Any, weighted_metrics: Any
) -> Any:
    """A model that was compiled from the words of an archive and trained for one step."""
    keras.backend.clear_session()
    x = keras.Input((4, 2), name="x")
    ends, labels = [], []
    for output, loss in zip(outputs, losses, strict=True):
        assert output.shape is not None
        _, *sizes = output.shape
        end = x if len(sizes) == 2 else keras.layers.Flatten(name=f"flat_{output.name}")(x)
        ends.append(keras.layers.Dense(sizes[-1], activation="sigmoid", name=output.name)(end))
        labels.append(
            np.zeros((2, *sizes[:-1], 1), np.int64) if is_sparse(loss) else np.ones((2, *sizes), np.float32)
        )
    by_key = outputs[0].key is not None
    keys = [output.key for output in outputs]
    in_dict = dict(zip(keys, ends, strict=True))
    model = keras.Model(x, in_dict if by_key else ends if len(ends) > 1 else ends[0], name="m")
    words = [{"registered_name": None, **loss} if isinstance(loss, dict) else loss for loss in losses]
    if by_key:
        words, metrics = dict(zip(keys, words, strict=True)), in_keys(keys, metrics)
        weighted_metrics = in_keys(keys, weighted_metrics)
    with keras.utils.custom_object_scope({"halves": halves, "mine>Half": half(keras)}):
        model.compile_from_config(
            {
                "optimizer": "sgd",
                "loss": words if len(losses) > 1 else words[0],
                "metrics": metrics,
                "weighted_metrics": weighted_metrics,
            }
        )
    y = dict(zip(keys, labels, strict=True)) if by_key else labels if len(labels) > 1 else labels[0]
    model.train_on_batch(np.ones((2, 4, 2), np.float32), y)
    return model


def in_keys(keys: list[Any], metrics: Any) -> Any:
    return None if metrics is None else dict(zip(keys, metrics, strict=True))


def halves(y_true: Any, y_pred: Any) -> Any:
    return (y_true - y_pred) / 2


def half(keras: Keras) -> type:
    @keras.utils.register_keras_serializable("mine")  # type: ignore[untyped-decorator]
    class Half(keras.metrics.Metric):  # type: ignore[misc, name-defined]
        def __init__(self, factor: int, name: str = "half", dtype: str | None = None) -> None:
            super().__init__(name=name, dtype=dtype)
            self.factor = factor
            self.seen = self.add_weight(name="seen", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.seen.assign_add(1.0)

        def result(self) -> Any:
            return self.seen / self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    return Half


def test_keras_makes_the_same_losses_of_what_is_given(keras: Keras) -> None:
    major: Major = 3 if is_keras3(keras) else 2
    model = keras.Sequential([keras.layers.Dense(2)])
    found = 0
    for file in FILES.values():
        for entry in file["objects"].values():
            kind = find_loss(entry["class_name"])
            if "variables" in entry or kind is None or kind.facts.absent_in == major:
                continue
            words = given_loss(
                {"class_name": entry["class_name"], "config": entry["config"]}, major, archive=True
            )
            model.compile_from_config({"optimizer": "sgd", "loss": words})
            assert type(model.loss).__name__ == entry["class_name"]
            made_by_keras = ("fn", "name") if words["config"]["name"] is None else ("fn",)
            stated = {k: v for k, v in model.loss.get_config().items() if k not in made_by_keras}
            assert stated == {key: words["config"][key] for key in stated}
            found += 1
    assert found > 60


def test_keras_knows_the_names_that_are_given(keras: Keras) -> None:
    major: Major = 3 if is_keras3(keras) else 2
    for row in LOSS_FUNCTIONS.rows:
        for name in {row.name, *row.names(2), *row.names(3)}:
            if row.names(major):
                assert keras.losses.get(given_loss(name, major, archive=True)).__name__ == row.name
