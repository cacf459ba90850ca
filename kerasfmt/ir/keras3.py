"""What a config of Keras 3 means where the same words mean something else in Keras 2, or nothing.

- The activation `hard_sigmoid` is another function.
- `training` among a layer's call arguments is what the call defaulted to; fit and predict overrule it. In
  Keras 2 it is the user's, and overrules them.
- The operations that compute masks are layers of the model; see keras3_masks.py.
- Options that Keras 2 has not are left out where they say what Keras 2 does anyway. Any other value stays, for
  the layer to refuse it by name.

Source: keras/src/activations/activations.py; keras/src/models/functional.py, operation_fn; the constructors below
keras/src/layers (3.0 to 3.15)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.ir.keras3_masks import with_modules, without_masks

_RENAMED_ACTIVATIONS: Final = {"hard_sigmoid": "hard_sigmoid_keras3"}
_RENAMED_OPTIONS: Final = {"LeakyReLU": {"negative_slope": "alpha"}}

_LATER_OPTIONS: Final[dict[str, tuple[Any, ...]]] = {
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "quantization_config": (None,),
    "gptq_unpacked_column_size": (None,),
    "build_config": (None,),
}
"""Options of any layer: the values that mean what Keras 2 does."""

_LATER_OPTIONS_OF: Final[dict[str, dict[str, tuple[Any, ...]]]] = {
    "CenterCrop": {"data_format": (None, "channels_last")},
    "MultiHeadAttention": {
        "flash_attention": (None, False, True),  # the same numbers, made in another order
        "sliding_window": (None,),
        "use_gate": (False,),
    },
    "RandomContrast": {"value_range": ([0, 255],)},
    "RandomCrop": {"data_format": (None, "channels_last")},
    "RandomFlip": {"data_format": (None, "channels_last")},
    "RandomRotation": {"data_format": (None, "channels_last")},
    "RandomTranslation": {"data_format": (None, "channels_last")},
    "RandomZoom": {"data_format": (None, "channels_last")},
    "Resizing": {
        "antialias": (False,),
        "data_format": (None, "channels_last"),
        "fill_mode": ("constant",),  # how to pad, where padding is asked for
        "fill_value": (0.0,),
        "pad_to_aspect_ratio": (False,),
    },
    "ZeroPadding1D": {"data_format": (None, "channels_last")},
}
"""Options of one class of layers: the values that mean what Keras 2 does."""


ANY: Final = object()
"""Of an option of Keras 2 that says nothing to Keras 3."""

DIFFERENCES: Final[dict[str, dict[str, Any]]] = {
    "Conv1DTranspose": {"groups": 1},
    "Conv2DTranspose": {"groups": 1},
    "Conv3DTranspose": {"groups": 1},
    "DepthwiseConv1D": {"groups": 1},
    "DepthwiseConv2D": {"groups": 1},
    "Embedding": {"input_length": ANY},
    "LeakyReLU": {"alpha": "negative_slope"},
    "MultiHeadAttention": {
        "query_shape": ANY,
        "key_shape": ANY,
        "value_shape": ANY,
        "softmax_robust_masking": False,
    },
    "SeparableConv1D": {
        "groups": 1,
        "kernel_initializer": ANY,
        "kernel_regularizer": None,
        "kernel_constraint": None,
    },
    "SeparableConv2D": {
        "groups": 1,
        "kernel_initializer": ANY,
        "kernel_regularizer": None,
        "kernel_constraint": None,
    },
    "Softmax": {"robust_masking": False},
    "SpatialDropout1D": {"noise_shape": None, "trainable": ANY},
    "SpatialDropout2D": {"noise_shape": None, "trainable": ANY},
    "SpatialDropout3D": {"noise_shape": None, "trainable": ANY},
}
"""Class -> option of Keras 2 -> its new name, or the only value that it may have, or ANY."""


def meant_by_keras3(config: Mapping[str, Any]) -> dict[str, Any]:
    """A model's class name and config, or that of a layer, with what Keras 3 means by it spelled out."""
    found: dict[str, Any] = _meant(config)
    return found


_ONLY_KERAS2: Final = {"jit_compile": False, "is_legacy_optimizer": False}
_LATER_OPTIONS_OF_OPTIMIZERS: Final = ("loss_scale_factor", "gradient_accumulation_steps")


def optimizer_meant_by_keras3(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of an optimizer of Keras 3 as Keras 2 has them; what Keras 2 has not stays.

    Without the prefix of its own optimizers, Keras 2 takes a name in a SavedModel for one in
    `keras.optimizers.legacy`.
    """
    kind = str(entry.get("class_name")).rpartition(">")[2]
    options = dict(entry.get("config") or {})
    for key in _LATER_OPTIONS_OF_OPTIMIZERS:
        if options.get(key, ...) is None:
            del options[key]
    return {"class_name": f"Custom>{kind}", "config": {**options, "name": kind, **_ONLY_KERAS2}}


def _meant(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_meant(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: _meant(item) for key, item in value.items()}
    if isinstance(found.get("layers"), list) and "input_layers" in found:
        found["layers"] = with_modules(found["layers"])
        found["layers"] = without_masks(found)
    if "class_name" in found and isinstance(found.get("config"), dict):
        found["config"] = _options(str(found["class_name"]), found["config"])
    if "args" in found and isinstance(found.get("kwargs"), dict):
        found["kwargs"] = {key: item for key, item in found["kwargs"].items() if key != "training"}
    return found


def _options(class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    harmless = _LATER_OPTIONS | _LATER_OPTIONS_OF.get(class_name, {})
    names = _RENAMED_OPTIONS.get(class_name, {})
    found: dict[str, Any] = {}
    for key, value in config.items():
        if key in harmless and value in harmless[key]:
            continue
        if (key == "activation" or key.endswith("_activation")) and isinstance(value, str):
            value = _RENAMED_ACTIVATIONS.get(value, value)
        found[names.get(key, key)] = value
    return found
