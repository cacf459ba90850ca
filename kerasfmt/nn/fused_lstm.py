"""The LSTM that TensorFlow may give to cuDNN: tanh, sigmoid, a bias.

Source: tf_keras/src/layers/rnn/lstm.py, standard_lstm and gpu_lstm.
"""

from __future__ import annotations

from typing import Final

from kerasfmt.graph import Value, ops
from kerasfmt.nn.fused_rnn import Arguments, FusedCell, Steps, canonical_params, loop, on_gpu
from kerasfmt.nn.recurrence import Values


def _step(inputs: Values, states: Values, weights: Values) -> tuple[Values, Values]:
    """The output and the next states; the gates are in the order input, forget, cell, output."""
    (x,), (h, c), (kernel, recurrent_kernel, bias) = inputs, states, weights
    z = ops.bias_add(ops.matmul(x, kernel) + ops.matmul(h, recurrent_kernel), bias)
    i, f, g, o = ops.split(z, 4, 1)
    c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
    h = ops.sigmoid(o) * ops.tanh(c)
    return [h], [h, c]


def _standard(arguments: Arguments, steps: Steps) -> list[Value]:
    return loop(_step, arguments, [arguments.bias], steps)


def _gpu(arguments: Arguments, steps: Steps) -> list[Value]:
    """cuDNN adds a second bias, for the recurrent part; the first one is zero here."""
    kernels = [*ops.split(arguments.kernel, 4, 1), *ops.split(arguments.recurrent_kernel, 4, 1)]
    biases = ops.split(ops.concat([ops.zeros_like(arguments.bias), arguments.bias], 0), 8)
    return on_gpu("lstm", arguments, canonical_params(kernels, biases), steps)


LSTM: Final = FusedCell("lstm", ("init_h", "init_c"), _standard, _gpu)
