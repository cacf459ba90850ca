"""Layers of categories: hashed, crossed, encoded, and of numbers sorted into bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Input, vector
from conformance.cases.layer import FLOAT64, Layer, Of

TEXTS = (b"", b"a", "grüße".encode(), "日本語のテキスト".encode(), b"\xff\xfe broken", b"a" * 70, b"-7")
"""Texts of every kind: empty, of ASCII, with Unicode, not UTF-8, long, a number."""
INTEGRAL: dict[str, Any] = {"_trains": False, "_why": "there is no gradient of whole numbers"}


def texts(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Texts of every kind, at random."""
    return np.array([TEXTS[i] for i in rng.integers(0, len(TEXTS), int(np.prod(shape)))], object).reshape(
        shape
    )


def strings(*shape: int | None) -> tuple[Input, ...]:
    """One input of strings of this shape."""
    return (Input(shape, "string", draw=texts),)


def numbers(*shape: int | None, dtype: str = "int64", high: int = 5) -> tuple[Input, ...]:
    """One input of whole numbers of this shape."""
    return vector(*shape, dtype=dtype, high=high)


def _weighted(k: Any, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[0], count_weights=tensors[1])


def _all(variants: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {**INTEGRAL, **config} for name, config in variants.items()}


LAYERS: tuple[Layer, ...] = (
    Layer(
        "Hashing",
        strings(3),
        _all(
            {
                "default": {"num_bins": 5},
                "mask": {"num_bins": 5, "mask_value": ""},
                "salt": {"num_bins": 5, "salt": 133},
                "salts": {"num_bins": 50, "salt": [133, 137], "mask_value": "a"},
                "one_bin": {"num_bins": 1, "mask_value": "a"},
                "many_bins": {"num_bins": 2**40},
                "int32": {"num_bins": 5, "dtype": "int32"},
                "integers": {"num_bins": 7, "_on": numbers(3, high=100)},
                "integers_mask": {"num_bins": 7, "mask_value": 3, "_on": numbers(2, 3, dtype="int32")},
                "small_integers": {"num_bins": 7, "_on": numbers(3, dtype="uint8")},
                "open": {"num_bins": 7, "_on": strings(None, None)},
                "multi_hot": {"num_bins": 5, "output_mode": "multi_hot"},
                "count": {"num_bins": 5, "output_mode": "count"},
                "one_hot": {"num_bins": 5, "output_mode": "one_hot", "_on": strings(1)},
                "one_hot_scalars": {"num_bins": 5, "output_mode": "one_hot", "_on": strings()},
                "float64": {"num_bins": 5, "output_mode": "count", **FLOAT64},
            }
        ),
    ),
    Layer(
        "HashedCrossing",
        (*strings(1), *numbers(1, dtype="int32")),
        _all(
            {
                "default": {"num_bins": 9},
                "three": {"num_bins": 9, "_on": (*strings(1), *strings(1), *numbers(1))},
                "scalars": {"num_bins": 9, "_on": (*strings(), *strings())},
                "int32": {"num_bins": 9, "dtype": "int32"},
                "one_hot": {"num_bins": 9, "output_mode": "one_hot"},
                "one_hot_scalars": {
                    "num_bins": 9,
                    "output_mode": "one_hot",
                    "_on": (*numbers(), *numbers(dtype="int16")),
                },
            }
        ),
    ),
    Layer(
        "CategoryEncoding",
        numbers(3),
        _all(
            {
                "default": {"num_tokens": 5},
                "count": {"num_tokens": 5, "output_mode": "count"},
                "weights": {
                    "num_tokens": 5,
                    "output_mode": "count",
                    "_on": (*numbers(3), Input((3,))),
                    "_call": Of(_weighted),
                },
                "one_hot": {"num_tokens": 5, "output_mode": "one_hot", "_on": numbers(1, dtype="int32")},
                "one_hot_scalars": {"num_tokens": 5, "output_mode": "one_hot", "_on": numbers()},
                "floats": {"num_tokens": 5, "_on": numbers(3, dtype="float32")},
                "open": {"num_tokens": 5, "_on": numbers(None)},
                "float64": {"num_tokens": 5, **FLOAT64},
            }
        ),
    ),
    Layer(
        "Discretization",
        vector(3),
        _all(
            {
                "default": {"bin_boundaries": [-0.5, 0.0, 0.25, 1.0]},
                "none": {"bin_boundaries": []},
                "integers": {"bin_boundaries": [1, 3], "_on": numbers(3, dtype="int32")},
                "float64": {"bin_boundaries": [-0.5, 0.1], "_on": vector(3, dtype="float64")},
                "int32": {"bin_boundaries": [-0.5, 0.0], "dtype": "int32"},
                "open": {"bin_boundaries": [-0.5, 0.0], "_on": vector(None, None)},
                "multi_hot": {"bin_boundaries": [-0.5, 0.0, 1.0], "output_mode": "multi_hot"},
                "count": {"bin_boundaries": [-0.5, 0.0, 1.0], "output_mode": "count"},
                "one_hot": {"bin_boundaries": [0.0, 1.0], "output_mode": "one_hot", "_on": vector(1)},
                "one_hot_scalars": {"bin_boundaries": [0.0], "output_mode": "one_hot", "_on": vector()},
                "adapted": {"num_bins": 4, "_adapt": True},
                "adapted_epsilon": {"num_bins": 3, "epsilon": 0.3, "_adapt": True},
                "adapted_count": {"num_bins": 4, "output_mode": "count", "_adapt": True},
            }
        ),
    ),
)
