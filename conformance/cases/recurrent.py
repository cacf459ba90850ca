"""Recurrent layers: SimpleRNN, RNN over a cell or several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from conformance.case import Input, vector
from conformance.cases.layer import FLOAT64, L1L2, L2, MAX_NORM, MIXED_FLOAT16, Layer, Of, inner

STEPS = vector(5, 3)
_STATE = (Input((5, 3)), Input((4,)))


def _masked(keras: Any, layer: Any, tensors: list[Any]) -> Any:
    return layer(keras.layers.Embedding(4, 3, mask_zero=True, name="embedding")(tensors[0]))


def from_state(keras: Any, layer: Any, tensors: list[Any]) -> Any:
    """Calls a layer with initial states: all tensors but the first."""
    return layer(tensors[0], initial_state=tensors[1:])


def _from_layer(keras: Any, layer: Any, tensors: list[Any]) -> Any:
    states = [keras.layers.Dense(4, name=f"state_{n}")(t) for n, t in enumerate(tensors[1:])]
    return layer(tensors[0], initial_state=states)


def _some_steps(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers, of which a third of the steps are 0."""
    return rng.normal(size=shape) * (rng.random(shape[:2])[..., None] > 0.3)


def _after_masking(keras: Any, layer: Any, tensors: list[Any]) -> Any:
    return layer(keras.layers.Masking(name="masking")(tensors[0]))


MASKED: dict[str, Any] = {"_on": vector(5, dtype="int32", high=3), "_call": Of(_masked)}
AFTER_MASKING: dict[str, Any] = {"_on": vector(5, 3, draw=_some_steps), "_call": Of(_after_masking)}
STATEFUL: dict[str, Any] = {"stateful": True, "_batch": 4}
RANDOM: dict[str, Any] = {"dropout": 0.3, "recurrent_dropout": 0.2, "_random": True}


def stacked(*kinds: str) -> Of:
    """A list of cells of 2, 3, ... units."""
    return _Stacked(kinds)


class _Stacked(Of):
    def __init__(self, kinds: tuple[str, ...]) -> None:
        super().__init__(
            lambda k: [getattr(k.layers, kind)(n + 2, name=f"cell_{n}") for n, kind in enumerate(kinds)]
        )
        self.kinds = kinds

    def __repr__(self) -> str:
        return f"stacked{self.kinds}"


SHARED: Mapping[str, Mapping[str, Any]] = {
    "sequences": {"return_sequences": True},
    "states": {"return_sequences": True, "return_state": True},
    "backwards": {"return_sequences": True, "go_backwards": True},
    "unrolled": {"unroll": True, "return_sequences": True},
    "time_major": {"time_major": True, "return_sequences": True},
    "dynamic": {"return_sequences": True, "_on": vector(None, 3)},
    "masked": {"return_sequences": True, **MASKED},
    "masked_last": {"go_backwards": True, **MASKED},
    "masked_zero": {"return_sequences": True, "zero_output_for_mask": True, **MASKED},
    "masked_unrolled": {"unroll": True, **MASKED},
    "after_masking": {"return_sequences": True, **AFTER_MASKING},
    "stateful": STATEFUL,
    "frozen": {"trainable": False},
    "mixed_float16": MIXED_FLOAT16,
    "float64": {**FLOAT64, "_on": vector(5, 3, dtype="float64")},
}
"""Configurations of every layer that runs a cell."""
REGULARIZED: dict[str, Any] = {
    "kernel_regularizer": L2,
    "recurrent_regularizer": L1L2,
    "bias_regularizer": L2,
    "activity_regularizer": L1L2,
}
CONSTRAINED: dict[str, Any] = {
    "kernel_constraint": MAX_NORM,
    "recurrent_constraint": "unit_norm",
    "bias_constraint": "non_neg",
}

LAYERS: tuple[Layer, ...] = (
    Layer(
        "SimpleRNN",
        STEPS,
        {
            name: {"units": 4, **options}
            for name, options in {
                "default": {},
                **SHARED,
                "no_bias": {"use_bias": False, "activation": "relu"},
                "regularized": REGULARIZED,
                "constrained": CONSTRAINED,
                "dropout": RANDOM,
                "initial_state": {"_on": _STATE, "_call": Of(from_state)},
                "initial_state_of_layer": {"return_state": True, "_on": _STATE, "_call": Of(_from_layer)},
            }.items()
        },
    ),
    Layer(
        "RNN",
        STEPS,
        {
            "simple": {"cell": inner("SimpleRNNCell", 4)},
            "lstm": {"cell": inner("LSTMCell", 4), "return_state": True},
            "lstm_apart": {"cell": inner("LSTMCell", 4, implementation=1)},
            "lstm_no_bias": {"cell": inner("LSTMCell", 4, use_bias=False, unit_forget_bias=False)},
            "lstm_dropout": {
                "cell": inner("LSTMCell", 4, dropout=0.3, recurrent_dropout=0.2),
                "_random": True,
            },
            "gru": {"cell": inner("GRUCell", 4, bias_initializer="ones"), "return_sequences": True},
            "gru_before": {"cell": inner("GRUCell", 4, bias_initializer="ones", reset_after=False)},
            "gru_apart": {"cell": inner("GRUCell", 4, implementation=1, reset_after=False)},
            "gru_dropout": {"cell": inner("GRUCell", 4, dropout=0.3), "_random": True},
            "regularized": {"cell": inner("GRUCell", 4, kernel_regularizer="l2", recurrent_regularizer="l1")},
            "masked": {"cell": inner("GRUCell", 4), **MASKED},
            "after_masking": {"cell": inner("LSTMCell", 4), "return_state": True, **AFTER_MASKING},
            "stateful": {"cell": inner("LSTMCell", 4), **STATEFUL},
            "unrolled": {"cell": inner("LSTMCell", 4), "unroll": True},
            "stacked": {"cell": stacked("LSTMCell", "GRUCell")},
            "stacked_states": {
                "cell": stacked("GRUCell", "LSTMCell", "SimpleRNNCell"),
                "return_sequences": True,
                "return_state": True,
            },
            "stacked_masked": {"cell": stacked("LSTMCell", "LSTMCell"), **MASKED},
            "stacked_stateful": {"cell": stacked("LSTMCell", "GRUCell"), **STATEFUL},
            "mixed_float16": {"cell": inner("LSTMCell", 4, dtype="mixed_float16"), **MIXED_FLOAT16},
        },
    ),
    Layer(
        "Bidirectional",
        STEPS,
        {
            "default": {"layer": inner("SimpleRNN", 4)},
            "sequences": {"layer": inner("SimpleRNN", 4, return_sequences=True), "merge_mode": "sum"},
            "apart": {"layer": inner("SimpleRNN", 4, return_sequences=True), "merge_mode": None},
            "mean": {"layer": inner("SimpleRNN", 4), "merge_mode": "ave"},
            "states": {"layer": inner("RNN", inner("LSTMCell", 4), return_state=True), "merge_mode": "mul"},
            "backward": {
                "layer": inner("SimpleRNN", 4),
                "backward_layer": inner("SimpleRNN", 3, go_backwards=True, activation="relu"),
            },
            "cells": {"layer": inner("RNN", inner("GRUCell", 4), return_sequences=True)},
            "masked": {"layer": inner("SimpleRNN", 4, return_sequences=True), **MASKED},
            "masked_last": {"layer": inner("SimpleRNN", 4), **MASKED},
            "after_masking": {"layer": inner("LSTM", 4, return_sequences=True), **AFTER_MASKING},
            "after_masking_last": {"layer": inner("GRU", 4), **AFTER_MASKING},
            "initial_state": {
                "layer": inner("SimpleRNN", 4),
                "_on": (*_STATE, Input((4,))),
                "_call": Of(from_state),
            },
            "regularized": {
                "layer": inner("SimpleRNN", 4, kernel_regularizer="l2", activity_regularizer="l1")
            },
            "dropout": {"layer": inner("SimpleRNN", 4, dropout=0.3), "_random": True},
            "unrolled": {"layer": inner("SimpleRNN", 4, unroll=True)},
            "dynamic": {"layer": inner("SimpleRNN", 4, return_sequences=True), "_on": vector(None, 3)},
            "frozen": {"layer": inner("SimpleRNN", 4), "trainable": False},
        },
    ),
    Layer(
        "ConvLSTM1D",
        vector(3, 6, 2),
        {
            "default": {"filters": 3, "kernel_size": 2},
            "same": {"filters": 3, "kernel_size": 3, "padding": "same", "return_sequences": True},
        },
    ),
    Layer(
        "ConvLSTM2D",
        vector(3, 6, 5, 2),
        {
            name: {"filters": 3, "kernel_size": 2, **options}
            for name, options in {
                "default": {},
                "states": {"return_sequences": True, "return_state": True},
                "strides": {"strides": 2, "padding": "same", "go_backwards": True},
                "dilated": {"dilation_rate": 2},
                "dropout": RANDOM,
                "dynamic": {"padding": "same", "_on": vector(None, None, None, 2)},
                "stateful": STATEFUL,
                "regularized": {"kernel_regularizer": L2, "activity_regularizer": L1L2},
                "mixed_float16": MIXED_FLOAT16,
            }.items()
        },
    ),
    Layer("ConvLSTM3D", vector(2, 4, 4, 4, 1), {"default": {"filters": 2, "kernel_size": 2}}),
)
