"""Weights of tokens as a variable and as a constant."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Spec
from kerasfmt.layers.idf_weights import IdfWeights, WeightContent


def test_they_are_as_long_as_their_content() -> None:
    weights = IdfWeights("idf", (0,), dtypes.float32)
    weights.value = np.ones(3, np.float32)
    assert (weights.shape, weights.declared_shape) == ((3,), (None,))
    with pytest.raises(InvalidModelError, match="expected shape"):
        weights.value = np.ones((2, 2), np.float32)


def test_the_constant_is_their_content_at_the_time() -> None:
    weights = IdfWeights("idf", (0,), dtypes.float32)
    constant = WeightContent(weights)
    for count in (1, 2):
        weights.value = np.full(count, 0.5, np.float32)
        assert constant.argument == Spec((count,), dtypes.float32)
        assert constant.value.tolist() == [0.5] * count
