"""Losses and metrics are spread over outputs; what does not fit is told by name."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Dense, Flatten
from kerasfmt.metrics.per_output import Output, flat, is_leaf, metrics_per_output, one_per_output, outputs_of
from tests.metrics.compiled_golden import CASES, outputs_in

ONE = [Output("out", (None, 3))]
TWO = [Output("a", (None, 1), "x"), Output("b", (None, 3), "y")]
AUC = {"class_name": "AUC", "config": {}}


def test_leaves() -> None:
    for leaf in (None, "mae", 0.5, AUC):
        assert is_leaf(leaf)
        assert flat(leaf) == [leaf]
    for structure in ([], {"a": "mae"}, ("mae",)):
        assert not is_leaf(structure)
    assert flat({"b": ["mae", [AUC]], "a": None}) == [None, "mae", AUC]


@pytest.mark.parametrize(
    ("given", "keras_2", "keras_3"),
    [
        (None, [[None], [None]], [[None], [None]]),
        ([], [[], []], [[], []]),
        (AUC, [[AUC], [AUC]], [[AUC], [AUC]]),
        (["mae", "mse"], [["mae", "mse"], ["mae", "mse"]], [["mae"], ["mse"]]),
        ([["mae"], None], [["mae"], [None]], [["mae"], [None]]),
        (["mae", ["mse"]], [["mae"], ["mse"]], [["mae"], ["mse"]]),
        ({"b": "mae"}, [[None], ["mae"]], [[None], ["mae"]]),
        ({"y": ["mae", "mse"], "a": []}, [[], ["mae", "mse"]], [[], ["mae", "mse"]]),
    ],
)
def test_metrics_of_two_outputs(given: Any, keras_2: Any, keras_3: Any) -> None:
    assert metrics_per_output("metrics", given, TWO, 2) == keras_2
    assert metrics_per_output("metrics", given, TWO, 3) == keras_3


def test_all_metrics_are_of_the_only_output() -> None:
    for given in ("mae", ["mae"], [["mae"]], {"out": "mae"}, {"out": ["mae"]}):
        assert metrics_per_output("metrics", given, ONE, 2) == [["mae"]]
    assert metrics_per_output("metrics", [["mae"], ["mse"]], ONE, 2) == [["mae", "mse"]]


def test_losses() -> None:
    assert one_per_output("loss", "mse", TWO) == ["mse", "mse"]
    assert one_per_output("loss", ["mse", None], TWO) == ["mse", None]
    assert one_per_output("loss", {"y": "mse"}, TWO) == [None, "mse"]
    assert one_per_output("loss", {"out": ["mse"]}, ONE) == ["mse"]
    assert one_per_output("loss_weights", [0.5, 1], TWO) == [0.5, 1]
    assert one_per_output("loss_weights", 2, TWO) == [2, 2]


def test_what_does_not_fit() -> None:
    with pytest.raises(InvalidModelError, match=r"metrics: expected names of outputs \(a, b\), got c, d"):
        metrics_per_output("metrics", {"d": [], "a": [], "c": []}, TWO, 2)
    for keras in (2, 3):
        with pytest.raises(
            InvalidModelError, match=r"an entry for each of 2 outputs \(a, b\), got a list of 1"
        ):
            metrics_per_output("metrics", [["mae"]], TWO, keras)  # type: ignore[arg-type]
    with pytest.raises(InvalidModelError, match="metrics: expected an entry for each of 2 outputs"):
        metrics_per_output("metrics", ["mae"], TWO, 3)
    with pytest.raises(InvalidModelError, match="loss: expected an entry for each of 2 outputs"):
        one_per_output("loss", ["mse"], TWO)


@pytest.mark.parametrize("name", ["two outputs", "three outputs", "sequence", "outputs in a dict"])
def test_outputs_of_a_model_are_those_of_keras(name: str) -> None:
    case = CASES["keras-2.15.0", name]
    x = kerasfmt.Input((4, 2), name="x")
    ends = {}
    for output in sorted(outputs_in(case)):
        assert output.shape is not None
        units = output.shape[-1]
        assert units is not None
        ends[output.key or output.name] = Dense(units, name=output.name)(
            x if len(output.shape) == 3 else Flatten()(x)
        )
    in_a_dict = name.endswith("dict")
    model = kerasfmt.Model(x, ends if in_a_dict else list(ends.values()), name="m")
    assert outputs_of(model) == outputs_in(case)
