"""Layers that normalize, merge, activate, regularize and attend: NumPy against Keras 2, output for output.

Each case builds a Keras model of one layer call, takes over its config and weights, and compares config,
input spec, shapes, weights, inference, training and the weights after training.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

keras = pytest.importorskip("keras.src.engine.keras_tensor", reason="needs Keras 2") and pytest.importorskip(
    "keras"
)

import tensorflow as tf  # noqa: E402
from keras.src.saving.legacy.saved_model import json_utils  # noqa: E402

import kerasfmt  # noqa: E402
import kerasfmt.layers  # noqa: E402
from kerasfmt.graph.run import run  # noqa: E402
from kerasfmt.ir.structure import flatten  # noqa: E402

L = keras.layers


class Case(NamedTuple):
    """One layer call.

    Attributes:
      layer: makes the Keras layer.
      shapes: shapes of its inputs, without the batch.
      training: whether its training outputs are not random, so that they can be compared.
      masked: whether the inputs come through a Masking layer.
      dtype: dtype of the inputs.
    """

    layer: Callable[[], Any]
    shapes: tuple[tuple[int | None, ...], ...]
    training: bool = True
    masked: bool = False
    dtype: str = "float32"
    rows: int = 6
    batch_size: int | None = None


def case(make: Callable[[], Any], *shapes: tuple[int | None, ...], **options: Any) -> Case:
    return Case(make, shapes, **options)


def initializer() -> Any:
    return keras.initializers.RandomUniform(0.5, 1.5, seed=3)


def batch_norm(**options: Any) -> Any:
    names = ("beta", "gamma", "moving_mean", "moving_variance")
    return L.BatchNormalization(**{f"{n}_initializer": initializer() for n in names}, **options)


def layer_norm(**options: Any) -> Any:
    return L.LayerNormalization(beta_initializer=initializer(), gamma_initializer=initializer(), **options)


def group_norm(**options: Any) -> Any:
    return L.GroupNormalization(beta_initializer=initializer(), gamma_initializer=initializer(), **options)


def einsum(equation: str, output_shape: Any, **options: Any) -> Any:
    return L.EinsumDense(equation, output_shape=output_shape, **options)


def call(layer: Any, **arguments: Any) -> Any:
    return lambda inputs: layer(inputs, **arguments)


def spread(layer: Any, **arguments: Any) -> Any:
    """A call with the inputs as query, value and key."""
    return lambda inputs: layer(*inputs, **arguments)


def multi_head_layer(**options: Any) -> Any:
    return L.MultiHeadAttention(2, 5, **options)


def multi_head(**options: Any) -> Any:
    return spread(multi_head_layer(**options))


IMAGE = (5, 4, 3)
CASES: dict[str, Case] = {
    "softmax": case(lambda: L.Softmax(), (5, 3)),
    "softmax_axis": case(lambda: L.Softmax(axis=1), (5, 3)),
    "softmax_axes": case(lambda: L.Softmax(axis=[1, 2]), (5, 3)),
    "softmax_axes_tuple": case(lambda: L.Softmax(axis=(-1, -2)), (5, 3)),
    "softmax_axes_one": case(lambda: L.Softmax(axis=[1]), (5, 3)),
    "softmax_half": case(lambda: L.Softmax(dtype="mixed_float16"), (5, 3)),
    "relu": case(lambda: L.ReLU(), IMAGE),
    "relu6": case(lambda: L.ReLU(6), IMAGE),
    "relu_max": case(lambda: L.ReLU(max_value=1.5), IMAGE),
    "relu_slope": case(lambda: L.ReLU(negative_slope=0.1), IMAGE),
    "relu_all": case(lambda: L.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2), IMAGE),
    "relu_threshold": case(lambda: L.ReLU(threshold=0.2), IMAGE),
    "relu_slope_max": case(lambda: L.ReLU(max_value=6, negative_slope=0.25), IMAGE),
    "batch_norm": case(lambda: batch_norm(), IMAGE),
    "batch_norm_first": case(lambda: batch_norm(axis=1), (7,)),
    "batch_norm_dynamic": case(lambda: batch_norm(), (None, None, 3)),
    "batch_norm_negative": case(lambda: batch_norm(axis=-4), (3, 2, 4, 5)),
    "batch_norm_5d": case(lambda: batch_norm(), (3, 2, 4, 5)),
    "batch_norm_5d_middle": case(lambda: batch_norm(axis=3), (3, 2, 4, 5)),
    "batch_norm_middle": case(lambda: batch_norm(axis=2), IMAGE),
    "batch_norm_2d": case(lambda: batch_norm(momentum=0.6, epsilon=0.1), (3,)),
    "batch_norm_3d": case(lambda: batch_norm(axis=1), (4, 3)),
    "batch_norm_axes": case(lambda: batch_norm(axis=[1, 3]), IMAGE),
    "batch_norm_axes_swapped": case(lambda: batch_norm(axis=[-1, 1]), IMAGE),
    "batch_norm_bare": case(lambda: batch_norm(center=False, scale=False), IMAGE),
    "batch_norm_bare_plain": case(lambda: batch_norm(center=False, scale=False), (3,)),
    "batch_norm_center": case(lambda: batch_norm(scale=False), (3,)),
    "batch_norm_scale": case(lambda: batch_norm(center=False), (3,)),
    "batch_norm_frozen": case(lambda: batch_norm(trainable=False), IMAGE),
    "batch_norm_frozen_plain": case(lambda: batch_norm(trainable=False), (3,)),
    "batch_norm_mixed": case(lambda: batch_norm(dtype="mixed_float16"), IMAGE),
    "batch_norm_mixed_plain": case(lambda: batch_norm(dtype="mixed_float16"), (3,)),
    "batch_norm_half": case(lambda: batch_norm(dtype="float16"), IMAGE),
    "batch_norm_half_plain": case(lambda: batch_norm(dtype="float16"), (3,)),
    "batch_norm_bfloat": case(lambda: batch_norm(dtype="mixed_bfloat16"), IMAGE),
    "batch_norm_double": case(lambda: batch_norm(dtype="float64"), IMAGE),
    "batch_norm_masked": case(lambda: batch_norm(), (4, 3), masked=True),
    "batch_norm_regularized": case(
        lambda: batch_norm(beta_regularizer="l2", gamma_constraint="non_neg"), IMAGE
    ),
    "batch_norm_momentum": case(lambda: batch_norm(momentum=0.0), IMAGE),
    "layer_norm": case(lambda: layer_norm(), (5, 3)),
    "layer_norm_axes": case(lambda: layer_norm(axis=[1, 2]), (5, 3)),
    "layer_norm_axes_swapped": case(lambda: layer_norm(axis=[-1, -2]), (4, 5, 3)),
    "layer_norm_middle": case(lambda: layer_norm(axis=1), (5, 3)),
    "layer_norm_apart": case(lambda: layer_norm(axis=[1, 3]), IMAGE),
    "layer_norm_image": case(lambda: layer_norm(), IMAGE),
    "layer_norm_dynamic": case(lambda: layer_norm(), (None, 3)),
    "layer_norm_dynamic_plain": case(lambda: layer_norm(axis=2), (None, 3, 4)),
    "layer_norm_epsilon": case(lambda: layer_norm(epsilon=1e-6), (5, 3)),
    "layer_norm_bare": case(lambda: layer_norm(center=False, scale=False), (5, 3)),
    "layer_norm_bare_plain": case(lambda: layer_norm(center=False, scale=False, epsilon=1e-7), (5, 3)),
    "layer_norm_mixed": case(lambda: layer_norm(dtype="mixed_float16"), (5, 8)),
    "layer_norm_mixed_plain": case(lambda: layer_norm(axis=1, dtype="mixed_float16"), (5, 8)),
    "layer_norm_double": case(lambda: layer_norm(dtype="float64"), (5, 3)),
    "layer_norm_batch": case(lambda: layer_norm(), (5, 3), batch_size=6),
    "add": case(lambda: L.Add(), (4,), (4,), (4,)),
    "add_broadcast": case(lambda: L.Add(), (4, 3), (4, 1)),
    "add_ranks": case(lambda: L.Add(), (3,), (4, 3), (2, 1, 3)),
    "add_dynamic": case(lambda: L.Add(), (None, 3), (5, 3)),
    "add_masked": case(lambda: L.Add(), (4, 3), (4, 3), masked=True),
    "subtract": case(lambda: L.Subtract(), (4, 3), (4, 3)),
    "multiply": case(lambda: L.Multiply(), (4, 3), (1, 3), (4, 3)),
    "multiply_ints": case(lambda: L.Multiply(), (4, 3), (4, 3), dtype="int32"),
    "average": case(lambda: L.Average(), (4, 3), (4, 3), (4, 3)),
    "average_ints": case(lambda: L.Average(), (4, 3), (4, 3), dtype="int32"),
    "maximum": case(lambda: L.Maximum(), (4, 3), (4, 3)),
    "minimum": case(lambda: L.Minimum(), (4, 3), (4, 3)),
    "concatenate": case(lambda: L.Concatenate(), (4, 3), (4, 2), (4, 1)),
    "concatenate_axis": case(lambda: L.Concatenate(axis=1), (4, 3), (2, 3)),
    "concatenate_dynamic": case(lambda: L.Concatenate(axis=-1), (None, 3), (None, 2)),
    "concatenate_masked": case(lambda: L.Concatenate(), (4, 3), (4, 2), masked=True),
    "concatenate_masked_axis": case(lambda: L.Concatenate(axis=1), (4, 3), (5, 3), masked=True),
    "rescaling": case(lambda: L.Rescaling(1 / 127.5, -1), IMAGE),
    "rescaling_lists": case(lambda: L.Rescaling([1.0, 2.0, 0.1], [0, 1, 2]), IMAGE),
    "rescaling_tuples": case(lambda: L.Rescaling((1.0, 2.0, 0.1), offset=(0.5, 1, 2)), IMAGE),
    "rescaling_array": case(lambda: L.Rescaling(np.array([1.0, 2.0, 0.1])), IMAGE),
    "rescaling_bytes": case(lambda: L.Rescaling(1 / 255), IMAGE, dtype="uint8"),
    "rescaling_double": case(lambda: L.Rescaling(1 / 255, dtype="float64"), IMAGE),
    "rescaling_mixed": case(lambda: L.Rescaling(1 / 255, dtype="mixed_float16"), IMAGE),
    "normalization": case(lambda: L.Normalization(), (3,)),
    "normalization_axes": case(lambda: L.Normalization(axis=(1, -1)), IMAGE),
    "normalization_scalar": case(lambda: L.Normalization(axis=None), IMAGE),
    "normalization_invert": case(lambda: L.Normalization(axis=1, invert=True), IMAGE),
    "normalization_ints": case(lambda: L.Normalization(), (3,), dtype="int32"),
    "normalization_given": case(lambda: L.Normalization(mean=[1.0, 2, 3], variance=[0.5, 1, 0]), (3,)),
    "normalization_given_one": case(lambda: L.Normalization(mean=1, variance=2.5), IMAGE),
    "normalization_given_none": case(
        lambda: L.Normalization(axis=None, mean=1, variance=2.5, invert=True), IMAGE
    ),
    "leaky_relu": case(lambda: L.LeakyReLU(), IMAGE),
    "leaky_relu_alpha": case(lambda: L.LeakyReLU(0.7), IMAGE),
    "leaky_relu_zero": case(lambda: L.LeakyReLU(0.0), IMAGE),
    "prelu": case(lambda: L.PReLU(), IMAGE),
    "prelu_shared": case(lambda: L.PReLU(shared_axes=[1, 2]), (None, None, 3)),
    "prelu_shared_one": case(lambda: L.PReLU(shared_axes=1, alpha_constraint="non_neg"), IMAGE),
    "prelu_mixed": case(lambda: L.PReLU(dtype="mixed_float16"), (3,)),
    "elu": case(lambda: L.ELU(), IMAGE),
    "elu_alpha": case(lambda: L.ELU(0.3), IMAGE),
    "thresholded_relu": case(lambda: L.ThresholdedReLU(0.3), IMAGE),
    "thresholded_relu_half": case(lambda: L.ThresholdedReLU(0.3, dtype="mixed_float16"), IMAGE),
    "dot": case(lambda: L.Dot(axes=1), (4,), (4,)),
    "dot_negative": case(lambda: L.Dot(axes=-1), (4, 3), (5, 3)),
    "dot_pair": case(lambda: L.Dot(axes=(1, 2)), (4, 3), (5, 4)),
    "dot_normalized": case(lambda: L.Dot(axes=[2, 1], normalize=True), (4, 3), (3, 5)),
    "dot_ranks": case(lambda: L.Dot(axes=(3, 1)), (2, 4, 3), (3, 5, 2)),
    "dot_flat_x": case(lambda: L.Dot(axes=(1, 2)), (4,), (5, 4, 3)),
    "dot_flat_y": case(lambda: L.Dot(axes=(2, 1)), (5, 4, 3), (4,)),
    "dot_dynamic": case(lambda: L.Dot(axes=2), (None, 3), (None, 3)),
    "dot_masked": case(lambda: L.Dot(axes=2), (4, 3), (4, 3), masked=True),
    "spatial_dropout1d": case(lambda: L.SpatialDropout1D(0.3), (4, 3), training=False),
    "spatial_dropout2d": case(lambda: L.SpatialDropout2D(0.3), IMAGE, training=False),
    "spatial_dropout3d": case(lambda: L.SpatialDropout3D(0.3, seed=3), (2, 3, 4, 3), training=False),
    "spatial_dropout_zero": case(lambda: L.SpatialDropout2D(0), IMAGE),
    "dropout": case(lambda: L.Dropout(0.3), (4, 3), training=False),
    "dropout_shape": case(
        lambda: L.Dropout(0.3, noise_shape=[None, 1, None], seed=5), (4, 3), training=False
    ),
    "dropout_shape_tuple": case(lambda: L.Dropout(0.3, noise_shape=(None, 1, 3)), (4, 3), training=False),
    "dropout_zero": case(lambda: L.Dropout(0), (4, 3)),
    "dropout_all": case(lambda: L.Dropout(1.0), (4, 3), training=False),
    "gaussian_noise": case(lambda: L.GaussianNoise(0.3, seed=1), (4, 3), training=False),
    "gaussian_dropout": case(lambda: L.GaussianDropout(0.3), (4, 3), training=False),
    "gaussian_dropout_zero": case(lambda: L.GaussianDropout(0.0), (4, 3)),
    "alpha_dropout": case(lambda: L.AlphaDropout(0.3, seed=4), (4, 3), training=False),
    "alpha_dropout_zero": case(lambda: L.AlphaDropout(0.0), (4, 3)),
    "activity_regularization": case(lambda: L.ActivityRegularization(l1=0.1, l2=0.3), (4, 3)),
    "identity": case(lambda: L.Identity(), (4, 3)),
    "identity_masked": case(lambda: L.Identity(), (4, 3), masked=True),
    "masking": case(lambda: L.Masking(0.5), (4, 3), masked=True),
    "group_norm": case(lambda: group_norm(groups=2), (4, 5, 6)),
    "group_norm_first": case(lambda: group_norm(groups=2, axis=1), (4, 5, 6)),
    "group_norm_middle": case(lambda: group_norm(groups=5, axis=-2), (4, 5, 6)),
    "group_norm_instance": case(lambda: group_norm(groups=-1), (4, 3)),
    "group_norm_one": case(lambda: group_norm(groups=1, center=False), (6,)),
    "group_norm_dynamic": case(lambda: group_norm(groups=3, scale=False), (None, None, 6)),
    "group_norm_mixed": case(lambda: group_norm(groups=2, dtype="mixed_float16"), (4, 5, 6)),
    "unit_norm": case(lambda: L.UnitNormalization(), (4, 3)),
    "unit_norm_axes": case(lambda: L.UnitNormalization(axis=[1, 2]), (4, 3)),
    "unit_norm_mixed": case(lambda: L.UnitNormalization(dtype="mixed_float16"), (4, 3)),
    "einsum": case(lambda: einsum("abc,cd->abd", (None, 6), bias_axes="d"), (4, 3)),
    "einsum_left": case(lambda: einsum("...c,cd->...d", 6, activation="relu"), (4, 3)),
    "einsum_left_more": case(lambda: einsum("...c,cd->...d", 6, bias_axes="d"), (5, 4, 3)),
    "einsum_right": case(lambda: einsum("ab...,bc->ac...", 6, bias_axes="c"), (4, 3)),
    "einsum_bias": case(lambda: einsum("abc,cde->abde", (4, 2, 5), bias_axes="be"), (4, 3)),
    "einsum_dynamic": case(lambda: einsum("abc,cd->abd", (None, 6), bias_axes="d"), (None, 3)),
    "einsum_mixed": case(
        lambda: einsum("abc,cd->abd", (None, 6), bias_axes="d", dtype="mixed_float16"), (4, 3)
    ),
    "attention": case(lambda: L.Attention(), (4, 3), (5, 3)),
    "attention_key": case(lambda: L.Attention(use_scale=True), (4, 3), (5, 2), (5, 3)),
    "attention_concat": case(lambda: L.Attention(use_scale=True, score_mode="concat"), (4, 3), (5, 3)),
    "attention_concat_plain": case(lambda: L.Attention(score_mode="concat"), (4, 3), (5, 3)),
    "attention_dropout": case(lambda: L.Attention(dropout=0.3), (4, 3), (5, 3), training=False),
    "attention_masked": case(lambda: L.Attention(), (4, 3), (5, 3), masked=True),
    "attention_masked_half": case(lambda: L.Attention(dtype="mixed_float16"), (4, 3), (5, 3), masked=True),
    "attention_causal": case(
        lambda: call(L.Attention(), return_attention_scores=True, use_causal_mask=True), (4, 3), (5, 3)
    ),
    "attention_causal_masked": case(
        lambda: call(L.Attention(), use_causal_mask=True), (4, 3), (5, 3), masked=True
    ),
    "additive": case(lambda: L.AdditiveAttention(), (4, 3), (5, 3)),
    "additive_plain": case(lambda: L.AdditiveAttention(use_scale=False), (4, 3), (5, 3), (5, 3), masked=True),
    "multi_head": case(lambda: multi_head(), (4, 3), (5, 3)),
    "multi_head_key": case(lambda: multi_head(value_dim=4, use_bias=False), (4, 3), (5, 2), (5, 6)),
    "multi_head_output": case(
        lambda: multi_head(output_shape=7, dropout=0.2), (4, 3), (5, 3), training=False
    ),
    "multi_head_axes": case(lambda: multi_head(attention_axes=(2, 3)), (2, 4, 3, 6), (2, 5, 3, 6)),
    "multi_head_axis": case(lambda: multi_head(attention_axes=2), (2, 4, 6), (2, 5, 6)),
    "multi_head_masked": case(lambda: multi_head(), (4, 3), (5, 3), masked=True),
    "multi_head_masked_key": case(lambda: multi_head(), (4, 3), (5, 3), (5, 3), masked=True),
    "multi_head_causal": case(
        lambda: spread(multi_head_layer(), return_attention_scores=True, use_causal_mask=True), (4, 3), (5, 3)
    ),
    "multi_head_dynamic": case(lambda: multi_head(), (None, 3), (None, 3)),
    "multi_head_mixed": case(lambda: multi_head(dtype="mixed_float16"), (4, 3), (5, 3)),
    "normalization_mixed": case(lambda: L.Normalization(dtype="mixed_float16"), (3,)),
}


def keras_model(given: Case) -> Any:
    inputs = [
        keras.Input(shape, dtype=given.dtype, name=f"in{i}", batch_size=given.batch_size)
        for i, shape in enumerate(given.shapes)
    ]
    through = [L.Masking(name=f"masking{i}")(x) for i, x in enumerate(inputs)] if given.masked else inputs
    outputs = given.layer()(through if len(through) > 1 else through[0])
    return keras.Model(inputs, outputs)


def arrays(given: Case) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    found = []
    for shape in given.shapes:
        full = (given.rows, *(5 if d is None else d for d in shape))
        array = rng.normal(0.3, 1.5, full)
        if given.dtype != "float32":
            array = rng.integers(0, 9, full)
        if given.masked:
            array[:, -1] = 0
        found.append(array.astype(given.dtype))
    return found


def as_json(config: Any) -> str:
    """A config as Keras 2 stores it: tuples marked, and objects by class name only."""
    return json.dumps(legacy(json.loads(json.dumps(config, cls=json_utils.Encoder))))


def legacy(value: Any) -> Any:
    if isinstance(value, list):
        return [legacy(v) for v in value]
    if isinstance(value, dict):
        dropped = ("module", "registered_name", "build_config") if "class_name" in value else ()
        return {k: legacy(v) for k, v in value.items() if k not in dropped}
    return value


def randomize(model: Any) -> None:
    """Weights that no initializer makes, positive as variances are."""
    rng = np.random.default_rng(5)
    model.set_weights([(rng.random(w.shape) + 0.5).astype(w.dtype) for w in model.get_weights()])
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def tolerance(dtype: Any) -> float:
    # Half types keep 11 and 8 bits; sums are taken in another order than TensorFlow's.
    return {"float16": 4e-3, "bfloat16": 4e-2, "float32": 2e-5}.get(np.dtype(dtype).name, 1e-12)


def assert_close(ours: Any, theirs: Any) -> None:
    theirs = np.asarray(theirs)
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    limit = tolerance(theirs.dtype)
    wide = theirs.astype(np.float64)
    # Small results are differences of large terms.
    largest = max(1.0, float(np.abs(wide).max(initial=0)))
    np.testing.assert_allclose(ours.astype(np.float64), wide, rtol=limit, atol=limit * largest)


@pytest.mark.parametrize("name", CASES)
def test_layer(name: str) -> None:
    given = CASES[name]
    theirs = keras_model(given)
    randomize(theirs)
    ours = kerasfmt.model_from_config(theirs.get_config())
    assert [(w.name + ":0", w.shape, w.dtype.name) for w in ours.weights] == [
        (w.name, tuple(w.shape), w.dtype.name) for w in theirs.weights
    ]
    ours.set_weights(theirs.get_weights())
    check_layer(ours.layers[-1], theirs.layers[-1])
    x = arrays(given)
    for mine, their in zip(flatten(ours.outputs_structure), tf.nest.flatten(theirs.outputs), strict=True):
        assert mine.shape == tuple(their.shape)
        assert mine.dtype.name == their.dtype.name
        # The scores of a MultiHeadAttention carry the mask of the softmax inside it, by accident.
        if mine.index == 0:
            assert mine.masked == (getattr(their, "_keras_mask", None) is not None)
    packed = x if len(x) > 1 else x[0]
    for mine, their in zip(flatten(ours.predict(packed)), tf.nest.flatten(theirs(packed)), strict=True):
        assert_close(mine, their)
    if given.training:
        check_training(ours, theirs, packed)


def check_layer(ours: Any, theirs: Any) -> None:
    assert as_json(ours.get_config()) == as_json(theirs.get_config())
    mine, their = ours.input_spec(), theirs.input_spec
    assert (mine is None) == (their is None)
    if their is not None:
        fields = ("dtype", "shape", "ndim", "max_ndim", "min_ndim")
        assert {f: getattr(mine, f) for f in fields} == {f: getattr(their, f) for f in fields}
        assert dict(mine.axes) == their.axes
    wrappers = [
        name
        for name, child in theirs._trackable_children().items()
        if type(child).__name__ in ("ListWrapper", "_ListWrapper")
    ]
    assert list(ours.tracked_lists()) == wrappers
    assert ours.random_generator() == hasattr(theirs, "_random_generator")
    assert ours.facts.restored_from_config == theirs._must_restore_from_config
    assert ours.takes_training == theirs._expects_training_arg
    their_weights = {n: c for n, c in theirs._trackable_children().items() if isinstance(c, tf.Variable)}
    assert list(ours.weight_attributes) == list(their_weights)


def check_training(ours: Any, theirs: Any, x: Any) -> None:
    trace = ours.default_trace(training=True)
    state = {w: w.numpy() for w in trace.function.variables}
    flat = flatten(x)
    results = run(trace.function, flat, state)
    expected = tf.nest.flatten(theirs(x, training=True))
    for mine, their in zip(results, expected, strict=False):
        assert_close(mine, their)
    losses = results[len(expected) :]
    if losses:
        assert_close(np.sum(losses, axis=0), sum(theirs.losses))
    for weight, value in zip(ours.weights, theirs.get_weights(), strict=True):
        assert_close(state.get(weight, weight.numpy()), value)
