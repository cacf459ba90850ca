"""What models are compiled with, compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.comparison.compiled import compare_compiled, optimizer_arrays
from kerasfmt.ir import Model
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.layers import Dense


def model(optimizer: Any = None, **options: Any) -> Model:
    kerasfmt.clear_session()
    found = kerasfmt.Sequential([Dense(2, input_shape=(3,), name="dense")], name="m")
    if optimizer is not None:
        found.compile(optimizer, **options)
    return found


DECAY = {"initial_learning_rate": 1.0, "decay_steps": 5}
ADAM = {"class_name": "Adam", "config": {"learning_rate": 0.5}}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (model(), model()),
        (model("adam", loss="mse"), model("adam", loss="mean_squared_error")),
        (model("adam", loss=["MSE"]), model("adam", loss=["mse"])),
        (model("adam"), model({"class_name": "Adam", "config": {}})),
        (model({"class_name": "Adam", "config": {}}), model(kerasfmt.optimizers.Adam(0.0010000000474974513))),
        (model("adam"), model("adam", jit_compile=True, steps_per_execution=3)),
        (
            model(
                kerasfmt.optimizers.SGD(
                    {"class_name": "CosineDecay", "config": {"initial_learning_rate": 1.0, "decay_steps": 5}}
                )
            ),
            model(
                kerasfmt.optimizers.SGD(
                    {
                        "module": "keras.optimizers.schedules",
                        "class_name": "CosineDecay",
                        "registered_name": None,
                        "config": {**DECAY, "name": None},
                    }
                )
            ),
        ),
    ],
)
def test_other_words_for_the_same(a: Model, b: Model) -> None:
    assert list(compare_compiled(a, b)) == []


@pytest.mark.parametrize(
    ("a", "b", "where"),
    [
        (model("adam"), model(), "compiled"),
        (model("adam"), model("sgd"), "optimizer_config.class_name"),
        (model("adam", loss="mse"), model("adam", loss="mae"), "loss"),
        (
            model(kerasfmt.optimizers.Adam(0.5)),
            model(kerasfmt.optimizers.Adam(0.25)),
            "optimizer_config.config.learning_rate",
        ),
        (model("adam", metrics=["mae"]), model("adam"), "metrics"),
        # One that Keras 2 lacks, and one that Keras 3 lacks.
        (
            model("muon"),
            model({**ADAM, "config": {"is_legacy_optimizer": True}}),
            "optimizer_config.class_name",
        ),
    ],
)
def test_differences(a: Model, b: Model, where: str) -> None:
    found = [change.where for change in compare_compiled(a, b)]
    assert any(change.startswith(where) for change in found), found


def test_variables_by_what_they_are() -> None:
    fresh, begun = model(kerasfmt.optimizers.Adam()), model(kerasfmt.optimizers.Adam())
    begun.optimizer.iterations = 3
    for weight in begun.trainable_weights:
        begun.optimizer.set_slot(weight, "m", np.ones(weight.shape, np.float32))
    one, two = optimizer_arrays(fresh, begun)
    assert list(one) == ["iteration"]
    assert list(two) == [
        "iteration",
        *(f"{slot}/dense/{weight}" for weight in ("kernel", "bias") for slot in "mv"),
    ]


def test_what_some_formats_do_not_hold_counts_if_both_have_it() -> None:
    a, b = model(kerasfmt.optimizers.Adam()), model(kerasfmt.optimizers.Adam())
    for each in (a, b):
        each.optimizer.iterations = 3
    assert a.training_config is not None
    assert b.training_config is not None
    a.training_config.learning_rate = optimizer_variable("learning_rate", np.asarray(0.5))
    a.training_config.scalars["scale"] = optimizer_variable("scale", np.asarray(2.0))
    assert [list(each) for each in optimizer_arrays(a, b)] == [["iteration"], ["iteration"]]
    b.training_config.learning_rate = optimizer_variable("learning_rate", np.asarray(0.25))
    assert [list(each) for each in optimizer_arrays(a, b)] == [["iteration", "learning_rate"]] * 2


def test_variables_that_do_not_fit_the_options_are_numbered() -> None:
    a = model(kerasfmt.optimizers.Adam())
    assert a.training_config is not None
    a.training_config.variables = [optimizer_variable(str(n), np.asarray(n)) for n in range(3)]
    assert list(optimizer_arrays(a, a)[0]) == ["iteration", "1", "2"]


def test_no_optimizer() -> None:
    assert optimizer_arrays(model(), model()) == ({}, {})
