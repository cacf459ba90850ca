"""The config of a layer as the options of its class, in the dialect of Keras 2 or of Keras 3."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from kerasfmt.dialects.activations import is_activation
from kerasfmt.dialects.functions import functions_to_keras2
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.json_values import LEAVES, unwrap
from kerasfmt.ir.keras_facts import LATER_OPTIONS
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.printable import printable


def with_plain_policy(kind: str, config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The class and the config of a layer, with what a policy of quantized weights says as options."""
    if config["dtype"].get("class_name") in ("DTypePolicy", "Policy"):
        # Of a layer that is not quantized by it, as an Embedding by float8.
        if config.get("quantization_config") is not None:
            warnings.warn(
                printable(
                    f"layer {config.get('name')}: its quantization_config, which Keras uses when it quantizes the "
                    "layer, is left out"
                ),
                stacklevel=2,
            )
        return kind, {key: value for key, value in config.items() if key != "quantization_config"}
    from kerasfmt.dialects.quantization import (
        is_quantized,
        read_quantized,
    )  # models without one do not load it

    return read_quantized(kind, config) if is_quantized(config) else (kind, config)


def takes_functions(kind: str) -> bool:
    """Whether a layer of this class calls a function, which a custom object may be and a config may hold as code.

    Args:
      kind: the name of the class.
    """
    cls = find_layer_class(kind)
    return cls is not None and bool(cls.facts.functions)


def normalized(cls: type[Layer], config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer config of either dialect as keyword arguments of the class."""
    options = {k: v if type(v) in LEAVES else _activation_layer(k, unwrap(v)) for k, v in config.items()}
    if "batch_shape" in options and not issubclass(cls, InputLayer):
        options["batch_input_shape"] = options.pop("batch_shape")
    if isinstance(options.get("batch_input_shape"), list):
        options["batch_input_shape"] = tuple(options["batch_input_shape"])
    if cls.facts.functions:
        options = functions_to_keras2(options, cls.facts)
    for option, name in cls.facts.renamed.items():
        if name in options:
            options[option] = options.pop(name)
    for key in options.keys() - cls.fields.keys():
        if options[key] in cls.facts.implied_by_keras2.get(key, LATER_OPTIONS.get(key, ())):
            del options[key]
    if options.get("lora_rank") is not None and cls.__module__.startswith("kerasfmt."):
        _drop_adapter(options)
    return options


def _drop_adapter(options: dict[str, Any]) -> None:
    """Drops what makes an adapter of low rank, with a warning.

    Source: keras/src/layers/core/dense.py, save_own_variables and load_own_variables (3.x)
    """
    rank = options.pop("lora_rank")
    options.pop("lora_alpha", None)
    warnings.warn(
        printable(
            f"layer {options.get('name')}: its adapter (LoRA of rank {rank}) is merged into its weights, as Keras "
            "merges it when it saves; the layer is one without an adapter, and its weights can be trained"
        ),
        stacklevel=2,
    )


def _activation_layer(option: str, value: Any) -> Any:
    """The layer that an option names as its activation; other values stay as they are."""
    if not is_activation(option) or not isinstance(value, Mapping):
        return value
    kind = find_layer_class(str(value.get("class_name")))
    if kind is None or not isinstance(value.get("config"), Mapping):
        return value
    return kind.from_config(normalized(kind, value["config"]))
