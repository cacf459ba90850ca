"""Connectionist temporal classification: the loss of sequences without alignment, and the best sequence.

Source: keras/src/backend/tensorflow/nn.py, ctc_loss and ctc_decode; A. Graves and others (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, known_size
from kerasfmt.nn.shapes import dims_of, packed
from kerasfmt.nn.tf.table import first_value, tensor


def _log_sum(*parts: Value) -> Value:
    """The logarithm of the sum of numbers given by their logarithms, of which all may be minus infinity."""
    most = parts[0]
    for part in parts[1:]:
        most = ops.maximum(most, part)
    safe = ops.where(ops.is_finite(most), most, ops.zeros_like(most))
    total = ops.exp(parts[0] - safe)
    for part in parts[1:]:
        total = total + ops.exp(part - safe)
    return ops.log(total) + safe


def _moved(x: Value, by: int) -> Value:
    """States moved on by some places; minus infinity comes in."""
    first = ops.zeros_like(ops.getitem(x, (slice(None), slice(0, by)))) - np.float32(np.inf)
    return ops.concat([first, ops.getitem(x, (slice(None), slice(0, -by)))], 1)


@composed("CTCLoss", "nn")
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Value:
    """The negative logarithm of the chance of a target: a number for each sequence.

    A target of n labels has 2 n + 1 states: the labels, with a blank before and after each. The chances of all states
    are summed up step by step.
    """
    beside = first_value(target, output, target_length, output_length)
    logits = tensor(output, beside, dtypes.float32)
    kind = dtypes.float64 if logits.dtype is dtypes.float64 else dtypes.float32
    logs = ops.log_softmax(ops.cast(logits, dtypes.float32))
    labels, wanted, steps = (
        ops.cast(tensor(v, beside, dtypes.int32), dtypes.int32)
        for v in (target, target_length, output_length)
    )
    blank = ops.zeros_like(labels) + np.int32(mask_index)
    pairs = ops.pack([blank, labels], axis=2)
    batch, count = dims_of(labels)
    states = ops.reshape(pairs, packed([batch, 2 * count if isinstance(count, int) else count * 2], labels))
    states = ops.concat([states, ops.getitem(blank, (slice(None), slice(0, 1)))], 1)
    same = ops.equal(states, _before(states, 2))
    skips = ops.logical_and(ops.not_equal(states, np.int32(mask_index)), ops.logical_not(same))
    never = constant(logs, -np.inf)
    numbers = ops.range_(constant(labels, 0, dtypes.int32), ops.getitem(ops.shape(states), 1))
    first = _of_states(ops.getitem(logs, (slice(None), 0)), states)
    start = ops.where(ops.less(numbers, np.int32(2)), first, never)

    def body(
        step: Value, chances: Value, logs: Value, states: Value, skips: Value, steps: Value
    ) -> list[Value]:
        skipped = ops.where(skips, _moved(chances, 2), constant(chances, -np.inf))
        found = _log_sum(chances, _moved(chances, 1), skipped) + _of_states(ops.gather(logs, step, 1), states)
        goes_on = ops.expand_dims(ops.less(step, steps), 1)
        return [ops.add(step, np.int32(1)), ops.where(goes_on, found, chances)]

    limit = ops.getitem(ops.shape(logs), 1)
    chances = ops.while_loop(
        lambda step, chances, logs, states, skips, steps: ops.less(step, ops.getitem(ops.shape(logs), 1)),
        body,
        [constant(limit, 1), start],
        [logs, states, skips, steps],
    )[1]
    last = ops.expand_dims(wanted * np.int32(2), 1)
    ends = [ops.equal(numbers, last), ops.equal(numbers, last - np.int32(1))]
    found = [ops.reduce_max(ops.where(end, chances, never), 1) for end in ends]
    return ops.cast(ops.negative(_log_sum(*found)), kind)


def _before(states: Value, by: int) -> Value:
    """The states some places before; those that have none are beside themselves."""
    return ops.concat(
        [ops.getitem(states, (slice(None), slice(0, by))), ops.getitem(states, (slice(None), slice(0, -by)))],
        1,
    )


def _of_states(logs: Value, states: Value) -> Value:
    """The logarithms (batch, labels) of the label of each state."""
    return ops.gather(logs, states, 1, batch_dims=1)


@composed("CTCDecode", "nn")
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Value, Value]:
    """The best labels without blanks, int32 (paths, batch, steps) with -1 at the ends, and scores (batch, paths).

    Of "greedy" they are the best label of each step, and the negative sum of its logits; repetitions are one label. Of
    "beam_search" they are the likeliest sequences and the logarithms of their chances.
    """
    beside = first_value(inputs, sequence_lengths)
    logits = tensor(inputs, beside, dtypes.float32)
    logits = logits if logits.dtype is dtypes.float64 else ops.cast(logits, dtypes.float32)
    lengths = ops.cast(tensor(sequence_lengths, beside, dtypes.int32), dtypes.int32)
    if strategy == "beam_search":
        return _searched(logits, lengths, beam_width, top_paths, mask_index)
    if strategy != "greedy":
        raise ValueError(f"expected strategy 'greedy' or 'beam_search', got {strategy!r}")
    blank = mask_index if mask_index >= 0 else known_size(logits, 2) + mask_index
    best = ops.argmax(logits, 2, dtypes.int32)
    steps = ops.range_(constant(best, 0), ops.getitem(ops.shape(best), 1))
    counted = ops.less(steps, ops.expand_dims(lengths, 1))
    kept = ops.logical_and(counted, ops.not_equal(best, np.int32(blank)))
    if merge_repeated:
        none = ops.zeros_like(ops.getitem(best, (slice(None), slice(0, 1)))) - np.int32(1)
        before = ops.concat([none, ops.getitem(best, (slice(None), slice(0, -1)))], 1)
        kept = ops.logical_and(kept, ops.not_equal(best, before))
    places = ops.nonzero(kept)
    row = ops.getitem(places, (slice(None), 0))
    column = ops.cast(
        ops.gather_nd(ops.cumsum(ops.cast(kept, dtypes.int32), 1), places), dtypes.int64
    ) - np.int64(1)
    empty = ops.zeros_like(best) - np.int32(1)
    found = ops.tensor_scatter_update(empty, ops.pack([row, column], axis=1), ops.gather_nd(best, places))
    most = ops.where(counted, ops.reduce_max(logits, 2), constant(logits, 0))
    return ops.expand_dims(found, 0), ops.expand_dims(ops.negative(ops.reduce_sum(most, 1)), 1)


def _searched(logits: Value, lengths: Value, width: int, paths: int, mask: int | None) -> tuple[Value, Value]:
    """The likeliest sequences of labels; TensorFlow's blank is the last label."""
    count = known_size(logits, 2)
    mask = count - 1 if mask is None else mask % count
    order = [*range(mask), *range(mask + 1, count), mask]
    x = ops.transpose(logits, [1, 0, 2])
    x = x if mask == count - 1 else ops.gather(x, np.array(order, np.int32), 2)
    found = emit("CTCBeamSearchDecoder", x, lengths, beam_width=width, top_paths=paths, merge_repeated=False)
    batch, steps, _ = dims_of(logits)
    shape = ops.cast(packed([batch, steps], logits), dtypes.int64)
    less = constant(lengths, -1, dtypes.int64)
    rows = [
        ops.cast(ops.sparse_to_dense(found[i], shape, found[paths + i], less), dtypes.int32)
        for i in range(paths)
    ]
    labels = ops.pack(rows, axis=0)
    labels = ops.where(ops.greater_equal(labels, np.int32(mask)), labels + np.int32(1), labels)
    return labels, found[-1]
