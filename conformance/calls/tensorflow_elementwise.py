"""Functions of TensorFlow that work element by element."""

from __future__ import annotations

import numpy as np

from conformance.calls.call import Call

OPERATORS: dict[str, Call] = {
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
}

ARITHMETIC: dict[str, Call] = {
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
    "math.lerp": lambda tf, x, y: x + 0.3 * (y - x),
    "math.unknown": lambda tf, p: tf.math.lgamma(p),
    "math.polyval": lambda tf, x: tf.math.polyval([1.0, 2.0, 3.0], x),
    "image.sobel_edges": lambda tf, i: tf.image.sobel_edges(i),
    "math.zero_fraction": lambda tf, x: tf.math.zero_fraction(tf.nn.relu(x)),
    "math.unsorted_segment_sum": lambda tf, x: tf.math.unsorted_segment_sum(x[0], [0, 1, 0, 1, 2, 2], 3),
    "clip_by_norm": lambda tf, s: tf.clip_by_norm(s, 1.0, axes=[1]),
    "math.xlog1py": lambda tf, x, p: tf.math.xlog1py(x, p),
}

UNARY: dict[str, Call] = {
    **{
        f"math.{name}": lambda tf, x, name=name: getattr(tf.math, name)(x)
        for name in (
            *("abs", "negative", "sign", "square", "exp", "expm1", "sin", "cos", "tan", "sinh", "cosh"),
            *("tanh", "atan", "asinh", "sigmoid", "softplus", "erf", "erfc", "floor", "ceil", "rint"),
            *("is_nan", "is_inf", "is_finite", "log_sigmoid", "reciprocal_no_nan", "real", "imag"),
            *("angle", "conj"),
        )
    },
    **{
        f"math.{name}": lambda tf, p, name=name: getattr(tf.math, name)(p)
        for name in ("sqrt", "rsqrt", "log", "log1p", "asin", "acos", "atanh", "reciprocal")
    },
    "math.acosh": lambda tf, p: tf.math.acosh(p + 1.0),
    "math.round": lambda tf, x: tf.round(x * 10.0),
}

COMPARISONS: dict[str, Call] = {
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
}

ACTIVATIONS: dict[str, Call] = {
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
}
