"""Functional models made with TensorFlow functions: one table of functions and calls, by the inputs they take.

Nothing here imports TensorFlow; builders are given the module, and inputs by these names:

    x, y   float32 (6,)         p      float32 (6,), positive, below 1
    s      float32 (5, 4)       d      float32 (open, 4)
    i      float32 (8, 9, 3)    n      int32 (6,), 0 ... 4
    c      bool (6,)            h      float16 (6,)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

INPUTS: dict[str, tuple[tuple[int | None, ...], str]] = {
    "x": ((6,), "float32"),
    "y": ((6,), "float32"),
    "p": ((6,), "float32"),
    "s": ((5, 4), "float32"),
    "d": ((None, 4), "float32"),
    "i": ((8, 9, 3), "float32"),
    "n": ((6,), "int32"),
    "c": ((6,), "bool"),
    "h": ((6,), "float16"),
}
"""The inputs: shape without the batch, dtype."""


def sample(name: str, batch: int = 3) -> np.ndarray:
    """A sample for an input; open dimensions are 7 long."""
    shape, dtype = INPUTS[name]
    rng = np.random.default_rng(ord(name))
    full = (batch, *(7 if d is None else d for d in shape))
    if name == "p":
        return rng.uniform(0.05, 0.95, full).astype(dtype)
    if name == "n":
        return rng.integers(0, 5, full).astype(dtype)
    if name == "c":
        return rng.uniform(size=full) < 0.5
    return rng.normal(size=full).astype(dtype)


Build = Callable[..., Any]

CASES: dict[str, Build] = {
    # Operators of Python.
    "add_number": lambda tf, x: x + 1,
    "add_right": lambda tf, x: 3.0 + x,
    "add_tensors": lambda tf, x, y: x + y,
    "add_array": lambda tf, x: x + np.arange(6, dtype="float32"),
    "add_matrix": lambda tf, s: s + np.arange(20, dtype="float32").reshape(5, 4),
    "sub": lambda tf, x, y: x - y,
    "rsub": lambda tf, x: 1.0 - x,
    "mul": lambda tf, x: x * 2.5,
    "rmul": lambda tf, x: 2 * x,
    "truediv": lambda tf, x: x / 6.0,
    "truediv_integers": lambda tf, n: n / 3,
    "rtruediv": lambda tf, p: 2.0 / p,
    "floordiv": lambda tf, x: x // 0.5,
    "mod": lambda tf, n: n % 3,
    "pow": lambda tf, p: p**2,
    "rpow": lambda tf, x: 2.0**x,
    "neg": lambda tf, x: -x,
    "abs": lambda tf, x: abs(x),
    "greater": lambda tf, x: x > 0.5,
    "less_equal": lambda tf, x, y: x <= y,
    "equal": lambda tf, n: n == 2,
    "not_equal": lambda tf, n: n != 2,
    "and": lambda tf, c, x: c & (x > 0),
    "or": lambda tf, c, x: c | (x > 0),
    "xor": lambda tf, c, x: c ^ (x > 0),
    "invert": lambda tf, c: ~c,
    "matmul_operator": lambda tf, s: s @ np.ones((4, 3), "float32"),
    "half": lambda tf, h: h * 2 + 1,
    # Slices.
    "slice_column": lambda tf, x: x[:, 0],
    "slice_range": lambda tf, s: s[:, 1:4, ::2],
    "slice_negative": lambda tf, s: s[:, -1],
    "slice_backwards": lambda tf, s: s[:, ::-1, 1],
    "slice_ellipsis": lambda tf, s: s[..., 1:],
    "slice_new_axis": lambda tf, x: x[:, tf.newaxis],
    "slice_new_axis_last": lambda tf, x: x[..., None],
    "slice_one": lambda tf, x: x[1:],
    "slice_element": lambda tf, s: s[0],
    "slice_mixed": lambda tf, s: s[:, tf.newaxis, ..., -2:],
    "slice_shape": lambda tf, d: d[:, : tf.shape(d)[1] // 2],
    # Arithmetic by name.
    "math.add": lambda tf, x, y: tf.add(x, y),
    "math.add_constant_first": lambda tf, x: tf.add(2.0, x),
    "math.subtract": lambda tf, x, y: tf.subtract(x, y=y),
    "math.multiply": lambda tf, x, y: tf.multiply(x=x, y=y),
    "math.divide": lambda tf, x, p: tf.divide(x, p),
    "math.truediv": lambda tf, x, p: tf.truediv(x, p),
    "math.divide_no_nan": lambda tf, x, y: tf.math.divide_no_nan(x, y),
    "math.multiply_no_nan": lambda tf, x, y: tf.math.multiply_no_nan(x, y),
    "math.floordiv": lambda tf, x, p: tf.math.floordiv(x, p),
    "math.floormod": lambda tf, n: tf.math.floormod(n, 3),
    "math.mod": lambda tf, x: tf.math.mod(x, 0.7),
    "math.pow": lambda tf, p: tf.pow(p, 1.5),
    "math.maximum": lambda tf, x, y: tf.maximum(x, y),
    "math.minimum": lambda tf, x: tf.minimum(x, 0.3),
    "math.squared_difference": lambda tf, x, y: tf.math.squared_difference(x, y),
    "math.add_n": lambda tf, x, y, p: tf.add_n([x, y, p]),
    "math.scalar_mul": lambda tf, x: tf.scalar_mul(0.5, x),
    "math.atan2": lambda tf, x, y: tf.atan2(x, y),
    "math.xlogy": lambda tf, x, p: tf.math.xlogy(x, p),
    "math.xdivy": lambda tf, x, p: tf.math.xdivy(x, p),
    "math.xlog1py": lambda tf, x, p: tf.math.xlog1py(x, p),
    # Functions of one tensor.
    **{
        f"math.{name}": lambda tf, x, name=name: getattr(tf.math, name)(x)
        for name in (
            *("abs", "negative", "sign", "square", "exp", "expm1", "sin", "cos", "tan", "sinh", "cosh"),
            *("tanh", "atan", "asinh", "sigmoid", "softplus", "erf", "erfc", "floor", "ceil", "rint"),
            *("is_nan", "is_inf", "is_finite", "log_sigmoid", "reciprocal_no_nan"),
        )
    },
    **{
        f"math.{name}": lambda tf, p, name=name: getattr(tf.math, name)(p)
        for name in ("sqrt", "rsqrt", "log", "log1p", "asin", "acos", "atanh", "reciprocal")
    },
    "math.acosh": lambda tf, p: tf.math.acosh(p + 1.0),
    "math.round": lambda tf, x: tf.round(x * 10.0),
    # Comparison and selection.
    "math.equal": lambda tf, n: tf.equal(n, 1),
    "math.not_equal": lambda tf, n: tf.not_equal(n, 1),
    "math.greater": lambda tf, x, y: tf.greater(x, y),
    "math.greater_equal": lambda tf, x, y: tf.greater_equal(x, y),
    "math.less": lambda tf, x, y: tf.less(x, y),
    "math.less_equal": lambda tf, x, y: tf.less_equal(x, y),
    "math.logical_and": lambda tf, c, x: tf.logical_and(c, x > 0),
    "math.logical_or": lambda tf, c, x: tf.logical_or(c, x > 0),
    "math.logical_xor": lambda tf, c, x: tf.math.logical_xor(c, x > 0),
    "math.logical_not": lambda tf, c: tf.logical_not(c),
    "where": lambda tf, c, x, y: tf.where(c, x, y),
    "where_number": lambda tf, x: tf.where(x > 0, x, 0.0),
    "where_keywords": lambda tf, c, x: tf.where(c, x=x, y=tf.zeros_like(x)),
    "clip_by_value": lambda tf, x: tf.clip_by_value(x, -0.5, 0.5),
    "clip_by_value_keywords": lambda tf, x: tf.clip_by_value(x, clip_value_min=0.0, clip_value_max=1.0),
    # Reductions.
    **{
        f"math.reduce_{name}": lambda tf, s, name=name: getattr(tf, f"reduce_{name}")(s, axis=1)
        for name in ("sum", "mean", "max", "min", "prod")
    },
    **{
        f"math.{name}": lambda tf, s, name=name: getattr(tf.math, name)(s, 1, keepdims=True)
        for name in ("reduce_std", "reduce_variance", "reduce_logsumexp", "reduce_euclidean_norm")
    },
    "math.reduce_sum_axes": lambda tf, s: tf.reduce_sum(s, [1, 2]),
    "math.reduce_mean_keepdims": lambda tf, i: tf.reduce_mean(i, axis=[1, 2], keepdims=True),
    "math.reduce_sum_all": lambda tf, s: tf.reduce_sum(s),
    "math.reduce_any": lambda tf, c: tf.reduce_any(c, axis=-1),
    "math.reduce_all": lambda tf, c: tf.reduce_all(c, axis=-1),
    "math.argmax": lambda tf, s: tf.argmax(s, axis=-1),
    "math.argmin": lambda tf, s: tf.argmin(s, 1, output_type=tf.int32),
    "math.cumsum": lambda tf, s: tf.cumsum(s, axis=1),
    "math.cumsum_options": lambda tf, s: tf.cumsum(s, 1, exclusive=True, reverse=True),
    "math.cumprod": lambda tf, s: tf.math.cumprod(s, axis=-1),
    "math.count_nonzero": lambda tf, n: tf.math.count_nonzero(n, axis=1),
    "math.l2_normalize": lambda tf, s: tf.math.l2_normalize(s, axis=-1),
    "math.top_k": lambda tf, x: list(tf.math.top_k(x, 2)),
    "norm": lambda tf, s: tf.norm(s, axis=-1),
    "norm_options": lambda tf, s: tf.norm(s, ord=1, axis=1, keepdims=True),
    "nn.moments": lambda tf, s: list(tf.nn.moments(s, axes=[1])),
    "nn.l2_loss": lambda tf, s: tf.nn.l2_loss(s),
    # Activations.
    **{
        f"nn.{name}": lambda tf, x, name=name: getattr(tf.nn, name)(x)
        for name in (
            *("relu", "relu6", "elu", "selu", "softmax", "log_softmax", "softplus", "softsign", "silu"),
            *("leaky_relu", "gelu", "sigmoid", "tanh", "crelu"),
        )
    },
    "nn.softmax_axis": lambda tf, s: tf.nn.softmax(s, axis=1),
    "nn.log_softmax_axis": lambda tf, s: tf.nn.log_softmax(s, axis=1),
    "nn.leaky_relu_alpha": lambda tf, x: tf.nn.leaky_relu(x, alpha=0.01),
    "nn.gelu_approximate": lambda tf, x: tf.nn.gelu(x, approximate=True),
    "nn.silu_beta": lambda tf, x: tf.nn.silu(x, beta=1.5),
    "nn.swish": lambda tf, x: tf.nn.swish(x),
    # Shapes.
    "reshape": lambda tf, s: tf.reshape(s, (-1, 20)),
    "reshape_list": lambda tf, s: tf.reshape(s, [-1, 2, 10]),
    "reshape_shape": lambda tf, d: tf.reshape(d, tf.stack([tf.shape(d)[0], -1, 2])),
    "reshape_mixed": lambda tf, d: tf.reshape(d, (tf.shape(d)[0], tf.shape(d)[1] * 4)),
    "transpose": lambda tf, s: tf.transpose(s, perm=[0, 2, 1]),
    "transpose_all": lambda tf, s: tf.transpose(s),
    "expand_dims": lambda tf, x: tf.expand_dims(x, axis=1),
    "expand_dims_last": lambda tf, x: tf.expand_dims(x, -1),
    "squeeze": lambda tf, x: tf.squeeze(tf.expand_dims(x, 1), axis=1),
    "squeeze_axes": lambda tf, x: tf.squeeze(x[:, None, :, None], [1, 3]),
    "concat": lambda tf, x, y: tf.concat([x, y], axis=-1),
    "concat_positional": lambda tf, x, y: tf.concat((x, y, x), 1),
    "concat_keywords": lambda tf, x, y: tf.concat(values=[x, y], axis=0),
    "concat_constant": lambda tf, s: tf.concat([tf.zeros_like(s[:, :1]), s], 1),
    "stack": lambda tf, x, y: tf.stack([x, y], axis=1),
    "unstack": lambda tf, s: tf.unstack(s, axis=2),
    "split": lambda tf, s: tf.split(s, 2, axis=-1),
    "split_sizes": lambda tf, s: tf.split(s, [1, 3], axis=-1),
    "split_keywords": lambda tf, s: tf.split(s, num_or_size_splits=2, axis=2)[1],
    "tile": lambda tf, s: tf.tile(s, [1, 2, 1]),
    "repeat": lambda tf, s: tf.repeat(s, 3, axis=1),
    "pad": lambda tf, i: tf.pad(i, [[0, 0], [1, 1], [2, 0], [0, 0]]),
    "pad_reflect": lambda tf, i: tf.pad(i, [[0, 0], [1, 1], [2, 2], [0, 0]], mode="REFLECT"),
    "pad_value": lambda tf, s: tf.pad(s, ((0, 0), (1, 0), (0, 0)), constant_values=2.0),
    "reverse": lambda tf, s: tf.reverse(s, axis=[1]),
    "roll": lambda tf, s: tf.roll(s, shift=1, axis=1),
    "roll_axes": lambda tf, i: tf.roll(i, shift=[-1, 2], axis=[1, 2]),
    "shape": lambda tf, d: tf.shape(d),
    "shape_compat": lambda tf, d: tf.compat.v1.shape(d),
    "size": lambda tf, d: tf.size(d),
    "rank": lambda tf, d: tf.rank(d),
    "identity": lambda tf, x: tf.identity(x),
    "stop_gradient": lambda tf, x: tf.stop_gradient(x),
    "zeros_like": lambda tf, x: tf.zeros_like(x),
    "ones_like": lambda tf, x: tf.ones_like(x, dtype=tf.int32),
    "fill": lambda tf, d: tf.fill(tf.shape(d), 3.0),
    "zeros": lambda tf, d: tf.zeros(tf.shape(d)[:2]),
    "ones": lambda tf, d: tf.ones(tf.shape(d)[:2]),
    "range": lambda tf, d: tf.range(tf.shape(d)[1]),
    "range_options": lambda tf, d: tf.range(2, tf.shape(d)[1], delta=2),
    "broadcast_to": lambda tf, s: tf.broadcast_to(s[:1], tf.shape(s)),
    "cast": lambda tf, n: tf.cast(n, tf.float32),
    "cast_name": lambda tf, x: tf.cast(x, "int32"),
    "cast_keyword": lambda tf, c: tf.cast(c, dtype="float32"),
    "saturate_cast": lambda tf, x: tf.saturate_cast(x * 300.0, tf.uint8),
    "slice": lambda tf, s: tf.slice(s, [0, 1, 0], [-1, 2, 4]),
    "strided_slice": lambda tf, s: tf.strided_slice(s, [0, 1, 0], [2, 5, 4], [1, 2, 1]),
    "gather": lambda tf, s: tf.gather(s, [3, 0, 1], axis=1),
    "gather_batch": lambda tf, s, n: tf.gather(s, n, axis=1, batch_dims=1),
    "gather_table": lambda tf, n: tf.gather(np.arange(10, dtype="float32"), n),
    "gather_nd": lambda tf, s: tf.gather_nd(s, [[0, 1], [2, 3]]),
    "one_hot": lambda tf, n: tf.one_hot(n, 5),
    "one_hot_options": lambda tf, n: tf.one_hot(n, depth=4, on_value=2.0, off_value=-1.0, axis=1),
    "sequence_mask": lambda tf, n: tf.sequence_mask(n, 5),
    "boolean_mask": lambda tf, x, c: tf.boolean_mask(x, c),
    "linalg.band_part": lambda tf, s: tf.linalg.band_part(s, -1, 0),
    # Products.
    "linalg.matmul": lambda tf, s: tf.matmul(s, s, transpose_b=True),
    "linalg.matmul_first": lambda tf, s: tf.matmul(s, s, transpose_a=True),
    "linalg.matmul_2d": lambda tf, x: tf.matmul(x, np.ones((6, 2), "float32")),
    "linalg.matrix_transpose": lambda tf, s: tf.linalg.matrix_transpose(s),
    "einsum": lambda tf, s: tf.einsum("bij,bkj->bik", s, s),
    "einsum_constant": lambda tf, s: tf.einsum("bij,jk->bik", s, np.ones((4, 2), "float32")),
    "tensordot": lambda tf, s: tf.tensordot(s, np.ones((4, 3), "float32"), axes=1),
    "tensordot_axes": lambda tf, s: tf.tensordot(s, np.ones((2, 5), "float32"), axes=[[1], [1]]),
    # Images and windows.
    "image.resize": lambda tf, i: tf.image.resize(i, (16, 12)),
    "image.resize_nearest": lambda tf, i: tf.image.resize(i, [4, 5], method="nearest"),
    "image.resize_bicubic": lambda tf, i: tf.image.resize(i, [12, 5], method="bicubic"),
    "image.resize_shape": lambda tf, i, d: tf.image.resize(i, tf.shape(d)[1:3] * 2),
    "image.flip_left_right": lambda tf, i: tf.image.flip_left_right(i),
    "image.flip_up_down": lambda tf, i: tf.image.flip_up_down(i),
    "image.central_crop": lambda tf, i: tf.image.central_crop(i, 0.5),
    "image.crop_to_bounding_box": lambda tf, i: tf.image.crop_to_bounding_box(i, 1, 2, 4, 5),
    "image.pad_to_bounding_box": lambda tf, i: tf.image.pad_to_bounding_box(i, 1, 2, 12, 14),
    "image.rgb_to_grayscale": lambda tf, i: tf.image.rgb_to_grayscale(i),
    "image.adjust_brightness": lambda tf, i: tf.image.adjust_brightness(i, 0.2),
    "image.adjust_contrast": lambda tf, i: tf.image.adjust_contrast(i, 1.5),
    "image.per_image_standardization": lambda tf, i: tf.image.per_image_standardization(i),
    "nn.depth_to_space": lambda tf, s: tf.nn.depth_to_space(s[:, None], 2),
    "nn.space_to_depth": lambda tf, i: tf.nn.space_to_depth(i[:, :, :8], 2),
    "nn.max_pool2d": lambda tf, i: tf.nn.max_pool2d(i, 2, 2, "VALID"),
    "nn.avg_pool2d": lambda tf, i: tf.nn.avg_pool2d(i, [2, 3], strides=[1, 2], padding="SAME"),
    "nn.conv2d": lambda tf, i: tf.nn.conv2d(i, np.ones((2, 2, 3, 2), "float32"), strides=1, padding="SAME"),
    "nn.bias_add": lambda tf, s: tf.nn.bias_add(s, np.arange(4, dtype="float32")),
    "nn.dropout": lambda tf, x: tf.nn.dropout(x, 0.0),
    "nn.local_response_normalization": lambda tf, i: tf.nn.local_response_normalization(i),
    "nn.batch_normalization": lambda tf, s: tf.nn.batch_normalization(s, 0.1, 1.2, 0.3, 1.4, 1e-3),
    "nn.sigmoid_cross_entropy": lambda tf, x, p: tf.nn.sigmoid_cross_entropy_with_logits(labels=p, logits=x),
    # Keras's own functions.
    "keras.relu": lambda tf, x: tf.keras.activations.relu(x, max_value=6.0),
    "keras.hard_sigmoid": lambda tf, x: tf.keras.activations.hard_sigmoid(x),
    "keras.backend": lambda tf, s: tf.keras.backend.mean(s, axis=1),
}
"""What is called: the builder's parameters name the inputs that it takes."""

LOST = {
    "equal": "Keras stores the first operand of == only",
    "not_equal": "Keras stores the first operand of != only",
    "einsum": "Keras does not store those that tf.einsum takes",
    "einsum_constant": "Keras does not store those that tf.einsum takes",
    "boolean_mask": "function tf.compat.v1.boolean_mask is not known",
}
"""Cases that cannot be read: Keras's config lacks an operand, or the shape depends on the data. What the error says."""
