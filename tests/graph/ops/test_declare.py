from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec
from kerasfmt.graph.ops import declare
from tests.graph.ops.op_tests import value


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_a_kernel_computes_halves_in_singles_and_rounds_once(dtype: type) -> None:
    seen: list[np.dtype] = []

    @declare.kernel
    def run(attrs: object, x: np.ndarray, rest: tuple[np.ndarray, ...]) -> np.ndarray:
        seen.extend(a.dtype for a in (x, *rest))
        return x / 3 * 3

    one = np.ones(3, dtype)
    (out,) = run({}, one, (one, np.ones(1, np.int32)))
    assert seen == [np.float32, np.float32, np.int32]
    assert out.dtype == dtype
    assert out.tolist() == [1, 1, 1]


def test_a_kernel_does_not_warn() -> None:
    run = declare.kernel(lambda attrs, x: np.log(x))
    assert run({}, np.array([0.0, -1.0]))[0].tolist()[0] == -np.inf


@pytest.mark.parametrize(
    ("dtype", "half"), [(np.float16, True), (ml_dtypes.bfloat16, True), (np.float32, False)]
)
def test_halves_are_widened(dtype: type, half: bool) -> None:
    x = np.ones(2, dtype)
    assert declare.is_half(x.dtype) == half
    assert declare.widen(x).dtype == np.float32
    assert (declare.widen(x) is x) == (not half)


@pytest.mark.parametrize(("axis", "rank", "found"), [(0, 3, 0), (-1, 3, 2), (-3, 3, 0), (0, 1, 0)])
def test_axes_count_from_the_front(axis: int, rank: int, found: int) -> None:
    assert declare.normalize_axis(axis, rank) == found


@pytest.mark.parametrize(("axis", "rank"), [(3, 3), (-4, 3), (0, 0)])
def test_an_axis_that_is_not_there(axis: int, rank: int) -> None:
    with pytest.raises(ValueError, match=f"axis {axis} is out of range for {rank} dimensions"):
        declare.normalize_axis(axis, rank)


def test_with_rank() -> None:
    assert declare.with_rank(value(None, 3), 2) == (None, 3)
    unknown = Builder().input(Spec(None, dtypes.float32))
    assert declare.with_rank(unknown, 2) == (None, None)
    with pytest.raises(ValueError, match="expected 3 dimensions"):
        declare.with_rank(value(None, 3), 3)


def test_frontends_that_are_declared_say_what_they_do() -> None:
    function = declare.unary("Sin", "The sine")
    assert (
        function.__doc__ == "The sine, elementwise: the shape and dtype of `x`.\n\nSource: TensorFlow op Sin."
    )
    out = declare.binary("Mul", "The product")(function(value(None, 3)), 2.0)
    assert [n.op for n in out.graph.nodes] == ["Sin", "Const", "Mul"]


def test_an_op_that_is_computed_has_no_kernel_of_arrays() -> None:
    class Own(declare.Computed):
        @staticmethod
        def compute(attrs: declare.Attrs, *inputs: Any) -> list[Any]:
            return [*inputs, attrs["dtype"]]

    node = Builder().constant(1).node
    assert Own.has_kernel()
    assert Own.execute(None, node, "any", "thing") == ["any", "thing", dtypes.int32]  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError):
        declare.Computed.compute({})
