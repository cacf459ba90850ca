from __future__ import annotations

import math

import numpy as np

from tests.layers.keras3_ops.operation_tests import WILD, Array, C, Constant, N, OperationTests, P, X, Y, call

erf = np.vectorize(math.erf)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def named(operand: Array, *kinds: str) -> list[object]:
    """Operations that are functions of NumPy by the same name, in small letters."""
    return [call(kind, operand, gives=getattr(np, kind.lower())(operand)) for kind in kinds]


SAME = [
    *named(X, "Absolute", "Negative", "Sign", "Square", "Copy", "Conj", "Conjugate", "Real", "Imag"),
    *named(X, "Exp", "Expm1", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Tanh", "Arctan", "Arcsinh"),
    *named(X, "Fabs", "Cbrt", "Deg2rad", "Rad2deg", "Exp2", "Sinc", "Isreal", "Angle"),
    *named(P, "Log", "Log1p", "Log2", "Log10", "Sqrt", "Arcsin", "Arccos", "Arctanh", "Reciprocal"),
    *named(P + 1, "Arccosh"),
    *named(9 * X / 4, "Floor", "Ceil", "Trunc", "Round"),
    *named(WILD, "Isnan", "Isinf", "Isfinite", "Isposinf", "Isneginf", "Signbit"),
]
OF_TWO = [
    *(
        call(kind, X, Y, gives=getattr(np, name)(X, Y))
        for kind, name in {
            "Add": "add",
            "Subtract": "subtract",
            "Multiply": "multiply",
            "Divide": "divide",
            "TrueDivide": "true_divide",
            "FloorDivide": "floor_divide",
            "Mod": "mod",
            "Maximum": "maximum",
            "Minimum": "minimum",
            "Greater": "greater",
            "GreaterEqual": "greater_equal",
            "Less": "less",
            "LessEqual": "less_equal",
            "Equal": "equal",
            "NotEqual": "not_equal",
            "Arctan2": "arctan2",
            "Heaviside": "heaviside",
        }.items()
    ),
    call("Add", X, 1, gives=X + 1),
    call("Subtract", 1, X, gives=1 - X),
    call("Multiply", N, 1.5, gives=(N * 1.5).astype(np.float32)),
    call("Divide", N, 4, gives=(N / 4).astype(np.float32)),
    call("Add", C, 1, gives=(C + 1).astype(np.int32)),
    call("Greater", X, Constant(Y), gives=X > Y),
    call("Power", P, X, gives=P**X),
    call("DivideNoNan", Y, X, gives=np.divide(Y, X, where=X != 0, out=np.zeros_like(X))),
    call("LogicalAnd", C, X, gives=C & (X != 0)),
    call("LogicalOr", C, X, gives=C | (X != 0)),
    call("LogicalXor", C, N, gives=C ^ (N != 0)),
    call("Ldexp", X, N, gives=np.ldexp(X, N)),
    call("Ldexp", X, 3, gives=X * 8),
]
OTHERS = [
    call("Abs", X, gives=np.abs(X)),
    call("Exp", N, gives=np.exp(N.astype(np.float32))),
    call("LogicalNot", X, gives=X == 0),
    call("Relu", X, gives=np.maximum(X, 0)),
    call("Relu6", 4 * X, gives=np.clip(4 * X, 0, 6)),
    call("Rsqrt", P, gives=1 / np.sqrt(P)),
    call("Erf", X, gives=erf(X)),
    call("Erfc", X, gives=1 - erf(X)),
    call("Sigmoid", X, gives=sigmoid(X)),
    call("LogSigmoid", X, gives=np.log(sigmoid(X))),
    call("Softplus", X, gives=np.log1p(np.exp(X))),
    call("Softsign", X, gives=X / (1 + np.abs(X))),
    call("Silu", X, gives=X * sigmoid(X)),
    call("Selu", X, gives=1.05070099 * np.where(X < 0, 1.67326324 * np.expm1(X), X)),
    call("StopGradient", X, gives=X),
    call("Clip", X, -1, Constant(np.float32([1, 2, 3])), gives=np.clip(X, -1, [1, 2, 3])),
    call("Round", X / 7, decimals=2, gives=np.round(X / 7, 2)),
    call("Cast", X, dtype="int32", gives=X.astype(np.int32)),
    call("SaturateCast", 300 * X, dtype="uint8", gives=np.clip(300 * X, 0, 255).astype(np.uint8)),
    call("ZerosLike", X, dtype="int32", gives=0 * N),
    call("EmptyLike", X, gives=0 * X),
    call("OnesLike", X, gives=0 * X + 1),
    call("FullLike", X, 2.5, gives=0 * X + 2.5),
    call("FullLike", X, Constant(np.float32([1, 2, 3])), dtype="int32", gives=0 * N + [1, 2, 3]),
    call("Array", X, dtype="float16", gives=X.astype(np.float16), rtol=1e-3),
    call("ConvertToTensor", X, gives=X),
    call("NanToNum", WILD, gives=np.nan_to_num(WILD)),
    call("NanToNum", WILD, nan=1, posinf=2, neginf=3, gives=np.nan_to_num(WILD, nan=1, posinf=2, neginf=3)),
    call("NanToNum", N, gives=N),
    call("Signbit", N, gives=N < 0),
    call("Trunc", N, gives=N),
]


class TestOperations(OperationTests):
    calls = [*SAME, *OF_TWO, *OTHERS]
    refused = [
        (call("Add", X), "operation Add.*x2"),
        (call("Round", N, decimals=1), "decimals=1 of integers is not supported"),
        (call("Array", X, sparse=True), "sparse and ragged tensors are not supported"),
        (call("Cast", X, dtype="no_dtype"), "no_dtype"),
        (call("Add", X, Constant(np.float32([1, 2]))), "do not broadcast"),
    ]
