"""Lookups: tokens to numbers, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Input, Keras
from conformance.cases.layer import Layer, Of

WORDS = ("a", "bb", "\u00e9t\u00e9", "\u6f22\u5b57", "", "never seen", "\U0001f40d", "x" * 300)
WEIGHTS = [0.5, 0.25, 1.5, 2.0, 0.125]
VOCABULARY = ["bb", "\u00e9t\u00e9", "a", "\U0001f40d", "x" * 300]


ADAPTED: dict[str, Any] = {"vocabulary": None, "_adapt": True, "_suffix": "keras"}


def _words(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice(np.array([word.encode() for word in WORDS], object), shape)


def _different(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    words = np.array([word.encode() for word in WORDS], object)
    return np.stack([rng.permutation(words)[: shape[1]] for _ in range(shape[0])])


def _known(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice(np.array([word.encode() for word in VOCABULARY], object), shape)


def _numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice([12, -5, 7, 0, 3, 5, -2, 1], shape)


NUMBERS = (Input((3,), "int64", draw=_numbers),)
TEXT = (Input((3,), "string", draw=_words),)
DIFFERENT = (Input((3,), "string", draw=_different),)
"""Keras counts documents only where all have equally many different tokens."""
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
                "tf_idf": {"output_mode": "tf_idf", "idf_weights": WEIGHTS},
                "adapted": {**ADAPTED},
                "adapted_options": {**ADAPTED, "mask_token": "", "num_oov_indices": 2, "max_tokens": 6},
                "adapted_multi_hot": {**ADAPTED, "output_mode": "multi_hot"},
                "adapted_tf_idf": {**ADAPTED, "output_mode": "tf_idf", "mask_token": "", "_on": DIFFERENT},
                "tf_idf_special": {
                    "output_mode": "tf_idf",
                    "vocabulary": ["[UNK]", *VOCABULARY],
                    "idf_weights": [0.75, *WEIGHTS],
                },
                "tf_idf_padded": {
                    "output_mode": "tf_idf",
                    "idf_weights": WEIGHTS,
                    "max_tokens": 9,
                    "pad_to_max_tokens": True,
                    "mask_token": "",
                },
            }.items()
        },
    ),
    Layer(
        "IntegerLookup",
        NUMBERS,
        {
            name: {"vocabulary": [12, -5, 7, 2**40], "_trains": False, **options}
            for name, options in {
                "default": {},
                "mask": {"mask_token": 0},
                "special_tokens": {"mask_token": 0, "vocabulary": [0, -1, 12, -5]},
                "oov_buckets": {"num_oov_indices": 3, "mask_token": 0},
                "no_oov": {"num_oov_indices": 0, "vocabulary": list(range(-8, 13))},
                "int32_inputs": {"_on": (Input((3,), "int32", draw=_numbers),)},
                "int32": {
                    "vocabulary_dtype": "int32",
                    "dtype": "int32",
                    "vocabulary": [12, -5, 7],
                    "_on": (Input((3,), "int32", draw=_numbers),),
                },
                "adapted": {**ADAPTED},
                "adapted_count": {
                    **ADAPTED,
                    "output_mode": "count",
                    "max_tokens": 9,
                    "pad_to_max_tokens": True,
                },
                "one_hot": {"output_mode": "one_hot", "_on": (Input((1,), "int64", draw=_numbers),)},
                "multi_hot": {"output_mode": "multi_hot", "mask_token": 0, "num_oov_indices": 2},
                "count": {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True},
                "tf_idf": {"output_mode": "tf_idf", "idf_weights": [0.5, 0.25, 1.5, 2.0]},
                "invert": {"invert": True, "_on": (Input((3,), "int64", 7),)},
                "invert_mask": {
                    "invert": True,
                    "mask_token": 0,
                    "oov_token": -3,
                    "_on": (Input((3,), "int64", 7),),
                },
            }.items()
        },
    ),
)
