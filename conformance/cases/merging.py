"""Layers of several inputs."""

from __future__ import annotations

from typing import Any

from conformance.case import Input, Keras
from conformance.cases.layer import FLOAT64, MIXED_FLOAT16, Layer, Of

PAIR = (Input((3, 5)), Input((3, 5)))
PAIR64 = (Input((3, 5), "float64"), Input((3, 5), "float64"))
WORDS = (Input((5,), "int32", high=4), Input((5,), "int32", high=4))


def _both_masked(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    embedded = [k.layers.Embedding(4, 3, mask_zero=True, name=f"words_{n}")(t) for n, t in enumerate(tensors)]
    return k.layers.GlobalAveragePooling1D(name="mean")(layer(embedded))


def _one_masked(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    left = k.layers.Embedding(4, 3, mask_zero=True, name="words")(tensors[0])
    right = k.layers.Embedding(4, 3, name="plain")(tensors[1])
    return k.layers.GlobalAveragePooling1D(name="mean")(layer([left, right]))


def _masked_in_four_dimensions(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    embedded = [k.layers.Embedding(9, 3, mask_zero=True, name=f"words_{n}")(t) for n, t in enumerate(tensors)]
    return k.layers.TimeDistributed(k.layers.GlobalAveragePooling1D(), name="mean")(layer(embedded))


MASKS: dict[str, dict[str, Any]] = {
    "masks": {"_on": WORDS, "_call": Of(_both_masked)},
    "one_mask": {"_on": WORDS, "_call": Of(_one_masked)},
}


def _merging() -> dict[str, dict[str, Any]]:
    """The variants of the element-wise merging layers."""
    return {
        "two": {},
        "three": {"_on": (*PAIR, Input((3, 5)))},
        "broadcast": {"_on": (Input((3, 5)), Input((1, 5)))},
        "both_ways": {"_on": (Input((3, 1, 5)), Input((1, 4, 1)))},
        "ranks": {"_on": (Input((3, 5)), Input((5,)))},
        "scalars": {"_on": (Input((2, 3, 5)), Input(()), Input((5,)))},
        "dynamic": {"_on": (Input((None, 5)), Input((None, 5)))},
        "open_ranks": {"_on": (Input((None, None, 5)), Input((None, 5)))},
        "integers": {
            "dtype": "int32",
            "_on": (Input((4,), "int32", high=9), Input((4,), "int32", high=9)),
            "_trains": False,
        },
        "float64": {**FLOAT64, "_on": PAIR64},
        "mixed_float16": MIXED_FLOAT16,
        **MASKS,
    }


def _subtracting() -> dict[str, dict[str, Any]]:
    three = ("three", "scalars")
    return {name: config for name, config in _merging().items() if name not in three}


MATRICES = (Input((3, 4)), Input((3, 4)))

LAYERS: tuple[Layer, ...] = (
    Layer("Add", PAIR, _merging()),
    Layer("Subtract", PAIR, _subtracting()),
    Layer("Multiply", PAIR, _merging()),
    Layer("Average", PAIR, _merging()),
    Layer("Maximum", PAIR, _merging()),
    Layer("Minimum", PAIR, _merging()),
    Layer(
        "Concatenate",
        (Input((3, 5)), Input((3, 4))),
        {
            "default": {},
            "axis": {"axis": 1, "_on": (Input((2, 5)), Input((3, 5)), Input((1, 5)))},
            "negative_axis": {"axis": -2, "_on": (Input((2, 5)), Input((3, 5)))},
            "middle_axis": {"axis": 2, "_on": (Input((2, 1, 5)), Input((2, 3, 5)))},
            "batch_axis": {"axis": 0, "_on": PAIR, "_trains": False},
            "dynamic": {"_on": (Input((None, 5)), Input((None, 2)))},
            "open_axis": {"axis": 1, "_on": (Input((None, 5)), Input((3, 5)))},
            "float64": {**FLOAT64, "_on": (Input((3, 5), "float64"), Input((3, 4), "float64"))},
            "mixed_float16": MIXED_FLOAT16,
            "masks": {"_on": WORDS, "_call": Of(_both_masked)},
            "one_mask": {"_on": WORDS, "_call": Of(_one_masked)},
            "masks_along_time": {"axis": 1, "_on": WORDS, "_call": Of(_both_masked)},
            "masks_of_three": {
                "_on": (Input((2, 3), "int32", high=9), Input((2, 3), "int32", high=9)),
                "_call": Of(_masked_in_four_dimensions),
            },
        },
    ),
    Layer(
        "Dot",
        MATRICES,
        {
            "one_axis": {"axes": 1},
            "last_axis": {"axes": -1},
            "two_axes": {"axes": (2, 1), "_on": (Input((3, 4)), Input((4, 5)))},
            "list_of_axes": {"axes": [1, 2], "_on": (Input((4, 2)), Input((5, 4)))},
            "negative_axes": {"axes": (-1, 1), "_on": (Input((3, 4)), Input((4, 2)))},
            "normalize": {"axes": 2, "normalize": True},
            "normalize_vectors": {"axes": 1, "normalize": True, "_on": (Input((4,)), Input((4,)))},
            "vectors": {"axes": 1, "_on": (Input((4,)), Input((4,)))},
            "vector_first": {"axes": (1, 2), "_on": (Input((4,)), Input((3, 4)))},
            "vector_last": {"axes": (1, 1), "_on": (Input((4, 3)), Input((4,)))},
            "four_dimensions": {"axes": (3, 1), "_on": (Input((2, 3, 4)), Input((4, 5)))},
            "both_of_four": {"axes": (2, 3), "_on": (Input((2, 4, 3)), Input((2, 5, 4)))},
            "dynamic": {"axes": 2, "_on": (Input((None, 4)), Input((None, 4)))},
            "open_axis": {"axes": 1, "_on": (Input((None, 4)), Input((None, 2)))},
            "float64": {"axes": 1, **FLOAT64, "_on": PAIR64},
            "mixed_float16": {"axes": 1, **MIXED_FLOAT16},
        },
    ),
)
