"""What a random layer makes of images in training."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.graph.run import run
from kerasfmt.ir.layer import Layer
from tests.layers.layer_tests import LayerTests
from tests.layers.one_layer import apply, model_of

IMAGES = np.random.default_rng(1).uniform(20, 200, (40, 6, 5, 3)).astype(np.float32)


def draws(layer: Layer, count: int, images: Any = IMAGES) -> list[Any]:
    """What the layer makes of images in training, call after call."""
    function = model_of(layer, images).default_trace(training=True).function
    state: dict[Any, Any] = {v: v.numpy() for v in function.captured}  # type: ignore[attr-defined]
    return [run(function, [images], state)[0] for _ in range(count)]


class RandomLayerTests(LayerTests):
    """Tests of layers that vary images in training, and leave them alone at inference."""

    def test_it_varies_in_training_only(self, case: Any) -> None:
        layer = case.made()
        np.testing.assert_array_equal(apply(layer, IMAGES), IMAGES)
        first, second = draws(layer, 2)
        assert first.shape != IMAGES.shape or not np.array_equal(first, IMAGES)
        again = type(layer).from_config(layer.get_config())
        np.testing.assert_array_equal(draws(again, 1)[0], first)
        assert first.shape != second.shape or not np.array_equal(first, second)

    def test_its_state_is_no_weight(self, case: Any) -> None:
        layer = case.made()
        assert model_of(layer, IMAGES).weights == []
        state = layer.generator_state
        assert state is not None
        assert state.name == f"{layer.name}/StateVar"
        assert state.numpy().tolist() == [1, 0, 0]
        assert layer.random_generator()
