from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec
from kerasfmt.nn import activations as N
from tests.graph.evaluation import emitted, evaluate

Array = np.ndarray[Any, Any]
erf = np.vectorize(math.erf)
X = np.array([[-7.0, -3.5, -1.0, -0.75, -0.5, -0.25], [0.0, 0.25, 0.5, 1.0, 2.5, 6.5]])


def np_elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(x))


def np_sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def np_softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def np_glu(x: Array) -> Array:
    return x[:, :3] * np_sigmoid(x[:, 3:])


def np_sparsemax(x: Array) -> Array:
    """As Keras computes it, with running sums in place of elements."""
    falling = -np.sort(-x, axis=-1)
    sums = np.cumsum(falling, axis=-1)
    support = 1 + np.arange(1, x.shape[-1] + 1) * falling > sums
    limit = (np.where(support, sums, 0).sum(-1, keepdims=True) - 1) / support.sum(-1, keepdims=True)
    return np.maximum(x - limit, 0)


# The function of that name in NumPy.
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": np_elu,
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "sigmoid": np_sigmoid,
    "exponential": np.exp,
    "silu": lambda x: x * np_sigmoid(x),
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "relu6_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_silu": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "softmax": np_softmax,
    "log_softmax": lambda x: np.log(np_softmax(x)),
    "log_sigmoid": lambda x: np.log(np_sigmoid(x)),
    "celu": np_elu,
    "glu": np_glu,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "sparse_plus": lambda x: np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": np_sparsemax,
}


def test_every_activation_has_a_case() -> None:
    public = [name for name, f in inspect.getmembers(N, inspect.isfunction) if f.__module__ == N.__name__]
    assert FUNCTIONS.keys() == {name for name in public if not name.startswith("_")}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values(name: str, dtype: str) -> None:
    x = X.astype(dtype)
    out = evaluate(getattr(N, name), x)
    assert out.dtype == x.dtype
    # Kernels and NumPy round float32 at different places; attributes and some constants are float32 always.
    np.testing.assert_allclose(out, FUNCTIONS[name](X), rtol=2e-5, atol=1e-6)


RELU = [
    ({"alpha": 0.1}, ["LeakyRelu"], lambda x: np.where(x > 0, x, 0.1 * x)),
    ({"max_value": 6.0}, ["Relu6"], lambda x: np.clip(x, 0, 6)),
    ({"max_value": 2.0}, ["Relu", "Minimum", "Maximum"], lambda x: np.clip(x, 0, 2)),
    ({"threshold": 0.5}, ["Greater", "Cast", "Mul"], lambda x: np.where(x > 0.5, x, 0)),
    (
        {"alpha": 0.1, "max_value": 2.0, "threshold": 0.5},
        ["Greater", "Cast", "Mul", "Minimum", "Maximum", "Neg", "AddV2", "Relu", "Mul", "Sub"],
        lambda x: np.where(x > 0.5, np.minimum(x, 2), 0.1 * (x - 0.5)),
    ),
]


@pytest.mark.parametrize(("options", "ops", "expected"), RELU)
def test_relu_options(options: dict[str, float], ops: list[str], expected: Callable[[Array], Array]) -> None:
    x = X.astype(np.float32)
    relu = partial(N.relu, **options)
    assert emitted(relu, Spec((None, 4), dtypes.float32)) == ops
    np.testing.assert_allclose(evaluate(relu, x), expected(x), rtol=1e-6)


OPTIONS: list[tuple[Any, Callable[[Array], Array]]] = [
    (partial(N.elu, alpha=0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    (
        partial(N.gelu, approximate=True),
        lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    (partial(N.celu, alpha=2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2))),
]


@pytest.mark.parametrize(("function", "expected"), OPTIONS)
def test_options(function: Any, expected: Callable[[Array], Array]) -> None:
    np.testing.assert_allclose(evaluate(function, X.astype(np.float32)), expected(X), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [-1, 0, 1, 2, -2, -3, (1, 2), [-1, 0]])
def test_softmax_axes(axis: Any) -> None:
    x = np.random.default_rng(3).standard_normal((2, 3, 4)).astype(np.float32)
    out = evaluate(lambda v: N.softmax(v, axis), x)
    expected = np_softmax(x, axis if isinstance(axis, int) else tuple(axis))
    np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_softmax_on_the_last_axis_is_one_node() -> None:
    spec = Spec((None, 3, 4), dtypes.float32)
    assert emitted(N.softmax, spec) == emitted(lambda v: N.softmax(v, 2), spec) == ["Softmax"]
    assert emitted(lambda v: N.softmax(v, 1), spec) == ["Transpose", "Softmax", "Transpose"]


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (N.softmax, (3,)),
        (N.softmax, ()),
        (lambda v: N.softmax(v, 2), (3, 4)),
        (lambda v: N.softmax(v, 0), None),
        (N.glu, (2, 3)),
        (N.glu, (2, None)),
    ],
)
def test_refused(function: Any, shape: tuple[int | None, ...] | None) -> None:
    with pytest.raises(InvalidModelError):
        function(Builder().input(Spec(shape, dtypes.float32)))
