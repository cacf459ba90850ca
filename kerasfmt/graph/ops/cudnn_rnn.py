"""cuDNN's recurrent layers, forward and backward. They run on a GPU of TensorFlow only: there are no kernels.

Keras puts them into the functions that TensorFlow runs in place of a loop where it finds a GPU.

Source: tensorflow/core/ops/cudnn_rnn_ops.cc.
"""

from __future__ import annotations

from kerasfmt.graph.emit import emit
from kerasfmt.graph.op import Effect
from kerasfmt.graph.ops.declare import Attrs, declare, with_rank
from kerasfmt.graph.spec import Shape, known_size
from kerasfmt.graph.value import Operand, Value


def _forward(attrs: Attrs, x: Value, h: Value, c: Value, params: Value, *lengths: Value) -> list[Shape]:
    """The sequence (time, batch, directions * units), the last states, and what the backward op needs."""
    time, batch, _ = with_rank(x, 3)
    state = with_rank(h, 3)
    with_rank(params, 1)
    for value in lengths:
        with_rank(value, 1)
    directions = 2 if attrs["direction"] == "bidirectional" else 1
    outputs: list[Shape] = [(time, batch, known_size([state[2], directions])), state]
    if attrs["rnn_mode"] != "lstm":
        return [*outputs, (), None]
    cell = with_rank(c, 3)
    return [*outputs, cell if lengths else state, None]


def _backward(attrs: Attrs, x: Value, h: Value, c: Value, params: Value, *_: Value) -> list[Shape]:
    return [x.shape, h.shape, c.shape, params.shape]


declare("CudnnRNN", _forward, effect=Effect.DRAWS)
declare("CudnnRNNV2", lambda attrs, *inputs: [*_forward(attrs, *inputs), None], effect=Effect.DRAWS)
declare("CudnnRNNV3", lambda attrs, *inputs: [*_forward(attrs, *inputs), None], effect=Effect.DRAWS)
for _op in ("CudnnRNNBackprop", "CudnnRNNBackpropV2", "CudnnRNNBackpropV3"):
    declare(_op, _backward, effect=Effect.DRAWS)


def cudnn_rnn(
    x: Value,
    h: Value,
    c: Operand,
    params: Value,
    lengths: Value | None = None,
    *,
    mode: str = "lstm",
    time_major: bool = True,
) -> tuple[Value, Value, Value]:
    """The sequence that a recurrent layer of cuDNN gives, and its last states h and c.

    Args:
      x: float (time, batch, features); (batch, time, features) where `time_major` is false.
      h: float (1, batch, units), the first state; (batch, 1, units) where `time_major` is false.
      c: the first state of the cell of an LSTM, in the same shape; 0 for a GRU.
      params: float (n,), kernel, recurrent kernel and biases in cuDNN's order.
      lengths: int32 (batch,), the length of each sequence; None where all are equal.
      mode: "lstm" or "gru".
      time_major: whether time comes before the batch; only with `lengths`.

    Source: TensorFlow ops CudnnRNN, CudnnRNNV3.
    """
    if lengths is None:
        sequence, last_h, last_c, *_ = emit("CudnnRNN", x, h, c, params, rnn_mode=mode)
    else:
        sequence, last_h, last_c, *_ = emit(
            "CudnnRNNV3", x, h, c, params, lengths, rnn_mode=mode, time_major=time_major
        )
    return sequence, last_h, last_c
