"""The gamma function's logarithm and its derivative, and the inverse of the error function.

Source: tensorflow/core/ops/math_ops.cc; Abramowitz and Stegun 6.3 (digamma); M. Giles, Approximating the erfinv
function (2010), improved here by two of Newton's steps.
"""

from __future__ import annotations

import math

import numpy as np

from kerasfmt.graph.ops.declare import Array, declare, kernel, same_shape
from kerasfmt.graph.ops.special import erf

_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
"""Coefficients of the asymptotic series of digamma in 1/x^2."""
_NEAR = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_FAR = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip


def _log_gamma_of(x: float) -> float:
    if math.isinf(x):
        return math.inf
    if math.isnan(x):
        return x
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # a pole, or beyond the largest float
        return math.inf


_log_gamma = np.vectorize(_log_gamma_of, otypes=[np.float64])


def log_gamma(x: Array) -> Array:
    """The logarithm of the gamma function's size, float64."""
    return np.asarray(_log_gamma(x)) if x.size else np.asarray(x, np.float64)


def digamma(x: Array) -> Array:
    """The derivative of the logarithm of the gamma function, float64."""
    wide = np.asarray(x, np.float64)
    mirrored = wide < 0
    positive = np.where(mirrored, 1 - wide, wide)
    out = np.zeros_like(wide)
    for _ in range(10):
        small = positive < 10
        out = np.where(small, out - 1 / np.where(positive == 0, np.nan, positive), out)
        positive = np.where(small, positive + 1, positive)
    z = 1 / np.square(positive)
    series = np.zeros_like(z)
    for coefficient in reversed(_SERIES):
        series = (series + coefficient) * z
    out = out + np.log(positive) - 0.5 / positive - series
    reflected = out - np.pi / np.tan(np.pi * wide)
    out = np.where(mirrored, np.where(wide == np.floor(wide), np.nan, reflected), out)
    return np.asarray(np.where(wide == 0, np.nan, out))


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    out = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        out = out * x + coefficient
    return out


def _erfinv(x: Array) -> Array:
    wide = np.asarray(x, np.float64)
    inside = np.abs(wide) < 1
    y = np.where(inside, wide, 0.0)
    w = -np.log1p(-y * y)
    near, far = _polynomial(_NEAR, np.minimum(w, 5) - 2.5), _polynomial(_FAR, np.sqrt(np.maximum(w, 5)) - 3)
    out = np.where(w < 5, near, far) * y
    for _ in range(2):
        error = erf(out) - y
        out = out - error / (2 / math.sqrt(math.pi) * np.exp(-out * out))
    edge = np.where(np.abs(wide) == 1, np.copysign(np.inf, wide), np.nan)
    return np.asarray(np.where(inside, out, edge))


declare("Lgamma", same_shape, kernel(lambda attrs, x: log_gamma(x)))
declare("Digamma", same_shape, kernel(lambda attrs, x: digamma(x)))
declare("Erfinv", same_shape, kernel(lambda attrs, x: _erfinv(x)))
