"""Functions of TensorFlow that slice, reduce, arrange and multiply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Build = Callable[..., Any]

SLICES: dict[str, Build] = {
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
}

REDUCTIONS: dict[str, Build] = {
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
}

SHAPES: dict[str, Build] = {
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
    "gather_nd_batch": lambda tf, s, n: tf.gather_nd(s, n[:, :, None], batch_dims=1),
    "boolean_mask": lambda tf, x, c: tf.boolean_mask(x, c),
    "boolean_mask_axis": lambda tf, s: tf.boolean_mask(s, [True, False, True, True], axis=2),
    "slice_mask": lambda tf, x, c: x[c],
    "where_indices": lambda tf, c: tf.where(c),
    "scatter_nd": lambda tf, s: tf.scatter_nd([[1], [4]], s[0, :2], [6, 4]),
    "tensor_scatter_nd_update": lambda tf, x: tf.tensor_scatter_nd_update(x, [[0, 1], [1, 2]], [9.0, 8.0]),
    "tensor_scatter_nd_add": lambda tf, x: tf.tensor_scatter_nd_add(x, [[0, 1], [0, 1]], [9.0, 8.0]),
    "tensor_scatter_nd_max": lambda tf, x: tf.tensor_scatter_nd_max(x, [[0, 1], [1, 2]], [0.1, 8.0]),
    "sort": lambda tf, s: tf.sort(s, axis=1),
    "sort_descending": lambda tf, x: tf.sort(x, direction="DESCENDING"),
    "argsort": lambda tf, x: tf.argsort(x),
    "linspace": lambda tf, x: tf.linspace(x, x + 1.0, 4, axis=-1),
    "space_to_batch": lambda tf, i: tf.space_to_batch(i[:, :, :8], [2, 2], [[0, 0], [0, 0]]),
    "batch_to_space": lambda tf, i: tf.batch_to_space(
        tf.space_to_batch(i[:, :, :8], [2, 2], [[0, 0], [0, 0]]), [2, 2], [[0, 0], [0, 0]]
    ),
    "linalg.diag": lambda tf, x: tf.linalg.diag(x),
    "linalg.diag_part": lambda tf, s: tf.linalg.diag_part(s[:, :4]),
    "linalg.trace": lambda tf, s: tf.linalg.trace(s[:, :4]),
    "linalg.set_diag": lambda tf, s: tf.linalg.set_diag(s[:, :4], s[:, 4]),
    "linalg.band_part": lambda tf, s: tf.linalg.band_part(s, -1, 0),
}

PRODUCTS: dict[str, Build] = {
    "linalg.matmul": lambda tf, s: tf.matmul(s, s, transpose_b=True),
    "linalg.matmul_first": lambda tf, s: tf.matmul(s, s, transpose_a=True),
    "linalg.matmul_2d": lambda tf, x: tf.matmul(x, np.ones((6, 2), "float32")),
    "linalg.matvec": lambda tf, s: tf.linalg.matvec(s, s[:, 0]),
    "linalg.cross": lambda tf, i: tf.linalg.cross(i, i[:, ::-1]),
    "linalg.normalize": lambda tf, s: list(tf.linalg.normalize(s, axis=-1)),
    "linalg.adjoint": lambda tf, s: tf.linalg.adjoint(s),
    "linalg.matrix_transpose": lambda tf, s: tf.linalg.matrix_transpose(s),
    "einsum": lambda tf, s: tf.einsum("bij,bkj->bik", s, s),
    "einsum_constant": lambda tf, s: tf.einsum("bij,jk->bik", s, np.ones((4, 2), "float32")),
    "tensordot": lambda tf, s: tf.tensordot(s, np.ones((4, 3), "float32"), axes=1),
    "tensordot_axes": lambda tf, s: tf.tensordot(s, np.ones((2, 5), "float32"), axes=[[1], [1]]),
}
