"""The words of Keras 3 for quantized layers."""

from __future__ import annotations

import json
from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects import keras3
from kerasfmt.dialects.quantization import is_quantized, read_quantized
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.layers import QuantizedDense

RANGE = {"value_range": [-127, 127], "epsilon": 1e-7, "output_dtype": "int8"}


def policy(kind: str, mode: str) -> dict[str, Any]:
    return {
        "module": "keras.dtype_policies",
        "class_name": kind,
        "config": {"mode": mode, "source_name": "float32"},
        "registered_name": None,
    }


def quantizer(kind: str = "AbsMaxQuantizer", **config: Any) -> dict[str, Any]:
    return {"module": "keras.quantizers", "class_name": kind, "config": config, "registered_name": None}


INT8, INT4 = policy("QuantizedDTypePolicy", "int8"), policy("Int4DTypePolicy", "int4/128")


def config_of(kind: str, **options: Any) -> dict[str, Any]:
    return quantizer(kind, weight_quantizer=None, **options)


@pytest.mark.parametrize(
    ("dtype", "stated", "found"),
    [
        (INT8, None, {"quantization": "int8", "block_size": None, "input_range": [-127, 127]}),
        (INT8, config_of("Int8QuantizationConfig", activation_quantizer=None), {"quantization": "int8"}),
        (
            INT8,
            config_of(
                "Int8QuantizationConfig", activation_quantizer=quantizer(value_range=[-9, 9], epsilon=0.5)
            ),
            {"input_range": [-9, 9], "input_epsilon": 0.5},
        ),
        (INT4, None, {"quantization": "int4", "block_size": 128}),
        (policy("Int4DTypePolicy", "int4/-1"), None, {"quantization": "int4", "block_size": None}),
        (policy("QuantizedDTypePolicy", "int4"), None, {"quantization": "int4", "block_size": None}),
        (
            INT4,
            config_of("Int4QuantizationConfig", activation_quantizer=None, block_size=4),
            {"quantization": "int4", "block_size": 4},
        ),
    ],
)
def test_what_is_read(dtype: Any, stated: Any, found: dict[str, Any]) -> None:
    kind, options = read_quantized("Dense", {"units": 3, "dtype": dtype, "quantization_config": stated})
    assert kind == "QuantizedDense"
    assert options["dtype"] == "float32"
    assert options["units"] == 3
    assert {key: options[key] for key in found} == found


def test_a_reversible_embedding_makes_its_inputs_whole() -> None:
    assert "input_range" not in read_quantized("Embedding", {"dtype": INT4})[1]
    assert read_quantized("ReversibleEmbedding", {"dtype": INT4})[1]["input_range"] == [-127, 127]


@pytest.mark.parametrize(
    ("kind", "dtype", "stated", "message"),
    [
        ("Dense", policy("QuantizedFloat8DTypePolicy", "float8"), None, "float8 is a way of training"),
        ("Dense", policy("GPTQDTypePolicy", "gptq/4/128"), None, "does not have the quantization gptq"),
        ("Conv2D", INT8, None, "quantizes Dense, EinsumDense"),
        (
            "Dense",
            INT8,
            quantizer("Int8QuantizationConfig", weight_quantizer=quantizer()),
            "a weight quantizer of its own is not supported",
        ),
        (
            "Dense",
            INT8,
            config_of("Int8QuantizationConfig", activation_quantizer=quantizer("Other")),
            "does not have the quantizer 'Other'",
        ),
    ],
)
def test_what_is_refused(kind: str, dtype: Any, stated: Any, message: str) -> None:
    with pytest.raises(
        UnsupportedLayerError, match=rf"layer it \({kind}\): .*{message}.*before it is quantized"
    ):
        read_quantized(kind, {"name": "it", "dtype": dtype, "quantization_config": stated})


@pytest.mark.parametrize(
    "options",
    [{"input_range": [-127, 127]}, {"quantization": "int4"}, {"quantization": "int4", "block_size": 4}],
)
def test_there_and_back(options: dict[str, Any]) -> None:
    x = kerasfmt.Input((6,))
    model = kerasfmt.Model(x, QuantizedDense(3, name="it", **options)(x))
    written = json.loads(json.dumps(keras3.write_model(model)))
    (entry,) = [e for e in written["config"]["layers"] if e["class_name"] == "Dense"]
    assert is_quantized(entry["config"])
    assert entry["module"] == "keras.layers"
    assert not {"quantization", "block_size", "input_range", "input_epsilon"} & set(entry["config"])
    again = kerasfmt.model_from_config(written["config"])
    assert again.layers[-1].get_config() == model.layers[-1].get_config()


def test_a_plain_layer_is_not_quantized() -> None:
    assert not is_quantized({"dtype": "float32"})
    assert not is_quantized({"dtype": {"class_name": "DTypePolicy", "config": {"name": "float32"}}})
