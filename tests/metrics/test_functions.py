"""The names of functions: each Keras takes those that the table says."""

from __future__ import annotations

import pytest

from kerasfmt.metrics.functions import BY_SHAPE, METRIC_FUNCTIONS
from kerasfmt.metrics.metric import METRIC_CLASSES, find_metric
from tests.losses.keras_golden import FILES, KERAS_2, KERAS_3


@pytest.mark.parametrize("keras", KERAS_2)
def test_keras_2_takes_the_names_of_the_table(keras: str) -> None:
    taken = {
        name: own for name, (kind, own) in FILES["metrics", keras]["names"].items() if kind == "function"
    }
    assert {name: row.name for name, row in METRIC_FUNCTIONS.names_in(2).items()} == taken


def test_keras_3_takes_them_for_classes() -> None:
    functions = {row.class_name for row in METRIC_FUNCTIONS.rows}
    taken = {
        name: own
        for name, (_, own) in FILES["metrics", KERAS_3]["names"].items()
        if own in functions and name not in METRIC_CLASSES.names()
    }
    assert {name: row.class_name for name, row in METRIC_FUNCTIONS.names_in(3).items()} == taken


def test_each_function_has_its_class() -> None:
    for row in METRIC_FUNCTIONS.rows:
        assert find_metric(row.class_name) is not None


def test_functions_that_go_by_the_shape_are_functions() -> None:
    for family in BY_SHAPE.values():
        assert all(METRIC_FUNCTIONS.find(name) for name in family.functions())
