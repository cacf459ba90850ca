"""Lookups: tokens to numbers, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Input, Keras
from conformance.cases.layer import Layer, Of

WORDS = ("a", "bb", "\u00e9t\u00e9", "\u6f22\u5b57", "", "never seen", "\U0001f40d", "x" * 300)
VOCABULARY = ["bb", "\u00e9t\u00e9", "a", "\U0001f40d", "x" * 300]


def _words(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice(np.array([word.encode() for word in WORDS], object), shape)


def _known(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice(np.array([word.encode() for word in VOCABULARY], object), shape)


TEXT = (Input((3,), "string", draw=_words),)
KNOWN = (Input((3,), "string", draw=_known),)
ONE = (Input((1,), "string", draw=_words),)


def _twice(keras: Keras, layer: Any, tensors: list[Any]) -> Any:
    return [layer(tensors[0]), layer(tensors[0])]


TWICE = Of(_twice)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "StringLookup",
        TEXT,
        {
            name: {"vocabulary": VOCABULARY, "_trains": False, **options}
            for name, options in {
                "default": {},
                "mask": {"mask_token": ""},
                "special_tokens": {"mask_token": "", "vocabulary": ["", "[UNK]", *VOCABULARY]},
                "oov_buckets": {"num_oov_indices": 3, "mask_token": ""},
                "no_oov": {"num_oov_indices": 0, "_on": KNOWN},
                "no_oov_mask": {
                    "num_oov_indices": 0,
                    "mask_token": "bb",
                    "vocabulary": VOCABULARY[1:],
                    "_on": KNOWN,
                },
                "max_tokens": {"max_tokens": 9},
                "int32": {"dtype": "int32"},
                "dynamic": {"_on": (Input((None, 2), "string", draw=_words),)},
                "vector": {"_on": (Input((), "string", draw=_words),)},
                "one_hot": {"output_mode": "one_hot", "_on": ONE},
                "one_hot_vector": {"output_mode": "one_hot", "_on": (Input((), "string", draw=_words),)},
                "multi_hot": {"output_mode": "multi_hot"},
                "multi_hot_mask": {"output_mode": "multi_hot", "mask_token": "", "num_oov_indices": 2},
                "count": {"output_mode": "count", "max_tokens": 12, "pad_to_max_tokens": True},
                "count_float64": {
                    "output_mode": "count",
                    "dtype": "float64",
                    "num_oov_indices": 0,
                    "_on": KNOWN,
                },
                "invert": {"invert": True, "_on": (Input((3,), "int64", 8),)},
                "invert_mask": {
                    "invert": True,
                    "mask_token": "",
                    "oov_token": "?",
                    "_on": (Input((3,), "int32", 9),),
                },
                "latin_1": {"encoding": "latin-1"},
                "twice": {"_call": TWICE},
            }.items()
        },
    ),
)
