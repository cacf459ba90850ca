"""Kernels and shape inference agree with TensorFlow's, on the samples of `tests/graph/ops`.

The sample states the bound for the error of floats, in units of the last place. Integers,
bools and shapes agree exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tensorflow.python.framework import op_def_library, op_def_registry  # noqa: E402

from kerasfmt import dtypes  # noqa: E402
from kerasfmt.dtypes import DType  # noqa: E402
from kerasfmt.graph import Builder, Node, Spec, Value, merge_shapes, ops  # noqa: E402
from kerasfmt.graph.op import Effect, find_op  # noqa: E402
from kerasfmt.graph.op_defs import lookup  # noqa: E402
from kerasfmt.graph.ops.tensor_list import TensorList  # noqa: E402
from tests.graph.ops.all_samples import SAMPLES  # noqa: E402
from tests.graph.ops.op_tests import Array, Rows, Sample  # noqa: E402

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

RUNNABLE = [s for s in SAMPLES if s.op != "Const"]


def to_tf(value: Any) -> Any:
    if isinstance(value, tuple):
        return tf.TensorShape(value)
    return tf.as_dtype(value.enum) if isinstance(value, DType) else value


def call(sample: Sample, node: Node, operands: list[Any]) -> list[Any]:
    """The outputs of TensorFlow's node like `node`, in the graph under construction."""
    given = dict(zip((arg.name for arg in lookup(sample.op).inputs), operands, strict=True))
    attrs = {n: to_tf(v) for n, v in node.attrs.items() if n not in node.op_def.inferred_attrs}
    theirs = op_def_registry.get(sample.op)
    inferred = {arg.type_attr for arg in theirs.input_arg}
    for attr in theirs.attr:  # attributes younger than our definitions
        if (
            attr.HasField("default_value")
            and attr.name not in {**attrs, **node.attrs}
            and attr.name not in inferred
        ):
            attrs[attr.name] = getattr(attr.default_value, attr.default_value.WhichOneof("value"))
    out = op_def_library.apply_op(sample.op, **given, **attrs)
    if isinstance(out, tf.Operation):
        return []
    return list(tf.nest.flatten(out)) if isinstance(out, list | tuple) else [out]


def list_of(tensor: Any) -> Any:
    """The rows of a tensor as TensorFlow's list."""
    return tf.raw_ops.TensorListFromTensor(tensor=tensor, element_shape=tf.shape(tensor)[1:])


def element_dtype(node: Node) -> Any:
    """The dtype of the elements of a list."""
    return to_tf(node.attrs.get("element_dtype") or node.inputs[0].node.attrs["element_dtype"])


def as_tensor(node: Node, result: Any) -> Any:
    """An output of TensorFlow; a list is stacked."""
    if result.dtype != tf.variant:
        return result
    dtype = element_dtype(node)
    return tf.raw_ops.TensorListStack(input_handle=result, element_shape=-1, element_dtype=dtype)


def as_array(node: Node, sample: Sample, result: Any) -> Array:
    """An output of ours; a list is stacked, with zeros for what is not set."""
    if not isinstance(result, TensorList):
        return np.asarray(result)
    shape = sample.contents()[0] if node.op in ("TensorListReserve", "EmptyTensorList") else result.element
    unset = np.zeros(np.maximum(shape, 0), element_dtype(node).as_numpy_dtype)
    return np.array([unset if x is None else x for x in result.items()] or unset[None][:0])


def assert_close(sample: Sample, actual: Array, expected: Array) -> None:
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    dtype = dtypes.of(actual.dtype)
    if not (dtype.is_floating or dtype.is_complex) or not sample.ulps:
        np.testing.assert_array_equal(actual, expected)
        return
    wide = np.complex128 if dtype.is_complex else np.float64
    a, e = actual.astype(wide), expected.astype(wide)
    finite = np.isfinite(e)
    np.testing.assert_array_equal(a[~finite], e[~finite])
    if not finite.any():
        return
    epsilon = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float64": 2.0**-52}.get(dtype.name, 2.0**-23)
    tiny = {"float16": 6e-5, "float64": 2.3e-308}.get(dtype.name, 1.2e-38)
    size = np.abs(e[finite])
    scale = np.maximum(size.max() if sample.accumulates else size, tiny)
    error = np.abs(a[finite] - e[finite]) / (epsilon * scale)
    assert error.max() <= sample.ulps, f"{error.max():.3g} ulps at {np.argmax(error)}"


def _table(keys: Array, values: Array) -> Any:
    made = tf.lookup.experimental.MutableHashTable(
        to_tf(dtypes.of(keys.dtype)),
        to_tf(dtypes.of(values.dtype)),
        tf.zeros((), to_tf(dtypes.of(values.dtype))),
    )
    made.insert(tf.constant(keys), tf.constant(values))
    return made


def _pairs(keys: Array, values: Array) -> dict[Any, Any]:
    return dict(zip(keys.tolist(), values.tolist(), strict=True))


@pytest.mark.parametrize("sample", RUNNABLE, ids=str)
def test_kernel(sample: Sample) -> None:
    node = sample.node()
    variable = None if sample.resource is None else tf.Variable(sample.resource)
    table = None if sample.table is None else _table(*sample.table)

    @tf.function  # type: ignore[untyped-decorator]
    def function() -> list[Any]:
        operands: list[Any] = [] if variable is None else [variable.handle]
        if table is not None:
            operands.append(table.resource_handle)
        operands += [
            list_of(tf.constant(x.array))
            if isinstance(x, Rows)
            else list(map(tf.constant, x))
            if isinstance(x, tuple)
            else tf.constant(x)
            for x in sample.inputs
        ]
        return [as_tensor(node, t) for t in call(sample, node, operands)]

    expected = [t.numpy() for t in function()]
    operands = sample.arrays()
    actual = [as_array(node, sample, a) for a in find_op(sample.op).run(node.attrs, *operands)]
    if table is not None:
        assert _pairs(*operands[0].export()) == _pairs(*(t.numpy() for t in table.export()))
        if sample.op == "LookupTableExportV2":
            return  # in an order of TensorFlow's own
    if variable is not None and find_op(sample.op).effect is Effect.WRITES:
        expected.append(variable.numpy())
    assert len(actual) == len(expected)
    for i, (a, e) in enumerate(zip(actual, expected, strict=True)):
        if i not in sample.unspecified:
            assert_close(sample, a, np.asarray(e, object if isinstance(e, bytes) else None))


# TensorFlow refuses to infer these without the number of spatial axes.
NEEDS_BLOCK_SIZE = ("SpaceToBatchND", "BatchToSpaceND")


WITH_FRONTENDS = {getattr(ops, name).__module__ for name in dir(ops)}
"""The families of ops that kerasfmt writes. Of others, which only come in files, shapes are not inferred when they are
read: what their inference says may be less than what TensorFlow knows, and never something else."""


def as_shape(tensor: Any) -> tuple[int | None, ...] | None:
    return None if tensor.shape.rank is None else tuple(tensor.shape.as_list())


@pytest.mark.parametrize("known", ["all", "some", "rank", "nothing"])
@pytest.mark.parametrize("sample", [s for s in RUNNABLE if s.resource is None and s.table is None], ids=str)
def test_inference(sample: Sample, known: str) -> None:
    def shape_of(array: Array) -> tuple[int | None, ...] | None:
        constant = known == "all" or (known == "some" and (array.dtype.kind in "iu" or not array.ndim))
        if constant:
            return array.shape
        return {"some": (None, *array.shape[1:]), "rank": (None,) * array.ndim}.get(known)

    def is_constant(array: Array) -> bool:
        return known == "all" or (known == "some" and (array.dtype.kind in "iu" or not array.ndim))

    def ours(graph: Builder, array: Array) -> Value:
        if is_constant(array):
            return graph.constant(array)
        return graph.input(Spec(shape_of(array), dtypes.of(array.dtype)))

    def theirs(array: Array | Rows) -> Any:
        if isinstance(array, Rows):
            return list_of(theirs(array.array))
        if is_constant(array):
            return tf.constant(array)
        return tf.compat.v1.placeholder(tf.as_dtype(array.dtype), shape_of(array))

    if sample.op in NEEDS_BLOCK_SIZE and known in ("rank", "nothing"):
        pytest.skip("TensorFlow needs the shape of block_shape")
    if sample.op == "GatherV2" and sample.attrs.get("batch_dims", 0) < 0 and known == "rank":
        pytest.skip("TensorFlow does not count negative batch_dims from the end where the axis is not known")
    node = sample.node(ours)
    with tf.Graph().as_default():
        operands = [[theirs(a) for a in x] if isinstance(x, tuple) else theirs(x) for x in sample.inputs]
        expected = [as_shape(t) for t in call(sample, node, operands)]
    if find_op(sample.op).run.__module__ in WITH_FRONTENDS:
        assert [v.shape for v in node.outputs] == expected
        return
    for value, shape in zip(node.outputs, expected, strict=True):
        merge_shapes(value.shape, shape)
