from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.layers import (
    Activation,
    Dense,
    Dropout,
    EinsumDense,
    Embedding,
    Flatten,
    Reshape,
    ReversibleEmbedding,
)
from tests.layers.layer_tests import LayerTests, SizedLayerTests, Use, use
from tests.layers.one_layer import apply, f32, model_of

X = f32([1, 2, 3], [4, 5, 6])


class TestLayers(LayerTests):
    uses = [
        use(
            Dense(4, activation="relu", kernel_regularizer="l2"),
            (None, 3),
            gives=(None, 4),
            weights={"kernel": (3, 4), "bias": (4,)},
        ),
        use(Dense(4, use_bias=False), (None, None, 3), gives=(None, None, 4), weights={"kernel": (3, 4)}),
        use(
            EinsumDense("abc,cd->abd", (None, 6), bias_axes="d"),
            (None, None, 3),
            gives=(None, None, 6),
            weights={"kernel": (3, 6), "bias": (6,)},
        ),
        use(EinsumDense("...c,cd->...d", 6), (None, 5, 3), gives=(None, 5, 6), weights={"kernel": (3, 6)}),
        use(Activation("relu"), (None, None, 3), gives=(None, None, 3)),
        use(Flatten(), (None, 3, 4), gives=(None, 12)),
        use(Flatten(data_format="channels_first"), (None, 3, None, 4), gives=(None, None)),
        use(Dropout(0.5, seed=1), (None, 3), gives=(None, 3)),
        use(Dropout(0.5, noise_shape=[None, 1, None], seed=1), (None, None, 3), gives=(None, None, 3)),
        use(
            Embedding(4, 2),
            (None, None),
            gives=(None, None, 2),
            weights={"embeddings": (4, 2)},
            dtype="int32",
        ),
        use(
            ReversibleEmbedding(4, 2, tie_weights=False),
            (None, None),
            gives=(None, None, 2),
            weights={"embeddings": (4, 2), "reverse_embeddings": (2, 4)},
            dtype="int32",
        ),
        use(
            ReversibleEmbedding(4, 2, logit_soft_cap=2.0),
            (None, 5, 2),
            gives=(None, 5, 4),
            weights={"embeddings": (4, 2)},
            reverse=True,
        ),
        use(
            Embedding(4, 2, mask_zero=True),
            (None, 3),
            gives=(None, 3, 2),
            weights={"embeddings": (4, 2)},
            dtype="int32",
        ),
    ]
    refused = {
        "reverse_dtype": (
            lambda: ReversibleEmbedding(4, 2, reverse_dtype="int32", name="it"),
            "option reverse_dtype: expected a dtype of floats or None, got 'int32'",
        ),
        "units": (
            lambda: Dense(0, name="it"),
            "option units: expected a whole number of at least 1, got 0",
        ),
        "features": (
            lambda: Dense(2, name="it")(kerasfmt.Input((None,))),
            "input: expected a known size of axis -1",
        ),
        "activation": (lambda: Dense(2, activation="cube", name="it"), "cube"),
        "rank": (lambda: Dense(2, name="it")(kerasfmt.Input(())), "layer it (Dense): input: expected"),
        "format": (
            lambda: Flatten(data_format="last", name="it"),
            "option data_format: expected channels_last or",
        ),
        "rate": (lambda: Dropout(-0.5, name="it"), "option rate: expected a value in [0, 1], got -0.5"),
        "rows": (
            lambda: Embedding(0, 2, name="it"),
            "option input_dim: expected a whole number of at least 1",
        ),
    }


class TestReshape(SizedLayerTests):
    uses = [
        use(Reshape((2, 3)), (None, 6), gives=(None, 2, 3)),
        use(Reshape((-1, 2)), (None, 6), gives=(None, 3, 2)),
        use(Reshape((12,)), (None, 4, 3), gives=(None, 12)),
        use(Reshape((-1, 2)), (None, None, 4), gives=(None, None, 2)),
        use(Reshape((2, 14)), (None, None, 4), gives=(None, 2, 14)),
    ]
    needed = {Reshape: {"target_shape": (-1,)}}
    test_inputs_of_too_few_axes = None  # it takes inputs of any number of axes
    refused = {
        "size": (
            lambda: Reshape((5,), name="it")(kerasfmt.Input((3,))),
            "option target_shape: expected sizes of 3 elements",
        ),
        "rest": (
            lambda: Reshape((-1, 2), name="it")(kerasfmt.Input((3,))),
            "option target_shape: expected sizes of 3 elements",
        ),
    }


@pytest.mark.parametrize("case", TestReshape.uses, ids=str)
def test_reshape_is_numpys(case: Use) -> None:
    (x,) = case.arrays()
    layer = case.layer
    assert isinstance(layer, Reshape)
    np.testing.assert_array_equal(case.model().predict(x), x.reshape(len(x), *layer.target_shape))


def test_dense() -> None:
    layer = Dense(2, activation="relu")
    model = model_of(layer, X)
    assert [(w.name, w.shape) for w in model.weights] == [
        (f"{layer.name}/kernel", (3, 2)),
        (f"{layer.name}/bias", (2,)),
    ]
    model.set_weights([f32([1, 0], [0, -1], [1, 0]), f32(0, 3)])
    np.testing.assert_array_equal(model.predict(X), [[4, 1], [10, 0]])
    assert layer.input_spec() == InputSpec(min_ndim=2, axes={-1: 3})


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3), (2, 3, 4, 3)])
def test_dense_over_the_last_axis(shape: tuple[int, ...]) -> None:
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    layer = Dense(2, use_bias=False)
    result = apply(layer, x)
    # Sums in another order.
    np.testing.assert_allclose(result, x @ layer.kernel.numpy(), rtol=1e-5)
    assert len(layer.weights) == 1


def test_dense_with_unknown_steps() -> None:
    x = kerasfmt.Input((None, 3))
    model = kerasfmt.Model(x, Dense(4)(x))
    assert model.outputs[0].shape == (None, None, 4)
    assert model.predict(np.ones((2, 7, 3), np.float32)).shape == (2, 7, 4)


def test_mixed_precision_dense() -> None:
    layer = Dense(2, dtype="mixed_float16")
    assert apply(layer, X).dtype == np.float16
    assert layer.kernel.dtype.name == "float32"
    assert layer.get_config()["dtype"] == {"class_name": "Policy", "config": {"name": "mixed_float16"}}


def test_activation() -> None:
    layer = Activation("relu")
    np.testing.assert_array_equal(apply(layer, -X), np.zeros_like(X))
    assert layer.get_config()["activation"] == "relu"


def test_flatten() -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_array_equal(apply(Flatten(), x), x.reshape(2, 12))
    first = apply(Flatten(data_format="channels_first"), x)
    np.testing.assert_array_equal(first, x.transpose(0, 2, 1).reshape(2, 12))
    np.testing.assert_array_equal(apply(Flatten(), f32(1, 2)), [[1], [2]])
    assert Flatten().input_spec() == InputSpec(min_ndim=1)
    steps = kerasfmt.Input((None, 3))
    model = kerasfmt.Model(steps, Flatten()(steps))
    assert model.predict(np.ones((2, 5, 3), np.float32)).shape == (2, 15)
    fixed = kerasfmt.Input((None, 3), batch_size=2)
    assert Flatten()(fixed).shape == (2, None)


def test_dropout() -> None:
    x = np.ones((64, 64), np.float32)
    layer = Dropout(0.5, seed=1)
    np.testing.assert_array_equal(apply(layer, x), x)
    noisy = apply(layer, x, training=True)
    assert set(np.unique(noisy)) == {0, 2}
    # The standard error is below 0.02.
    assert abs(noisy.mean() - 1) < 0.1
    np.testing.assert_array_equal(apply(Dropout(0), x, training=True), x)
    assert not apply(Dropout(1), x, training=True).any()
    assert layer.random_generator()


def test_dropout_shares_its_mask() -> None:
    x = np.ones((8, 5, 4), np.float32)
    layer = Dropout(0.5, noise_shape=[None, 1, None], seed=3)
    noisy = apply(layer, x, training=True)
    np.testing.assert_array_equal(noisy, np.broadcast_to(noisy[:, :1], x.shape))
    assert layer.tracked_lists() == ("noise_shape",)
    assert layer.get_config()["noise_shape"] == [None, 1, None]
    assert Dropout(0.5, (None, 1)).get_config()["noise_shape"] == (None, 1)


def test_embedding() -> None:
    layer = Embedding(4, 2)
    ids = np.int32([[0, 3], [1, 1]])
    result = apply(layer, ids)
    np.testing.assert_array_equal(result, layer.embeddings.numpy()[ids])
    np.testing.assert_array_equal(apply(layer, ids.astype(np.float32)), result)
    assert not layer.starts_mask


def test_embedding_makes_its_input_shape() -> None:
    assert tuple(Embedding(4, 2).get_config()["batch_input_shape"]) == (None, None)
    assert Embedding(4, 2, input_length=7).batch_input_shape == (None, 7)
    assert Embedding(4, 2, input_length=(7, 2)).batch_input_shape == (None, 7, 2)
    masked = Embedding(4, 2, mask_zero=True)
    assert masked(kerasfmt.Input((3,), dtype="int32")).masked


def test_a_layer_is_built_for_its_features() -> None:
    layer = Dense(2)
    layer(kerasfmt.Input((3,)))
    with pytest.raises(InvalidModelError, match="expected 3 elements along axis -1"):
        layer(kerasfmt.Input((4,)))


EINSUMS: list[tuple[str, Any, str | None, tuple[int, ...], tuple[int, ...], tuple[int, ...] | None]] = [
    ("abc,cd->abd", (None, 6), "d", (4, 3), (3, 6), (6,)),
    ("...c,cd->...d", 6, None, (5, 4, 3), (3, 6), None),
    ("ab...,bc->ac...", 6, "c", (4, 3), (4, 6), (6, 1)),
    ("abc,cde->abde", (4, 2, 5), "be", (4, 3), (3, 2, 5), (4, 1, 5)),
]


@pytest.mark.parametrize(("equation", "output", "axes", "shape", "kernel", "bias"), EINSUMS)
def test_einsum_dense(equation: str, output: Any, axes: Any, shape: Any, kernel: Any, bias: Any) -> None:
    layer = EinsumDense(equation, output, bias_axes=axes)
    x = np.random.default_rng(0).random((2, *shape), np.float32)
    result = apply(layer, x)
    assert layer.kernel.shape == kernel
    assert (layer.bias.shape if layer.bias is not None else None) == bias
    # Sums in another order.
    np.testing.assert_allclose(result, np.einsum(equation, x, layer.kernel.numpy()), rtol=1e-4)
    assert list(layer.get_config())[3:6] == ["output_shape", "equation", "activation"]


@pytest.mark.parametrize(
    ("equation", "output", "axes", "message"),
    [
        ("ab->cd", 2, None, "expected a,b->c, ...a,b->...c or a...,b->c..."),
        ("...b,bc->c", 2, None, "expected a,b->c"),
        ("ab,bc->ac", 2, "x", "'x' do not occur where they must"),
        ("ab,bc->ad", 2, None, "do not occur where they must"),
        ("ab,cd->ab", 3, None, "do not occur where they must"),
        ("abc,cd->abd", (None, 2), None, "3 subscripts for inputs of shape (None, 3)"),
        ("ab,bc->ac", (2, 2), None, "output_shape [2, 2] does not fit 'ac'"),
        ("ab,b->ab", 2, None, "b is 3, but 2 in the output"),
    ],
)
def test_einsum_equations_that_do_not_fit(equation: str, output: Any, axes: Any, message: str) -> None:
    with pytest.raises(InvalidModelError) as caught:
        EinsumDense(equation, output, bias_axes=axes)(kerasfmt.Input((3,)))
    assert message in str(caught.value)


def test_a_table_in_both_directions() -> None:
    table = f32([1, 0], [0, 1], [2, 2])
    layer = ReversibleEmbedding(3, 2, mask_zero=True, logit_soft_cap=4.0)
    model_of(layer, np.int32([[0, 1]]))
    layer.set_weights([table])
    np.testing.assert_array_equal(apply(layer, np.int32([[2, 0]])), table[None, [2, 0]])
    rows = f32([[3, 1], [0, 2]])
    np.testing.assert_allclose(apply(layer, rows, reverse=True), np.tanh(rows @ table.T / 4) * 4, rtol=1e-6)
    loose = ReversibleEmbedding(3, 2, tie_weights=False, reverse_dtype="float64")
    model_of(loose, np.int32([[0, 1]]))
    loose.set_weights([table, f32([1, 2, 3], [4, 5, 6])])
    found = apply(loose, rows, reverse=True)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, rows @ f32([1, 2, 3], [4, 5, 6]))
