from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import C, Constant, N, OperationTests, P, S, X, call

HOLES = np.where(np.abs(S) > 2.5, np.nan, S).astype(np.float32)
GAPS = np.array([[np.nan, 1, 2], [np.nan, np.nan, np.nan], [3, 4, 5]], np.float32)
NORM = np.sqrt((S**2).sum(1, keepdims=True))
FACTORS = np.float32([1, 2, 0, 5])


def reduced(kind: str, function: str) -> list[object]:
    return [
        call(kind, S, axis=1, gives=getattr(np, function)(S, axis=1)),
        call(
            kind,
            S,
            axis=[1, 2],
            keepdims=True,
            gives=getattr(np, function)(S, axis=(1, 2), keepdims=True),
            rtol=1e-5,
        ),
    ]


class TestOperations(OperationTests):
    calls = [
        *(
            made
            for kind in ("Sum", "Mean", "Max", "Min", "Amax", "Amin", "Prod", "Std", "Var")
            for made in reduced(kind, kind.lower())
        ),
        call("Sum", X, gives=X.sum()),
        call("Sum", N.astype(np.int8), axis=1, gives=N.sum(1).astype(np.int32)),
        call("Sum", N, axis=1, dtype="float32", gives=N.sum(1).astype(np.float32)),
        call("Mean", N, axis=1, gives=N.mean(1).astype(np.float32)),
        call("Max", X, axis=1, initial=3, gives=X.max(1, initial=3)),
        call("Min", X, axis=1, initial=-1, gives=X.min(1, initial=-1)),
        call("Any", X, axis=1, gives=X.any(1)),
        call("All", C, axis=1, keepdims=True, gives=C.all(1, keepdims=True)),
        call("Logsumexp", 100 * X, axis=1, gives=np.float32([200, 400])),
        call("Argmax", S, axis=1, gives=S.argmax(1).astype(np.int32)),
        call("Argmax", X, gives=np.int32(X.argmax())),
        call("Argmin", X, axis=1, keepdims=True, gives=X.argmin(1)[:, None].astype(np.int32)),
        call("CountNonzero", X, axis=1, gives=np.count_nonzero(X, 1).astype(np.int32)),
        call("Cumsum", S, axis=1, gives=S.cumsum(1)),
        call("Cumsum", N, dtype="float32", gives=N.cumsum().astype(np.float32)),
        call("Cumprod", S, axis=-1, gives=S.cumprod(-1)),
        call("Norm", S, axis=1, keepdims=True, gives=NORM),
        call("Norm", S, ord=1, axis=-1, gives=np.abs(S).sum(-1)),
        call("Norm", S, ord=2, axis=1, gives=NORM[:, 0]),
        call("Normalize", S, axis=1, gives=S / NORM),
        call("Normalize", S, axis=1, order=1, gives=S / np.abs(S).sum(1, keepdims=True)),
        call("Nansum", HOLES, axis=1, gives=np.nansum(HOLES, 1)),
        call("Nansum", N.astype(np.int16), axis=1, gives=N.sum(1).astype(np.int32)),
        call("Nanprod", HOLES, axis=[1, 2], gives=np.nanprod(HOLES, (1, 2)), rtol=1e-5),
        call("Nanmax", GAPS, axis=1, gives=np.float32([2, np.nan, 5])),
        call("Nanmin", GAPS, axis=1, keepdims=True, gives=np.float32([[1], [np.nan], [3]])),
        call("Nanmax", N, axis=1, gives=N.max(1)),
        call("Nanmean", HOLES, axis=1, gives=np.nanmean(HOLES, 1)),
        call("Nanvar", HOLES, axis=1, gives=np.nanvar(HOLES, 1)),
        call("Nanstd", HOLES, axis=[1, 2], keepdims=True, gives=np.nanstd(HOLES, (1, 2), keepdims=True)),
        call("Nancumsum", HOLES, axis=1, gives=np.nancumsum(HOLES, 1)),
        call("Nancumprod", HOLES, gives=np.nancumprod(HOLES), rtol=1e-5),
        call("Ptp", S, axis=1, gives=np.ptp(S, 1)),
        call("Average", S, axis=1, gives=S.mean(1)),
        call("Average", S, axis=1, weights=Constant(FACTORS), gives=np.average(S, 1, FACTORS)),
        call("Average", X, axis=1, weights=P, gives=np.average(X, 1, P)),
        call("Quantile", S, 0.3, axis=1, gives=np.quantile(S, 0.3, 1)),
        call(
            "Quantile",
            S,
            [0.0, 0.9],
            axis=[1, 2],
            keepdims=True,
            gives=np.quantile(S, [0, 0.9], (1, 2), keepdims=True),
        ),
        call("Percentile", S, 30.0, axis=2, gives=np.percentile(S, 30, 2)),
        call("Median", S, axis=1, gives=np.median(S, 1)),
        call("Median", S, axis=[1, 2], keepdims=True, gives=np.median(S, (1, 2), keepdims=True)),
        call("Median", GAPS, axis=1, gives=np.float32([np.nan, np.nan, 4])),
        call(
            "Moments", S, axes=[1], keepdims=True, gives=[S.mean(1, keepdims=True), S.var(1, keepdims=True)]
        ),
        call("Trapezoid", S, dx=0.5, axis=1, gives=((S[:, 1:] + S[:, :-1]) / 4).sum(1)),
        call("Diff", S, n=2, axis=1, gives=np.diff(S, 2, 1)),
        call("Diff", C, gives=np.diff(C)),
    ]
    refused = [
        (call("Sum", X, axis=2), "axis 2 is out of range"),
        (call("Argmax", X, keepdims=True), "keepdims without an axis is not supported"),
        (call("Average", S, axis=[1, 2], weights=Constant(FACTORS)), "weights of 1 dimensions for 3"),
        (call("Quantile", S, np.float32([0.5]), axis=1), "q must be a constant"),
        (call("Quantile", S, 0.5, axis=1, method="lower"), "method='lower' is not supported"),
        (call("Median", S), "the size of axis 0 must be known"),
        (call("Moments", S, axes=[1], synchronized=True), "synchronized=True is not supported"),
        (call("Trapezoid", S, Constant(FACTORS)), "x is not supported; give dx instead"),
        (call("Diff", X, axis=0), "the size of axis 0 must be known"),
    ]
