"""The GRU that TensorFlow may give to cuDNN: tanh, sigmoid, two biases, the reset gate after the matrix product.

Source: tf_keras/src/layers/rnn/gru.py, standard_gru and gpu_gru.
"""

from __future__ import annotations

from typing import Final

from kerasfmt.graph import Value, ops
from kerasfmt.nn.fused_rnn import Arguments, FusedCell, Steps, canonical_params, loop, on_gpu
from kerasfmt.nn.recurrence import Values

_CUDNN_GATES: Final = (1, 0, 2, 4, 3, 5)
"""cuDNN has the reset gate before the update gate, in the input part and in the recurrent part."""


def _step(inputs: Values, states: Values, weights: Values) -> tuple[Values, Values]:
    """The output and the next state; the gates are in the order update, reset, candidate."""
    (x,), (h,), (kernel, recurrent_kernel, input_bias, recurrent_bias) = inputs, states, weights
    x_z, x_r, x_h = ops.split(ops.bias_add(ops.matmul(x, kernel), input_bias), 3, 1)
    h_z, h_r, h_h = ops.split(ops.bias_add(ops.matmul(h, recurrent_kernel), recurrent_bias), 3, 1)
    z = ops.sigmoid(x_z + h_z)
    r = ops.sigmoid(x_r + h_r)
    h = z * h + (1.0 - z) * ops.tanh(x_h + r * h_h)
    return [h], [h]


def _standard(arguments: Arguments, steps: Steps) -> list[Value]:
    return loop(_step, arguments, ops.unpack(arguments.bias), steps)


def _gpu(arguments: Arguments, steps: Steps) -> list[Value]:
    kernels = [*ops.split(arguments.kernel, 3, 1), *ops.split(arguments.recurrent_kernel, 3, 1)]
    biases = ops.split(ops.reshape(arguments.bias, [-1]), 6)
    params = canonical_params([kernels[i] for i in _CUDNN_GATES], [biases[i] for i in _CUDNN_GATES])
    return on_gpu("gru", arguments, params, steps)


GRU: Final = FusedCell("gru", ("init_h",), _standard, _gpu)
