"""Nested parameters: what is a leaf, what is found at a path, and which weight a parameter is."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Model, Sequential
from kerasfmt.layers import Dense
from kerasfmt.optimizers.optax.pytrees import assigned, find, leaves
from tests.optimizers.optax.states import MaskedNode

Pair = namedtuple("Pair", "w b")
ONE = np.ones(1, np.float32)


@dataclass
class Linear:
    w: Any
    b: Any
    activation: Any = abs


@pytest.mark.parametrize(
    ("tree", "paths"),
    [
        (ONE, [()]),
        ({"a": {"w": ONE}, "b": None}, [("a", "w")]),
        (MappingProxyType({"a": ONE}), [("a",)]),
        ([ONE, (ONE,)], [(0,), (1, 0)]),
        ({"a": Pair(ONE, ONE)}, [("a", "w"), ("a", "b")]),
        (Linear(ONE, [ONE]), [("w",), ("b", 0)]),
    ],
)
def test_paths_lead_to_leaves(tree: Any, paths: Any) -> None:
    assert [path for path, _ in leaves(tree)] == paths
    assert all(find(tree, path, "mu") is ONE for path in paths)


@pytest.mark.parametrize("leaf", [1.5, "text", abs])
def test_what_is_no_leaf(leaf: Any) -> None:
    with pytest.raises(InvalidModelError, match=r"params\['a'\]\[1\]: expected an array, got"):
        list(leaves({"a": [ONE, leaf]}))


def test_what_optax_has_left_out() -> None:
    assert find({"a": MaskedNode()}, ("a",), "mu") is None
    assert find({"a": MaskedNode()}, ("a", "w"), "mu") is None


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": {"b": ONE}}, r"mu\['a'\]: expected 'w' as in params, got dict; params and mu do not belong together"),
        ({"a": ONE}, r"mu\['a'\]: expected 'w' as in params, got ndarray"),
        ([ONE], r"mu: expected 'a' as in params, got list"),
    ],
)  # fmt: skip
def test_trees_of_another_structure(tree: Any, message: str) -> None:
    with pytest.raises(InvalidModelError, match=message):
        find(tree, ("a", "w"), "mu")


def _model() -> Model:
    model = Sequential([Dense(4, input_shape=(3,), name="a"), Dense(4, name="b")], name="m")
    for place, weight in enumerate(model.weights):
        weight.value = np.full(weight.shape, place, np.float32)
    return model


def test_weights_by_name_and_by_object() -> None:
    kernel = _model().weights[0]
    params = {"kernel": np.zeros((3, 4), np.float32), "bias": ONE, "other": ONE}
    weights = {"kernel": kernel, "bias": "a/bias", "other": None}
    assert assigned(params, weights) == {("kernel",): kernel, ("bias",): "a/bias", ("other",): None}


def test_the_weights_of_a_model_that_hold_the_parameters() -> None:
    model = _model()
    kernel, bias, *_ = model.weights
    assert assigned([kernel.value, np.ones(4, np.float32)], model) == {(0,): kernel, (1,): bias}


def test_arrays_of_one_content_are_told_apart_if_they_are_the_weights_own() -> None:
    model = _model()
    for weight in model.weights:
        weight.value = np.zeros(weight.shape, np.float32)
    _, bias, _, other = model.weights
    assert assigned([other.value, bias.value], model) == {(0,): other, (1,): bias}
    with pytest.raises(
        InvalidModelError,
        match=r"params\[0\]: expected one weight of model m with this content, got 2 that do \(a/bias, b/bias\); give",
    ):
        assigned([np.zeros(4, np.float32)], model)


@pytest.mark.parametrize(
    ("params", "weights", "message"),
    [
        ({"a": ONE}, {"b": "w"}, "weights: expected 'a' as in params, got dict"),
        ({"a": ONE}, {"a": 3}, r"weights\['a'\]: expected a Weight, its name or None, got int"),
        ({"a": ONE}, {"a": _model().weights[0]}, r"params\['a'\]: expected shape \(3, 4\) of weight a/kernel, got"),
        ({"a": ONE, "b": ONE}, {"a": "w", "b": "w"}, "weights: two parameters have the weight w"),
        ({}, {}, "params: expected a pytree of arrays, got none"),
        ([np.full((3, 4), 7, np.float32)], _model(), "expected one weight of model m with this content, got none"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit(params: Any, weights: Any, message: str) -> None:
    with pytest.raises(InvalidModelError, match=message):
        assigned(params, weights)
