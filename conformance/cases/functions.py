"""Models made with TensorFlow functions and slices: a model for each group of `conformance.calls`."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.calls import GROUPS, LOST, TENSORFLOW as CASES, Functions as _Functions
from conformance.calls.call import INPUTS as KNOWN
from conformance.case import HALF, Case, Input, Keras, KerasModel

WITHOUT_BATCH = (
    *("slice_one", "slice_element", "math.reduce_sum_all", "nn.l2_loss", "transpose_all", "concat_keywords"),
    *("shape", "shape_compat", "rank", "range", "range_options", "gather_nd", "boolean_mask", "scatter_nd"),
    *("strided_slice", "where_indices", "boolean_mask_axis", "slice_mask"),
    *("space_to_batch", "math.zero_fraction", "math.unsorted_segment_sum"),
)
"""Functions whose outputs do not begin with the batch: no loss can be made of them, so they are not trained."""

NO_GRADIENT = ("image.adjust_contrast",)
"""Functions without a gradient in TensorFlow."""

FLOATS = (
    *("add_number", "add_tensors", "mul", "truediv", "floordiv", "pow", "neg", "abs", "greater"),
    *("slice_range", "slice_new_axis", "math.maximum", "math.squared_difference", "math.add_n", "math.exp"),
    *("math.tanh", "math.sigmoid", "math.sqrt", "math.log", "math.erf", "math.floor", "where_number"),
    *("where", "clip_by_value", "math.reduce_sum", "math.reduce_mean", "math.reduce_max"),
    *("math.reduce_std", "math.cumsum", "math.l2_normalize", "nn.relu", "nn.softmax", "nn.log_softmax"),
    *("nn.elu", "reshape", "transpose", "expand_dims", "concat", "stack", "split", "unstack", "tile"),
    *("pad", "gather", "linalg.matmul", "cast", "zeros_like", "stop_gradient", "math.top_k"),
)
"""Functions tried on float64 and float16."""

DYNAMIC = (
    *("add_tensors", "truediv", "greater", "slice_range", "slice_negative", "slice_ellipsis"),
    *("slice_new_axis", "math.reduce_sum", "math.reduce_std", "math.reduce_logsumexp", "math.argmax"),
    *("math.cumsum", "math.top_k", "nn.softmax_axis", "transpose", "expand_dims", "squeeze", "concat"),
    *("concat_constant", "stack", "split", "tile", "repeat", "pad", "reverse", "roll", "gather"),
    *("gather_batch", "one_hot", "linalg.matmul", "where", "tensordot", "linalg.matrix_transpose"),
    *("linalg.band_part", "unstack", "split_sizes", "image.resize", "image.flip_left_right"),
    *("nn.max_pool2d", "nn.bias_add", "slice_shape", "reshape_shape", "reshape_mixed"),
)
"""Functions tried on inputs with open dimensions."""


INPUTS = {name: (given.shape, given.dtype) for name, given in KNOWN.items()}
"""Shape and dtype. The texts of `_case` and `_input`, which take these, are part of the keys of their cases."""


def _case(
    name: str,
    functions: Iterable[str],
    dtype: str = "float32",
    opened: Mapping[str, Any] | None = None,
    **options: Any,
) -> Case:
    """The model whose outputs are those of some functions; what is not a number of floats becomes one."""
    layer = "SlicingOpLambda" if name == "slices" else "TFOpLambda"
    names = [function for function in functions if function not in LOST]
    taken = {n: list(inspect.signature(CASES[n]).parameters)[1:] for n in names}
    taken = {n: [p for p in parameters if p in INPUTS] for n, parameters in taken.items()}
    used = sorted({parameter for parameters in taken.values() for parameter in parameters})
    inputs = [_input(n, dtype, (opened or {}).get(n)) for n in used]

    def build(keras: Keras) -> KerasModel:
        tf = _Functions(keras)
        made = [keras.Input(i.shape, dtype=i.dtype, name=n) for n, i in zip(used, inputs, strict=True)]
        tensors = dict(zip(used, made, strict=True))
        given = {n: tf.sigmoid(t) if n == "p" else t for n, t in tensors.items()}
        outputs = tf.nest.flatten([CASES[n](tf, *(given[p] for p in taken[n])) for n in names])
        if options.get("trains", True):
            outputs = [y if y.dtype.is_floating else tf.cast(y, "float32") for y in outputs]
        return keras.Model(made, outputs, name="model")

    text = [inspect.getsource(f) for f in (_case, _input, *(CASES[n] for n in names))]
    key = hashlib.sha256(repr((name, names, dtype, inputs, text)).encode()).hexdigest()[:12]
    return Case(f"{layer}-{name}", layer, build, key, tuple(inputs), **options)


def _input(name: str, dtype: str, shape: tuple[int | None, ...] | None) -> Input:
    known, kind = INPUTS[name]
    high = {"n": 5, "c": 2}.get(name)
    return Input(shape or known, dtype if kind == "float32" else kind, high)


UNREAD = ("size",)
"""Called eagerly, Keras 2.15 hands tf.size the name of a dtype, which it does not take."""


def _trained(group: Iterable[str]) -> list[str]:
    return [name for name in group if name not in (*WITHOUT_BATCH, *NO_GRADIENT, *UNREAD)]


MODELS: list[Case] = [
    *(_case(name, _trained(group)) for name, group in GROUPS.items()),
    _case("without_batch", WITHOUT_BATCH, trains=False),
    _case("without_gradient", NO_GRADIENT, trains=False),
    _case("float64", FLOATS, "float64"),
    # Rounded to float32, the number that gelu takes is not the same in TensorFlow 2.15 and 2.21.
    _case("float16", [*FLOATS, "nn.gelu"], "float16", tolerance=1e-2, why=HALF),
    _case(
        "dynamic",
        DYNAMIC,
        opened={"x": (None,), "y": (None,), "s": (None, 4), "i": (None, None, 3), "n": (None,), "c": (None,)},
    ),
]
