"""Layers and options of layers that only Keras 3 has."""

from __future__ import annotations

from typing import Any

from conformance.case import Case, Keras
from conformance.cases.layer import MIXED_FLOAT16, Of, one_layer

STEPS, IMAGE, VOLUME = (4, 3), (7, 5, 3), (4, 3, 5, 2)
FIRST = {"data_format": "channels_first"}
GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
BOUNDS = {"rmax": 1.1, "rmin": 0.9, "dmax": 0.1}

SIGNAL = (40, 2)
FRAMES: dict[str, Any] = {"frame_length": 12, "window": [0.5, 0.75, *[1.0] * 9, 0.25]}
"""Windows of numbers: those with names need SciPy, and stand in `test_spectrograms.py`, with channels first, which
Keras 3 does not compute with TensorFlow on a processor."""
MEL = {"fft_length": 16, "sequence_stride": 5, "num_mel_bins": 6}

CLAHE = "ContrastLimitedAdaptiveHistogramEqualization"

WORDS = {"_of": "int32", "_high": 7}


def _leaky(keras: Keras) -> Any:
    return keras.layers.LeakyReLU(0.3)


def _stages(keras: Keras) -> Any:
    layers = keras.layers
    return [layers.Rescaling(0.5), layers.Dense(4, name="mixing"), layers.Dropout(0.0)]


def _both_ways(keras: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(layer(tensors[0]), reverse=True)


def _causal(keras: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(*tensors, use_causal_mask=True)


SETTLED: dict[str, dict[str, Any]] = {
    "AutoContrast": {"value_range": (0, 255)},
    "RandomColorJitter": {"brightness_factor": (0.1, 0.1), "saturation_factor": (0.6, 0.6)},
    "RandomErasing": {"factor": (0.0, 0.0)},
    "RandomGaussianBlur": {"factor": (1.0, 1.0), "kernel_size": (3, 5), "sigma": (0.8, 0.8)},
    "RandomPerspective": {"scale": 0.0},
    "RandomSharpness": {"factor": (0.3, 0.3)},
    "RandomColorDegeneration": {"factor": (0.4, 0.4)},
    "RandomGrayscale": {"factor": 1.0},
    "RandomInvert": {"factor": (1.0, 1.0)},
    "RandomPosterization": {"factor": (3, 3)},
    "RandomSaturation": {"factor": (0.4, 0.4)},
    "Solarization": {"value_range": (0, 300)},
    "MaxNumBoundingBoxes": {"max_number": 3},
}
"""Layers that vary images, with options that leave nothing to chance."""

UNBUILT: dict[str, dict[str, Any]] = {"Equalization": {"bins": 64}}
"""Layers of which Keras builds no functional model; their unit tests hold what Keras computes of arrays."""

DRAWN: dict[str, dict[str, Any]] = {
    "RandomHue": {"factor": 0.3},
    "Solarization": {"addition_factor": 0.1, "threshold_factor": (0.3, 0.5)},
    "RandomInvert": {"factor": 0.5, "value_range": (0, 255)},
    "RandomColorJitter": {"contrast_factor": 0.3, "hue_factor": (0.1, 0.2)},
    "AugMix": {"num_chains": 2},
    "CutMix": {"factor": 0.5},
    "MixUp": {"alpha": 0.3},
    "RandAugment": {"num_ops": 1},
    "RandomElasticTransform": {"factor": 0.5, "fill_mode": "wrap"},
    "RandomErasing": {"scale": (0.2, 0.4), "fill_value": 1.0},
    "RandomGaussianBlur": {"factor": 0.5, "sigma": (0.5, 1.0)},
    "RandomPerspective": {"scale": 0.5, "fill_value": 3.0},
    "RandomSharpness": {"factor": 0.5},
    "RandomShear": {"x_factor": 0.2, "y_factor": (0.1, 0.3)},
}


APART: Of = Of(lambda keras, layer, tensors: layer(*tensors))
"""Calls a layer with each tensor as an argument of its own."""

CASES: list[Case] = [
    one_layer("RMSNormalization", STEPS),
    one_layer("RMSNormalization", STEPS, axis=[1, 2], epsilon=0.1),
    one_layer("RMSNormalization", STEPS, **MIXED_FLOAT16),
    one_layer("LayerNormalization", STEPS, rms_scaling=True, gamma_regularizer="l2"),
    one_layer("LayerNormalization", STEPS, axis=[2, 1], rms_scaling=True, scale=False),
    one_layer("BatchNormalization", STEPS, renorm=True, renorm_momentum=0.7),
    one_layer("BatchNormalization", STEPS, renorm=True, renorm_clipping=BOUNDS),
    one_layer("BatchNormalization", STEPS, synchronized=True),
    one_layer("AdaptiveAveragePooling1D", STEPS, output_size=3),
    one_layer("AdaptiveAveragePooling2D", IMAGE, output_size=(3, 5)),
    one_layer("AdaptiveAveragePooling2D", IMAGE, output_size=(2, 4), **FIRST),
    one_layer("AdaptiveAveragePooling3D", VOLUME, output_size=(3, 2, 2)),
    one_layer("AdaptiveMaxPooling1D", STEPS, output_size=2),
    one_layer("AdaptiveMaxPooling2D", IMAGE, output_size=(4, 1)),
    one_layer("AdaptiveMaxPooling3D", VOLUME, output_size=2),
    one_layer("Dense", STEPS, units=4, activation="sparsemax"),
    one_layer("Dense", STEPS, units=4, activation=Of(_leaky)),
    one_layer("MultiHeadAttention", STEPS, (6, 3), num_heads=2, key_dim=3, use_gate=True, _call=APART),
    one_layer("MultiHeadAttention", STEPS, (6, 3), num_heads=2, key_dim=3, sliding_window=2, _call=APART),
    one_layer("GroupQueryAttention", STEPS, (6, 3), **GROUPS, _call=APART),
    one_layer("GroupQueryAttention", STEPS, STEPS, **GROUPS, use_gate=True, _call=Of(_causal)),
    one_layer("GroupQueryAttention", STEPS, STEPS, **GROUPS, sliding_window=2, use_bias=False, _call=APART),
    one_layer("ReversibleEmbedding", (5,), input_dim=7, output_dim=4, **WORDS, _call=Of(_both_ways)),
    one_layer(
        "ReversibleEmbedding",
        *((5,),),
        **{**WORDS, "input_dim": 7, "output_dim": 4, "tie_weights": False, "logit_soft_cap": 2.0},
        _call=Of(_both_ways),
    ),
    *(one_layer(name, IMAGE, **options, _high=256) for name, options in SETTLED.items()),
    *(one_layer(name, IMAGE, **options, seed=3, _high=256, _random=True) for name, options in DRAWN.items()),
    one_layer("AutoContrast", IMAGE, value_range=(-2, 3)),
    one_layer(CLAHE, (16, 24, 3), _high=256),
    one_layer(CLAHE, (13, 11, 2), tile_grid_size=(3, 2), clip_limit=1.5, _high=256),
    one_layer(CLAHE, (12, 9, 1), value_range=(0, 1), tile_grid_size=(2, 3), clip_limit=0),
    one_layer(CLAHE, (2, 12, 9), tile_grid_size=(2, 3), **FIRST, _high=256),
    one_layer(CLAHE, (12, 9, 2), tile_grid_size=(2, 3), _of="int32", _high=256),
    *(
        one_layer("STFTSpectrogram", SIGNAL, mode=mode, **FRAMES)
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    ),
    one_layer("STFTSpectrogram", SIGNAL, **FRAMES, frame_step=5, fft_length=20, padding="same"),
    one_layer("STFTSpectrogram", SIGNAL, **FRAMES, scaling="spectrum", expand_dims=True, trainable=False),
    one_layer("STFTSpectrogram", (None, 2), frame_length=3, window=None, mode="magnitude"),
    one_layer("STFTSpectrogram", SIGNAL, **FRAMES, mode="psd", **MIXED_FLOAT16),
    one_layer("MelSpectrogram", (45,), **MEL),
    one_layer("MelSpectrogram", (45,), **MEL, window="hamming", sequence_length=12, top_db=20),
    one_layer("MelSpectrogram", (45,), **MEL, power_to_db=False, mag_exp=1.0, max_freq=5000, window=None),
    one_layer(
        "MelSpectrogram", (None,), **MEL | {"fft_length": 9}, ref_power=0.5, min_power=0.1, sampling_rate=8000
    ),
    one_layer("MelSpectrogram", (45,), **MEL, _of="int32"),
    one_layer("MelSpectrogram", (45,), **MEL, power_to_db=False, dtype="float64"),
    one_layer("MelSpectrogram", (45,), **MEL, **MIXED_FLOAT16),
    one_layer("Pipeline", IMAGE, layers=Of(_stages)),
    one_layer("Resizing", IMAGE, height=3, width=4, antialias=True),
    one_layer("Resizing", IMAGE, height=3, width=4, antialias=True, interpolation="bicubic"),
    one_layer("Resizing", IMAGE, height=6, width=6, pad_to_aspect_ratio=True, fill_value=0.5),
    one_layer("Resizing", IMAGE, height=3, width=9, pad_to_aspect_ratio=True),
]
