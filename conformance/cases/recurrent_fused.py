"""LSTM and GRU: with the options that cuDNN has, and with others, for which they run their cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.case import Input, vector
from conformance.cases.layer import Layer, Of
from conformance.cases.recurrent import CONSTRAINED, MASKED, REGULARIZED, SHARED, STATEFUL, STEPS, from_state


def _embedded(keras: Any, layer: Any, tensors: list[Any]) -> Any:
    return layer(keras.layers.Embedding(9, 3, mask_zero=True, name="embedding")(tensors[0]))


def _twice(keras: Any, layer: Any, tensors: list[Any]) -> Any:
    return [layer(t) for t in tensors]


def _states(count: int) -> tuple[Input, ...]:
    return (Input((5, 3)), *(Input((4,)) for _ in range(count)))


def _variants(states: int, **others: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The configurations of both layers, and those of one of them."""
    generic = {"activation": "relu"}
    every: dict[str, Mapping[str, Any]] = {
        "default": {},
        **SHARED,
        "embedded": {"_on": vector(5, dtype="int32", high=9), "_call": Of(_embedded)},
        "regularized": REGULARIZED,
        "constrained": CONSTRAINED,
        "dropout": {"dropout": 0.3, "_random": True},
        "recurrent_dropout": {"dropout": 0.3, "recurrent_dropout": 0.2, "_random": True},
        "no_bias": {"use_bias": False},
        "relu_sequences": {**generic, "return_sequences": True, "return_state": True},
        "relu_masked": {**generic, "return_sequences": True, **MASKED},
        "relu_stateful": {**generic, **STATEFUL},
        "hard_sigmoid": {"recurrent_activation": "hard_sigmoid", "implementation": 1},
        "initial_state": {"_on": _states(states), "_call": Of(from_state)},
        "twice": {"_on": vector(5, 3) + vector(5, 3), "_call": Of(_twice)},
    }
    return {name: {"units": 4, **options} for name, options in {**every, **others}.items()}


LAYERS: tuple[Layer, ...] = (
    Layer(
        "LSTM", STEPS, _variants(2, no_forget_bias={"unit_forget_bias": False, "bias_initializer": "ones"})
    ),
    Layer(
        "GRU",
        STEPS,
        _variants(
            1,
            reset_before={"reset_after": False},
            reset_before_apart={"reset_after": False, "implementation": 1},
            reset_before_no_bias={"reset_after": False, "use_bias": False, "return_state": True},
            reset_before_masked={"reset_after": False, **MASKED},
        ),
    ),
)
