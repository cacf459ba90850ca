"""The words of Keras 3 for quantized layers: a dtype policy and a quantization config.

    "dtype": {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}, ...}
    "dtype": {"class_name": "Int4DTypePolicy", "config": {"mode": "int4/128", "source_name": "float32"}, ...}
    "quantization_config": {"class_name": "Int4QuantizationConfig", "config": {"weight_quantizer": null,
        "activation_quantizer": null, "block_size": 128}, ...}

Source: keras/src/dtype_policies/dtype_policy.py, keras/src/quantizers/quantization_config.py (3.x).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.quantized import Quantized

_POLICIES: Final = ("QuantizedDTypePolicy", "Int4DTypePolicy", "QuantizedFloat8DTypePolicy", "GPTQDTypePolicy",
                    "AWQDTypePolicy")  # fmt: skip
_CLASSES: Final = ("Dense", "EinsumDense", "Embedding", "ReversibleEmbedding")
_OPTIONS: Final = ("quantization", "block_size", "input_range", "input_epsilon")


def is_quantized(config: Mapping[str, Any]) -> bool:
    """Whether the config of a layer states a policy of quantized weights."""
    policy = config.get("dtype")
    return isinstance(policy, Mapping) and policy.get("class_name") in _POLICIES


def read_quantized(kind: str, config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The class and the config of a layer in kerasfmt's words.

    Args:
      kind: Keras's name of the class.
      config: its config, in Keras 3's words.

    Raises:
      UnsupportedLayerError: kerasfmt has no such quantization.
    """
    name = config.get("name")
    stated = config["dtype"].get("config") or {}
    mode, _, size = str(stated.get("mode")).partition("/")

    def refuse(text: str) -> UnsupportedLayerError:
        return UnsupportedLayerError(
            f"layer {name} ({kind}): {text}; save the model before it is quantized, and read that file"
        )

    if mode == "float8":
        raise refuse("float8 is a way of training, whose state kerasfmt does not keep")
    if mode not in ("int8", "int4"):
        raise refuse(f"kerasfmt does not have the quantization {mode}")
    if kind not in _CLASSES:
        raise refuse(f"kerasfmt quantizes {', '.join(_CLASSES)} only")
    found = {key: value for key, value in config.items() if key not in ("dtype", "quantization_config")}
    found["dtype"] = stated.get("source_name") or "float32"
    found["quantization"] = mode
    given = config.get("quantization_config")
    if isinstance(given, Mapping):
        options = given.get("config") or {}
        if options.get("weight_quantizer") is not None:
            raise refuse("a weight quantizer of its own is not supported")
        inputs, block = options.get("activation_quantizer"), options.get("block_size")
    else:
        default = mode == "int8" or kind == "ReversibleEmbedding"
        inputs, block = ({"class_name": "AbsMaxQuantizer"} if default else None), int(size) if size else None
    if isinstance(inputs, Mapping):
        if inputs.get("class_name") != "AbsMaxQuantizer":
            raise refuse(f"kerasfmt does not have the quantizer {inputs.get('class_name')!r:.80}")
        options = inputs.get("config") or {}
        found["input_range"] = list(options.get("value_range") or (-127, 127))
        found["input_epsilon"] = options.get("epsilon", 1e-7)
    found["block_size"] = None if mode == "int8" or block in (None, -1) else block
    return f"Quantized{kind}", found


def write_quantized(layer: Layer, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a layer in Keras 3's words.

    Args:
      layer: the layer.
      config: its config, in whose words only those of the quantization are kerasfmt's.
    """
    assert isinstance(layer, Quantized)
    found = {key: value for key, value in config.items() if key not in _OPTIONS}
    source = {"source_name": layer.policy.name}
    block, inputs = layer.block_size, None
    if layer.input_range is not None:
        bounds = {
            "value_range": list(layer.input_range),
            "epsilon": layer.input_epsilon,
            "output_dtype": "int8",
        }
        inputs = wrapped("keras.quantizers", "AbsMaxQuantizer", bounds)
    options: dict[str, Any] = {"weight_quantizer": None, "activation_quantizer": inputs}
    if layer.quantization == "int8":
        policy, mode, kind = "QuantizedDTypePolicy", "int8", "Int8QuantizationConfig"
    else:
        policy, mode, kind = "Int4DTypePolicy", f"int4/{block or -1}", "Int4QuantizationConfig"
        options["block_size"] = block
    found["dtype"] = wrapped("keras.dtype_policies", policy, {"mode": mode, **source})
    found["quantization_config"] = wrapped("keras.quantizers", kind, options)
    return found
