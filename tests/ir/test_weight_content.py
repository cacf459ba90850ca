"""The content of a weight as a constant."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir.weight import Weight
from kerasfmt.ir.weight_content import WeightContent
from kerasfmt.layers.idf_weights import IdfWeights


def test_it_is_the_content_at_the_time() -> None:
    weights = IdfWeights("idf", (0,), dtypes.float32)
    constant = WeightContent(weights)
    for count in (1, 2):
        weights.value = np.full(count, 0.5, np.float32)
        assert constant.argument == Spec((count,), dtypes.float32)
        assert constant.value.tolist() == [0.5] * count


def test_it_may_have_another_shape() -> None:
    weight = Weight("mean", (2,), dtypes.float32)
    weight.value = np.array([1, 2], np.float32)
    constant = WeightContent(weight, (1, 2, 1))
    assert constant.argument == Spec((1, 2, 1), dtypes.float32)
    assert constant.value.tolist() == [[[1], [2]]]
