"""What becomes of functions that run functions of the user's, on symbolic tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.ir.structure import flatten
from kerasfmt.sources.live.events import Body
from kerasfmt.sources.live.symbolic_control import SymbolicControl, chosen_branch
from tests.sources.live.keras3_stand_in import KerasTensor

X = KerasTensor((5, 2))


def run(function: Any, args: Any) -> Any:
    returned = function(*args)
    leaves = [leaf for leaf in flatten(list(args)) if leaf is not None]
    return Body(leaves, [], flatten(returned)), returned


def record(name: str, *args: Any, **kwargs: Any) -> Any:
    return SymbolicControl(KerasTensor, run, "float16", lambda dtype: dtype.replace("64", "32")).record(
        name, args, kwargs
    )


def told(structure: Any) -> Any:
    return [None if x is None else (x.dtype, x.shape) for x in flatten(structure)]


def like(*shape: int, dtype: str = "float32") -> KerasTensor:
    return KerasTensor(shape, dtype)


def test_branches() -> None:
    found = record(
        "cond", like(dtype="bool"), lambda: {"a": X, "b": 1.0}, lambda: {"a": like(5, 2), "b": 2.0}
    )
    assert told(found.returned) == [("float32", (5, 2)), ("float16", ())]
    assert found.returned["a"] is not X
    assert [len(body.inputs) for body in found.bodies] == [0, 0]
    found = record("switch", like(dtype="int32"), [lambda a, b: a, lambda a, b: a], X, np.ones(3))
    assert told(found.bodies[1].inputs) == [("float32", (5, 2)), ("float32", (3,))]
    assert found.args[1][0] is X


def test_while_loop() -> None:
    goes_on = lambda i, y: like(dtype="bool")  # noqa: E731
    found = record("while_loop", goes_on, lambda i, y: [i, y], [0, X], maximum_iterations=3)
    assert type(found.returned) is tuple
    assert told(found.returned) == [("int32", ()), ("float32", (5, 2))]
    assert found.args == ([0, X], 3)
    alone = record("while_loop", lambda y: like(dtype="bool"), lambda y: y, X)
    assert told(alone.returned) == [("float32", (5, 2))]
    assert not isinstance(alone.returned, tuple)


def test_a_number_takes_the_dtype_that_the_body_gives() -> None:
    found = record("fori_loop", 0, 3, lambda i, y: like(dtype="float32"), 0)
    assert told(found.returned) == [("float32", ())]
    with pytest.raises(
        ValueError, match=r"the body of fori_loop gives float32\[\] for what is int32\[\] before"
    ):
        record("fori_loop", 0, 3, lambda i, y: like(dtype="float32"), like(dtype="int32"))
    assert told(record("fori_loop", like(dtype="int8"), 3, lambda i, y: y, X).bodies[0].inputs[0]) == [
        ("int8", ())
    ]


def test_scan() -> None:
    found = record("scan", lambda c, x: ((c[0],), {"y": x, "z": None}), [like(3)], X, reverse=True)
    (carry,), stacked = found.returned
    assert told([carry, stacked["y"], stacked["z"]]) == [("float32", (3,)), ("float32", (5, 2)), None]
    assert (found.args[2], found.options) == (5, {"reverse": True})
    counted = record("scan", lambda c, x: (c, c), like(3), None, length=4)
    assert told(counted.returned) == [("float32", (3,)), ("float32", (4, 3))]


def test_maps() -> None:
    for name in ("map", "vectorized_map"):
        found = record(name, lambda each: [each["a"], like(dtype="int32")], {"a": X, "b": like(5)})
        assert told(found.returned) == [("float32", (5, 2)), ("int32", (5,))]
        assert told(found.bodies[0].inputs) == [("float32", (2,)), ("float32", ())]


def test_associative_scan() -> None:
    found = record("associative_scan", lambda a, b: a, [X, like(3, 2)], axis=-1)
    assert told(found.bodies[0].inputs) == [("float32", (5, 1)), ("float32", (3, 1))] * 2
    assert told(found.returned) == [("float32", (5, 2)), ("float32", (3, 2))]
    assert found.options == {"reverse": False, "axes": [1, 1]}


REFUSED: list[tuple[Any, str]] = [
    (
        lambda: record("cond", like(2), lambda: X, lambda: X),
        r"what chooses in cond must be a scalar, got float32\[2\]",
    ),
    (
        lambda: record("cond", like(), lambda: X, lambda: like(5)),
        r"true_fn gives float32\[5, 2\], false_fn gives",
    ),
    (lambda: record("cond", like(), lambda: [X], lambda: X), "same structure, dtypes and shapes"),
    (lambda: record("cond", like(), lambda: X, lambda: None), "same structure, dtypes and shapes"),
    (lambda: record("switch", like(), [lambda a: a, lambda a: a * 2 if 0 else like(1)], X), "branch 1 gives"),
    (
        lambda: record("while_loop", lambda y: y, lambda y: y, X),
        "the condition of while_loop must be a scalar",
    ),
    (lambda: record("while_loop", lambda y: like(), lambda y: like(4, 2), X), r"gives \['float32\[4, 2\]'\]"),
    (lambda: record("scan", lambda c, x: (c, x), X, X, length=3), r"scan got different lengths: \[3, 5\]"),
    (lambda: record("scan", lambda c, x: (c, x), X), "scan got neither arrays nor a length"),
    (lambda: record("map", lambda e: e[0], [X, like(3)]), r"map got different lengths: \[3, 5\]"),
    (lambda: record("associative_scan", lambda a, b: a, [X, like(3)]), "must have one size along the axis"),
    (
        lambda: record("associative_scan", lambda a, b: like(7), X),
        r"gives float32\[7\] for elements that are",
    ),
    (lambda: record("map", lambda e: "text", X), "expected a tensor or a number, got 'text'"),
]


@pytest.mark.parametrize(("code", "said"), REFUSED)
def test_what_does_not_fit(code: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        code()


def test_a_branch_that_a_number_chooses() -> None:
    branches = [lambda x: ("first", x), lambda x: ("last", x)]
    for index, expected in ((-3, "first"), (0, "first"), (np.int64(1), "last"), (9, "last")):
        chosen = chosen_branch("switch", (index, branches, X), {})
        assert chosen is not None
        assert chosen() == (expected, X)
    chosen = chosen_branch("cond", (None, lambda: "true"), {"false_fn": lambda: "false"})
    assert chosen is not None
    assert chosen() == "false"
    assert chosen_branch("map", (lambda e: e, X), {}) is None
