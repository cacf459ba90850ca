"""A class states what a version of Keras says of it, and nothing else has to be edited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kerasfmt import Input, Model, layers
from kerasfmt.dialects import keras2_archive, keras3
from kerasfmt.dialects.layer_options import normalized
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.constraints import RadialConstraint
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.ir.layer import Layer, find_layer_class


def declared(facts: KerasFacts) -> Layer:
    """A new layer of a class that is declared with these facts, as one of Keras's own."""

    class Scale(Layer, register=False):
        __module__ = "kerasfmt.layers.scale"
        factor: float = 2.0
        groups: int = 1
        axis: Any = -1

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

    Scale.facts = facts
    return Scale(name="scale")


def entry(layer: Layer, kind: Any) -> dict[str, Any]:
    x = Input((3,), name="x")
    found: dict[str, Any] = kind.write_model(Model(x, layer(x), name="m"))["config"]["layers"][1]
    return found


def test_what_is_not_stated() -> None:
    found = entry(declared(KerasFacts()), keras3)
    assert (found["module"], found["class_name"]) == ("keras.layers", "Scale")
    assert {key: found["config"][key] for key in ("factor", "groups", "axis")} == {
        "factor": 2.0,
        "groups": 1,
        "axis": -1,
    }


def test_a_class_that_keras_3_lacks() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"layer scale \(Scale\): Keras 3 has no such layer"):
        entry(declared(KerasFacts(absent_in=3)), keras3)
    assert entry(declared(KerasFacts(absent_in=3)), keras2_archive)["class_name"] == "Scale"


def test_a_class_that_keras_2_lacks() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"layer scale \(Scale\): Keras 2 has no such layer"):
        entry(declared(KerasFacts(absent_in=2)), keras2_archive)
    assert entry(declared(KerasFacts(absent_in=2)), keras3)["class_name"] == "Scale"


def test_an_option_that_keras_3_renames() -> None:
    layer = declared(KerasFacts(renamed={"factor": "by"}))
    assert entry(layer, keras3)["config"]["by"] == 2.0
    assert "factor" not in entry(layer, keras3)["config"]
    assert entry(layer, keras2_archive)["config"]["factor"] == 2.0
    assert normalized(type(layer), {"by": 3.0}) == {"factor": 3.0}


def test_options_that_keras_3_has_not_got() -> None:
    facts = KerasFacts(implied_by_keras3={"groups": (1,), "axis": ANY_VALUE})
    assert not {"groups", "axis"} & entry(declared(facts), keras3)["config"].keys()
    with pytest.raises(UnsupportedLayerError, match="option groups: Keras 3 takes only 2 or 3, got 1"):
        entry(declared(KerasFacts(implied_by_keras3={"groups": (2, 3)})), keras3)


def test_options_that_keras_2_has_not_got() -> None:
    facts = KerasFacts(implied_by_keras2={"groups": (2,)})
    with pytest.raises(UnsupportedLayerError, match="Keras 2 has no such layer, or not with its options"):
        entry(declared(facts), keras2_archive)
    cls = type(declared(KerasFacts(implied_by_keras2={"value_range": ([0, 255],)})))
    assert normalized(cls, {"value_range": [0, 255]}) == {}
    assert normalized(cls, {"value_range": [0, 1]}) == {"value_range": [0, 1]}


def test_options_of_any_layer_that_keras_2_has_not_got() -> None:
    cls = type(declared(KerasFacts()))
    assert normalized(cls, {"lora_rank": None, "autocast": True}) == {}
    with pytest.warns(UserWarning, match="its adapter"):
        assert normalized(cls, {"lora_rank": 4}) == {}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ZeroPadding1D", {"padding": [1, 1], "data_format": "channels_last"}),
        ("RandomContrast", {"factor": [0.1, 0.1], "seed": 1, "value_range": [0, 255]}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "flash_attention": None}),
    ],
)
def test_options_of_keras_3_that_say_what_keras_2_does(kind: str, options: dict[str, Any]) -> None:
    cls = find_layer_class(kind)
    assert cls is not None
    *kept, last = options
    assert sorted(normalized(cls, options)) == sorted(kept)
    other = {**options, last: "other"}
    assert normalized(cls, other) == other


def test_a_list_that_is_an_item_in_keras_3() -> None:
    layer = declared(KerasFacts(unlisted_in_keras3=frozenset({"axis"})))
    layer.axis = [2]  # type: ignore[attr-defined]
    assert entry(layer, keras3)["config"]["axis"] == 2
    layer.axis = [1, 2]  # type: ignore[attr-defined]
    with pytest.raises(UnsupportedLayerError, match="option axis: Keras 3 takes one axis, got"):
        entry(layer, keras3)


def test_a_constraint_that_keras_3_lacks() -> None:
    layer = layers.Conv2D(2, 3, kernel_constraint=RadialConstraint(), name="conv")
    x = Input((5, 5, 1))
    with pytest.raises(UnsupportedLayerError, match="Keras 3 has no constraint RadialConstraint"):
        keras3.write_model(Model(x, layer(x)))


def test_facts_are_inherited_and_replaced_in_part() -> None:
    base, derived = layers.BatchNormalization.facts, layers.SyncBatchNormalization.facts
    assert derived == replace(base, absent_in=3, module="keras.layers.experimental")
    assert layers.SlicingOpLambda.facts is layers.TFOpLambda.facts


def test_the_name_of_a_class() -> None:
    assert find_layer_class("Custom>CustomScaleLayer") is layers.CustomScaleLayer
    assert layers.CustomScaleLayer(1.0).keras_name == "Custom>CustomScaleLayer"
    assert layers.Dense(1).keras_name == "Dense"
