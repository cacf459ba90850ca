"""Layers with quantized weights compute what the layers of the floats compute, of which they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import (
    QuantizedDense,
    QuantizedEinsumDense,
    QuantizedEmbedding,
    QuantizedReversibleEmbedding,
)
from kerasfmt.layers.core import Embedding
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, model_of, reread

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(7)
ROWS = {"input_range": [-127, 127]}
KERNEL = {"kernel": (6, 5), "bias": (5,), "kernel_scale": (5,)}
HALF = {"kernel": (6, 3), "bias": (5,)}
GROUPS = {"kernel_scale": (2, 5), "kernel_zero": (2, 5), "g_idx": (6,)}


class TestLayers(LayerTests):
    uses = [
        use(QuantizedDense(5, **ROWS), (None, 6), gives=(None, 5), weights=KERNEL),
        use(
            QuantizedDense(5, quantization="int4"),
            (None, 4, 6),
            gives=(None, 4, 5),
            weights={**HALF, "kernel_scale": (5,)},
        ),
        use(
            QuantizedDense(5, quantization="int4", block_size=4),
            (None, 6),
            gives=(None, 5),
            weights={**HALF, **GROUPS},
        ),
        use(
            QuantizedEinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="e", **ROWS),
            *((None, 4, 6),),
            gives=(None, 4, 2, 3),
            weights={"kernel": (6, 2, 3), "bias": (3,), "kernel_scale": (1, 1, 2, 3)},
        ),
        use(
            QuantizedEinsumDense("abc,cd->abd", (None, 5), quantization="int4", block_size=4),
            *((None, 4, 6),),
            gives=(None, 4, 5),
            weights={"kernel": (6, 3), **GROUPS},
        ),
        use(
            QuantizedEmbedding(10, 5, quantization="int4", block_size=2),
            *((None, 4),),
            gives=(None, 4, 5),
            dtype="int32",
            weights={
                "embeddings": (10, 3),
                "embeddings_scale": (10, 3),
                "embeddings_zero": (10, 3),
                "g_idx": (5,),
            },
        ),
        use(
            QuantizedReversibleEmbedding(10, 6, **ROWS),
            *((None, 4),),
            gives=(None, 4, 6),
            dtype="int32",
            weights={"embeddings": (10, 6), "embeddings_scale": (10,)},
        ),
        use(
            QuantizedReversibleEmbedding(10, 5, tie_weights=False, quantization="int4", block_size=2),
            *((None, 4),),
            gives=(None, 4, 5),
            dtype="int32",
            weights={
                "embeddings": (10, 3),
                "embeddings_scale": (10, 3),
                "embeddings_zero": (10, 3),
                "g_idx": (5,),
                "reverse_embeddings": (3, 10),
                "reverse_embeddings_scale": (3, 10),
                "reverse_embeddings_zero": (3, 10),
            },
        ),
    ]
    refused = {
        "block": (lambda: QuantizedDense(5, block_size=4, name="it"), "option block_size: expected None"),
        "range": (
            lambda: QuantizedDense(5, input_range=[3, 1], name="it"),
            "option input_range: expected two numbers",
        ),
        "mode": (lambda: QuantizedDense(5, quantization="int2", name="it"), "option quantization"),
        "ellipsis": (
            lambda: QuantizedEinsumDense("...b,bc->...c", 4, name="it")(kerasfmt.Input((3, 4))),
            "takes none with an ellipsis",
        ),
    }


def of_8_bits(x: Array, axis: int) -> tuple[Array, Array]:
    """Whole numbers and the scale of each row or column."""
    scale = 127 / (np.abs(x).max(axis, keepdims=True) + np.float32(1e-7))
    return np.round(x * scale).astype(np.int8), scale.astype(np.float32)


def packed(x: Array) -> Array:
    padded = np.pad(x, ((0, 0), (0, x.shape[1] % 2)))
    return ((padded[:, 0::2] & 15) | (padded[:, 1::2] << 4)).astype(np.int8)


def test_products_of_whole_numbers() -> None:
    kernel, bias = (RNG.normal(size=s).astype(np.float32) for s in ((6, 5), (5,)))
    x = RNG.normal(size=(3, 6)).astype(np.float32)
    whole, scale = of_8_bits(kernel, 0)
    layer, plain = QuantizedDense(5, **ROWS), QuantizedDense(5)
    for one in (layer, plain):
        apply(one, x)
        one.kernel.value, one.bias.value, one.kernel_scale.value = whole, bias, scale[0]
    small, own = of_8_bits(x, 1)
    wanted = (small.astype(np.int32) @ whole.astype(np.int32)).astype(np.float32) / (scale * own) + bias
    np.testing.assert_allclose(apply(layer, x), wanted, rtol=1e-6)
    np.testing.assert_allclose(
        apply(plain, x), x @ whole.astype(np.float32) / scale + bias, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(apply(layer, x), x @ kernel + bias, atol=0.1)


def test_an_einsum_is_a_dense() -> None:
    x = RNG.normal(size=(3, 4, 6)).astype(np.float32)
    whole, scale = of_8_bits(RNG.normal(size=(6, 5)).astype(np.float32), 0)
    for options in (ROWS, {}):
        dense, einsum = (
            QuantizedDense(5, use_bias=False, **options),
            QuantizedEinsumDense("abc,cd->adb", (5, 4), **options),
        )
        apply(dense, x)
        apply(einsum, x)
        for one in (dense, einsum):
            one.kernel.value = whole
        dense.kernel_scale.value, einsum.kernel_scale.value = scale[0], scale[0].reshape(1, 5, 1)
        np.testing.assert_allclose(apply(einsum, x), apply(dense, x).swapaxes(1, 2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("block", [None, 4])
def test_kernels_of_4_bits(block: int | None) -> None:
    whole = RNG.integers(-8, 8, (6, 5)).astype(np.int8)
    x = RNG.normal(size=(3, 6)).astype(np.float32)
    layer = QuantizedDense(5, quantization="int4", block_size=block, use_bias=False)
    apply(layer, x)
    layer.kernel.value = packed(whole)
    if block is None:
        scale = RNG.uniform(1, 2, 5).astype(np.float32)
        floats = whole / scale
        layer.kernel_scale.value = scale
    else:
        scale, zero = (
            RNG.uniform(1, 2, (2, 5)).astype(np.float32),
            RNG.integers(-3, 4, (2, 5)).astype(np.int8),
        )
        groups = np.arange(6) // 4
        floats = (whole - zero[groups]) * scale[groups]
        layer.kernel_scale.value, layer.zero.value, layer.g_idx.value = scale, zero, groups.astype(np.float32)
    np.testing.assert_allclose(apply(layer, x), x @ floats, rtol=1e-5, atol=1e-5)


def test_a_table_in_both_directions() -> None:
    whole, scale = of_8_bits(RNG.normal(size=(10, 6)).astype(np.float32), 1)
    layer, indices = QuantizedReversibleEmbedding(10, 6), np.int32([[1, 9], [0, 3]])
    apply(layer, indices)
    layer.embeddings.value, layer.embeddings_scale.value = whole, scale[:, 0]
    rows = apply(layer, indices)
    np.testing.assert_allclose(rows, (whole / scale)[indices], rtol=1e-6)
    np.testing.assert_allclose(apply(layer, rows, reverse=True), rows @ (whole / scale).T, rtol=1e-5)


def test_every_format_keeps_it(tmp_path: Path) -> None:
    x = RNG.normal(size=(3, 6)).astype(np.float32)
    layer = QuantizedDense(5, quantization="int4", block_size=4, **ROWS, name="it")
    model = model_of(layer, x)
    model.set_weights([RNG.integers(-3, 1, w.shape).astype(w.dtype.numpy) for w in model.weights])
    layer.g_idx.value = np.float32([0, 0, 0, 0, 1, 1])
    assert isinstance(reread(layer), QuantizedDense)
    for name in ("saved", "model.h5", "model.keras"):
        kerasfmt.save_model(model, tmp_path / name)
        again = kerasfmt.load_model(tmp_path / name)
        assert type(again.layers[-1]).__name__ == "QuantizedDense"
        np.testing.assert_allclose(again.predict(x), model.predict(x), rtol=1e-6)
    assert not isinstance(Embedding(3, 2), QuantizedEmbedding)
