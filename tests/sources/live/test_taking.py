"""The values of live variables, as those of weights."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt import ir
from kerasfmt.errors import InvalidModelError
from kerasfmt.sources.live.taking import take_layer, take_weights
from tests.sources.live.live_models import KERNEL, dense3, model3


def test_a_layer_and_a_model() -> None:
    layer = kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")
    model = kerasfmt.Sequential([layer], name="live")
    live = dense3()
    taken: dict[int, ir.Weight] = {}
    take_layer(layer, live, taken)
    np.testing.assert_array_equal(layer.kernel.numpy(), KERNEL)
    assert taken[id(live.trainable_weights[0])] is layer.kernel
    taken.clear()
    take_weights(model, model3(), taken)
    assert list(taken.values()) == model.weights


def test_a_layer_that_the_live_model_lacks() -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="other")])
    with pytest.raises(InvalidModelError, match="layer other: expected it in the live model"):
        take_weights(model, model3(), {})
