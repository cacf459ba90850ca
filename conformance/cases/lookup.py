"""Lookups: tokens to numbers, and back."""

from __future__ import annotations

import numpy as np

from conformance.case import Input
from conformance.cases.layer import Layer

WORDS = ("a", "bb", "\u00e9t\u00e9", "\u6f22\u5b57", "", "never seen", "\U0001f40d", "x" * 300)
VOCABULARY = ["bb", "\u00e9t\u00e9", "a", "\U0001f40d", "x" * 300]


def _words(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice(np.array([word.encode() for word in WORDS], object), shape)


def _known(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice(np.array([word.encode() for word in VOCABULARY], object), shape)


TEXT = (Input((3,), "string", draw=_words),)
KNOWN = (Input((3,), "string", draw=_known),)
ONE = (Input((1,), "string", draw=_words),)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "StringLookup",
        TEXT,
        {
            name: {"vocabulary": VOCABULARY, "_trains": False, **options}
            for name, options in {
                "default": {},
                "mask": {"mask_token": ""},
            }.items()
        },
    ),
)
