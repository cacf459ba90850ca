"""Attention: called with and without keys, with masks given and masks that come along."""

from __future__ import annotations

from typing import Any

from conformance.case import Input, Keras
from conformance.cases.layer import (
    FLOAT64,
    L1L2,
    L2,
    MAX_NORM,
    MIN_MAX_NORM,
    MIXED_FLOAT16,
    TRUNCATED,
    Layer,
    Of,
)

PAIR = (Input((3, 4)), Input((5, 4)))
KEYED = (Input((3, 4)), Input((5, 2)), Input((5, 4)))
DYNAMIC_PAIR = (Input((None, 4)), Input((None, 4)))
PAIR64 = (Input((3, 4), "float64"), Input((5, 4), "float64"))
WORDS = (Input((3,), "int32", high=3), Input((5,), "int32", high=3))
MASKED = (*PAIR, Input((3,), "bool", high=2), Input((5,), "bool", high=2))


def _embedded(k: Keras, words: list[Any]) -> list[Any]:
    return [k.layers.Embedding(4, 4, mask_zero=True, name=f"words_{n}")(w) for n, w in enumerate(words)]


def _scores(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors, return_attention_scores=True)


def _causal(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors, use_causal_mask=True)


def _masks(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[:2], mask=tensors[2:])


def _value_mask(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[:2], mask=[None, tensors[2]])


def _implicit(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(_embedded(k, tensors), return_attention_scores=True)


def _implicit_causal(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(_embedded(k, tensors), use_causal_mask=True)


def _attends(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(*tensors)


def _attends_with_scores(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(*tensors, return_attention_scores=True)


def _attends_causally(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(*tensors, use_causal_mask=True)


def _attends_to_itself(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[0], tensors[0])


# tf_keras 2.16 and later take keyword arguments in the order of the call, Keras 2.15 by name: both agree here.
def _attends_by_key(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[0], key=tensors[2], value=tensors[1])


def _attends_where_told(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[0], attention_mask=tensors[2], value=tensors[1])


def _attends_where_told_causally(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(tensors[0], attention_mask=tensors[2], use_causal_mask=True, value=tensors[1])


def _attends_to_words(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(*_embedded(k, tensors))


def _attends_to_words_causally(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    return layer(*_embedded(k, tensors), use_causal_mask=True)


def _attends_to_keys_of_words(k: Keras, layer: Any, tensors: list[Any]) -> Any:
    query, value = _embedded(k, tensors[:2])
    return layer(query, key=k.layers.Masking(name="keys")(tensors[2]), value=value)


def _attention() -> dict[str, dict[str, Any]]:
    """The variants that Attention and AdditiveAttention share."""
    return {
        "default": {},
        "key": {"_on": KEYED},
        "scores": {"_call": Of(_scores)},
        "causal": {"_call": Of(_causal)},
        "dropout": {"dropout": 0.3, "_random": True},
        "dropout_with_scores": {"dropout": 0.3, "_random": True, "_call": Of(_scores)},
        "masks": {"_on": MASKED, "_call": Of(_masks)},
        "value_mask": {"_on": (*PAIR, Input((5,), "bool", high=2)), "_call": Of(_value_mask)},
        "implicit_masks": {"_on": WORDS, "_call": Of(_implicit)},
        "implicit_and_causal": {"_on": WORDS, "_call": Of(_implicit_causal)},
        "dynamic": {"_on": DYNAMIC_PAIR},
        "float64": {**FLOAT64, "_on": PAIR64},
        "mixed_float16": MIXED_FLOAT16,
        "mixed_float16_masks": {**MIXED_FLOAT16, "_on": MASKED, "_call": Of(_masks)},
    }


HEADS: dict[str, Any] = {"num_heads": 2, "key_dim": 3, "_call": Of(_attends)}
IMAGES = (Input((2, 3, 4)), Input((2, 5, 4)))

LAYERS: tuple[Layer, ...] = (
    Layer(
        "Attention",
        PAIR,
        {
            **_attention(),
            "scaled": {"use_scale": True},
            "concat": {"score_mode": "concat"},
            "concat_scaled": {"score_mode": "concat", "use_scale": True},
            "concat_masks": {"score_mode": "concat", "_on": WORDS, "_call": Of(_implicit)},
            "concat_mixed_float16": {"score_mode": "concat", "use_scale": True, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "AdditiveAttention",
        PAIR,
        {
            **_attention(),
            "key": {"_on": (Input((3, 4)), Input((5, 4)), Input((5, 4)))},
            "unscaled": {"use_scale": False},
        },
    ),
    Layer(
        "MultiHeadAttention",
        PAIR,
        {
            "default": HEADS,
            "itself": {**HEADS, "_call": Of(_attends_to_itself), "_on": (Input((4, 5)),)},
            "key": {**HEADS, "_on": KEYED, "_call": Of(_attends_by_key)},
            "value_dim": {**HEADS, "value_dim": 5},
            "no_bias": {**HEADS, "use_bias": False},
            "output_shape": {**HEADS, "output_shape": 6},
            "output_shape_of_two": {**HEADS, "output_shape": (2, 3)},
            "attention_axes": {**HEADS, "attention_axes": (2,), "_on": IMAGES},
            "attention_axes_of_two": {**HEADS, "attention_axes": (1, 2), "_on": IMAGES},
            "four_dimensions": {**HEADS, "_on": IMAGES},
            "one_axis_as_number": {**HEADS, "attention_axes": 1},
            "dropout": {**HEADS, "dropout": 0.2, "_random": True},
            "scores": {**HEADS, "_call": Of(_attends_with_scores)},
            "causal": {**HEADS, "_call": Of(_attends_causally)},
            "attention_mask": {
                **HEADS,
                "_on": (*PAIR, Input((3, 5), "bool", high=2)),
                "_call": Of(_attends_where_told),
            },
            "attention_mask_of_floats": {
                **HEADS,
                "_on": (*PAIR, Input((3, 5), "float32", high=2)),
                "_call": Of(_attends_where_told),
            },
            "attention_mask_by_head": {
                **HEADS,
                "_on": (*PAIR, Input((2, 3, 5), "bool", high=2)),
                "_call": Of(_attends_where_told),
            },
            "attention_mask_and_causal": {
                **HEADS,
                "_on": (*PAIR, Input((3, 5), "int32", high=2)),
                "_call": Of(_attends_where_told_causally),
            },
            "implicit_masks": {**HEADS, "_on": WORDS, "_call": Of(_attends_to_words)},
            "implicit_and_causal": {**HEADS, "_on": WORDS, "_call": Of(_attends_to_words_causally)},
            "implicit_key_mask": {
                **HEADS,
                "_on": (*WORDS, Input((5, 4))),
                "_call": Of(_attends_to_keys_of_words),
            },
            "regularized": {
                **HEADS,
                "kernel_regularizer": L2,
                "bias_regularizer": L1L2,
                "activity_regularizer": L2,
            },
            "penalty": {**HEADS, "activity_regularizer": L1L2},
            "constrained": {**HEADS, "kernel_constraint": MAX_NORM, "bias_constraint": MIN_MAX_NORM},
            "initialized": {**HEADS, "kernel_initializer": TRUNCATED, "bias_initializer": "ones"},
            "frozen": {**HEADS, "trainable": False},
            "dynamic": {**HEADS, "_on": DYNAMIC_PAIR},
            "float64": {**HEADS, **FLOAT64, "_on": PAIR64},
            "mixed_float16": {**HEADS, **MIXED_FLOAT16},
            "mixed_float16_masks": {
                **HEADS,
                **MIXED_FLOAT16,
                "_on": WORDS,
                "_call": Of(_attends_to_words_causally),
            },
        },
    ),
)
