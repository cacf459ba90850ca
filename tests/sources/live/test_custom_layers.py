"""What custom layers track, and the layers inside of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.revived import NO_CONFIG
from kerasfmt.ir.tracked import TrackedObject
from kerasfmt.sources.live.custom_layers import CustomLayers
from kerasfmt.sources.live.keras_code import KerasCode
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")
ONES = np.ones(2, np.float32)


class Block(keras.Layer):
    def __init__(self, name: str = "block") -> None:
        super().__init__(name)
        self.scale = self.add_weight("scale", ONES)
        self.more = {"a": [self.add_weight("a", ONES), 3], "text": "x"}
        self.dense = keras.Dense("dense", np.eye(2, dtype=np.float32))
        self.again = self.dense
        self._trainable_variables.append(keras.Variable("block/loose", ONES))
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        return self.dense(x * self.scale)


def test_what_is_tracked() -> None:
    layers = CustomLayers({}, KerasCode)
    found = layers.custom(Block())
    tracked = found.record.tracked
    assert list(tracked) == ["scale", "more", "dense", "again", "loose"]
    more = tracked["more"]
    assert isinstance(more, TrackedObject)
    assert more.identifier == "trackable_dict_wrapper"
    assert list(more.children) == ["a"]
    inner = more.children["a"]
    assert isinstance(inner, TrackedObject)
    assert (inner.identifier, list(inner.children)) == ("trackable_list_wrapper", ["0"])
    assert tracked["dense"] is tracked["again"]
    assert [w.name for w in found.weights] == ["block/scale", "block/a", "block/loose"]
    assert found.passes_mask
    assert found.sublayers == {"dense": tracked["dense"], "again": tracked["dense"]}


def test_the_weights_of_layers_inside_come_when_they_are_built() -> None:
    live = Block()
    layers = CustomLayers({}, KerasCode)
    found = layers.custom(live)
    assert layers.weight_of(live.dense._kernel) is None
    with pytest.raises(InvalidModelError, match=r"layer dense .*never calls it"):
        layers.finish()
    live.dense.get_build_config = lambda: {"input_shape": (None, 2)}  # type: ignore[attr-defined]
    kernel = layers.weight_of(live.dense._kernel)
    assert kernel is not None
    assert kernel.name == "dense/kernel"
    layers.finish()
    assert kernel in found.weights


def test_a_layer_that_is_not_built() -> None:
    live = Block()
    live.built = False
    with pytest.raises(InvalidModelError, match="not built yet; call the model on data first"):
        CustomLayers({}, KerasCode).custom(live)


def test_a_class_without_config() -> None:
    class Silent(Block):
        def get_config(self) -> Any:
            raise NotImplementedError

    found = CustomLayers({}, KerasCode).custom(Silent())
    assert found.record.content["config"] == {NO_CONFIG: True}
    assert found.get_config() == {}
