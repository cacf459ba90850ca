"""The names of functions: each Keras takes those that the table says."""

from __future__ import annotations

import pytest

from kerasfmt.losses.functions import LOSS_FUNCTIONS, FunctionTable, NamedFunction
from kerasfmt.losses.loss import find_loss
from tests.losses.keras_golden import FILES, KERAS_2, KERAS_3


@pytest.mark.parametrize("keras", [*KERAS_2, KERAS_3])
def test_each_keras_takes_the_names_of_the_table(keras: str) -> None:
    taken = {name: own for name, (kind, own) in FILES["losses", keras]["names"].items() if kind == "function"}
    names = LOSS_FUNCTIONS.names_in(3 if keras == KERAS_3 else 2)
    assert {name: row.name for name, row in names.items()} == taken


def test_each_function_has_its_class() -> None:
    for row in LOSS_FUNCTIONS.rows:
        kind = find_loss(row.class_name)
        assert kind is not None
        assert kind.function == row.name


def test_aliases() -> None:
    def canonical(name: str) -> str | None:
        row = LOSS_FUNCTIONS.find(name)
        return row and row.name

    assert [canonical(n) for n in ("mse", "MSE", "logcosh", "huber_loss")] == [
        "mean_squared_error",
        "mean_squared_error",
        "log_cosh",
        "huber",
    ]
    assert canonical("accuracy") is canonical("Huber") is None
    huber = LOSS_FUNCTIONS.find("huber_loss")
    assert huber is not None
    assert "huber_loss" in huber.names(2)
    assert "huber_loss" not in huber.names(3)


def test_a_name_stands_for_one_function() -> None:
    with pytest.raises(AssertionError, match="mse"):
        FunctionTable((NamedFunction("a", "A", ("mse",)), NamedFunction("b", "B", ("mse",))))
