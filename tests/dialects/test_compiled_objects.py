"""Losses and metrics in the words of the IR, of archives and of HDF5."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.dialects.compiled_objects import read_object, without_modules, write_metrics

FUNCTION = {"module": "builtins", "class_name": "function", "config": "my_fn", "registered_name": "function"}
OWN = {
    "module": "keras.metrics",
    "class_name": "AUC",
    "config": {"name": "auc", "num_thresholds": 5},
    "registered_name": None,
}
REGISTERED = {
    "module": "mine.metrics",
    "class_name": "Mine",
    "config": {"name": "mine"},
    "registered_name": "Pkg>Mine",
}
UNREGISTERED = {"module": None, "class_name": "Mine", "config": {"name": "mine"}, "registered_name": "Mine"}

BOTH_WAYS: list[tuple[Any, Any]] = [
    (None, None),
    ("mae", "mae"),
    ("accuracy", "accuracy"),
    ("AUC", "AUC"),
    ("auc", "auc"),
    (FUNCTION, "my_fn"),
    ({**FUNCTION, "config": "Pkg>my_fn"}, "Pkg>my_fn"),
    (OWN, {"class_name": "AUC", "config": OWN["config"]}),
    (REGISTERED, {"class_name": "Pkg>Mine", "config": {"name": "mine"}, "module": "mine.metrics"}),
    (UNREGISTERED, {"class_name": "Mine", "config": {"name": "mine"}}),
    (
        {"a": [OWN, "mse"], "b": None},
        {"a": [{"class_name": "AUC", "config": OWN["config"]}, "mse"], "b": None},
    ),
]


@pytest.mark.parametrize(("archive", "held"), BOTH_WAYS)
def test_words_of_archives(archive: Any, held: Any) -> None:
    assert read_object(archive) == held
    assert write_metrics(held) == archive


def test_a_function_of_keras_is_its_name() -> None:
    assert read_object({**FUNCTION, "config": "mean_squared_error"}) == "mean_squared_error"


def test_what_is_in_the_words_of_an_archive_stays() -> None:
    assert write_metrics([OWN, FUNCTION]) == [OWN, FUNCTION]


def test_hdf5_states_no_modules_of_objects() -> None:
    schedule = {
        "module": "keras.optimizers.schedules",
        "class_name": "CosineDecay",
        "config": {},
        "registered_name": None,
    }
    held = {
        "loss": {"a": {"class_name": "Pkg>Mine", "config": {"module": 3}, "module": "mine"}},
        "optimizer_config": {"class_name": "Pkg>O", "config": {"learning_rate": schedule}, "module": "mine"},
    }
    found = without_modules(held)
    assert found["loss"] == {"a": {"class_name": "Pkg>Mine", "config": {"module": 3}}}
    assert found["optimizer_config"] == {"class_name": "Pkg>O", "config": {"learning_rate": schedule}}
