"""How calls run on values: masks, casts, nested models, and what training leaves behind."""

from __future__ import annotations

import numpy as np

from kerasfmt import Input, Model
from kerasfmt.graph.run import run
from kerasfmt.layers import (
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
)

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def ops_of(model: Model, training: bool = False) -> list[str]:
    """The ops of every function that the model's calls."""
    ops: list[str] = []
    stack = [model.default_trace(training=training).function]
    while stack:
        for node in stack.pop().nodes:
            ops.append(node.op)
            if node.op.endswith("PartitionedCall"):
                stack.append(node.attrs["f"])
    return ops


def test_a_nested_model_called_twice() -> None:
    y = Input((3,))
    inner = Model(y, Dense(3, use_bias=False)(y), name="inner")
    x = Input((3,))
    model = Model(x, Concatenate()([inner(x), inner(inner(x))]), name="outer")
    (kernel,) = model.get_weights()
    expected = np.concatenate([X @ kernel, X @ kernel @ kernel], 1)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5)
    function = model.default_trace().function
    callees = {id(n.attrs["f"]) for n in function.nodes if n.op == "StatefulPartitionedCall"}
    assert len(callees) == 1


def test_masks_reach_the_layers_that_use_them() -> None:
    x = Input((None,), dtype="int32")
    embedding = Embedding(4, 2, mask_zero=True)
    model = Model(x, GlobalAveragePooling1D()(Dropout(0.5)(embedding(x))))
    table = embedding.get_weights()[0]
    found = model.predict(np.array([[1, 2, 0, 0], [3, 3, 3, 0]]))
    np.testing.assert_allclose(found, [(table[1] + table[2]) / 2, table[3]], rtol=1e-5)


def test_masks_pass_through_dense_layers() -> None:
    x = Input((None,), dtype="int32")
    dense = Dense(3)
    model = Model(x, GlobalAveragePooling1D()(dense(Embedding(4, 2, mask_zero=True)(x))))
    table, kernel, _ = model.get_weights()
    np.testing.assert_allclose(model.predict(np.array([[1, 0]])), [table[1] @ kernel], rtol=1e-5)


def test_masks_pass_through_nested_models() -> None:
    y = Input((None,), dtype="int32")
    embedding = Embedding(4, 2, mask_zero=True)
    inner = Model(y, embedding(y))
    x = Input((None,), dtype="int32")
    model = Model(x, GlobalAveragePooling1D()(inner(x)))
    table = embedding.get_weights()[0]
    found = model.predict(np.array([[1, 0]]))
    np.testing.assert_allclose(found, [table[1]], rtol=1e-5)
    assert inner.starts_mask


def test_masks_end_where_a_layer_does_not_know_them() -> None:
    x = Input((4,), dtype="int32")
    masked = Embedding(4, 2, mask_zero=True)(x)
    assert masked.masked
    assert not Flatten()(masked).masked
    assert not Embedding(4, 2)(x).masked


def test_mixed_precision_casts() -> None:
    x = Input((3,))
    half = Dense(4, dtype="mixed_float16")(x)
    model = Model(x, Dense(2)(half))
    assert half.dtype.name == "float16"
    assert [w.dtype.name for w in model.weights] == ["float32"] * 4
    assert ops_of(model).count("Cast") == 4  # the input, kernel and bias, and the way back
    assert model.predict(X).dtype == np.float32
    exact = X @ model.get_weights()[0] @ model.get_weights()[2]
    np.testing.assert_allclose(model.predict(X), exact, rtol=2e-2, atol=2e-2)  # 11 bits in the first layer


def test_double_precision() -> None:
    x = Input((3,), dtype="float64")
    model = Model(x, Dense(2, dtype="float64")(x))
    assert "Cast" not in ops_of(model)
    assert model.predict(X.astype(np.float64)).dtype == np.float64


def test_a_frozen_normalization_does_not_learn() -> None:
    x = Input((3,))
    norm = BatchNormalization()
    model = Model(x, norm(x))

    def written() -> set[str]:
        return {v.name.split("/")[1] for v in model.default_trace(training=True).function.written}

    assert written() == {"moving_mean", "moving_variance"}
    norm.trainable = False
    assert written() == set()
    norm.trainable = True
    assert written() == {"moving_mean", "moving_variance"}


def test_training_moves_the_averages() -> None:
    x = Input((3,))
    norm = BatchNormalization(momentum=0.5)
    model = Model(x, norm(x))
    state = {w: w.numpy() for w in model.weights}
    run(model.default_trace(training=True).function, [X], state)
    np.testing.assert_allclose(state[norm.weights[2]], X.mean(0) / 2, rtol=1e-6)
    run(model.default_trace(training=False).function, [X], dict(state))


def test_a_model_on_values() -> None:
    from kerasfmt import dtypes
    from kerasfmt.graph import Builder, Spec

    x = Input((3,))
    model = Model(x, Dense(2)(x))
    graph = Builder()
    value = graph.input(Spec((None, 3), dtypes.float32))
    function = graph.finish([model.apply(value) * 2.0])
    (result,) = run(function, [X], {w: w.numpy() for w in model.weights})
    np.testing.assert_allclose(result, 2 * model.predict(X), rtol=1e-6)
