"""Operations of Keras 3 among the layers of a model, as the TensorFlow functions that do the same.

Keras 3 stores what `x + 1` or `keras.ops.relu(x)` makes of symbolic tensors as a class name ("Add", "Relu"; some
are names of layers too) of a module `keras.src.ops...`, with options in the config and the other arguments in the
call. Here each becomes a TFOpLambda or SlicingOpLambda of the same name, so that Keras 2 can load the model; where
one function does not do, helpers of the name with a suffix come before it.

Source: keras/src/ops/operation.py; keras/src/ops/numpy.py, nn.py, math.py, core.py, linalg.py, image.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.ir.structure import Structure
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.operators import SlicingOpLambda, TFOpLambda

Translated: TypeAlias = tuple[str, Any, dict[str, Any]]
"""Name, first argument and keyword arguments of a TensorFlow function."""

_TABLE: dict[str, Callable[..., Translated]] = {}


class Operation(SlicingOpLambda):
    """An operation of Keras 3.

    Args:
      kind: its class name.
      options: its config.

    Attributes:
      module: where Keras 3 has the operation.
      stated: the arguments of each call as Keras 3 has them.
    """

    function: str = ""
    def __init__(self, kind: str, name: str | None = None, dtype: Any = None, **options: Any) -> None:
        self.kind = kind
        self.options = options if dtype is None else {**options, "dtype": dtype}
        self.registered_name = "TFOpLambda"
        self._helpers: dict[str, TFOpLambda] = {}
        self.module = "keras.src.ops.numpy"
        self.stated: list[tuple[list[Any], dict[str, Any]]] = []
        super().__init__(name=name)

    def validate(self) -> None:
        """The operation is one that kerasfmt knows."""
        if self.kind not in _TABLE:
            raise UnsupportedLayerError(
                f"layer {self.name}: operation {self.kind} of Keras 3 is not known to kerasfmt; pass a "
                f"kerasfmt.layers.Layer subclass that stands for it as custom_objects={{{self.kind!r}: YourLayer}}"
            )

    def __call__(self, inputs: Structure, **kwargs: Any) -> Any:
        """The symbolic outputs for a list of arguments, as Keras 3 stores them."""
        arguments = [_plain(argument) for argument in inputs]
        options = {**self.options, **{name: _plain(value) for name, value in kwargs.items()}}
        try:
            self.function, first, given = _TABLE[self.kind](self, *arguments, **options)
        except KerasfmtError:
            raise
        except (TypeError, ValueError, LookupError) as error:
            raise self.fail(f"operation {self.kind}: {error}") from error
        slicing = self.function == "__operators__.getitem"
        self.registered_name = "SlicingOpLambda" if slicing else "TFOpLambda"
        self.stated.append((list(inputs), kwargs))
        return super().__call__(first, **given)

    @property
    def helpers(self) -> list[TFOpLambda]:
        """The functions that come before this one, and are none of Keras 3's."""
        return list(self._helpers.values())

    def helper(self, function: str, first: Any, **kwargs: Any) -> Tensor:
        """The output of a function that comes before this one."""
        suffix = function.rpartition(".")[2]
        count = sum(name.startswith(suffix) for name in self._helpers)
        name = f"{suffix}_{count}" if count else suffix
        layer = self._helpers[name] = TFOpLambda(function, name=f"{self.name}_{name}")
        made: Tensor = layer(first, **kwargs)
        return made

    def cast(self, x: Any, dtype: DType) -> Any:
        """A tensor in another dtype; a constant as it is."""
        if not isinstance(x, Tensor) or x.dtype is dtype:
            return x
        return self.helper("cast", x, dtype=dtype.name)

    def floats(self, x: Any) -> Any:
        """A tensor as floats, as Keras 3 takes it where a function gives floats."""
        if not isinstance(x, Tensor) or x.dtype.is_floating:
            return x
        return self.cast(x, dtypes.float64 if x.dtype is dtypes.int64 else dtypes.float32)

    def alike(self, *operands: Any) -> list[Any]:
        """Tensors and constants of one dtype, the one that Keras 3 computes in.

        Source: keras/src/backend/common/dtypes.py, result_type.
        """
        found = {x.dtype for x in operands if isinstance(x, Tensor)}
        widest = max(found, key=_breadth)
        if any(d.is_floating for d in found) and not widest.is_floating:
            widest = max((d for d in found if d.is_floating), key=_breadth)
        if len({d for d in found if d.is_floating}) > 1 and {dtypes.float16, dtypes.bfloat16} <= found:
            widest = dtypes.float32
        constants = [leaf for x in operands if not isinstance(x, Tensor) for leaf in _leaves(x)]
        if not widest.is_floating and any(isinstance(leaf, float) for leaf in constants):
            widest = dtypes.float32
        if widest is dtypes.bool_ and any(not isinstance(leaf, bool) for leaf in constants):
            widest = dtypes.int32
        return [self.cast(x, widest) if isinstance(x, Tensor) else _constant(x, widest) for x in operands]

    def unsupported(self, text: str) -> InvalidModelError:
        """An error about an option."""
        return self.fail(f"operation {self.kind}: {text}")


def _breadth(dtype: DType) -> tuple[bool, int, bool]:
    return dtype.is_floating, 0 if dtype is dtypes.bool_ else dtype.itemsize, dtype.kind == "signed"


def _constant(value: Any, dtype: DType) -> Any:
    """Numbers as Keras 2 stores them beside tensors of a dtype: it makes a tensor of one that comes first."""
    if isinstance(value, list | tuple):
        return [_constant(item, dtype) for item in value]
    return float(value) if dtype.is_floating and isinstance(value, int) else value


def _leaves(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list | tuple) else [value]


def _plain(value: Any) -> Any:
    """An argument of Keras 3's dialect in Keras 2's."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind in ("__numpy__", "__tensor__") and isinstance(config, Mapping):
        return config["value"]
    if kind == "__slice__" and isinstance(config, Mapping):
        return {part: _plain(config[part]) for part in ("start", "stop", "step")}
    if kind == "__ellipsis__":
        return {"class_name": "__ellipsis__"}
    if kind == "__tuple__":
        return [_plain(item) for item in value.get("items", ())]
    raise ValueError(f"an argument of class {kind!r} is not supported")


def operation(*kinds: str) -> Callable[[Callable[..., Translated]], Callable[..., Translated]]:
    """Enters the decorated function under the class names of operations: arguments in, a TensorFlow function out."""

    def decorate(entry: Callable[..., Translated]) -> Callable[..., Translated]:
        _TABLE.update(dict.fromkeys(kinds, entry))
        return entry

    return decorate


def known_operations() -> list[str]:
    """The class names of all operations."""
    return sorted(_TABLE)


def _table(entries: Mapping[str, str], make: Callable[[str], Callable[..., Translated]]) -> None:
    for kind, function in entries.items():
        _TABLE[kind] = make(function)


def _unary(function: str) -> Callable[..., Translated]:
    return lambda op, x, **options: (function, x, {})


def _unary_of_floats(function: str) -> Callable[..., Translated]:
    return lambda op, x, **options: (function, op.floats(x), {})


def _binary(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x1: Any, x2: Any) -> Translated:
        left, right = op.alike(x1, x2)
        return function, left, {"y": right}

    return entry


def _logical(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x1: Any, x2: Any) -> Translated:
        return function, op.cast(x1, dtypes.bool_), {"y": op.cast(x2, dtypes.bool_)}

    return entry


def _reduction(function: str) -> Callable[..., Translated]:
    def entry(
        op: Operation,
        x: Tensor,
        axis: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        dtype: Any = None,
    ) -> Translated:
        if initial is not None:
            raise op.unsupported(f"initial={initial!r} is not supported")
        if function in ("math.reduce_any", "math.reduce_all"):
            x = op.cast(x, dtypes.bool_)
        elif function in _MEANS:
            x = op.floats(x)
        elif dtype is not None:
            x = op.cast(x, dtypes.of(dtype))
        elif function in _SUMS and not x.dtype.is_floating and x.dtype.itemsize < 4:
            x = op.cast(x, dtypes.uint32 if x.dtype.kind == "unsigned" else dtypes.int32)
        return function, x, {"axis": axis, "keepdims": keepdims}

    return entry


_MEANS = ("math.reduce_mean", "math.reduce_std", "math.reduce_variance", "math.reduce_logsumexp")
_SUMS = ("math.reduce_sum", "math.reduce_prod")

_table(
    {
        "Absolute": "math.abs",
        "Abs": "math.abs",
        "Negative": "math.negative",
        "Sign": "math.sign",
        "Square": "math.square",
        "Relu": "nn.relu",
        "Relu6": "nn.relu6",
        "Isnan": "math.is_nan",
        "Isinf": "math.is_inf",
        "Isfinite": "math.is_finite",
        "Copy": "identity",
        "StopGradient": "stop_gradient",
    },
    _unary,
)
_table(
    {
        "Exp": "math.exp",
        "Expm1": "math.expm1",
        "Log": "math.log",
        "Log1p": "math.log1p",
        "Sqrt": "math.sqrt",
        "Rsqrt": "math.rsqrt",
        "Reciprocal": "math.reciprocal",
        "Sin": "math.sin",
        "Cos": "math.cos",
        "Tan": "math.tan",
        "Sinh": "math.sinh",
        "Cosh": "math.cosh",
        "Tanh": "math.tanh",
        "Arcsin": "math.asin",
        "Arccos": "math.acos",
        "Arctan": "math.atan",
        "Arcsinh": "math.asinh",
        "Arccosh": "math.acosh",
        "Arctanh": "math.atanh",
        "Floor": "math.floor",
        "Ceil": "math.ceil",
        "Erf": "math.erf",
        "Erfc": "math.erfc",
        "Sigmoid": "math.sigmoid",
        "Softplus": "math.softplus",
        "Softsign": "nn.softsign",
        "Silu": "nn.silu",
        "LogSigmoid": "math.log_sigmoid",
        "Selu": "nn.selu",
        "RGBToGrayscale": "image.rgb_to_grayscale",
    },
    _unary_of_floats,
)
_table(
    {
        "Add": "math.add",
        "Subtract": "math.subtract",
        "Multiply": "math.multiply",
        "FloorDivide": "math.floordiv",
        "Mod": "math.floormod",
        "Power": "math.pow",
        "Maximum": "math.maximum",
        "Minimum": "math.minimum",
        "Greater": "math.greater",
        "GreaterEqual": "math.greater_equal",
        "Less": "math.less",
        "LessEqual": "math.less_equal",
        "Equal": "math.equal",
        "NotEqual": "math.not_equal",
        "DivideNoNan": "math.divide_no_nan",
    },
    _binary,
)
_table({"LogicalAnd": "math.logical_and", "LogicalOr": "math.logical_or"}, _logical)
_table(
    {
        "Sum": "math.reduce_sum",
        "Mean": "math.reduce_mean",
        "Max": "math.reduce_max",
        "Amax": "math.reduce_max",
        "Min": "math.reduce_min",
        "Amin": "math.reduce_min",
        "Prod": "math.reduce_prod",
        "Std": "math.reduce_std",
        "Var": "math.reduce_variance",
        "Any": "math.reduce_any",
        "All": "math.reduce_all",
        "Logsumexp": "math.reduce_logsumexp",
    },
    _reduction,
)


@operation("Divide", "TrueDivide")
def _divide(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.alike(x1, x2)
    return "math.truediv", op.floats(left), {"y": op.floats(right)}


@operation("Arctan2")
def _arctan2(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.alike(op.floats(x1), op.floats(x2))
    return "math.atan2", left, {"x": right}


@operation("LogicalNot")
def _logical_not(op: Operation, x: Any) -> Translated:
    return "math.logical_not", op.cast(x, dtypes.bool_), {}


@operation("LogicalXor")
def _logical_xor(op: Operation, x1: Any, x2: Any) -> Translated:
    return "math.logical_xor", op.cast(x1, dtypes.bool_), {"y": op.cast(x2, dtypes.bool_)}


@operation("Where")
def _where(op: Operation, condition: Any, x1: Any = None, x2: Any = None) -> Translated:
    if x1 is None or x2 is None:
        raise op.unsupported("without x1 and x2, the shape of the result depends on the data")
    chosen = op.cast(condition, dtypes.bool_)
    if isinstance(x1, Tensor) or isinstance(x2, Tensor):
        x1, x2 = op.alike(x1, x2)
    return "where", chosen, {"x": x1, "y": x2}


@operation("Clip")
def _clip(op: Operation, x: Any, x_min: Any, x_max: Any) -> Translated:
    value, low, high = op.alike(x, x_min, x_max)
    return "clip_by_value", value, {"clip_value_min": low, "clip_value_max": high}


@operation("Round")
def _round(op: Operation, x: Any, decimals: int = 0) -> Translated:
    if decimals:
        raise op.unsupported(f"decimals={decimals} is not supported")
    return "math.round", x, {}


@operation("Cast")
def _cast(op: Operation, x: Any, dtype: Any) -> Translated:
    return "cast", x, {"dtype": dtypes.of(dtype).name}


@operation("SaturateCast")
def _saturate_cast(op: Operation, x: Any, dtype: Any) -> Translated:
    return "dtypes.saturate_cast", x, {"dtype": dtypes.of(dtype).name}


@operation("ZerosLike")
def _zeros_like(op: Operation, x: Any, dtype: Any = None, **options: Any) -> Translated:
    return "zeros_like", x, {"dtype": dtype}


@operation("OnesLike")
def _ones_like(op: Operation, x: Any, dtype: Any = None, **options: Any) -> Translated:
    return "ones_like", x, {"dtype": dtype}


@operation("Argmax")
def _argmax(op: Operation, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Translated:
    return _arg(op, "math.argmax", x, axis, keepdims)


@operation("Argmin")
def _argmin(op: Operation, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Translated:
    return _arg(op, "math.argmin", x, axis, keepdims)


def _arg(op: Operation, function: str, x: Tensor, axis: int | None, keepdims: bool) -> Translated:
    if axis is None:
        if keepdims:
            raise op.unsupported("keepdims without an axis is not supported")
        x = op.helper("reshape", x, shape=[-1])
    given = {"axis": axis or 0, "output_type": "int32"}
    if not keepdims:
        return function, x, given
    return "expand_dims", op.helper(function, x, **given), {"axis": axis}


@operation("CountNonzero")
def _count_nonzero(op: Operation, x: Any, axis: Any = None) -> Translated:
    return "math.count_nonzero", x, {"axis": axis, "dtype": "int32"}


@operation("Cumsum")
def _cumsum(op: Operation, x: Any, axis: int | None = None, dtype: Any = None) -> Translated:
    return "math.cumsum", *_running(op, x, axis, dtype)


@operation("Cumprod")
def _cumprod(op: Operation, x: Any, axis: int | None = None, dtype: Any = None) -> Translated:
    return "math.cumprod", *_running(op, x, axis, dtype)


def _running(op: Operation, x: Any, axis: int | None, dtype: Any) -> tuple[Any, dict[str, Any]]:
    value = x if dtype is None else op.cast(x, dtypes.of(dtype))
    if axis is None:
        value = op.helper("reshape", value, shape=[-1])
    return value, {"axis": axis or 0}


@operation("Norm")
def _norm(op: Operation, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Translated:
    kind = "euclidean" if ord in (None, 2) and isinstance(axis, int | None) else ord
    return "norm", op.floats(x), {"ord": kind or "euclidean", "axis": axis, "keepdims": keepdims}


@operation("Normalize")
def _normalize(
    op: Operation, x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None
) -> Translated:
    if order != 2:
        raise op.unsupported(f"order={order} is not supported")
    return "math.l2_normalize", op.floats(x), {"axis": axis, "epsilon": (epsilon or 1e-7) ** 2}


@operation("TopK")
def _top_k(op: Operation, x: Any, k: int, sorted: bool = True) -> Translated:
    return "math.top_k", x, {"k": k, "sorted": sorted}


@operation("Softmax")
def _softmax(op: Operation, x: Any, axis: Any = -1) -> Translated:
    return "nn.softmax", op.floats(x), {"axis": _one_axis(op, axis)}


@operation("LogSoftmax")
def _log_softmax(op: Operation, x: Any, axis: Any = -1) -> Translated:
    return "nn.log_softmax", op.floats(x), {"axis": _one_axis(op, axis)}


def _one_axis(op: Operation, axis: Any) -> int:
    found = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if not isinstance(found, int):
        raise op.unsupported(f"expected one axis, got {axis!r}")
    return found


@operation("Gelu")
def _gelu(op: Operation, x: Any, approximate: bool = True) -> Translated:
    return "nn.gelu", op.floats(x), {"approximate": approximate}


@operation("LeakyRelu")
def _leaky_relu(op: Operation, x: Any, negative_slope: float = 0.2) -> Translated:
    return "nn.leaky_relu", op.floats(x), {"alpha": negative_slope}


@operation("Elu")
def _elu(op: Operation, x: Any, alpha: float = 1.0) -> Translated:
    if alpha != 1:
        raise op.unsupported(f"alpha={alpha} is not supported")
    return "nn.elu", op.floats(x), {}


@operation("HardSigmoid")
def _hard_sigmoid(op: Operation, x: Any) -> Translated:
    clipped = op.helper("nn.relu6", op.helper("math.add", op.floats(x), y=3.0))
    return "math.multiply", clipped, {"y": 1 / 6}


@operation("HardSilu")
def _hard_silu(op: Operation, x: Any) -> Translated:
    value = op.floats(x)
    clipped = op.helper("nn.relu6", op.helper("math.add", value, y=3.0))
    return "math.multiply", value, {"y": op.helper("math.multiply", clipped, y=1 / 6)}


@operation("HardTanh")
def _hard_tanh(op: Operation, x: Any) -> Translated:
    return "clip_by_value", op.floats(x), {"clip_value_min": -1.0, "clip_value_max": 1.0}


@operation("OneHot")
def _one_hot(
    op: Operation, x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Translated:
    if sparse:
        raise op.unsupported("sparse=True is not supported")
    return "one_hot", x, {"depth": num_classes, "axis": axis, "dtype": dtypes.of(dtype or "float32").name}
