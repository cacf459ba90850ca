from __future__ import annotations

from typing import Any

import numpy as np

import kerasfmt
from kerasfmt.layers import Masking, MultiHeadAttention
from kerasfmt.layers.multi_head_attention import attention_equations, projection
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import f32


class TestLayers(LayerTests):
    uses = [
        use(
            MultiHeadAttention(2, 4),
            *((None, 3, 2), (None, 5, 2)),
            gives=(None, 3, 2),
            weights={
                **{f"{name}/kernel": (2, 2, 4) for name in ("query", "key", "value")},
                **{f"{name}/bias": (2, 4) for name in ("query", "key", "value")},
                "attention_output/kernel": (2, 4, 2),
                "attention_output/bias": (2,),
            },
        ),
    ]
    refused = {
        "heads": (
            lambda: MultiHeadAttention(0, 2, name="it"),
            "option num_heads: expected a whole number of at least 1",
        ),
    }


def test_equations() -> None:
    assert projection(2, 1, 2) == ("abc,cde->abde", "de")
    assert projection(2, 2, 1) == ("abcd,cde->abe", "e")
    assert attention_equations(4, (1,)) == ("aecd,abcd->acbe", "acbe,aecd->abcd")
    assert attention_equations(5, (1, 2)) == ("afgde,abcde->adbcfg", "adbcfg,afgde->abcde")


def multi_head(layer: MultiHeadAttention, masked: bool = False, **arguments: Any) -> kerasfmt.Model:
    inputs = [kerasfmt.Input((3, 2)), kerasfmt.Input((5, 2))]
    query, value = [Masking()(x) for x in inputs] if masked else inputs
    return kerasfmt.Model(inputs, layer(query, value, **arguments))


def test_multi_head_attention_states_its_weights() -> None:
    layer = MultiHeadAttention(2, 4, name="heads")
    multi_head(layer)
    assert [(w.name, w.shape) for w in layer.weights] == [
        ("heads/query/kernel", (2, 2, 4)),
        ("heads/query/bias", (2, 4)),
        ("heads/key/kernel", (2, 2, 4)),
        ("heads/key/bias", (2, 4)),
        ("heads/value/kernel", (2, 2, 4)),
        ("heads/value/bias", (2, 4)),
        ("heads/attention_output/kernel", (2, 4, 2)),
        ("heads/attention_output/bias", (2,)),
    ]
    assert list(layer.sublayers) == [
        *("_query_dense", "_key_dense", "_value_dense", "_softmax", "_dropout_layer", "_output_dense"),
    ]
    config = layer.get_config()
    assert config["value_shape"] == {"class_name": "TensorShape", "items": [None, 5, 2]}
    assert config["attention_axes"] == (1,)
    layer.trainable = False
    assert not layer.trainable_weights


def test_multi_head_model_comes_back_from_its_config() -> None:
    model = multi_head(MultiHeadAttention(2, 4, value_dim=3, output_shape=7))
    again = kerasfmt.model_from_config(model.get_config())
    again.set_weights(model.get_weights())
    x = [np.ones((2, 3, 2), np.float32), np.ones((2, 5, 2), np.float32)]
    assert model.predict(x).shape == (2, 3, 7)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.get_config() == model.get_config()


def test_multi_head_attention_leaves_masked_steps_out() -> None:
    rng = np.random.default_rng(0)
    query, value = rng.random((1, 3, 2), np.float32), rng.random((1, 5, 2), np.float32)
    value[:, 3:] = 0
    model = multi_head(MultiHeadAttention(2, 4), masked=True, return_attention_scores=True)
    result, scores = model.predict([query, value])
    assert model.outputs[0].masked
    assert not scores[..., 3:].any()
    np.testing.assert_allclose(scores.sum(-1), np.ones((1, 2, 3)), rtol=1e-6)
    assert result.shape == (1, 3, 2)


def test_multi_head_attention_takes_masks_and_causality() -> None:
    layer = MultiHeadAttention(2, 4)
    x, mask = kerasfmt.Input((3, 2)), kerasfmt.Input((3, 3), dtype="bool")
    outputs = layer(x, x, attention_mask=mask, use_causal_mask=True, return_attention_scores=True)
    model = kerasfmt.Model([x, mask], outputs)
    allowed = np.array([[[1, 1, 1], [0, 1, 1], [1, 1, 0]]], bool)
    _, scores = model.predict([np.ones((1, 3, 2), np.float32), allowed])
    np.testing.assert_allclose(scores[0, 0], f32([1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]))
