"""Texts: cut into tokens, which become numbers or counts."""

from __future__ import annotations

import numpy as np

from conformance.case import Input
from conformance.cases.layer import Layer
from conformance.cases.lookup import ADAPTED

SENTENCES = (
    "The cat sat on the mat.",
    "the DOG, the cat & the mouse!",
    "",
    " \t\n ",
    "Größe und Übermut: 日本語 😀 naïve",
    "a" * 90 + " b",
    "It's 'quoted' [text] {of} ~all~ `kinds`\\",
    "mat",
)
BROKEN = b"\xff broken \xe2\x82 cat"
VOCABULARY = ["the", "cat", "mat", "größe", "the cat", "a", "日本語", "&"]
WEIGHTS = [0.5, 0.25, 1.5, 2.0, 0.125, 1.0, 3.0, 0.75]


def sentences(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Texts of every kind, at random; one is not UTF-8."""
    texts = np.array([*(text.encode() for text in SENTENCES), BROKEN], object)
    return texts[rng.integers(0, len(texts), shape)]


def learnable(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Texts in UTF-8; Keras cannot write a vocabulary of others to a file."""
    return np.array([text.encode() for text in SENTENCES], object)[rng.integers(0, len(SENTENCES), shape)]


def words(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Single tokens, at random."""
    texts = np.array([*(token.encode() for token in VOCABULARY), b"", b"The", b"mat."], object)
    return texts[rng.integers(0, len(texts), shape)]


TEXT = (Input((1,), "string", draw=sentences),)
LEARNABLE = (Input((1,), "string", draw=learnable),)
FLAT = (Input((), "string", draw=sentences),)
WORDS = (Input((4,), "string", draw=words),)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "TextVectorization",
        TEXT,
        {
            name: {"vocabulary": VOCABULARY, "_trains": False, **options}
            for name, options in {
                "default": {},
                "flat": {"_on": FLAT},
                "lower": {"standardize": "lower"},
                "strip": {"standardize": "strip_punctuation"},
                "as_it_is": {"standardize": None},
                "length": {"output_sequence_length": 4},
                "short": {"output_sequence_length": 1, "_on": FLAT},
                "no_length": {"output_sequence_length": 0},
                "character": {
                    "split": "character",
                    "vocabulary": list("abtü日"),
                    "output_sequence_length": 9,
                },
                "characters": {"split": "character", "vocabulary": list("abt"), "_on": FLAT},
                "ngrams": {"ngrams": 2},
                "ngrams_length": {"ngrams": 3, "output_sequence_length": 6},
                "multi_hot": {"output_mode": "multi_hot"},
                "multi_hot_padded": {"output_mode": "multi_hot", "max_tokens": 12, "pad_to_max_tokens": True},
                "count": {"output_mode": "count", "ngrams": 2},
                "count_characters": {"output_mode": "count", "split": "character", "vocabulary": list("abt")},
                "tf_idf": {"output_mode": "tf_idf", "idf_weights": WEIGHTS},
                "tokens": {"split": None, "_on": WORDS},
                "tokens_length": {"split": None, "output_sequence_length": 2, "_on": WORDS},
                "tokens_longer": {"split": None, "output_sequence_length": 7, "_on": WORDS},
                "tokens_open": {
                    "split": None,
                    "output_sequence_length": 5,
                    "_on": (Input((None,), "string", draw=words),),
                },
                "tokens_ngrams": {"split": None, "ngrams": 2, "_on": WORDS},
                "tokens_count": {"split": None, "output_mode": "count", "_on": WORDS},
                "tokens_flat": {"split": None, "_on": (Input((), "string", draw=words),)},
                "max_tokens": {"max_tokens": 10},
                "special_tokens": {"vocabulary": ["", "[UNK]", *VOCABULARY]},
                "adapted": {**ADAPTED, "_on": LEARNABLE},
                "adapted_options": {
                    **ADAPTED,
                    "max_tokens": 6,
                    "ngrams": 2,
                    "output_sequence_length": 5,
                    "_on": LEARNABLE,
                },
                "adapted_count": {**ADAPTED, "output_mode": "count", "split": "character", "_on": LEARNABLE},
                "adapted_tokens": {**ADAPTED, "split": None, "output_mode": "multi_hot", "_on": WORDS},
            }.items()
        },
    ),
)
