"""Shape inference agrees with the kernels, whatever is known of the operands; every op is in the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Node, Spec, Value, merge_shapes
from kerasfmt.graph.op import Effect, Op, find_op, registered_ops
from tests.graph.ops.op_samples import SAMPLES, Array, Sample


def writes(sample: Sample) -> bool:
    return find_op(sample.op).effect is Effect.WRITES


def run(sample: Sample, node: Node) -> list[Array]:
    return [np.asarray(a) for a in find_op(sample.op).run(node.attrs, *sample.arrays())]


def unknown_dims(graph: Builder, array: Array) -> Value:
    return graph.input(Spec((None,) * array.ndim, dtypes.of(array.dtype)))


def unknown_rank(graph: Builder, array: Array) -> Value:
    return graph.input(Spec(None, dtypes.of(array.dtype)))


def some_dims(graph: Builder, array: Array) -> Value:
    """Integers are constants, as shape operands are; of floats the first dimension is not known."""
    if array.dtype.kind in "iu" or not array.ndim:
        return graph.constant(array)
    return graph.input(Spec((None, *array.shape[1:]), dtypes.of(array.dtype)))


def test_every_op_has_a_sample() -> None:
    assert {s.op for s in SAMPLES} == {op for op in registered_ops() if find_op(op).run is not Op.run}


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_inference_agrees_with_kernel(sample: Sample) -> None:
    node = sample.node()
    outputs = run(sample, node)
    if writes(sample):
        assert sample.resource is not None
        content = outputs.pop()
        assert (content.shape, content.dtype) == (sample.resource.shape, sample.resource.dtype)
    assert len(outputs) == len(node.outputs)
    for i, value in enumerate(node.outputs):
        assert outputs[i].dtype == value.dtype.numpy
        if value.shape is None or None in value.shape:
            assert i in sample.unspecified or sample.shape_is_open
            merge_shapes(value.shape, outputs[i].shape)
        else:
            assert outputs[i].shape == value.shape


@pytest.mark.parametrize("argument", [unknown_dims, unknown_rank, some_dims], ids=lambda f: f.__name__)
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_inference_from_less_is_compatible(sample: Sample, argument: Any) -> None:
    node = sample.node(argument)
    for value, array in zip(node.outputs, run(sample, node), strict=False):
        merge_shapes(value.shape, array.shape)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_kernel_leaves_its_operands_alone(sample: Sample) -> None:
    arrays = [a for x in sample.arrays() for a in (x if isinstance(x, tuple) else (x,))]
    before = [a.copy() for a in arrays]
    run(sample, sample.node())
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)
