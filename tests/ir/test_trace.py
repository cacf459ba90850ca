"""Parts of traces: names of specs, and which signature accepts which inputs."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Shape, Spec
from kerasfmt.ir.structure import Structure
from kerasfmt.ir.trace import HashedTuple, accepts, freeze, name_specs
from kerasfmt.typing import override


def spec(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Spec:
    return Spec(shape, dtype)


ANY_RANK = Spec(None, dtypes.float32)


def test_names_of_specs() -> None:
    one = spec()
    named = name_specs({"b": [one, one.with_name("own")], "a": one}, "inputs")
    assert named["a"].name == "inputs_a"
    assert [s.name for s in named["b"]] == ["inputs_b_0", "own"]
    assert name_specs(None, "x") is None


@pytest.mark.parametrize(
    ("signature", "inputs", "expected"),
    [
        (spec(None, 3), spec(2, 3), True),
        (spec(None, 3), spec(None, 3), True),
        (spec(2, 3), spec(None, 3), False),
        (spec(None, 3), spec(None, 4), False),
        (spec(None, 3), spec(None, 3, 3), False),
        (spec(None, 3), spec(None, 3, dtype=dtypes.float64), False),
        (ANY_RANK, spec(None, 3), True),
        (spec(None, 3), ANY_RANK, False),
        ([spec(None)], [spec(2)], True),
        ([spec(None)], (spec(2),), False),
        ([spec(None)], [spec(2), spec(2)], False),
        ({"a": spec(None)}, {"a": spec(2)}, True),
        ({"a": spec(None)}, {"b": spec(2)}, False),
    ],
)
def test_accepts(signature: Structure, inputs: Structure, expected: bool) -> None:
    assert accepts(signature, inputs) is expected


@pytest.mark.parametrize("shape", [None, (2, None)])
def test_frozen_structures_are_keys(shape: Shape) -> None:
    one = Spec(shape, dtypes.float32)
    assert freeze({"b": [one], "a": (one, 1)}) == freeze({"a": (one, 1), "b": [one]})
    assert freeze([one]) != freeze((one,))
    assert len({freeze([one]), freeze([one]), freeze({"a": None})}) == 2


def test_the_hash_of_a_long_tuple_is_worked_out_once() -> None:
    class Item:
        hashed = 0

        @override
        def __hash__(self) -> int:
            Item.hashed += 1
            return 1

    items = HashedTuple((Item(), Item()))
    assert hash(items) == hash(items) == hash(tuple(items))
    assert Item.hashed == 4
    assert items == tuple(items)
