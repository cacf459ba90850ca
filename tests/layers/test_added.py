from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph.run import run
from kerasfmt.layers import Add, AddLoss, AddMetric, BareLayer, Dense
from tests.layers.layer_tests import LayerTests, use

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
FILES = {"m.h5": "h5", "b.keras": "tf_keras", "m": "tf"}


class TestLayers(LayerTests):
    uses = [
        use(BareLayer(), (None, None), gives=(None, None)),
        use(AddLoss(unconditional=False), (None, 6), gives=(None, 6)),
    ]


def with_loss() -> kerasfmt.Model:
    """x -> dense, and beside it x + x -> half -> loss."""
    x = kerasfmt.Input((3,), name="x")
    dense = Dense(3, name="dense")
    model = kerasfmt.Model(x, dense(x), name="m")
    both, half = Add(name="both"), Dense(1, name="half")
    loss = AddLoss(unconditional=False, name="loss")
    bare = BareLayer(name="bare")
    loss(half(both([x, dense(bare(x))])))
    model.insert_layers([loss, half, both, bare])
    return model


def loss_of(model: kerasfmt.Model, training: bool) -> Any:
    function = model.default_trace(training).function
    _, found = run(function, [X], {w: w.numpy() for w in model.weights})
    return found


def test_layers_beside_the_outputs_run_after_those_they_need() -> None:
    model = with_loss()
    assert [call.layer.name for call in model.network] == [
        "x",
        "dense",
        "bare",
        "dense",
        "both",
        "half",
        "loss",
    ]
    assert [layer.name for layer in model.layers] == ["x", "dense", "loss", "half", "both", "bare"]
    dense, half = (model.get_layer(name) for name in ("dense", "half"))
    (kernel, bias), (down, off) = (layer.get_weights() for layer in (dense, half))
    expected = (X + X @ kernel + bias) @ down + off
    for training in (False, True):
        np.testing.assert_allclose(loss_of(model, training), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("file", FILES)
def test_a_loss_that_a_model_adds(file: str, tmp_path: Path) -> None:
    model = with_loss()
    kerasfmt.save_model(model, tmp_path / file, save_format=FILES[file])
    again = kerasfmt.load_model(tmp_path / file)
    assert again.get_config() == model.get_config()
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(loss_of(again, training=True), loss_of(model, training=True))


def test_keras3_has_none_of_them(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedLayerError, match="Keras 3 has no such layer"):
        kerasfmt.save_model(with_loss(), tmp_path / "m.keras")


def test_layers_that_are_never_called_are_left_out() -> None:
    config = with_loss().get_config()
    config["layers"] += [{"class_name": "Dense", "config": {"units": 2, "name": "idle"}, "inbound_nodes": []}]
    assert [layer.name for layer in model_from_config(config).layers] == [
        e["name"] for e in config["layers"][:-1]
    ]


def test_the_base_class_is_a_layer() -> None:
    model = kerasfmt.Sequential([BareLayer(input_shape=(3,), name="bare")])
    assert model.get_config()["layers"][-1]["class_name"] == "Layer"
    found = model_from_config(model.get_config())
    assert type(found.layers[0]) is BareLayer
    np.testing.assert_array_equal(found.predict(X), X)


def test_the_state_of_an_added_metric_is_not_in_archives(tmp_path: Path) -> None:
    x = kerasfmt.Input((3,), name="x")
    model = kerasfmt.Model(x, Dense(2)(x))
    metric = AddMetric("mean", "total", name="metric")
    metric(model.outputs[0])
    model.insert_layers([metric])
    with pytest.raises(
        UnsupportedLayerError, match=r"layer metric .*: Keras 2 asks its archives for the state"
    ):
        kerasfmt.save_model(model, tmp_path / "m.keras", save_format="tf_keras")
    for file in ("m.h5", "m"):
        kerasfmt.save_model(model, tmp_path / file)
        assert kerasfmt.load_model(tmp_path / file).get_config() == model.get_config()
