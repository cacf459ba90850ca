from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Spec, Variable, ops
from kerasfmt.graph.run import run


def test_the_gradient_of_a_variable_is_that_of_its_handle() -> None:
    kernel = Variable("kernel", Spec((3, 2), dtypes.float32))
    bias = Variable("bias", Spec((2,), dtypes.float32))
    graph = Builder("dense")
    x = graph.input(Spec((None, 3), dtypes.float32), "x")
    pair = forward_backward(graph.finish([ops.bias_add(ops.matmul(x, kernel), bias)]))
    assert pair.forward.captured == (kernel, bias)
    rng = np.random.default_rng(0)
    state = {kernel: rng.random((3, 2), np.float32), bias: rng.random(2, np.float32)}
    data, seed = rng.random((4, 3), np.float32), rng.random((4, 2), np.float32)
    forward = run(pair.forward, [data], state)
    used = {v: state[v] for v in pair.backward.captured}
    given = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], used)
    gx, g_kernel, g_bias = (given[i] for i in pair.given if i is not None)
    np.testing.assert_allclose(gx, seed @ state[kernel].T, rtol=1e-6)
    np.testing.assert_allclose(g_kernel, data.T @ seed, rtol=1e-6)
    np.testing.assert_allclose(g_bias, seed.sum(0), rtol=1e-6)
