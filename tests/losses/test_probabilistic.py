"""Losses between distributions: configs, constructors and facts as Keras has them."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import losses
from tests.losses.keras_golden import ClassTests


class TestProbabilistic(ClassTests):
    room = "losses"
    classes = (
        losses.BinaryCrossentropy,
        losses.BinaryFocalCrossentropy,
        losses.CategoricalCrossentropy,
        losses.CategoricalFocalCrossentropy,
        losses.CategoricalGeneralizedCrossEntropy,
        losses.KLDivergence,
        losses.Poisson,
        losses.SparseCategoricalCrossentropy,
    )


@pytest.mark.parametrize("q", [0, 1, -0.5, 2])
def test_q_lies_between_0_and_1(q: float) -> None:
    with pytest.raises(
        kerasfmt.errors.InvalidModelError, match="option q: expected a number between 0 and 1"
    ):
        losses.CategoricalGeneralizedCrossEntropy(q)


def test_the_axis_of_sparse_labels_is_stated_only_where_keras_2_would_not_assume_it() -> None:
    assert "axis" not in losses.SparseCategoricalCrossentropy().get_config()
    assert losses.SparseCategoricalCrossentropy(axis=1).get_config()["axis"] == 1
