"""Layers around a layer."""

from __future__ import annotations

from typing import Any

from conformance.case import vector
from conformance.cases.layer import FLOAT64, MIXED_FLOAT16, Layer, Of, inner

_SPECTRAL: dict[str, Any] = {
    "_objects": Of(lambda k: {"SpectralNormalization": k.layers.SpectralNormalization}),
    "_unsaved": ("2.15",),
    "_why": "Keras's own call branches on a tensor, outside of autograph; and its files do not know the class",
}

LAYERS: tuple[Layer, ...] = (
    Layer(
        "TimeDistributed",
        vector(6, 3),
        {
            "default": {"layer": inner("Dense", 5)},
            "penalty": {"layer": inner("Dense", 5, activity_regularizer="l2")},
            "penalties": {"layer": inner("Dense", 5, activity_regularizer="l2", kernel_regularizer="l2")},
            "weight_penalty": {"layer": inner("Dense", 5, kernel_regularizer="l2", bias_regularizer="l1")},
            "dynamic": {"layer": inner("Dense", 5), "_on": vector(None, 3)},
            "dynamic_images": {"layer": inner("Conv2D", 2, 3), "_on": vector(None, None, None, 4)},
            "frozen": {"layer": inner("Dense", 5), "trainable": False},
            "pooling": {"layer": inner("GlobalAveragePooling2D"), "_on": vector(5, 8, 9, 4)},
            "prelu": {"layer": inner("PReLU", "ones"), "_on": vector(5, 3, 4)},
            "layer_norm": {"layer": inner("LayerNormalization"), "_on": vector(5, 3, 4)},
            "group_norm": {"layer": inner("GroupNormalization", 2), "_on": vector(5, 3, 4)},
            "reshape": {"layer": inner("Reshape", (4, 3)), "_on": vector(None, 3, 4)},
            "embedding": {"layer": inner("Embedding", 11, 3), "_on": vector(5, 4, dtype="int32", high=11)},
            "float64": {
                "layer": inner("Dense", 5, dtype="float64"),
                **FLOAT64,
                "_on": vector(6, 3, dtype="float64"),
            },
            "images": {"layer": inner("Conv2D", 2, 3), "_on": vector(5, 8, 9, 4)},
            "norm": {"layer": inner("BatchNormalization")},
            "dropout": {"layer": inner("Dropout", 0.3), "_random": True},
            "flatten": {"layer": inner("Flatten"), "_on": vector(5, 3, 4)},
            "mixed_float16": {"layer": inner("Dense", 5, dtype="mixed_float16"), **MIXED_FLOAT16},
            "recurrent": {"layer": inner("SimpleRNN", 4), "_on": vector(3, 5, 2)},
            "recurrent_sequences": {
                "layer": inner("SimpleRNN", 4, return_sequences=True),
                "_on": vector(3, 5, 2),
            },
        },
    ),
    Layer(
        "SpectralNormalization",
        vector(6),
        {
            "default": {**_SPECTRAL, "layer": inner("Dense", 5)},
            "iterations": {**_SPECTRAL, "layer": inner("Dense", 5), "power_iterations": 3},
            "images": {**_SPECTRAL, "layer": inner("Conv2D", 2, 3), "_on": vector(8, 9, 4)},
            "transposed": {**_SPECTRAL, "layer": inner("Conv2DTranspose", 2, 3), "_on": vector(4, 5, 3)},
            "embedding": {
                **_SPECTRAL,
                "layer": inner("Embedding", 11, 3),
                "_on": vector(6, dtype="int32", high=11),
            },
            "dynamic": {**_SPECTRAL, "layer": inner("Dense", 5), "_on": vector(None, 3)},
            "float64": {
                **_SPECTRAL,
                "layer": inner("Dense", 5, dtype="float64"),
                **FLOAT64,
                "_on": vector(6, dtype="float64"),
            },
            "mixed_float16": {
                **_SPECTRAL,
                "layer": inner("Dense", 5, dtype="mixed_float16"),
                **MIXED_FLOAT16,
            },
        },
    ),
)
