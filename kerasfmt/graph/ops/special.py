"""Special functions that NumPy lacks, vectorized and computed in float64.

Source: W. J. Cody, Rational Chebyshev approximations for the error function (1969), as netlib SPECFUN calerf.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.ops.declare import Array

_A = (3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03)
_A4 = 1.85777706184603153e-1
_B = (2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03)
_C = (
    5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02,
    8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03,
)  # fmt: skip
_C8 = 2.15311535474403846e-8
_D = (
    1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
    3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
)  # fmt: skip
_P = (3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2)
_P4, _P5 = 6.58749161529837803e-4, 1.63153871373020978e-2
_Q = (2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2)
_Q4 = 2.33520497626869185e-3
_SQRT_PI_INVERSE = 5.6418958354775628695e-1


def _ratio(x: Array, top: Sequence[float], bottom: Sequence[float], first: float) -> Array:
    """(first x^n + top_0 x^(n-1) + ...) / (x^n + bottom_0 x^(n-1) + ...), by Horner's rule."""
    numerator, denominator = np.full_like(x, first), np.ones_like(x)
    for a, b in zip(top, bottom, strict=True):
        numerator = numerator * x + a
        denominator = denominator * x + b
    return numerator / denominator


def _tail(y: Array) -> Array:
    """erfc(y) for y > 0.46875."""
    middle = _ratio(y, _C, _D, _C8)
    z = 1 / np.square(np.maximum(y, 1.0))
    far = z * _ratio(z, (_P[0], _P[1], _P[2], _P[3], _P4), (*_Q, _Q4), _P5)
    out = np.where(y <= 4, middle, (_SQRT_PI_INVERSE - far) / np.maximum(y, 1.0))
    rounded = np.trunc(np.minimum(y, 30.0) * 16) / 16
    difference = (y - rounded) * (y + rounded)
    return np.where(y > 27, 0.0, np.exp(-np.square(rounded)) * np.exp(-difference) * out)


_ALPHA = (
    -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
    -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02,
)  # fmt: skip
_BETA = (-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03)
_BETA_0 = -1.42647390514189e-02


def _erf32(x: Array) -> Array:
    """The error function in float32; relative error about 3e-7. Source: Eigen, generic_fast_erf_float."""
    clamped = np.clip(x, np.float32(-4), np.float32(4))
    squared = clamped * clamped
    top = np.full_like(squared, _ALPHA[0])
    for a in _ALPHA[1:]:
        top *= squared
        top += np.float32(a)
    bottom = np.full_like(squared, _BETA[0])
    for b in (*_BETA[1:], _BETA_0):
        bottom *= squared
        bottom += np.float32(b)
    return np.asarray(clamped * top / bottom)


def erf(x: Array) -> Array:
    """The error function; relative error about 1e-16, for float32 about 3e-7."""
    if x.dtype == np.float32:
        return _erf32(np.asarray(x))
    wide = np.asarray(x, np.float64)
    y = np.abs(wide)
    near = wide * _ratio(np.square(np.minimum(y, 0.46875)), _A, _B, _A4)
    out = np.where(y <= 0.46875, near, np.sign(wide) * (0.5 - _tail(y) + 0.5))
    return np.asarray(np.where(np.isnan(wide), wide, out), x.dtype)


def erfc(x: Array) -> Array:
    """The complementary error function; relative error about 1e-16."""
    wide = np.asarray(x, np.float64)
    y = np.abs(wide)
    near = 1 - wide * _ratio(np.square(np.minimum(y, 0.46875)), _A, _B, _A4)
    tail = _tail(y)
    out = np.where(y <= 0.46875, near, np.where(wide < 0, 2 - tail, tail))
    return np.asarray(np.where(np.isnan(wide), wide, out), x.dtype)
