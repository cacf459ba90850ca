"""Variables: shape and dtype, and that each is its own."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Variable


def test_a_variable_has_the_shape_and_dtype_of_its_spec() -> None:
    variable = Variable("dense/kernel", Spec((2, 3), dtypes.float16))
    assert (variable.name, variable.shape, variable.dtype) == ("dense/kernel", (2, 3), dtypes.float16)
    assert not variable.autocast


def test_two_variables_of_one_name_are_two() -> None:
    first, second = (Variable("w", Spec((), dtypes.int64)) for _ in range(2))
    assert first != second
    assert len({first, second}) == 2
