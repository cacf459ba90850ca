"""Incomplete gamma and beta functions, zeta functions, Bessel functions, and the next float.

Source: tensorflow/core/ops/math_ops.cc, special_math_ops.cc; W. Press et al., Numerical Recipes 6.2 and 6.4 (series and
continued fractions); NIST DLMF 25.11 (zeta) and 10.32.3 (Bessel).
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, kernel, same_shape
from kerasfmt.graph.ops.gamma import digamma, log_gamma
from kerasfmt.graph.spec import Shape, broadcast_shapes, merge_shapes
from kerasfmt.graph.value import Value

_STEPS = 500
_TINY = 1e-300
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_ANGLES = 4096


def _broadcast(attrs: Attrs, x: Value, y: Value) -> list[Shape]:
    return [broadcast_shapes(x.shape, y.shape)]


def _lower(a: Array, x: Array) -> Array:
    """The regularized lower incomplete gamma function by its series, for x < a + 1."""
    term = total = 1 / a
    for step in range(1, _STEPS):
        term = term * x / (a + step)
        total = total + term
    return np.asarray(total * np.exp(a * np.log(x) - x - log_gamma(a)))


def _upper(a: Array, x: Array) -> Array:
    """The regularized upper incomplete gamma function by its continued fraction, for x >= a + 1."""
    b = x + 1 - a
    c, d = np.full_like(x, 1 / _TINY), 1 / b
    h = d
    for step in range(1, _STEPS):
        factor = -step * (step - a)
        b = b + 2
        d = 1 / _away(factor * d + b)
        c = _away(b + factor / c)
        h = h * d * c
    return np.asarray(h * np.exp(a * np.log(x) - x - log_gamma(a)))


def _away(x: Array) -> Array:
    """The numbers, none of them 0."""
    return np.where(np.abs(x) < _TINY, _TINY, x)


def _gamma_parts(a: Array, x: Array) -> tuple[Array, Array]:
    a, x = (np.asarray(v, np.float64) for v in np.broadcast_arrays(a, x))
    low = x < a + 1
    inside = (a > 0) & (x > 0) & np.isfinite(x)
    safe_a, safe_x = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
    lower = _lower(safe_a, np.where(low, safe_x, 1.0))
    upper = _upper(safe_a, np.where(low, safe_a + 2, safe_x))
    found = np.where(low, lower, 1 - upper), np.where(low, 1 - lower, upper)
    edges = np.where(x == 0, 0.0, np.where(np.isposinf(x) & (a > 0), 1.0, np.nan))
    return np.where(inside, found[0], edges), np.where(inside, found[1], 1 - edges)


def _beta_fraction(a: Array, b: Array, x: Array) -> Array:
    c = np.ones_like(x)
    d = 1 / _away(1 - (a + b) * x / (a + 1))
    h = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away(1 + even * d), _away(1 + even / c)
        h = h * d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away(1 + odd * d), _away(1 + odd / c)
        h = h * d * c
    return h


def _betainc(a: Array, b: Array, x: Array) -> Array:
    a, b, x = (np.asarray(v, np.float64) for v in (a, b, x))
    inside = (a > 0) & (b > 0) & (x > 0) & (x < 1)
    p, q, y = np.where(inside, a, 1.0), np.where(inside, b, 1.0), np.where(inside, x, 0.5)
    front = np.exp(log_gamma(p + q) - log_gamma(p) - log_gamma(q) + p * np.log(y) + q * np.log1p(-y))
    near = y < (p + 1) / (p + q + 2)
    first = front * _beta_fraction(p, q, np.where(near, y, 0.0)) / p
    second = 1 - front * _beta_fraction(q, p, np.where(near, 0.0, 1 - y)) / q
    edges = np.where((a > 0) & (b > 0) & (x == 0), 0.0, np.where((a > 0) & (b > 0) & (x == 1), 1.0, np.nan))
    return np.asarray(np.where(inside, np.where(near, first, second), edges))


def _zeta(s: Array, q: Array) -> Array:
    """The Hurwitz zeta function by Euler and Maclaurin, for s > 1 and q > 0."""
    s, q = (np.asarray(v, np.float64) for v in np.broadcast_arrays(s, q))
    inside = (s > 1) & (q > 0)
    p, a = np.where(inside, s, 2.0), np.where(inside, q, 1.0)
    total = np.zeros_like(a)
    for step in range(12):
        total = total + (a + step) ** -p
    w = a + 12
    total = total + w ** (1 - p) / (p - 1) + 0.5 * w**-p
    factor, power = p / 2, w ** (-p - 1)
    for number, coefficient in enumerate(_BERNOULLI):
        total = total + coefficient * factor * power
        k = 2 * number + 1
        factor = factor * (p + k) * (p + k + 1) / ((k + 2) * (k + 3))
        power = power / w**2
    outside = np.where(s == 1, np.inf, np.where((q <= 0) & (q == np.floor(q)) & (s > 1), np.inf, np.nan))
    return np.asarray(np.where(inside, total, outside))


def _polygamma(n: Array, x: Array) -> Array:
    n, x = (np.asarray(v, np.float64) for v in np.broadcast_arrays(n, x))
    sign = np.where(n % 2 == 0, -1.0, 1.0)
    found = sign * np.exp(log_gamma(n + 1)) * _zeta(n + 1, x)
    return np.where(n == 0, digamma(x), found)


def _bessel(order: int, x: Array) -> Array:
    """exp(-|x|) I(x) as a mean over angles, which converges at once."""
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    angles = (np.arange(_ANGLES) + 0.5) * (np.pi / _ANGLES)
    total = np.zeros_like(size)
    for angle in angles:
        total = total + np.exp(size * (np.cos(angle) - 1)) * (np.cos(angle) if order else 1.0)
    return np.asarray(total / _ANGLES * (np.sign(wide) if order else 1.0))


declare("Igamma", _broadcast, kernel(lambda attrs, a, x: _gamma_parts(a, x)[0]))
declare("Igammac", _broadcast, kernel(lambda attrs, a, x: _gamma_parts(a, x)[1]))
declare("Zeta", _broadcast, kernel(lambda attrs, s, q: _zeta(s, q)))
declare("Polygamma", _broadcast, kernel(lambda attrs, n, x: _polygamma(n, x)))
declare(
    "BesselI0",
    same_shape,
    kernel(lambda attrs, x: np.exp(np.abs(np.asarray(x, np.float64))) * _bessel(0, x)),
)
declare("BesselI0e", same_shape, kernel(lambda attrs, x: _bessel(0, x)))
declare("BesselI1e", same_shape, kernel(lambda attrs, x: _bessel(1, x)))
declare("NextAfter", _broadcast, kernel(lambda attrs, x, y: np.asarray(np.nextafter(x, y))))


def _infer_betainc(attrs: Attrs, a: Value, b: Value, x: Value) -> list[Shape]:
    found: Shape = ()
    for value in (a, b, x):
        if value.shape != ():
            found = value.shape if found == () else merge_shapes(found, value.shape)
    return [found]


declare("Betainc", _infer_betainc, kernel(lambda attrs, a, b, x: _betainc(a, b, x)))
