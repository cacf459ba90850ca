"""SAMPLES: operands and attributes for every op that has a kernel.

One table, two consumers: `test_samples.py` checks that shape inference agrees with the kernel, and
`conformance/test_ops.py` that the kernel agrees with TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Node, Spec, Value, Variable, emit

Array = np.ndarray[Any, Any]
bfloat16 = ml_dtypes.bfloat16
_RNG = np.random.default_rng(20240229)


@dataclass(frozen=True)
class Sample:
    """One run of an op.

    `ulps` bounds the error in units of the last place of the result, or of the largest element of the result
    where the op accumulates many terms in an order of its own. `resource` is the content of the variable
    behind the op's first argument. `unspecified` numbers the outputs that TensorFlow leaves undefined.
    `shape_is_open` says that no inference can know the shape of an output.
    """

    op: str
    inputs: tuple[Any, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)
    ulps: float = 0
    accumulates: bool = False
    resource: Array | None = None
    unspecified: frozenset[int] = frozenset()
    shape_is_open: bool = False

    def __str__(self) -> str:
        arrays = [a for i in self.inputs for a in (i if isinstance(i, tuple) else (i,))]
        given = ",".join(f"{a.dtype}{list(a.shape)}".replace(" ", "") for a in arrays)
        attrs = ",".join(f"{k}={v}" for k, v in self.attrs.items()).replace(" ", "")
        return f"{self.op}({given};{attrs})"

    def node(self, argument: Any = None) -> Node:
        """The node of the sample; `argument(graph, array)` makes its operands, constants if None."""
        graph = Builder("sample")

        def operand(array: Array) -> Value:
            return graph.constant(array) if argument is None else argument(graph, array)

        operands: list[Any] = [
            tuple(map(operand, x)) if isinstance(x, tuple) else operand(x) for x in self.inputs
        ]
        if self.resource is not None:
            spec = Spec(self.resource.shape, dtypes.of(self.resource.dtype))
            operands.insert(0, graph.capture(Variable("variable", spec)))
        if operands:
            emit(self.op, *operands, **self.attrs)
        else:
            graph.emit(self.op, **self.attrs)
        return graph.nodes[-1]

    def arrays(self) -> list[Any]:
        """The operands of the kernel."""
        return [*([] if self.resource is None else [self.resource]), *self.inputs]


SAMPLES: list[Sample] = []


def case(
    op: str,
    *inputs: Any,
    ulps: float = 0,
    accumulates: bool = False,
    resource: Array | None = None,
    unspecified: Sequence[int] = (),
    shape_is_open: bool = False,
    **attrs: Any,
) -> None:
    given = tuple(tuple(map(np.asarray, x)) if isinstance(x, tuple) else np.asarray(x) for x in inputs)
    sample = Sample(op, given, attrs, ulps, accumulates, resource, frozenset(unspecified), shape_is_open)
    SAMPLES.append(sample)


def floats(*shape: int, low: float = -4, high: float = 4, dtype: Any = np.float32) -> Array:
    return np.asarray(_RNG.uniform(low, high, shape)).astype(dtype)


def ints(*shape: int, low: int = -9, high: int = 9, dtype: Any = np.int32) -> Array:
    return np.asarray(_RNG.integers(low, high, shape)).astype(dtype)


def i32(*values: Any) -> Array:
    return np.array(values[0] if len(values) == 1 else values, np.int32)


EDGES = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-30, 80.0, -80.0], np.float32)
ROOTS = np.array([0.0, 1.0, np.inf, np.nan, 1e-30, 88.0], np.float32)

# op: (low, high, ulps). The bounds on elementary functions: NumPy's are within 4 ulps (its SIMD loops state
# that), Eigen's vectorised ones within 2 to 4.
UNARY = {
    "Abs": (-4, 4, 0),
    "Acos": (-1, 1, 4),
    "Acosh": (1, 9, 4),
    "Asin": (-1, 1, 4),
    "Asinh": (-9, 9, 4),
    "Atan": (-9, 9, 4),
    "Atanh": (-0.9, 0.9, 6),
    "Ceil": (-4, 4, 0),
    "Cos": (-9, 9, 4),
    "Cosh": (-9, 9, 4),
    "Elu": (-4, 4, 4),
    "Erf": (-4, 4, 4),
    "Erfc": (-4, 4, 8),
    "Exp": (-9, 9, 4),
    "Expm1": (-4, 4, 4),
    "Floor": (-4, 4, 0),
    "Inv": (0.1, 4, 1),
    "Log": (0.01, 9, 4),
    "Log1p": (-0.9, 9, 4),
    "Neg": (-4, 4, 0),
    "Reciprocal": (0.1, 4, 1),
    "Relu": (-4, 4, 0),
    "Relu6": (-4, 9, 0),
    "Rint": (-4, 4, 0),
    "Round": (-4, 4, 0),
    "Rsqrt": (0.01, 9, 2),
    "Selu": (-4, 4, 8),
    "Sigmoid": (-9, 9, 8),
    "Sign": (-4, 4, 0),
    "Sin": (-9, 9, 8),
    "Sinh": (-4, 4, 4),
    "Softplus": (-9, 30, 4),
    "Softsign": (-4, 4, 2),
    "Sqrt": (0, 9, 1),
    "Square": (-4, 4, 0),
    "Tan": (-1.5, 1.5, 8),
    "Tanh": (-9, 9, 6),
}
_NO_NAN = {"Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "Tanh"}
for _op, (_low, _high, _ulps) in UNARY.items():
    case(_op, floats(2, 33, low=_low, high=_high), ulps=_ulps)
    case(_op, floats(3, 5, low=_low, high=_high, dtype=np.float64), ulps=4 * _ulps)
    if _op != "Rint":  # TensorFlow has no such kernel
        case(_op, floats(17, low=_low, high=_high, dtype=np.float16), ulps=2)
for _op in ("Exp", "Sigmoid", "Erf", "Abs", "Floor", "Sign", "IsFinite", "IsInf", "IsNan", "Neg", "Square"):
    case(_op, EDGES, ulps=8)
for _op in ("Log", "Sqrt", "Rsqrt", "Reciprocal"):
    case(_op, ROOTS, ulps=8)
for _op in ("Abs", "Neg", "Sign", "Square", "Relu", "Invert", "Conj"):
    case(_op, floats(3, dtype=np.complex64) if _op == "Conj" else ints(2, 7))
for _op in ("Relu", "Tanh", "Sigmoid", "Softplus", "Exp"):
    # TensorFlow rounds intermediate results to bfloat16 on some paths; kerasfmt rounds once.
    case(_op, floats(19, dtype=bfloat16), ulps=4)
case("Round", np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32))
case("LogicalNot", np.array([True, False]))
case("LeakyRelu", floats(2, 9), alpha=0.3)
case("LeakyRelu", floats(2, 9, dtype=np.float64), alpha=0.2)
case("Relu", floats())
case("Sqrt", np.float32(2.0))

for _op in ("Identity", "StopGradient", "PreventGradient", "Snapshot", "ZerosLike", "OnesLike", "L2Loss"):
    case(_op, floats(3, 4), ulps=4)
case("IdentityN", (floats(2), ints(3)))
case("Const", value=floats(2, 3), dtype=dtypes.float32)
case("NoOp")

for _op in (
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "RealDiv",
    "Div",
    "DivNoNan",
):
    case(_op, floats(2, 3, 4), floats(3, 1), ulps=1)
    case(_op, floats(5, dtype=np.float16), floats(5, dtype=np.float16), ulps=1)
for _op in (
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "BitwiseAnd",
    "BitwiseOr",
):
    case(_op, ints(2, 5), ints(5))
for _op in ("Div", "FloorDiv", "FloorMod", "Mod", "TruncateDiv", "TruncateMod"):
    case(_op, ints(40), np.where(ints(40) < 0, -3, 4).astype(np.int32))
for _op in ("FloorDiv", "FloorMod", "Atan2", "MulNoNan", "Mod", "TruncateMod"):
    case(_op, floats(9), floats(9), ulps=4)
case("MulNoNan", np.array([np.inf, np.nan, 2], np.float32), np.array([0, 0, 3], np.float32))
case("DivNoNan", np.array([1, 0, 2], np.float32), np.array([0, 0, 3], np.float32))
case("BitwiseXor", ints(5), ints(5))
case("LeftShift", ints(5, low=0), ints(5, low=0, high=5))
case("RightShift", ints(5), ints(5, low=0, high=5))
case("Pow", floats(9, low=0.1), floats(9), ulps=8)
case("Pow", ints(9), ints(9, low=0, high=5))
case("Xdivy", np.array([0, 1, 2], np.float32), np.array([0, 2, 3], np.float32), ulps=1)
case("Xlogy", np.array([0, 1, 2], np.float32), np.array([0, 2, 3], np.float32), ulps=4)
case("Xlog1py", np.array([0, 1, 2], np.float32), np.array([-1, 2, 3], np.float32), ulps=4)
for _op in ("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"):
    case(_op, ints(4, 1, low=0, high=3), ints(5, low=0, high=3))
    case(_op, EDGES, EDGES[::-1])
for _op in ("LogicalAnd", "LogicalOr"):
    case(_op, np.array([True, False]), np.array([[True], [False]]))
case("AddN", (floats(3, 2), floats(3, 2), floats(3, 2)), ulps=1)
case("ClipByValue", floats(3, 4), np.float32(-1), np.float32(1))
case("SelectV2", floats(3, 1) > 0, floats(3, 4), floats(4))
case("Select", floats(3) > 0, floats(3, 4), floats(3, 4))
case("Select", np.array(True), floats(3, 4), floats(3, 4))

for _op in ("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"):
    case(_op, floats(3, 4, 5), i32(1), ulps=8, accumulates=True)
    case(_op, floats(3, 4, 5), i32([0, -1]), keep_dims=True, ulps=8, accumulates=True)
    case(_op, floats(3, 4, dtype=np.float16), i32([0, 1]), ulps=2, accumulates=True)
    case(_op, floats(2, 3), np.zeros(0, np.int32))
for _op in ("Sum", "Prod", "Max", "Min", "Mean"):
    case(_op, ints(3, 4), i32([1]))
for _op in ("All", "Any"):
    case(_op, floats(3, 4) > 2, i32(1))
for _op in ("ArgMax", "ArgMin"):
    case(_op, floats(3, 4), i32(1))
    case(_op, ints(3, 4, low=0, high=2), i32(-2), output_type=dtypes.int32)

for _target in (dtypes.int32, dtypes.float16, dtypes.float64, dtypes.bool_, dtypes.bfloat16, dtypes.uint8):
    case("Cast", floats(9, low=0, high=99), DstT=_target)
case("Cast", np.array([True, False]), DstT=dtypes.float32)
case("Cast", floats(9), DstT=dtypes.bfloat16, Truncate=True)
case("Cast", floats(3, dtype=np.complex64), DstT=dtypes.float32)
case("Reshape", floats(2, 6), i32([3, -1]))
case("Reshape", floats(2, 0), i32([0, 5]))
case("Reshape", floats(1), np.zeros(0, np.int32))
case("Shape", floats(2, 3))
case("Shape", floats(2, 3), out_type=dtypes.int64)
case("ShapeN", (floats(2, 3), floats(4)))
case("Rank", floats(2, 3))
case("Size", floats(2, 3))
case("EnsureShape", floats(2, 3), shape=(None, 3))
case("ExpandDims", floats(2, 3), i32(-1))
case("Squeeze", floats(1, 2, 1))
case("Squeeze", floats(1, 2, 1), squeeze_dims=[-1])
case("Pack", (floats(2, 3), floats(2, 3)), axis=1)
case("Unpack", floats(2, 3), num=3, axis=-1)
case("ConcatV2", (floats(2, 3), floats(2, 1)), i32(-1))
case("ConcatOffset", i32(1), (i32([2, 3]), i32([2, 1])))
case("Transpose", floats(2, 3, 4), i32([2, 0, 1]))
case("Fill", i32([2, 3]), np.float32(7))
case("BroadcastTo", floats(3, 1), i32([2, 3, 4]))
case("BroadcastArgs", i32([3, 1]), i32([2, 1, 4]))
case("Tile", floats(2, 3), i32([2, 3]))
case("StridedSlice", floats(5, 6, 7), i32([1, 0]), i32([4, 5]), i32([2, 1]))
case("StridedSlice", floats(5, 6), i32([3, 0]), i32([0, 0]), i32([-1, 1]), begin_mask=1, end_mask=3)
case(
    "StridedSlice",
    floats(5, 6, 7),
    i32([0, 0, 2]),
    i32([0, 0, 3]),
    i32([1, 1, 1]),
    ellipsis_mask=1,
    new_axis_mask=2,
    shrink_axis_mask=4,
)
case("StridedSlice", floats(5, 6), i32([-1]), i32([0]), i32([1]), shrink_axis_mask=1)
case("StridedSlice", floats(5), i32([-9]), i32([99]), i32([2]))
case("Slice", floats(5, 6), i32([1, 2]), i32([2, -1]))
case("GatherV2", floats(5, 6), ints(2, 3, low=0, high=5), i32(0))
case("GatherV2", floats(5, 6), ints(4, low=0, high=6), i32(-1))
case("GatherV2", floats(2, 5, 6), ints(2, 3, low=0, high=5), i32(1), batch_dims=1)
case("GatherNd", floats(3, 4, 5), ints(2, 2, low=0, high=3))
case("Where", ints(3, 4, low=0, high=2), shape_is_open=True)
case("Where", np.array([[True, False], [False, True]]), shape_is_open=True)
case("Split", i32(1), floats(3, 6), num_split=3)
case("SplitV", floats(3, 6), i32([1, -1, 2]), i32(1), num_split=3)
case("Pad", floats(2, 3), i32([[1, 0], [0, 2]]))
case("PadV2", floats(2, 3), i32([[1, 0], [0, 2]]), np.float32(5))
case("MirrorPad", floats(3, 4), i32([[1, 2], [0, 3]]), mode="REFLECT")
case("MirrorPad", floats(3, 4), i32([[1, 2], [0, 3]]), mode="SYMMETRIC")
case("SpaceToBatchND", floats(2, 5, 4, 3), i32([2, 3]), i32([[1, 0], [1, 1]]))
case("BatchToSpaceND", floats(12, 3, 2, 3), i32([2, 3]), i32([[1, 0], [1, 1]]))
case("SpaceToDepth", floats(2, 4, 6, 3), block_size=2)
case("DepthToSpace", floats(2, 4, 6, 8), block_size=2)
case("Range", i32(2), i32(11), i32(3))
case("Range", np.float32(0), np.float32(1), np.float32(0.1), ulps=8)
case("LinSpace", np.float32(0), np.float32(1), i32(7), ulps=4)
for _op in ("Cumsum", "Cumprod"):
    for _exclusive, _reverse in ((False, False), (True, False), (False, True), (True, True)):
        case(_op, floats(3, 4), i32(1), exclusive=_exclusive, reverse=_reverse, ulps=8, accumulates=True)
case("ReverseV2", floats(3, 4), i32([1]))
case("Roll", floats(3, 4), i32(1), i32(1))
case("Roll", floats(3, 4), i32([1, -2]), i32([0, 1]))
case("InvertPermutation", i32([2, 0, 1]))
case("OneHot", ints(3, 2, low=-1, high=5), i32(4), np.float32(1), np.float32(0))
case("OneHot", ints(3, 2, low=0, high=5), i32(4), np.float32(2), np.float32(-1), axis=0)
case("TopKV2", floats(3, 7), i32(3))
case("TopKV2", ints(3, 7, low=0, high=3), i32(5))
case("MatrixBandPart", floats(2, 4, 5), np.int64(1), np.int64(-1))
case("MatrixDiagV3", floats(2, 4), np.int32(0), np.int32(-1), np.int32(-1), np.float32(0))
for _op in (
    "TensorScatterAdd",
    "TensorScatterMax",
    "TensorScatterMin",
    "TensorScatterSub",
    "TensorScatterUpdate",
):
    case(_op, floats(5, 3), i32([[1], [4]]), floats(2, 3))
case("ScatterNd", i32([[1], [4]]), floats(2, 3), i32([5, 3]))

case("BiasAdd", floats(2, 3, 4), floats(4))
case("BiasAdd", floats(2, 3, 4, 5), floats(3), data_format="NCHW")
case("MatMul", floats(3, 40), floats(40, 5), ulps=8, accumulates=True)
case("MatMul", floats(40, 3), floats(5, 40), transpose_a=True, transpose_b=True, ulps=8, accumulates=True)
# TensorFlow may round the partial sums of its blocks to halves: one more rounding for each of up to four.
case("MatMul", floats(3, 40, dtype=np.float16), floats(40, 5, dtype=np.float16), ulps=4, accumulates=True)
case("BatchMatMulV2", floats(2, 1, 3, 4), floats(5, 4, 6), ulps=8, accumulates=True)
case("BatchMatMulV2", floats(2, 4, 3), floats(2, 6, 4), adj_x=True, adj_y=True, ulps=8, accumulates=True)
for _op in ("Softmax", "LogSoftmax"):
    case(_op, floats(4, 10), ulps=8, accumulates=True)
    case(_op, floats(4, 10, dtype=np.float16), ulps=2, accumulates=True)
    case(_op, 100 * floats(2, 3, 7), ulps=8, accumulates=True)

_CONV = {"ulps": 16, "accumulates": True}
for _padding in ("SAME", "VALID"):
    for _strides in ([1, 1, 1, 1], [1, 2, 3, 1]):
        case("Conv2D", floats(2, 9, 8, 3), floats(3, 2, 3, 4), strides=_strides, padding=_padding, **_CONV)
    case(
        "Conv2D",
        floats(2, 9, 8, 3),
        floats(3, 2, 3, 4),
        strides=[1] * 4,
        dilations=[1, 2, 3, 1],
        padding=_padding,
        **_CONV,
    )
    case(
        "DepthwiseConv2dNative",
        floats(2, 9, 8, 3),
        floats(3, 2, 3, 2),
        strides=[1, 2, 2, 1],
        padding=_padding,
        **_CONV,
    )
    case(
        "Conv3D",
        floats(1, 5, 6, 7, 2),
        floats(2, 3, 2, 2, 3),
        strides=[1, 1, 2, 1, 1],
        padding=_padding,
        **_CONV,
    )
    for _op in ("MaxPool", "AvgPool"):
        case(_op, floats(2, 7, 8, 3), ksize=[1, 3, 2, 1], strides=[1, 2, 2, 1], padding=_padding, ulps=4)
    for _op in ("MaxPool3D", "AvgPool3D"):
        case(
            _op,
            floats(1, 5, 6, 7, 2),
            ksize=[1, 2, 3, 2, 1],
            strides=[1, 2, 2, 1, 1],
            padding=_padding,
            ulps=4,
        )
case(
    "Conv2D",
    floats(2, 9, 8, 3),
    floats(3, 2, 3, 4),
    strides=[1] * 4,
    padding="EXPLICIT",
    explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0],
    **_CONV,
)
case("Conv2D", floats(2, 9, 8, 6), floats(3, 2, 2, 9), strides=[1] * 4, padding="SAME", **_CONV)
case(
    "Conv2D",
    floats(2, 9, 8, 6, dtype=np.float16),
    floats(1, 1, 6, 4, dtype=np.float16),
    strides=[1] * 4,
    padding="SAME",
    ulps=4,
    accumulates=True,
)
case("Conv2D", floats(2, 9, 8, 6), floats(1, 1, 6, 4), strides=[1, 2, 2, 1], padding="SAME", **_CONV)
case(
    "Conv2DBackpropInput",
    i32([2, 9, 8, 3]),
    floats(3, 2, 3, 4),
    floats(2, 5, 3, 4),
    strides=[1, 2, 3, 1],
    padding="SAME",
    **_CONV,
)
case(
    "Conv2DBackpropInput",
    i32([2, 9, 8, 3]),
    floats(3, 2, 3, 4),
    floats(2, 4, 3, 4),
    strides=[1, 2, 3, 1],
    padding="VALID",
    **_CONV,
)
case(
    "Conv3DBackpropInputV2",
    i32([1, 5, 6, 7, 2]),
    floats(2, 3, 2, 2, 3),
    floats(1, 5, 3, 7, 3),
    strides=[1, 1, 2, 1, 1],
    padding="SAME",
    **_CONV,
)
for _training in (True, False):
    _empty = floats(0) if _training else floats(3, low=0.5)
    _scratch = (5,) if _training else (3, 4, 5)
    for _op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
        case(
            _op,
            floats(2, 4, 5, 3),
            floats(3),
            floats(3),
            _empty,
            _empty,
            is_training=_training,
            epsilon=0.001,
            unspecified=_scratch,
            **_CONV,
        )
case(
    "FusedBatchNormV3",
    floats(2, 4, 5, 3),
    floats(3),
    floats(3),
    floats(3),
    floats(3, low=1),
    is_training=True,
    exponential_avg_factor=0.25,
    unspecified=(5,),
    **_CONV,
)
case(
    "FusedBatchNormV3",
    floats(2, 4, 5, 3, dtype=np.float16),
    floats(3),
    floats(3),
    floats(3),
    floats(3, low=1),
    is_training=False,
    unspecified=(3, 4, 5),
    ulps=4,
    accumulates=True,
)

for _seed in ((1, 2), (87654321, 0)):
    for _op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        for _dtype in (dtypes.float32, dtypes.float64, dtypes.float16):
            case(_op, i32([7, 301]), seed=_seed[0], seed2=_seed[1], dtype=_dtype, ulps=16, accumulates=True)
    case("RandomUniformInt", i32([5, 7]), i32(-3), i32(11), seed=_seed[0], seed2=_seed[1])
    case("RandomUniformInt", i32([5, 7]), np.int64(-3), np.int64(11), seed=_seed[0], seed2=_seed[1])
_KEYED = (np.array([12345678901234], np.uint64), np.array([5, 2**64 - 1], np.uint64), i32(1))
for _op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
    for _dtype in (dtypes.float32, dtypes.float64):
        case(_op, i32([7, 31]), np.array([3, -4], np.int64), dtype=_dtype, ulps=16, accumulates=True)
        case(_op + "V2", i32([7, 31]), *_KEYED, dtype=_dtype, ulps=16, accumulates=True)
for _dtype in (dtypes.int32, dtypes.int64):
    _of = _dtype.numpy.type
    case("StatelessRandomUniformInt", i32([7, 3]), i32([3, -4]), _of(-5), _of(9))
    case("StatelessRandomUniformIntV2", i32([7, 3]), *_KEYED, _of(-5), _of(9))
case("Bitcast", ints(3, 2), type=dtypes.float32)
case("Bitcast", ints(3, dtype=np.int64), type=dtypes.uint64)
case("StatelessRandomUniformFullInt", i32([7, 3]), i32([3, -4]), dtype=dtypes.int32)
case("StatelessRandomUniformFullIntV2", i32([7, 3]), *_KEYED, dtype=dtypes.uint64)
case("StatelessRandomGetKeyCounter", np.array([3, -4], np.int64))
case("StatelessRandomGetAlg")

_TABLE = floats(6, 3)
case("ReadVariableOp", resource=_TABLE, dtype=dtypes.float32)
case("VariableShape", resource=_TABLE)
case("VarIsInitializedOp", resource=_TABLE)
case("DisableCopyOnRead", resource=_TABLE)
case("ResourceGather", ints(2, 4, low=0, high=6), resource=_TABLE, dtype=dtypes.float32)
for _op in ("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"):
    case(_op, floats(6, 3), resource=_TABLE)
for _op in ("Add", "Div", "Max", "Min", "Mul", "Sub", "Update"):
    case(f"ResourceScatter{_op}", i32([1, 4]), floats(2, 3), resource=_TABLE, ulps=1)
case("RngReadAndSkip", i32(1), np.uint64(7), resource=np.array([1, -2, 3], np.int64), shape_is_open=True)

case("StringJoin", (np.array([b"a", b"b"], object), np.array(b"c", object)), separator="/")
case("Einsum", (floats(2, 3, 4), floats(4, 5)), equation="abc,cd->abd", ulps=8, accumulates=True)
case("Einsum", (floats(2, 3, 4), floats(2, 5, 4)), equation="...ij,...kj->...ik", ulps=8, accumulates=True)
case("Einsum", (floats(2, 3, 4),), equation="abc->cb", ulps=8, accumulates=True)

for _align, _half in ((False, False), (True, False), (False, True)):
    for _op in ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"):
        for _size in ([7, 3], [3, 11]):
            # The cubic weights are sums of float32 products, which cancel.
            bound = 64 if _op == "ResizeBicubic" else 8
            modes = {"align_corners": _align, "half_pixel_centers": _half}
            case(_op, floats(2, 5, 6, 3), i32(_size), ulps=bound, accumulates=True, **modes)
case("ResizeNearestNeighbor", ints(1, 5, 6, 3, low=0, dtype=np.uint8), i32([9, 9]), half_pixel_centers=True)
_TRANSFORMS = np.array(
    [[0.9, 0.2, 1.3, -0.15, 1.1, -2.2, 0, 0], [1.5, 0.1, -9, 0.3, 0.8, 7, 0.01, 0.02]], np.float32
)
for _mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST"):
    for _interpolation in ("NEAREST", "BILINEAR"):
        modes = {"fill_mode": _mode, "interpolation": _interpolation}
        given = (floats(2, 5, 6, 3), _TRANSFORMS, i32([7, 8]), np.float32(0.5))
        # A coordinate is a sum of float32 products, and one ulp of it times the contrast of the image shows.
        case("ImageProjectiveTransformV3", *given, ulps=64, accumulates=True, **modes)

case("UnsortedSegmentSum", floats(4, 3), i32([2, 0, -1, 2]), i32(3), ulps=1)
for _binary in (False, True):
    case("DenseBincount", ints(3, 5, low=0, high=6), i32(4), floats(3, 5), binary_output=_binary, ulps=1)
    case("DenseBincount", ints(5, low=0, high=6), i32(4), floats(0), binary_output=_binary)
case("SparseMatMul", floats(3, 4), floats(4, 5), a_is_sparse=True, ulps=8, accumulates=True)
_PLACES = np.array([[0, 1], [2, 0], [2, 3]], np.int64)
case(
    "SparseTensorDenseMatMul",
    _PLACES,
    floats(3),
    np.array([3, 4], np.int64),
    floats(4, 5),
    ulps=8,
    accumulates=True,
)
# The gaussian kernel has a step at its edge; in these sizes no pixel lies on it.
for _size in ([7, 3], [3, 10]):
    case("ResizeArea", floats(2, 5, 6, 3), i32(_size), ulps=16, accumulates=True)
    for _kernel in ("lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
        modes = {"kernel_type": _kernel, "antialias": True}
        given = (
            floats(2, 5, 6, 3),
            i32(_size),
            np.array(_size, np.float32) / np.float32([5, 6]),
            np.zeros(2, np.float32),
        )
        case("ScaleAndTranslate", *given, ulps=64, accumulates=True, **modes)
case("AdjustContrastv2", floats(2, 5, 6, 3), np.float32(1.7), ulps=16, accumulates=True)
