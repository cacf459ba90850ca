"""Which modules and functions a config may name."""

from __future__ import annotations

import pytest

from kerasfmt.verification.config_names import (
    is_custom_name,
    is_known_layer,
    judge_object,
    judge_tensorflow,
)
from kerasfmt.verification.rules import unsafe


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.layers", "Dense"),
        ("keras.src.models.functional", "Functional"),
        ("keras.src.layers.preprocessing.string_lookup", "StringLookup"),
        ("keras.initializers", "GlorotUniform"),
        ("keras.utils", "FeatureSpace"),
        ("tf_keras.optimizers", "Adam"),
        ("keras.src.ops.numpy", "Add"),
        ("builtins", "float"),
        ("tensorflow.python.framework.tensor_shape", "TensorShape"),
    ],
)
def test_what_models_are_made_of(module: str, name: str) -> None:
    assert judge_object(module, name) is None


@pytest.mark.parametrize(
    ("module", "name", "rule"),
    [
        ("os", "system", unsafe.CALLS_FUNCTION),
        ("posixpath", "join", unsafe.CALLS_FUNCTION),
        ("builtins", "exec", unsafe.CALLS_FUNCTION),
        ("keras.utils", "get_file", unsafe.CALLS_FUNCTION),
        ("keras.src.saving.saving_api", "load_weights", unsafe.CALLS_FUNCTION),
        ("keras.config", "enable_unsafe_deserialization", unsafe.CALLS_FUNCTION),
        ("tensorflow", "py_function", unsafe.CALLS_FUNCTION),
        ("builtins", "my_loss", unsafe.CUSTOM_OBJECT),
        ("company.layers", "Own", unsafe.CUSTOM_OBJECT),
    ],
)
def test_what_they_are_not_made_of(module: str, name: str, rule: object) -> None:
    found = judge_object(module, name)
    assert found is not None
    assert found[0] is rule


def test_functions_of_tensorflow() -> None:
    assert judge_tensorflow("math.add") is None
    assert judge_tensorflow("io.decode_png") is None
    assert judge_tensorflow("compat.v1.nn.relu") is None
    for name in ("io.read_file", "raw_ops.ReadFile", "py_function", "compat.v1.train.load_checkpoint"):
        assert judge_tensorflow(name) is not None


def test_names_of_registered_classes() -> None:
    assert is_custom_name("pk>My")
    assert not is_custom_name("Custom>Adam")  # Keras 2's own
    assert is_custom_name("Custom>Mine")
    assert not is_custom_name("Dense")
    assert not is_custom_name("Keras3>IntegerLookup")  # kerasfmt's own name
    assert not is_custom_name(None)


def test_layers_that_keras_has() -> None:
    assert all(
        map(is_known_layer, ("Dense", "Functional", "TorchModuleWrapper", "MixUp", "CuDNNLSTM", "NotEqual"))
    )
    assert not is_known_layer("MyDense")
