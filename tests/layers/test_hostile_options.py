"""The quick form of `python -m conformance.fuzz.options`: every option of every layer takes one hostile value.

The model is refused with an error of ours, or predicts, or refuses to: in little time and memory.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from conformance.fuzz import options, run
from kerasfmt.errors import KerasfmtError
from kerasfmt.ir.layer import Layer

MODELS = dict(options.models())


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")
@pytest.mark.parametrize("layer", MODELS)
def test_every_option_takes_a_hostile_value(layer: str) -> None:
    found = list(options.tries_of(layer, MODELS[layer], options.QUICK))
    count = len(options.QUICK)
    chosen = [one for number, one in enumerate(found) if number % count == number // count % count]
    assert {one.path for one in chosen} == {one.path for one in found}

    def attempt() -> None:
        warnings.simplefilter("ignore")
        for one in chosen:
            try:
                options.attempt(one.config)
            except Exception as error:
                raise AssertionError(str(one)) from error

    outcome = run.limited(attempt, seconds=120)
    assert not outcome.is_finding, outcome.detail


def test_every_layer_is_tried() -> None:
    tried = {name.partition("-")[0] for name in MODELS}
    classes = {name for name in kerasfmt.layers.__all__ if _is_layer(getattr(kerasfmt.layers, name))}
    features = {
        "FeatureSpace",
        "TFDConcat",
        "TFDIdentity",
    }  # a model, and layers without options of their own
    by_model = {"AddLoss", "AddMetric", "BareLayer"}  # Keras exports none of them as a layer to make
    by_call = {
        "Layer",
        "Wrapper",
        "Lambda",
        "TFOpLambda",
        "SlicingOpLambda",
        "Operation",
        "CustomScaleLayer",
        "Pipeline",
    }
    same = {name for name in classes if getattr(kerasfmt.layers, name).__name__ != name}
    twins = {name for name in classes if name.startswith("Adaptive")}
    cells = {name for name in classes if name.endswith(("Cell", "Cells"))}  # tried as options of RNN
    assert classes - same - by_call - by_model - twins - cells - features <= tried


def _is_layer(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Layer)


REFUSED = [
    ("Softmax", {}, "axis", "twenty"),
    ("PReLU", {}, "shared_axes", "half"),
    ("PReLU", {}, "shared_axes", "true"),
    ("Attention", {}, "dropout", "three"),
    ("AdditiveAttention", {}, "dropout", "minus half"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "dropout", "three"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "query_shape", "a text"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "key_shape", "texts"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "value_shape", "minus ones"),
    ("RandomBrightness", {"factor": 0.5}, "value_range", "texts"),
    ("RandomRotation", {"factor": 0.5}, "factor", "10**400"),
    ("Normalization", {"mean": 1.0, "variance": 1.0}, "mean", "digits"),
    ("Normalization", {"mean": 1.0, "variance": 1.0}, "variance", "a null"),
    ("Dropout", {"rate": 0.5}, "seed", "2**63"),
    ("Dense", {"units": 3}, "dtype", "three"),
    ("Dropout", {"rate": 0.5}, "noise_shape", "a large array"),
    ("Dropout", {"rate": 0.5}, "noise_shape", "zeros"),
    ("Dropout", {"rate": 0.5}, "seed", "a large array"),
    ("Dropout", {"rate": 0.5}, "seed", "half"),
    ("SpatialDropout1D", {"rate": 0.5}, "noise_shape", "texts"),
    ("AlphaDropout", {"rate": 0.5}, "seed", "a text"),
    ("Masking", {}, "mask_value", "a large array"),
    ("Masking", {}, "mask_value", "a null"),
    ("Embedding", {"input_dim": 3, "output_dim": 2}, "input_length", "a text"),
    ("Embedding", {"input_dim": 3, "output_dim": 2}, "input_length", "minus one"),
    ("Softmax", {}, "axis", "true"),
    ("Dot", {"axes": 1}, "axes", "a text"),
    ("Dot", {"axes": 1}, "axes", "true"),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3}, "bias_axes", "half"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "value_dim", "minus one"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "output_shape", "zeros"),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, "attention_axes", "twenty"),
    ("Normalization", {}, "axis", "a text"),
    ("BatchNormalization", {}, "fused", "three"),
    ("BatchNormalization", {}, "renorm", "a text"),
    ("AdaptiveAveragePooling1D", {"output_size": 2}, "output_size", "a billion"),
    ("UpSampling2D", {}, "size", "zeros"),
    ("Dense", {"units": 3}, "units", "2**31"),
    ("Dense", {"units": 3}, "dtype", "a comma"),
    ("Dense", {"units": 3}, "dtype", "dtypes"),
    ("InputLayer", {"batch_input_shape": [None, 2]}, "batch_input_shape", "2**62 three times"),
]


@pytest.mark.parametrize(("layer", "needed", "option", "value"), REFUSED)
def test_what_keras_refuses_is_refused_by_the_name_of_the_option(
    layer: str, needed: dict[str, object], option: str, value: str
) -> None:
    cls = getattr(kerasfmt.layers, layer)
    cls(**needed)
    with pytest.raises(KerasfmtError, match=rf"layer it \({layer}\): option {option}: "):
        cls.from_config({**needed, option: options.VALUES[value], "name": "it"})


def test_a_factor_that_int32_does_not_hold() -> None:
    """Sizes wrapped around to negative ones."""
    layer = kerasfmt.layers.UpSampling2D(1_000_000_000, name="it")
    with pytest.raises(KerasfmtError, match=r"layer it .*: option size: .* int32 holds.*, got 3000000000"):
        layer(kerasfmt.Input((3, 4, 2)))
    dynamic = kerasfmt.Input((None, None, 2))
    model = kerasfmt.Model(dynamic, kerasfmt.layers.UpSampling2D(1_000_000_000)(dynamic))
    with pytest.raises(KerasfmtError, match="a new height and width of at least 1, got"):
        model.predict(np.ones((1, 3, 4, 2), np.float32))


def test_values_are_in_the_config_of_a_file_or_refused_before() -> None:
    assert len({json.dumps(value, default=str) for value in options.VALUES.values()}) == len(options.VALUES)
    assert set(options.QUICK) <= options.VALUES.keys()
