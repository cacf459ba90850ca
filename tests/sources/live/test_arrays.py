"""Variables of live models as arrays."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kerasfmt import from_keras
from kerasfmt.errors import InvalidModelError
from kerasfmt.sources.live.arrays import LiveArray, MergedArray
from tests.sources.live.live_models import KERNEL, Parameter, Variable2, Variable3, model2, model3


@pytest.mark.parametrize("live", [model2(), model3(), model3(wrap=Parameter)], ids=["keras2", "jax", "torch"])
def test_weights_are_views_that_follow_the_live_model(live: Any) -> None:
    kernel = from_keras(live).weights[0]
    assert isinstance(kernel.value, LiveArray)
    assert np.shares_memory(kernel.numpy(), KERNEL)
    live.layers[0].trainable_weights[0] = None  # what the live model does with its lists is its own business
    np.testing.assert_array_equal(kernel.numpy(), KERNEL)


def test_bfloat16_of_torch() -> None:
    import ml_dtypes

    class Bits(Parameter):
        dtype = "torch.bfloat16"  # type: ignore[assignment]

        def view(self, dtype: Any) -> Parameter:
            assert dtype == "int16 of torch"
            return Parameter(self.array.view(np.int16))

    array = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    variable = Variable3("v", Bits(array))
    variable.shape, variable.dtype = array.shape, "bfloat16"
    Bits.__module__ = "fake_torch"
    sys.modules["fake_torch"] = type("fake", (), {"int16": "int16 of torch"})  # type: ignore[assignment]
    try:
        np.testing.assert_array_equal(np.asarray(LiveArray(variable)), array)
    finally:
        del sys.modules["fake_torch"]


class Symbolic(Variable2):
    """A variable of TensorFlow 1, where execution is not eager."""

    def read_value(self) -> Any:
        return self

    def __array__(self) -> Any:
        raise NotImplementedError("Cannot convert a symbolic tf.Tensor to a numpy array.")


def test_values_in_a_session_have_no_arrays() -> None:
    array = LiveArray(Symbolic("dense/kernel", KERNEL))
    with pytest.raises(InvalidModelError, match=r"variable dense/kernel: .* outside of a session"):
        np.asarray(array)


def test_values_in_the_session_of_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    class InGraph(Variable2):
        _in_graph_mode = True

    variable = InGraph("dense/kernel", KERNEL)
    asked: list[Any] = []

    def get_session(tensors: list[Any]) -> Any:
        asked.extend(tensors)
        return SimpleNamespace(run=lambda value: value.array + 1)

    backend = SimpleNamespace(_get_session=None, get_session=get_session)
    monkeypatch.setitem(sys.modules, "tf_keras.src.backend", backend)
    np.testing.assert_array_equal(np.asarray(LiveArray(variable)), KERNEL + 1)
    assert asked == [variable]


def test_an_adapter_is_added_when_the_value_is_used() -> None:
    base, left, right = (np.ones(shape, np.float32) for shape in ((3, 4), (3, 2), (2, 4)))
    found = MergedArray(Variable3("v", base), Variable3("v", left), Variable3("v", right), 0.5)
    np.testing.assert_array_equal(np.asarray(found), np.full((3, 4), 2.0))
    left *= 3
    np.testing.assert_array_equal(np.asarray(found, np.float64), np.full((3, 4), 4.0))
    assert (found.shape, found.dtype, found.nbytes) == ((3, 4), np.dtype("f4"), 48)
