"""Image layers and wrappers: NumPy against Keras 2, output for output, training included.

Random layers draw from a generator whose state the seed fixes, so that training too gives equal numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras.src.engine.keras_tensor", reason="needs Keras 2")

import tensorflow as tf
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

import kerasfmt
from conformance.test_layers_numpy2 import (
    IMAGE,
    Case,
    L,
    assert_close,
    case,
    check_layer,
    keras_model,
    randomize,
)
from kerasfmt.graph.run import run
from kerasfmt.ir.structure import flatten

METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
OPEN = (None, None, 3)
HALF = "mixed_float16"

CASES: dict[str, Case] = {
    **{f"resizing_{m}": case(lambda m=m: L.Resizing(7, 3, m), IMAGE) for m in METHODS},
    **{
        f"resizing_crop_{m}": case(lambda m=m: L.Resizing(3, 7, m, crop_to_aspect_ratio=True), IMAGE)
        for m in METHODS
    },
    "resizing_open": case(lambda: L.Resizing(7, 3), OPEN),
    "resizing_open_crop": case(lambda: L.Resizing(2, 9, crop_to_aspect_ratio=True), OPEN),
    "resizing_same": case(lambda: L.Resizing(5, 4), IMAGE),
    "resizing_half": case(lambda: L.Resizing(7, 3, dtype=HALF), IMAGE),
    "resizing_double": case(lambda: L.Resizing(7, 3, dtype="float64"), IMAGE),
    "resizing_bytes": case(lambda: L.Resizing(7, 3), IMAGE, dtype="uint8"),
    "resizing_bytes_nearest": case(lambda: L.Resizing(7, 3, "nearest"), IMAGE, dtype="uint8"),
    "resizing_batch": case(lambda: L.Resizing(7, 3), IMAGE, batch_size=6),
    "resizing_one": case(lambda: L.Resizing(7, 3), (4, 3), batch_size=6),
    "center_crop": case(lambda: L.CenterCrop(3, 2), IMAGE),
    "center_crop_odd": case(lambda: L.CenterCrop(2, 3), IMAGE),
    "center_crop_larger": case(lambda: L.CenterCrop(7, 3), IMAGE),
    "center_crop_open": case(lambda: L.CenterCrop(3, 3), OPEN),
    "center_crop_half": case(lambda: L.CenterCrop(3, 3, dtype=HALF), IMAGE),
    "center_crop_bytes": case(lambda: L.CenterCrop(9, 3), IMAGE, dtype="uint8"),
    "flip": case(lambda: L.RandomFlip(seed=3), IMAGE),
    "flip_horizontal": case(lambda: L.RandomFlip("horizontal", seed=4), OPEN),
    "flip_vertical": case(lambda: L.RandomFlip("vertical", seed=4), IMAGE, dtype="uint8"),
    "flip_half": case(lambda: L.RandomFlip(seed=4, dtype=HALF), IMAGE),
    "random_crop": case(lambda: L.RandomCrop(3, 2, seed=3), IMAGE),
    "random_crop_open": case(lambda: L.RandomCrop(3, 2, seed=5), OPEN),
    "random_crop_larger": case(lambda: L.RandomCrop(7, 3, seed=5), IMAGE),
    "random_crop_half": case(lambda: L.RandomCrop(4, 3, seed=5, dtype=HALF), IMAGE),
    "translation": case(lambda: L.RandomTranslation(0.3, 0.2, seed=3), IMAGE),
    "translation_pair": case(lambda: L.RandomTranslation((-0.3, 0.1), (0.2, 0.4), "wrap", seed=3), OPEN),
    "translation_constant": case(
        lambda: L.RandomTranslation(0.5, 0.5, "constant", "nearest", seed=3, fill_value=7.0), IMAGE
    ),
    "rotation": case(lambda: L.RandomRotation(0.2, seed=3), IMAGE),
    "rotation_pair": case(lambda: L.RandomRotation((-0.1, 0.4), "nearest", seed=3), OPEN),
    "rotation_constant": case(
        lambda: L.RandomRotation(0.5, "constant", "nearest", seed=3, fill_value=2.0), IMAGE
    ),
    "zoom": case(lambda: L.RandomZoom(0.4, seed=3), IMAGE),
    "zoom_both": case(lambda: L.RandomZoom((-0.3, 0.2), (0.1, 0.5), seed=3), OPEN),
    "zoom_wrap": case(lambda: L.RandomZoom(0.4, 0.2, "wrap", "nearest", seed=3), IMAGE),
    "contrast": case(lambda: L.RandomContrast(0.4, seed=3), IMAGE),
    "contrast_pair": case(lambda: L.RandomContrast((0.9, 0.1), seed=3), OPEN),
    "contrast_double": case(lambda: L.RandomContrast(0.4, seed=3, dtype="float64"), IMAGE, dtype="float64"),
    "contrast_list": case(lambda: L.RandomContrast([0.9, 0.1], seed=3), OPEN),
    "brightness": case(lambda: L.RandomBrightness(0.4, seed=3), IMAGE),
    "brightness_pair": case(lambda: L.RandomBrightness([0.5, -0.1], (0, 1), seed=3), OPEN),
    "brightness_half": case(lambda: L.RandomBrightness(0.4, seed=3, dtype=HALF), IMAGE),
    "random_height": case(lambda: L.RandomHeight(0.4, seed=3), IMAGE),
    "random_height_pair": case(lambda: L.RandomHeight((0.2, 0.9), "nearest", seed=3), OPEN),
    "random_width": case(lambda: L.RandomWidth(0.4, seed=3), IMAGE),
    "random_width_bicubic": case(lambda: L.RandomWidth((-0.5, -0.2), "bicubic", seed=3), OPEN),
    "layer_scale": case(lambda: LayerScale(0.5, 3), IMAGE),
    "custom_scale": case(lambda: CustomScaleLayer(0.3), IMAGE, IMAGE),
    "time_dense": case(lambda: L.TimeDistributed(L.Dense(4, "relu")), (4, 3)),
    "time_dense_penalty": case(lambda: L.TimeDistributed(L.Dense(4, activity_regularizer="l2")), (4, 3)),
    "time_open": case(lambda: L.TimeDistributed(L.Dense(4)), (None, 3)),
    "time_conv": case(lambda: L.TimeDistributed(L.Conv2D(2, 3)), (None, *IMAGE)),
    "time_norm": case(lambda: L.TimeDistributed(L.BatchNormalization()), (4, 3)),
    "time_flatten": case(lambda: L.TimeDistributed(L.Flatten()), (4, 3, 2)),
    "time_masked": case(lambda: L.TimeDistributed(L.Dense(4)), (4, 3), masked=True),
    "time_twice": case(lambda: L.TimeDistributed(L.TimeDistributed(L.Dense(2))), (4, 3, 2)),
    "time_batch": case(lambda: L.TimeDistributed(L.Dense(2)), (4, 3), batch_size=6),
    "time_half": case(lambda: L.TimeDistributed(L.Dense(2, dtype=HALF), dtype=HALF), (4, 3)),
    "spectral_dense": case(lambda: L.SpectralNormalization(L.Dense(4)), (3,)),
    "spectral_conv": case(lambda: L.SpectralNormalization(L.Conv2D(4, 3), power_iterations=3), IMAGE),
}


def arrays(given: Case) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    shapes = [(given.rows, *(5 if d is None else d for d in shape)) for shape in given.shapes]
    found = [rng.uniform(0, 255, shape).astype(given.dtype) for shape in shapes]
    if given.masked:
        found[0][:, -1] = 0
    return found


def compare(ours: Any, theirs: Any) -> None:
    for mine, their in zip(flatten(ours), tf.nest.flatten(theirs), strict=True):
        assert mine.dtype == their.numpy().dtype
        # TensorFlow's image ops compute in float32, whatever comes out.
        wide = mine.dtype == np.float64
        assert_close(mine.astype(np.float32) if wide else mine, tf.cast(their, "float32") if wide else their)


@pytest.mark.parametrize("name", CASES)
def test_layer(name: str) -> None:
    given = CASES[name]
    theirs = keras_model(given)
    randomize(theirs)
    ours = kerasfmt.model_from_config(theirs.get_config())
    ours.set_weights(theirs.get_weights())
    check_layer(ours.layers[-1], theirs.layers[-1])
    for mine, their in zip(flatten(ours.outputs_structure), tf.nest.flatten(theirs.outputs), strict=True):
        assert mine.shape == tuple(their.shape)
        assert mine.dtype.name == their.dtype.name
    x = arrays(given)
    packed = x if len(x) > 1 else x[0]
    # Without `training`, the random layers of Keras take True.
    compare(ours.predict(packed), theirs(packed, training=False))
    function = ours.default_trace(training=True).function
    state = {v: v.numpy() for v in function.variables}
    for _ in range(2):
        expected = theirs(packed, training=True)
        compare(run(function, x, state)[: len(tf.nest.flatten(expected))], expected)
    for weight, value in zip(ours.weights, theirs.get_weights(), strict=True):
        assert_close(state.get(weight, weight.numpy()), value)
