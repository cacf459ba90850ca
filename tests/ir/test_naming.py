"""Names of layers."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt.ir.naming import located, to_snake_case, unique_input_name, unique_name

SNAKES = {
    "Dense": "dense",
    "Conv2D": "conv2d",
    "BatchNormalization": "batch_normalization",
    "ReLU": "re_lu",
    "LeakyReLU": "leaky_re_lu",
    "PReLU": "p_re_lu",
    "ELU": "elu",
    "MaxPooling1D": "max_pooling1d",
    "GlobalAveragePooling2D": "global_average_pooling2d",
    "InputLayer": "input_layer",
    "SeparableConv2D": "separable_conv2d",
    "ConvLSTM2D": "conv_lstm2d",
    "_Private": "private__private",
}


@pytest.mark.parametrize("name", SNAKES)
def test_snake_case(name: str) -> None:
    assert to_snake_case(name) == SNAKES[name]


def test_names_are_numbered_by_class() -> None:
    kerasfmt.clear_session()
    assert [unique_name(c) for c in ("Dense", "Dense", "ReLU", "Dense")] == [
        "dense",
        "dense_1",
        "re_lu",
        "dense_2",
    ]
    assert [unique_input_name(), unique_input_name()] == ["input_1", "input_2"]
    kerasfmt.clear_session()
    assert (unique_name("Dense"), unique_input_name()) == ("dense", "input_1")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("m", "layer d: bad", "model m: layer d: bad"),
        ("m", "model m: bad", "model m: bad"),
        ("a", "model b: bad", "model a/b: bad"),
        ("a/b", "model b: bad", "model a/b: bad"),
        ("a/b", "model b/c: bad", "model a/b/c: bad"),
        ("a", "bad", "model a: bad"),
    ],
)
def test_located(path: str, text: str, expected: str) -> None:
    assert located(path, text) == expected
