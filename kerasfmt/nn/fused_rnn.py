"""Recurrences that TensorFlow may give to cuDNN: what LSTM and GRU have in common.

A recurrence is a pair of functions with the same arguments. The layer calls the one that loops. The other one is
written beside it. Both state the same API in `api_implements`. TensorFlow's optimizer puts the other one in the place
of the first where the call is on a GPU.

    arguments   inputs, init_h[, init_c], kernel, recurrent_kernel, bias[, mask]
    results     last output, all outputs, the last states, 1 if the loop ran and 2 if cuDNN did

Source: tf_keras/src/layers/rnn/gru_lstm_utils.py; tensorflow/core/grappler/optimizers/implementation_selector.cc.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final, Literal, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Function, Spec, Value, ops
from kerasfmt.nn.recurrence import Recurrence, Step, Values

_RUNTIMES: Final[Mapping[str, float]] = {"CPU": 1.0, "GPU": 2.0}
_MOST_PAIRS: Final = 64
"""So many pairs are kept for further layers of the same shapes and options."""


@dataclass(frozen=True)
class Steps:
    """How the steps of sequences are taken.

    Attributes:
      time_major: whether the first axis is the time, and not the batch.
      go_backwards: whether the last step is taken first.
      zero_output_for_mask: whether a masked step gives zeros, and not the output of the step before.
      return_sequences: whether the outputs of all steps are wanted.
    """

    time_major: bool
    go_backwards: bool
    zero_output_for_mask: bool
    return_sequences: bool


@dataclass(frozen=True)
class Arguments:
    """The arguments of a recurrence, in the order of the function's.

    Attributes:
      inputs: float (batch, time, features), or (time, batch, features).
      states: float (batch, units) each.
      kernel: float (features, gates * units).
      recurrent_kernel: float (units, gates * units).
      bias: float (gates * units,), or (2, gates * units).
      mask: bool (batch, time), or (time, batch); False for a step that is not taken.
    """

    inputs: Value
    states: tuple[Value, ...]
    kernel: Value
    recurrent_kernel: Value
    bias: Value
    mask: Value | None

    @property
    def values(self) -> list[Value]:
        """All of them, without a mask that is missing."""
        mask = [] if self.mask is None else [self.mask]
        return [self.inputs, *self.states, self.kernel, self.recurrent_kernel, self.bias, *mask]


Body: TypeAlias = Callable[[Arguments, Steps], Sequence[Value]]


@dataclass(frozen=True)
class FusedCell:
    """A kind of cell that cuDNN has.

    Attributes:
      name: what cuDNN calls it.
      states: the names of its states.
      standard: the results of the loop.
      gpu: the results of cuDNN.
    """

    name: Literal["lstm", "gru"]
    states: tuple[str, ...]
    standard: Body
    gpu: Body


def call(cell: FusedCell, arguments: Arguments, steps: Steps) -> tuple[Value, Value, list[Value]]:
    """The last output, all outputs and the last states, of a call of the function that loops.

    Args:
      cell: the kind of cell.
      arguments: values of the calling function.
      steps: how the steps are taken.

    Source: tf_keras/src/layers/rnn/lstm.py, lstm_with_backend_selection.
    """
    specs = tuple(v.spec for v in arguments.values)
    function = standard_function(cell, specs, arguments.mask is not None, steps)
    last, outputs, *states, _ = arguments.inputs.graph.call(function, arguments.values)
    return last, outputs, states


@lru_cache(maxsize=_MOST_PAIRS)
def standard_function(cell: FusedCell, specs: tuple[Spec, ...], masked: bool, steps: Steps) -> Function:
    """The function that loops; its companions call cuDNN. Equal arguments give the same function.

    Args:
      cell: the kind of cell.
      specs: shapes and dtypes of the arguments.
      masked: whether the last argument is a mask.
      steps: how the steps are taken.
    """
    facts: dict[str, str | bool | Function] = {
        "api_implements": _api_name(cell, specs, masked, steps),
        "time_major": steps.time_major,
        "go_backwards": steps.go_backwards,
    }

    def made(name: str, body: Body, device: str, make_companions: Callable[[], list[Function]]) -> Function:
        graph = Builder(name)
        results = body(_arguments(graph, cell, specs, masked), steps)
        attributes = {**facts, "api_preferred_device": device}
        return graph.finish(results, attributes=attributes, make_companions=make_companions)

    def on_gpu() -> list[Function]:
        body = partial(_with_fallback, cell)
        gpu: Function = made(f"gpu_{cell.name}_with_fallback", body, "GPU", lambda: _gradient_pair(gpu))
        return [gpu]

    return made(f"standard_{cell.name}", cell.standard, "CPU", on_gpu)


def _gradient_pair(function: Function) -> list[Function]:
    """The forward and the backward function, which TensorFlow's optimizer needs in place of the loop's."""
    pair = forward_backward(function)
    to_backward, to_forward = dict(function.attributes), dict(function.attributes)
    forward = replace(pair.forward, attributes=to_backward)
    backward = replace(pair.backward, attributes=to_forward)
    to_backward["backward_function_name"], to_forward["forward_function_name"] = backward, forward
    return [forward, backward]


def _arguments(graph: Builder, cell: FusedCell, specs: Sequence[Spec], masked: bool) -> Arguments:
    names = [
        "inputs",
        *cell.states,
        "kernel",
        "recurrent_kernel",
        "bias",
        *(["mask"] if masked else []),
    ]
    values = [graph.input(spec, name) for spec, name in zip(specs, names, strict=True)]
    return _from_values(values, masked)


def _from_values(values: Sequence[Value], masked: bool) -> Arguments:
    inputs, *others = values
    mask = others.pop() if masked else None
    *states, kernel, recurrent_kernel, bias = others
    return Arguments(inputs, tuple(states), kernel, recurrent_kernel, bias, mask)


def _api_name(cell: FusedCell, specs: Sequence[Spec], masked: bool, steps: Steps) -> str:
    """The name of what both functions of a pair implement.

    TensorFlow's optimizer takes functions of one name for equal, so it is made of all that they depend on.
    """
    text = repr((cell.name, [(str(spec.shape), spec.dtype.name) for spec in specs], masked, steps))
    return f"{cell.name}_{uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])}"


def _with_fallback(cell: FusedCell, arguments: Arguments, steps: Steps) -> Sequence[Value]:
    """The results of cuDNN; of the loop, for a mask that cuDNN cannot take.

    Source: tf_keras/src/layers/rnn/lstm.py, gpu_lstm_with_fallback.
    """
    mask = arguments.mask
    if mask is None:
        return cell.gpu(arguments, steps)
    by_batch = ops.transpose(mask, [1, 0]) if steps.time_major else mask
    return ops.cond_list(
        ops.logical_and(_right_padded(by_batch), ops.logical_not(_has_empty_sequence(by_batch))),
        lambda *values: cell.gpu(_from_values(values, True), steps),
        lambda *values: cell.standard(_from_values(values, True), steps),
        arguments.values,
    )


def _right_padded(mask: Value) -> Value:
    """Whether all masked steps come after all others: bool ()."""
    steps = ops.getitem(ops.shape(mask), 1)
    lengths = ops.reduce_sum(ops.cast(mask, dtypes.int32), 1)
    (places,) = mask.graph.emit("Range", 0, steps, 1)
    return ops.reduce_all(ops.equal(mask, ops.less(places, ops.expand_dims(lengths, -1))), [0, 1])


def _has_empty_sequence(mask: Value) -> Value:
    """Whether all steps of a sequence are masked: bool ()."""
    return ops.reduce_any(ops.reduce_all(ops.logical_not(mask), 1), [0])


def _runtime(beside: Value, device: str) -> Value:
    """A number that says where the function ran: float32 ()."""
    number = np.array(_RUNTIMES[device], np.float32)
    (value,) = beside.graph.emit(
        "Const", value=number, dtype=dtypes.float32, device="/device:CPU:0", name="runtime"
    )
    return value


def loop(step: Step, arguments: Arguments, biases: Values, steps: Steps) -> list[Value]:
    """The results, by a loop.

    Args:
      step: one step; its invariants are the kernel, the recurrent kernel and the biases.
      arguments: the arguments of the recurrence.
      biases: the biases as the step takes them.
      steps: how the steps are taken.
    """
    walk = Recurrence(
        go_backwards=steps.go_backwards,
        time_major=steps.time_major,
        zero_output_for_mask=steps.zero_output_for_mask,
        return_all_outputs=steps.return_sequences,
    )
    weights = [arguments.kernel, arguments.recurrent_kernel, *biases]
    ran = walk.run(step, [arguments.inputs], arguments.states, weights, arguments.mask)
    (last,) = ran.last
    outputs = ran.outputs[0] if ran.outputs else ops.expand_dims(last, 0 if steps.time_major else 1)
    return [last, outputs, *ran.states, _runtime(last, "CPU")]


def canonical_params(weights: Sequence[Value], biases: Sequence[Value]) -> Value:
    """All weights and biases as the vector that cuDNN takes.

    Args:
      weights: a matrix (inputs, units) for each gate.
      biases: a vector (units,) for each gate.

    Source: tf_keras/src/layers/rnn/gru_lstm_utils.py, canonical_to_params.
    """
    flat = [ops.reshape(ops.transpose(w, [1, 0]), [-1]) for w in weights]
    return ops.concat([*flat, *(ops.reshape(b, [-1]) for b in biases)], 0)


def on_gpu(mode: Literal["lstm", "gru"], arguments: Arguments, params: Value, steps: Steps) -> list[Value]:
    """The results, by cuDNN.

    Args:
      mode: the kind of cell.
      arguments: the arguments of the recurrence.
      params: the weights and biases, as `canonical_params` gives them.
      steps: how the steps are taken.

    Source: tf_keras/src/layers/rnn/lstm.py, gpu_lstm; gru.py, gpu_gru.
    """
    inputs, mask = arguments.inputs, arguments.mask
    by_time = steps.time_major or mask is None
    if by_time and not steps.time_major:
        inputs = ops.transpose(inputs, [1, 0, 2])
    time, batch = (0, 1) if by_time else (1, 0)
    expanded = [ops.expand_dims(state, time) for state in arguments.states]
    h, c = expanded[0], expanded[1] if len(expanded) > 1 else 0.0
    if mask is None:
        if steps.go_backwards:
            inputs = ops.reverse(inputs, [0])
        outputs, *last_states = ops.cudnn_rnn(inputs, h, c, params, mode=mode)
    else:
        lengths = ops.reduce_sum(ops.cast(mask, dtypes.int32), 0 if steps.time_major else 1)
        if steps.go_backwards:
            inputs = ops.reverse_sequence(inputs, lengths, time, batch)
        outputs, *last_states = ops.cudnn_rnn(inputs, h, c, params, lengths, mode=mode, time_major=by_time)
        if steps.go_backwards:
            outputs = ops.reverse(ops.reverse_sequence(outputs, lengths, time, batch), [time])
    states = [ops.squeeze(state, time) for state in last_states[: len(arguments.states)]]
    # cuDNN gives zeros for masked steps; the last output is the one that goes on through them.
    last = ops.getitem(outputs, -1) if mask is None else states[0]
    if not steps.return_sequences:
        outputs = ops.expand_dims(last, 0 if steps.time_major else 1)
    elif mask is None and not steps.time_major:
        outputs = ops.transpose(outputs, [1, 0, 2])
    return [last, outputs, *states, _runtime(last, "GPU")]
