"""What a family of ops declares of itself to be tested: samples of its ops, and uses of its frontends.

`KernelTests` and `FrontendTests` are classes to inherit. `conformance/test_ops.py` runs the same samples in
TensorFlow: `all_samples.py` gathers them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import KerasfmtError
from kerasfmt.graph import (
    Builder,
    EagerConstant,
    Node,
    Shape,
    Spec,
    Table,
    Value,
    Variable,
    emit,
    merge_shapes,
    ops,
)
from kerasfmt.graph.op import Effect, find_op, registered_ops
from kerasfmt.graph.ops.tensor_list import TensorList
from kerasfmt.graph.table_content import TableContent

Array = np.ndarray[Any, Any]

EDGES = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-30, 80.0, -80.0], np.float32)
ROOTS = np.array([0.0, 1.0, np.inf, np.nan, 1e-30, 88.0], np.float32)


@dataclass(frozen=True)
class Rows:
    """An operand that is a list of tensors: the rows of an array."""

    array: Array


@dataclass(frozen=True)
class Sample:
    """One run of an op.

    `ulps` bounds the error in units of the last place of the result, or of the largest element of the result
    where the op accumulates many terms in an order of its own. `resource` is the content of the variable
    behind the op's first argument; `table` the keys and the values of the table behind it. `unspecified` numbers
    the outputs that TensorFlow leaves undefined. `shape_is_open` says that no inference can know the shape of an
    output.
    """

    op: str
    inputs: tuple[Any, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)
    ulps: float = 0
    accumulates: bool = False
    resource: Array | None = None
    unspecified: frozenset[int] = frozenset()
    shape_is_open: bool = False
    table: tuple[Array, Array] | None = None

    def __str__(self) -> str:
        arrays = self.contents()
        given = ",".join(f"{a.dtype}{list(a.shape)}".replace(" ", "") for a in arrays)
        attrs = ",".join(f"{k}={v}" for k, v in self.attrs.items()).replace(" ", "")
        return f"{self.op}({given};{attrs})"

    def node(self, argument: Any = None) -> Node:
        """The node of the sample; `argument(graph, array)` makes its operands, constants if None."""
        graph = Builder("sample")

        def operand(given: Array | Rows) -> Value:
            if isinstance(given, Rows):
                return ops.tensor_list_from_tensor(operand(given.array))
            return graph.constant(given) if argument is None else argument(graph, given)

        operands: list[Any] = [
            tuple(map(operand, x)) if isinstance(x, tuple) else operand(x) for x in self.inputs
        ]
        if self.resource is not None:
            spec = Spec(self.resource.shape, dtypes.of(self.resource.dtype))
            operands.insert(0, graph.capture(Variable("variable", spec)))
        if self.table is not None:
            keys, values = (dtypes.of(a.dtype) for a in self.table)
            default = EagerConstant("default", np.zeros((), values.numpy), values)
            operands.insert(0, graph.capture(Table("table", keys, values, default)))
        if operands:
            emit(self.op, *operands, **self.attrs)
        else:
            graph.emit(self.op, **self.attrs)
        return graph.nodes[-1]

    def arrays(self) -> list[Any]:
        """The operands of the kernel."""
        inputs = [
            TensorList(list(x.array), i32(x.array.shape[1:])) if isinstance(x, Rows) else x
            for x in self.inputs
        ]
        behind = self.resource if self.table is None else self.content()
        return [*([] if behind is None else [behind]), *inputs]

    def contents(self) -> list[Array]:
        """Every array among the inputs."""
        flat = [a for x in self.inputs for a in (x if isinstance(x, tuple) else (x,))]
        return [a.array if isinstance(a, Rows) else a for a in flat]

    def content(self) -> TableContent:
        """A new table content."""
        assert self.table is not None
        content = TableContent(*(dtypes.of(a.dtype) for a in self.table))
        content.load(*self.table)
        return content

    def run(self, node: Node) -> list[Array]:
        """What the kernel gives for the operands and the attributes of the node."""
        return [np.asarray(a) for a in find_op(self.op).run(node.attrs, *self.arrays())]


def texts(*items: bytes) -> Array:
    """An array of strings, which are bytes."""
    made = np.empty(len(items), object)
    made[:] = items
    return made


class Samples(list[Sample]):
    """The samples of one family. Its random operands come from one generator: they are the same in every run."""

    def __init__(self) -> None:
        super().__init__()
        self._rng = np.random.default_rng(20240229)

    def case(
        self,
        op: str,
        *inputs: Any,
        ulps: float = 0,
        accumulates: bool = False,
        resource: Array | None = None,
        unspecified: Sequence[int] = (),
        shape_is_open: bool = False,
        table: tuple[Array, Array] | None = None,
        **attrs: Any,
    ) -> None:
        given = tuple(
            x if isinstance(x, Rows) else tuple(map(np.asarray, x)) if isinstance(x, tuple) else np.asarray(x)
            for x in inputs
        )
        self.append(
            Sample(
                op, given, attrs, ulps, accumulates, resource, frozenset(unspecified), shape_is_open, table
            )
        )

    def floats(self, *shape: int, low: float = -4, high: float = 4, dtype: Any = np.float32) -> Array:
        return np.asarray(self._rng.uniform(low, high, shape)).astype(dtype)

    def ints(self, *shape: int, low: int = -9, high: int = 9, dtype: Any = np.int32) -> Array:
        return np.asarray(self._rng.integers(low, high, shape)).astype(dtype)


def i32(*values: Any) -> Array:
    return np.array(values[0] if len(values) == 1 else values, np.int32)


def unknown_dims(graph: Builder, array: Array) -> Value:
    return graph.input(Spec((None,) * array.ndim, dtypes.of(array.dtype)))


def unknown_rank(graph: Builder, array: Array) -> Value:
    return graph.input(Spec(None, dtypes.of(array.dtype)))


def some_dims(graph: Builder, array: Array) -> Value:
    """Integers are constants, as shape operands are; of floats the first dimension is not known."""
    if array.dtype.kind in "iu" or not array.ndim:
        return graph.constant(array)
    return graph.input(Spec((None, *array.shape[1:]), dtypes.of(array.dtype)))


class KernelTests:
    """Shape inference agrees with the kernels, whatever is known of the operands.

    Every op of the family, which is the module that the test mirrors, has a sample.
    """

    samples: ClassVar[Samples]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "sample" in metafunc.fixturenames:
            metafunc.parametrize("sample", self.samples, ids=str)

    def test_every_op_has_a_sample(self) -> None:
        family = type(self).__module__.replace("tests.", "kerasfmt.", 1).replace(".test_", ".")
        kernels = {op for op in registered_ops() if find_op(op).run.__module__ == family}
        assert {s.op for s in self.samples} == kernels

    def test_inference_agrees_with_kernel(self, sample: Sample) -> None:
        node = sample.node()
        outputs = sample.run(node)
        if find_op(sample.op).effect is Effect.WRITES and sample.table is None:
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

    def test_inference_from_less_is_compatible(self, sample: Sample) -> None:
        for argument in (unknown_dims, unknown_rank, some_dims):
            node = sample.node(argument)
            for value, array in zip(node.outputs, sample.run(node), strict=False):
                merge_shapes(value.shape, array.shape)

    def test_kernel_leaves_its_operands_alone(self, sample: Sample) -> None:
        arrays = [*sample.contents(), *([] if sample.resource is None else [sample.resource])]
        before = [a.copy() for a in arrays]
        sample.run(sample.node())
        for a, b in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(a, b)


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype))


def weight(*shape: int) -> Variable:
    return Variable("weight", Spec(shape, dtypes.float32))


Use: TypeAlias = tuple[Callable[[], Value], Shape, list[str]]
"""What calls a frontend, and the shape and the ops that come of it."""
Refusal: TypeAlias = tuple[Callable[[], object], str]
"""What calls a frontend in vain, and what the error says."""


class FrontendTests:
    """The functions that layers are written with: the nodes that they make, and what they refuse."""

    uses: ClassVar[Mapping[str, Use]]
    refused: ClassVar[Mapping[str, Refusal]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for name, table in (("use", self.uses), ("refusal", self.refused)):
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, table.values(), ids=table)

    def test_nodes_and_shape(self, use: Use) -> None:
        make, shape, nodes = use
        out = make()
        assert out.shape == shape
        assert [n.op for n in out.graph.nodes] == nodes

    def test_refused(self, refusal: Refusal) -> None:
        make, message = refusal
        with pytest.raises(KerasfmtError, match=message):
            make()
