"""Arrays that go to weights by name, pattern or function; everything that does not match is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.weight_map import Transposed

KERNEL, BIAS = np.arange(6, dtype=np.float32).reshape(3, 2), np.array([5, 6], np.float32)


def model() -> kerasfmt.Model:
    return kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])


def names(name: str) -> Any:
    return f"dense/{name.rpartition('.')[2]}"


ARRAYS: dict[str, Any] = {"net.kernel": KERNEL, "net.bias": BIAS}
MAPPINGS: list[tuple[Any, dict[str, Any]]] = [
    ({"net.kernel": "dense/kernel", "net.bias": "dense/bias"}, ARRAYS),
    ({r"net\.(\w+)": r"dense/\1"}, ARRAYS),
    ({r"net\.(?P<leaf>\w+)": r"dense/\g<leaf>"}, ARRAYS),
    ({"net.bias": "dense/bias", ".*": "dense/kernel"}, ARRAYS),
    (names, ARRAYS),
    ({"net.kernel": ("dense/kernel", (1, 0)), ".*": "dense/bias"}, {**ARRAYS, "net.kernel": KERNEL.T}),
    ({r"net\.(\w+)": r"dense/\1", "step": None}, {**ARRAYS, "step": np.array(1)}),
    (None, {"dense/kernel": KERNEL, "dense/bias": BIAS}),
    ({r"net\.(\w+)": r"dense/\1"}, {**ARRAYS, "net.kernel": KERNEL.astype(np.float64)}),
]


@pytest.mark.parametrize(("mapping", "arrays"), MAPPINGS)
def test_mappings(mapping: Any, arrays: dict[str, Any]) -> None:
    found = model()
    kerasfmt.load_weights(found, arrays, mapping=mapping)
    np.testing.assert_array_equal(found.weights[0].numpy(), KERNEL)
    np.testing.assert_array_equal(found.weights[1].numpy(), BIAS)


ALL = {r"net\.(\w+)": r"dense/\1"}
REFUSED: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (
        {},
        ARRAYS,
        InvalidModelError,
        "no array for the weights dense/kernel, dense/bias, .* arrays net.kernel, net.bias;",
    ),
    (
        ALL,
        {"net.bias": BIAS},
        InvalidModelError,
        "the weights dense/kernel, and no rule for the arrays none; map",
    ),
    (ALL, {**ARRAYS, "step": BIAS}, InvalidModelError, "the weights none, and no rule for the arrays step"),
    ({".*": "dense/kernel"}, ARRAYS, InvalidModelError, "net.kernel and net.bias both map to it"),
    (
        {".*": "head/kernel"},
        ARRAYS,
        InvalidModelError,
        "maps to 'head/kernel', expected .* dense/kernel, dense/bias",
    ),
    (ALL, {**ARRAYS, "net.kernel": KERNEL.T}, InvalidModelError, r"map it to \('dense/kernel', \(1, 0\)\)"),
    (
        ALL,
        {**ARRAYS, "net.bias": KERNEL},
        InvalidModelError,
        r"expected shape \[2\], got \[3, 2\] from dense/bias",
    ),
    ({"(": None}, ARRAYS, ValueError, "expected a name or a pattern"),
    ({".*kernel": ("dense/kernel", (0,)), **ALL}, ARRAYS, ValueError, "an order of its 2 axes"),
]


@pytest.mark.parametrize(("mapping", "arrays", "kind", "said"), REFUSED)
def test_refusals(mapping: Any, arrays: dict[str, Any], kind: type[Exception], said: str) -> None:
    found = model()
    before = found.get_weights()
    with pytest.raises(kind, match=said):
        kerasfmt.load_weights(found, arrays, mapping=mapping)
    for one, other in zip(found.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_by_name_takes_what_is_there() -> None:
    found = model()
    kerasfmt.load_weights(found, {"net.bias": BIAS, "other": BIAS}, by_name=True, mapping=ALL)
    np.testing.assert_array_equal(found.weights[1].numpy(), BIAS)
    kerasfmt.load_weights(found, {"dense/bias": BIAS + 1, "other": BIAS}, by_name=True)
    np.testing.assert_array_equal(found.weights[1].numpy(), BIAS + 1)


def test_a_transposed_array_is_read_when_it_is_used() -> None:
    found = Transposed(KERNEL, (1, 0))
    assert (found.shape, found.dtype) == ((2, 3), np.float32)
    np.testing.assert_array_equal(found[0], KERNEL.T[0])
    assert np.asarray(found, np.float64).dtype == np.float64
