"""The inputs of models: shapes, names, and what is refused."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import Input
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import InputLayer


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    kerasfmt.clear_session()


def test_inputs() -> None:
    x = Input((3, None), batch_size=4, name="x", dtype="int32")
    assert (x.shape, x.dtype.name, x.origin.layer.name) == ((4, 3, None), "int32", "x")
    assert Input(batch_shape=(2, 3)).shape == (2, 3)
    assert Input().shape == (None,)
    assert repr(x) == "<Tensor int32(4, 3, None) of x>"


def test_names_of_inputs_begin_at_one() -> None:
    assert [Input((1,)).origin.layer.name for _ in range(2)] == ["input_1", "input_2"]


@pytest.mark.parametrize("option", ["sparse", "ragged"])
def test_inputs_that_are_not_supported(option: str) -> None:
    with pytest.raises(InvalidModelError, match="sparse and ragged inputs are not supported"):
        InputLayer(batch_input_shape=(None, 3), **{option: True})


def test_an_input_layer_needs_a_shape() -> None:
    with pytest.raises(InvalidModelError, match=r"layer i \(InputLayer\): it needs an input shape"):
        InputLayer(name="i")


def test_an_input_layer_cannot_be_called() -> None:
    with pytest.raises(InvalidModelError, match="an input layer cannot be called"):
        InputLayer(batch_input_shape=(None, 3))(Input((3,)))
