"""Arrays of older layouts are shared out among the layers that adopt them, wherever these are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.hdf5.older_layouts import in_todays_layout, refuse_changed_layouts
from kerasfmt.formats.matching import ordered_weights
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import ArrayLike, Weight
from kerasfmt.layers import BatchNormalization, Conv1D, Conv2D, Conv2DTranspose, Dense, TimeDistributed


class Halves(Layer, register=False):
    """Two weights; older files have the first one in two halves, or both negative."""

    first: Weight = fields.weight()
    second: Weight = fields.weight()

    def build(self, inputs: Spec) -> None:
        self.first = self.add_weight("first", (4,))
        self.second = self.add_weight("second", (2,))

    def call(self, inputs: Value) -> Value:
        return inputs * ops.reduce_sum(ops.identity(inputs.graph.read(self.first)))

    def adopt(self, stored: Sequence[ArrayLike]) -> Sequence[ArrayLike]:
        arrays = [np.asarray(a) for a in stored]
        if len(arrays) == 3:
            return [np.concatenate(arrays[:2]), arrays[2]]
        if arrays and arrays[0].max() > 100:
            raise ValueError("expected less than 100")
        return [-a for a in arrays]


def built(layer: Layer) -> Layer:
    x = kerasfmt.Input((3,))
    kerasfmt.Model(x, layer(x))
    return layer


def named(*arrays: Any) -> list[tuple[str, Any]]:
    return [(f"a{i}", np.asarray(a, np.float32)) for i, a in enumerate(arrays)]


def plain(found: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(name, np.asarray(array).tolist()) for name, array in found]


OLD = ([1, 2], [3, 4], [5, 6])
NEW = ([-1, -2, -3, -4], [-5, -6])


def test_a_layer_that_adopts() -> None:
    layer = built(Halves(name="it"))
    assert plain(in_todays_layout(layer, named(*OLD), "file")) == [
        ("it/first", [1, 2, 3, 4]),
        ("it/second", [5, 6]),
    ]
    assert plain(in_todays_layout(layer, named(*NEW), "file")) == [("a0", [1, 2, 3, 4]), ("a1", [5, 6])]
    with pytest.raises(InvalidModelError, match=r"file: layer it \(Halves\): expected less than 100"):
        in_todays_layout(layer, named([101] * 4, [1, 1]), "file")


def test_other_layers_take_what_there_is() -> None:
    layer = built(Dense(2))
    stored = named([1], [2], [3])
    assert in_todays_layout(layer, stored, "file") == stored


def nested(*layers: Layer) -> kerasfmt.Model:
    x = y = kerasfmt.Input((3,))
    for layer in layers:
        y = layer(y)
    inner = kerasfmt.Model(x, y, name="inner")
    outer = kerasfmt.Input((3,))
    kerasfmt.Model(outer, inner(outer))
    return inner


def test_layers_in_a_model_by_place() -> None:
    inner = nested(BatchNormalization(name="norm"), Halves(name="it"))
    names = [weight.name for weight in ordered_weights(inner)]
    assert names == [
        "norm/gamma",
        "norm/beta",
        "it/first",
        "it/second",
        "norm/moving_mean",
        "norm/moving_variance",
    ]
    found = in_todays_layout(inner, named([1] * 3, [2] * 3, *NEW, [3] * 3, [4] * 3), "file")
    assert plain(found)[2:4] == [("a2", [1, 2, 3, 4]), ("a3", [5, 6])]
    assert plain(found)[0] == ("a0", [1] * 3) and plain(found)[5] == ("a5", [4] * 3)


def test_layers_in_a_model_by_shares() -> None:
    inner = nested(Halves(name="one"), Halves(name="two"))
    found = in_todays_layout(inner, named(*OLD, *OLD), "file")
    assert [name for name, _ in found] == ["one/first", "one/second", "two/first", "two/second"]
    assert np.asarray(found[2][1]).tolist() == [1, 2, 3, 4]
    odd = named(*OLD, [1], [2])
    assert in_todays_layout(inner, odd, "file") == odd
    mixed = nested(Halves(name="three"), BatchNormalization(name="norm"))
    both = named(*OLD, [1], [2], [3], [4])
    assert in_todays_layout(mixed, both, "file") == both


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (Conv1D(2, 3, name="it"), "Conv1D"),
        (Conv2DTranspose(2, 3, name="it"), "Conv2DTranspose"),
        (Conv2D(2, 3, data_format="channels_first", name="it"), "Conv2D with channels_first"),
        (TimeDistributed(Conv1D(2, 3), name="it"), "Conv1D"),
    ],
)
def test_kernels_of_keras_1_in_another_order(layer: Layer, kind: str) -> None:
    with pytest.raises(
        UnsupportedFormatError, match=f"^file: Keras 1 stores the kernel of a {kind} in an order"
    ):
        refuse_changed_layouts(layer, "file")


@pytest.mark.parametrize("layer", [Dense(2), Conv2D(2, 3), BatchNormalization(), TimeDistributed(Dense(2))])
def test_layouts_that_keras_2_kept(layer: Layer) -> None:
    refuse_changed_layouts(layer, "file")
