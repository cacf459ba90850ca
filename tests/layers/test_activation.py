from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.layers import ELU, LeakyReLU, PReLU, ReLU, Softmax, ThresholdedReLU
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32

X = f32([-4, -1, 0, 1, 8])


class TestLayers(LayerTests):
    uses = [
        *(use(layer, (None, None, 5), gives=(None, None, 5)) for layer in (ReLU(), ELU(), ThresholdedReLU())),
        use(ReLU(4, 0.5, 2), (None, 5), gives=(None, 5)),
        use(LeakyReLU(0.25), (None, 5), gives=(None, 5)),
        use(PReLU(), (None, 5), gives=(None, 5), weights={"alpha": (5,)}),
        use(PReLU(shared_axes=[1]), (None, None, 5), gives=(None, None, 5), weights={"alpha": (1, 5)}),
        use(Softmax(), (None, 5), gives=(None, 5)),
        use(Softmax([1, 2]), (None, None, 5), gives=(None, None, 5)),
    ]
    refused = {
        "max_value": (
            lambda: ReLU(max_value=-1, name="it"),
            "option max_value: expected a number of at least 0, got -1",
        ),
        "negative_slope": (
            lambda: ReLU(negative_slope=None, name="it"),
            "option negative_slope: expected a number of at least 0",
        ),
        "threshold": (
            lambda: ReLU(threshold=-0.5, name="it"),
            "option threshold: expected a number of at least 0, got -0.5",
        ),
        "theta": (
            lambda: ThresholdedReLU(-1, name="it"),
            "option theta: expected a number of at least 0, got -1",
        ),
        "alpha": (lambda: LeakyReLU(None, name="it"), "option alpha: expected a number, got None"),
        "elu": (lambda: ELU(None, name="it"), "option alpha: expected a number, got None"),
        "axis": (
            lambda: Softmax(axis="last", name="it"),
            "option axis: expected an axis or a list of axes, got 'last'",
        ),
        "shared": (
            lambda: apply(PReLU(shared_axes=[2], name="it"), X),
            "option shared_axes: expected axes 1 to 1, got [2]",
        ),
        "unknown": (lambda: ReLU(slope=1, name="it"), "unknown option slope=1"),
    }


CASES: dict[str, tuple[Any, Any]] = {
    "relu": (ReLU(), [0, 0, 0, 1, 8]),
    "relu max": (ReLU(6), [0, 0, 0, 1, 6]),
    "relu slope": (ReLU(negative_slope=0.5), [-2, -0.5, 0, 1, 8]),
    "relu threshold": (ReLU(threshold=1), [0, 0, 0, 0, 8]),
    "relu all": (ReLU(4, 0.5, 2), [-3, -1.5, -1, -0.5, 4]),
    "leaky": (LeakyReLU(0.25), [-1, -0.25, 0, 1, 8]),
    "leaky keras 3": (LeakyReLU(negative_slope=0.25), [-1, -0.25, 0, 1, 8]),
    "elu": (ELU(2.0), [2 * np.expm1(-4), 2 * np.expm1(-1), 0, 1, 8]),
    "thresholded": (ThresholdedReLU(), [0, 0, 0, 0, 8]),
    "prelu": (PReLU(alpha_initializer="ones"), [-4, -1, 0, 1, 8]),
    "softmax": (Softmax(), np.exp(X[0]) / np.exp(X[0]).sum()),
}


@pytest.mark.parametrize("name", CASES)
def test_values(name: str) -> None:
    layer, expected = CASES[name]
    # Exponentials round.
    np.testing.assert_allclose(apply(layer, X), f32(expected), rtol=1e-6)


def test_options_are_kept_in_single_precision() -> None:
    assert LeakyReLU().get_config()["alpha"] == 0.30000001192092896
    assert ReLU(0.1).get_config()["max_value"] == 0.10000000149011612
    assert ReLU().get_config()["max_value"] is None


@pytest.mark.parametrize("axis", [1, [1], [1, 2], (-1, -2), -1])
def test_softmax_sums_to_one_along_its_axes(axis: Any) -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4) % 5
    layer = Softmax(axis=axis)
    axes = tuple(np.ravel(axis))
    np.testing.assert_allclose(apply(layer, x).sum(axes), np.ones_like(x.sum(axes)), rtol=1e-6)
    assert layer.get_config()["axis"] == axis
    assert layer.tracked_lists() == (("axis",) if isinstance(axis, list) else ())


def test_softmax_leaves_masked_steps_out() -> None:
    x = f32([[1, 1], [0, 0]])
    # Keras broadcasts the mask of the steps against the last axis.
    np.testing.assert_allclose(apply(Softmax(), x, masked=True), f32([[1, 0], [1, 0]]))


def test_robust_softmax_hides_masked_logits_of_any_size() -> None:
    x = f32([[1, 3e9], [0, 0]])
    np.testing.assert_allclose(apply(Softmax(), x, masked=True), f32([[0, 1], [1, 0]]))
    robust = Softmax(robust_masking=True)
    np.testing.assert_allclose(apply(robust, x, masked=True), f32([[1, 0], [1, 0]]))
    assert robust.get_config()["robust_masking"] is True
    assert "robust_masking" not in Softmax().get_config()


def test_softmax_of_several_axes_takes_infinities() -> None:
    x = f32([[-np.inf, 0]])
    np.testing.assert_allclose(apply(Softmax(axis=[1, 2]), x), [[[0, 1]]])


def test_prelu_shares_axes() -> None:
    x = np.full((2, 3, 4), -1, np.float32)
    layer = PReLU(alpha_initializer="ones", shared_axes=[1])
    np.testing.assert_array_equal(apply(layer, x), x)
    assert layer.alpha.shape == (1, 4)
    assert layer.input_spec() == InputSpec(ndim=3, axes={2: 4})
    assert layer.tracked_lists() == ("shared_axes",)
    plain = PReLU()
    apply(plain, x)
    assert plain.alpha.shape == (3, 4)
    assert plain.input_spec() == InputSpec(ndim=3)
    assert plain.tracked_lists() == ()


def test_softmax_of_a_vector() -> None:
    with pytest.raises(InvalidModelError, match="at least two dimensions"):
        apply(Softmax(), f32(1, 2))
