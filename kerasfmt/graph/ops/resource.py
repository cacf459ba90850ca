"""Reads and writes of variables.

A kernel gets the variable's array in place of the handle. The kernel of an op that writes returns the outputs of
the op, and last the new content of the variable.

Source: tensorflow/core/ops/resource_variable_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Context, Effect, Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, declare, scalar
from kerasfmt.graph.resource import Variable
from kerasfmt.graph.spec import Shape, merge_shapes
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override


class ReadsVariable(Op):
    """Base of ops that read a variable; its handle is the first operand."""

    effect = Effect.READS

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, variable: Variable, *operands: Any) -> Sequence[Any]:
        return cls.run(node.attrs, context.read(variable), *operands)


class WritesVariable(Op):
    """Base of ops that change a variable; its handle is the first operand."""

    effect = Effect.WRITES

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, variable: Variable, *operands: Any) -> Sequence[Any]:
        *outputs, content = cls.run(node.attrs, context.read(variable), *operands)
        context.assign(variable, content)
        return outputs


def resource_shape(handle: Value) -> Shape:
    """The shape of the variable that a handle stands for; None if the graph does not know the variable."""
    if handle.node.op == "VarHandleOp":
        shape = handle.node.attrs["shape"]
        assert shape is None or isinstance(shape, tuple)
        return shape
    try:
        return handle.graph.variable_of(handle).shape
    except KeyError:
        return None


def _infer_assign(attrs: Attrs, handle: Value, value: Value) -> list[Shape]:
    merge_shapes(resource_shape(handle), value.shape)
    return []


def _is_initialized(attrs: Attrs, array: Array | None) -> list[Array]:
    return [np.array(array is not None)]


_ASSIGNMENTS: Mapping[str, Kernel] = {
    "AssignVariableOp": lambda attrs, array, value: [value],
    "AssignAddVariableOp": lambda attrs, array, value: [array + value],
    "AssignSubVariableOp": lambda attrs, array, value: [array - value],
}
for _name, _run in _ASSIGNMENTS.items():
    declare(_name, _infer_assign, _run, base=WritesVariable)
declare("VarHandleOp", scalar)
declare("VarIsInitializedOp", scalar, _is_initialized, base=ReadsVariable)
declare("DisableCopyOnRead", lambda attrs, handle: [], lambda attrs, array: [], base=ReadsVariable)


@register("ReadVariableOp")
class ReadVariableOp(ReadsVariable):
    """The value of a variable."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value) -> list[Shape]:
        return [resource_shape(handle)]

    @staticmethod
    @override
    def run(attrs: Attrs, array: Array) -> list[Array]:
        return [array]


@register("VariableShape")
class VariableShape(ReadsVariable):
    """The shape of a variable."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value) -> list[Shape]:
        shape = resource_shape(handle)
        return [(None if shape is None else len(shape),)]

    @staticmethod
    @override
    def run(attrs: Attrs, array: Array) -> list[Array]:
        return [np.array(array.shape, attrs["out_type"].numpy)]


@register("ResourceGather")
class ResourceGather(ReadsVariable):
    """Rows of a variable."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value, indices: Value) -> list[Shape]:
        params = resource_shape(handle)
        if attrs["batch_dims"]:
            raise ValueError("batch_dims is not supported")
        if params is None or indices.shape is None:
            return [None]
        if not params:
            raise ValueError("a scalar variable has no rows")
        return [(*indices.shape, *params[1:])]

    @staticmethod
    @override
    def run(attrs: Attrs, array: Array, indices: Array) -> list[Array]:
        check_indices(indices, array.shape[0])
        return [np.take(array, indices, 0)]


def check_indices(indices: Array, size: int) -> None:
    """Checks that indices are in [0, size); TensorFlow does not count from the end.

    Raises:
      ValueError: an index is not.
    """
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        raise ValueError(f"indices from {indices.min()} to {indices.max()} are not all in [0, {size})")


def _scatter(function: Callable[[Array, Array, Array], Any]) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, array: Array, indices: Array, updates: Array) -> list[Array]:
        check_indices(indices, array.shape[0])
        out = np.array(array)
        function(out, indices, updates)
        return [out]

    return run


def _update(out: Array, indices: Array, updates: Array) -> None:
    out[indices] = updates


_SCATTERS: dict[str, Callable[[Array, Array, Array], Any]] = {
    "ResourceScatterAdd": np.add.at,
    "ResourceScatterDiv": np.divide.at,
    "ResourceScatterMax": np.maximum.at,
    "ResourceScatterMin": np.minimum.at,
    "ResourceScatterMul": np.multiply.at,
    "ResourceScatterSub": np.subtract.at,
    "ResourceScatterUpdate": _update,
}


def _infer_scatter(attrs: Attrs, handle: Value, indices: Value, updates: Value) -> list[Shape]:
    params = resource_shape(handle)
    if params is not None and indices.shape is not None and updates.shape != ():
        merge_shapes((*indices.shape, *params[1:]), updates.shape)
    return []


for _name, _function in _SCATTERS.items():
    declare(_name, _infer_scatter, _scatter(_function), base=WritesVariable)


def embedding_lookup(variable: Variable, ids: Value) -> Value:
    """The rows `ids` of `variable`: ids.shape + variable.shape[1:].

    Source: tf.nn.embedding_lookup: a ResourceGather and an Identity.
    """
    handle = ids.graph.capture(variable, "embedding_lookup")
    rows = emit_one("ResourceGather", handle, ids, dtype=variable.dtype, name="embedding_lookup")
    return emit_one("Identity", rows, name="embedding_lookup/Identity")


def assign(variable: Variable, value: Value) -> None:
    """Replaces the content of `variable`. Source: TensorFlow op AssignVariableOp."""
    emit("AssignVariableOp", value.graph.capture(variable), value, dtype=variable.dtype)


def assign_add(variable: Variable, value: Value) -> None:
    """Adds `value` to `variable`. Source: TensorFlow op AssignAddVariableOp."""
    emit("AssignAddVariableOp", value.graph.capture(variable), value, dtype=variable.dtype)


def assign_sub(variable: Variable, value: Value) -> None:
    """Subtracts `value` from `variable`. Source: TensorFlow op AssignSubVariableOp."""
    emit("AssignSubVariableOp", value.graph.capture(variable), value, dtype=variable.dtype)
