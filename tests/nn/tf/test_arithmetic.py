from __future__ import annotations

import math

import numpy as np

from tests.nn.tf.function_tests import WILD, C, FunctionTests, N, P, S, X, Y, call, floats

erf = np.vectorize(math.erf)
softplus = np.log1p(np.exp(X))
MATRICES = floats(2, 5, 3)
TURNS = (X + 1j * np.abs(Y)).astype(np.complex64)
BAND = np.subtract.outer(np.arange(4), np.arange(5))

UNARY = [
    *(call(f"math.{name}", X, gives=getattr(np, name)(X)) for name in ("abs", "negative", "sign", "square")),
    *(call(f"math.{name}", X, gives=getattr(np, name)(X)) for name in ("exp", "expm1", "sin", "cos", "tan")),
    *(
        call(f"math.{name}", X, gives=getattr(np, name)(X))
        for name in ("sinh", "cosh", "tanh", "floor", "ceil")
    ),
    *(call(f"math.{name}", 9 * X / 4, gives=np.rint(9 * X / 4)) for name in ("rint", "round")),
    *(call(f"math.{name}", P, gives=getattr(np, name)(P)) for name in ("sqrt", "log", "log1p", "reciprocal")),
    *(call(f"math.a{name}", P, gives=getattr(np, f"arc{name}")(P)) for name in ("cos", "sin", "tan", "tanh")),
    *(
        call(f"math.{name}", turns, gives=getattr(np, name)(turns))
        for name in ("abs", "real", "imag", "angle", "conj")
        for turns in (TURNS, X)
    ),
    call("math.asinh", X, gives=np.arcsinh(X)),
    call("math.acosh", P + 1, gives=np.arccosh(P + 1)),
    call("math.rsqrt", P, gives=1 / np.sqrt(P)),
    call("math.erf", X, gives=erf(X)),
    call("math.erfc", X, gives=1 - erf(X)),
    call("math.sigmoid", X, gives=1 / (1 + np.exp(-X))),
    call("math.log_sigmoid", X, gives=X - softplus),
    call("math.softplus", X, gives=softplus),
    call("math.is_nan", WILD, gives=np.isnan(WILD)),
    call("math.is_inf", WILD, gives=np.isinf(WILD)),
    call("math.is_finite", WILD, gives=np.isfinite(WILD)),
    call("math.logical_not", C, gives=~C),
    call("math.round", N, gives=N),
    call("math.reciprocal_no_nan", X, gives=np.divide(1, X, where=X != 0, out=np.zeros_like(X))),
]
BINARY = [
    call("math.add", X, Y, gives=X + Y),
    call("math.add", X, [1.0, 2.0, 3.0], gives=X + np.float32([1, 2, 3])),
    call("__operators__.add", 1, X, gives=1 + X),
    call("math.subtract", 1.0, X, gives=1 - X),
    call("math.multiply", X, Y, gives=X * Y),
    call("math.divide", X, P, gives=X / P),
    call("math.divide", N, 4, gives=N.astype(np.float64) / 4),
    call("math.divide", N.astype(np.int16), 4, gives=N.astype(np.float32) / 4),
    call("math.divide_no_nan", Y, X, gives=np.divide(Y, X, where=X != 0, out=np.zeros_like(X))),
    call("math.multiply_no_nan", WILD, [0.0, 0.0, 0.0], gives=np.zeros((2, 3))),
    call("math.floordiv", X, P, gives=np.floor(X / P)),
    call("math.floormod", N, 3, gives=N % 3),
    call("math.pow", P, X, gives=P**X),
    call("math.maximum", X, Y, gives=np.maximum(X, Y)),
    call("math.minimum", X, 0.5, gives=np.minimum(X, 0.5)),
    call("math.squared_difference", X, Y, gives=(X - Y) ** 2),
    call("math.atan2", X, Y, gives=np.arctan2(X, Y)),
    call("math.scalar_mul", 0.5, X, gives=X / 2),
    call("math.xlogy", X, P, gives=X * np.log(P)),
    call("math.xlogy", X, [[1.0, 0.0, 1.0]] * 2, gives=np.float32([[0, 0, 0], [0, -np.inf * -0.5, 0]])),
    call("math.xlog1py", X, P, gives=X * np.log1p(P)),
    call("math.xdivy", X, [[1.0, 0.0, 2.0], [4.0, 1.0, 1.0]], gives=[[[-1.5, 0, 1], [1, -0.5, 1]]]),
    call("bitwise.bitwise_and", N, 3, gives=N & 3),
    call("bitwise.bitwise_or", N, 3, gives=N | 3),
    call("bitwise.bitwise_xor", N, 3, gives=N ^ 3),
    call("math.equal", N, 1, gives=N == 1),
    call("math.not_equal", N, 1, gives=N != 1),
    call("math.greater", X, Y, gives=X > Y),
    call("math.greater_equal", X, Y, gives=X >= Y),
    call("math.less", X, Y, gives=X < Y),
    call("math.less_equal", N, 1, gives=N <= 1),
    call("math.logical_and", C, X > 0, gives=C & (X > 0)),
    call("math.logical_or", C, X > 0, gives=C | (X > 0)),
    call("math.logical_xor", C, X > 0, gives=C ^ (X > 0)),
]
OTHERS = [
    call("math.add_n", [X, Y, P], gives=X + Y + P),
    call("math.add_n", X, gives=X),
    call("clip_by_value", X, -1, 1.5, gives=np.clip(X, -1, 1.5)),
    call("cast", X, "int32", gives=X.astype(np.int32)),
    call("cast", C, None, gives=C.astype(np.float32)),
    call("saturate_cast", 300 * X, "uint8", gives=np.clip(300 * X, 0, 255).astype(np.uint8)),
    call("saturate_cast", np.float32([3e9, -3e9, 7]), "int32", gives=np.int32([2**31 - 128, -(2**31), 7])),
    call("saturate_cast", 100 * N, "int8", gives=np.clip(100 * N, -128, 127).astype(np.int8)),
    call("saturate_cast", X, "float16", gives=X.astype(np.float16)),
    call("math.polyval", [1.0, 2.0, 3.0], X, gives=X**2 + 2 * X + 3),
    call("math.polyval", [], X, gives=0 * X),
    call("clip_by_norm", S, 1.0, axes=[1], gives=S / np.maximum(np.linalg.norm(S, axis=1, keepdims=True), 1)),
    call("clip_by_norm", 0 * S, 1.0, gives=0 * S),
    call("linalg.matmul", X, Y, transpose_b=True, gives=X @ Y.T),
    call("linalg.matmul", X, [[1.0], [2.0], [3.0]], gives=X @ np.float32([[1], [2], [3]])),
    call("linalg.matmul", X, Y, adjoint_a=True, gives=X.T @ Y),
    call("linalg.matmul", S, MATRICES, gives=S @ MATRICES),
    call(
        "linalg.matmul",
        S,
        MATRICES[0],
        output_type="float16",
        gives=(S @ MATRICES[0]).astype(np.float16),
        rtol=1e-3,
    ),
    call("tensordot", S, [[1.0, 2.0]] * 5, axes=1, gives=S @ np.float32([[1, 2]] * 5)),
    call(
        "tensordot",
        S,
        MATRICES,
        axes=[[2], [1]],
        gives=np.tensordot(S, MATRICES, ([2], [1])),
    ),
    call("tensordot", X, Y, axes=[[1], [-1]], gives=np.tensordot(X, Y, ([1], [-1]))),
    call("einsum", "abc,ack->abk", S, MATRICES, gives=S @ MATRICES),
    call("linalg.matrix_transpose", S, gives=S.swapaxes(1, 2)),
    call("linalg.band_part", S, 1, 0, gives=np.where((BAND >= 0) & (BAND <= 1), S, 0)),
]


class TestFunctions(FunctionTests):
    calls = [*UNARY, *BINARY, *OTHERS]
    refused = [
        (call("math.add", 1, 2), "no argument is a tensor"),
        (call("math.add", X, [1.0, 2.0]), "do not broadcast"),
        (call("__operators__.eq", X), "Keras stores the first operand of == only"),
        (call("__operators__.ne", X), "Keras stores the first operand of != only"),
        (call("cast", X, "no_dtype"), "no_dtype"),
        (call("linalg.matmul", X, Y), "dimensions 3 and 2"),
        (call("tensordot", X, Y, axes=[[2], [0]]), "axis 2 is out of range"),
        (call("einsum", "abc->a", X), "subscripts abc for shape"),
    ]
