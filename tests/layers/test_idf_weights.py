"""Weights of tokens as a variable."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers.idf_weights import IdfWeights


def test_they_are_as_long_as_their_content() -> None:
    weights = IdfWeights("idf", (0,), dtypes.float32)
    weights.value = np.ones(3, np.float32)
    assert (weights.shape, weights.declared_shape) == ((3,), (None,))
    with pytest.raises(InvalidModelError, match="expected shape"):
        weights.value = np.ones((2, 2), np.float32)
