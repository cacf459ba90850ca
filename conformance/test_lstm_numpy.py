"""LSTM and GRU: kerasfmt in NumPy computes the same as Keras 2; old weights become the same as Keras 2 makes them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import kerasfmt
from conformance.case import BATCH, Case
from conformance.cases.layer import FLOAT64, L1L2, L2, MIXED_FLOAT16, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

STEPS = (5, 3)
SUM = {"_tolerance": 1e-4, "_why": "the activity's loss is what is left of a larger sum"}


def cases_of(kind: str) -> list[Case]:
    """The configurations that both kinds have: those of the function of all steps, and those of the cell."""

    def case(*shapes: tuple[int | None, ...], **options: Any) -> Case:
        return one_layer(kind, *(shapes or (STEPS,)), **{"units": 4, **options})

    return [
        case(),
        case((None, 3), return_sequences=True),
        case(return_sequences=True, return_state=True),
        case(go_backwards=True, return_sequences=True),
        case(go_backwards=True, return_state=True),
        case(time_major=True, return_sequences=True),
        case(time_major=True, go_backwards=True),
        case(return_sequences=True, _masked=True),
        case(return_state=True, _masked=True),
        case(return_sequences=True, go_backwards=True, _masked=True),
        case(return_sequences=True, zero_output_for_mask=True, _masked=True),
        case(stateful=True, return_state=True, _batch=BATCH),
        case(
            kernel_regularizer=L2,
            recurrent_regularizer=L1L2,
            bias_regularizer=L2,
            activity_regularizer=L2,
            **SUM,
        ),
        case(trainable=False),
        case(**MIXED_FLOAT16),
        case(**FLOAT64),
        case(activation="relu", return_sequences=True),
        case(recurrent_activation="hard_sigmoid", implementation=1),
        case(activation="elu", return_state=True),
        case(use_bias=False, return_state=True),
        case(unroll=True, return_sequences=True, return_state=True),
        case(unroll=True, go_backwards=True, implementation=1),
        case(activation="relu", return_sequences=True, _masked=True),
        case(activation="relu", zero_output_for_mask=True, return_sequences=True, _masked=True),
        case(activation="relu", stateful=True, time_major=True, _batch=BATCH, return_sequences=True),
        case(recurrent_dropout=0.2, implementation=2, _random=True),
        case(dropout=0.2, _random=True),
    ]


CASES = [
    *cases_of("LSTM"),
    *cases_of("GRU"),
    one_layer("LSTM", STEPS, units=4, unit_forget_bias=False, bias_initializer="uniform"),
    one_layer("GRU", STEPS, units=4, reset_after=False),
    one_layer("GRU", STEPS, units=4, reset_after=False, implementation=1, return_sequences=True),
    one_layer("GRU", STEPS, units=4, reset_after=False, use_bias=False, _masked=True),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)


def _old_weights(layer: Any, gates: int, cudnn: bool) -> list[np.ndarray]:
    """Random weights: of cuDNN, or of Keras 1, which has three arrays for each gate."""
    rng = np.random.default_rng(3)
    features, units = 3, layer.units
    if cudnn:
        shapes: Sequence[tuple[int, ...]] = [
            (features, gates * units),
            (units, gates * units),
            (2 * gates * units,),
        ]
    else:
        shapes = [(features, units), (units, units), (units,)] * gates
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("cudnn", [True, False], ids=["cudnn", "keras 1"])
@pytest.mark.parametrize(
    ("kind", "options", "gates"),
    [("LSTM", {}, 4), ("GRU", {"reset_after": True}, 3), ("GRU", {"reset_after": False}, 3)],
)
def test_old_weights(kind: str, options: dict[str, Any], gates: int, cudnn: bool) -> None:
    hdf5_format = importlib.import_module(f"{keras.__name__}.src.saving.legacy.hdf5_format")
    ours = getattr(kerasfmt.layers, kind)(2, **options)
    x = kerasfmt.Input((4, 3))
    kerasfmt.Model(x, ours(x))
    theirs = getattr(keras.layers, kind)(2, **options)
    theirs.build((None, 4, 3))
    stored = _old_weights(theirs, gates, cudnn)
    try:
        wanted = hdf5_format.preprocess_weights_for_loading(
            theirs, list(stored), None if cudnn else "1", "tensorflow"
        )
    except ValueError:
        with pytest.raises(ValueError, match="reset_after"):
            ours.adopt(stored)
        return
    for mine, their in zip(ours.adopt(stored), wanted, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), their)
