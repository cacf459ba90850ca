"""What a family of TensorFlow's functions declares of itself to be tested: calls, and calls that are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import KerasfmtError
from kerasfmt.graph import Builder, Shape, Spec
from kerasfmt.nn.tf.table import FUNCTIONS, find_function, known_functions
from tests.graph.evaluation import evaluate_all

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Call:
    """A call of a function, of which arrays among the arguments are tensors, and lists are constants.

    `gives` is the array or the arrays that it gives. `of_any_batch` says that it can be called on tensors of which
    the size of the first axis is not known, and `open` that the shape depends on the data.
    """

    function: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    gives: Any = None
    of_any_batch: bool = True
    open: bool = False
    rtol: float = 1e-6

    def __str__(self) -> str:
        return self.function


def call(
    function: str,
    *arguments: Any,
    gives: Any = None,
    of_any_batch: bool = True,
    open: bool = False,
    rtol: float = 1e-6,
    **options: Any,
) -> Call:
    return Call(function, arguments, options, gives, of_any_batch, open, rtol)


def replaced(structure: Any, change: Callable[[Array], Any]) -> Any:
    """The structure with each array changed."""
    if isinstance(structure, dict):
        return {name: replaced(item, change) for name, item in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(replaced(item, change) for item in structure)
    return change(structure) if isinstance(structure, np.ndarray) else structure


def arrays_of(given: Call) -> list[Array]:
    """The arrays among the arguments, in their order."""
    found: list[Array] = []
    replaced([given.arguments, given.options], found.append)
    return found


def built(given: Call, values: Sequence[Any]) -> Any:
    """What the function gives with values in place of the arrays."""
    remaining = iter(values)
    arguments, options = replaced([given.arguments, given.options], lambda _: next(remaining))
    function = find_function(given.function)
    assert function is not None
    return function(*arguments, **options)


def run(given: Call, shapes: Sequence[Shape], *, exact: bool = False) -> list[Array]:
    return evaluate_all(lambda *values: built(given, values), arrays_of(given), shapes, exact=exact)


class FunctionTests:
    """Functions compute what they say, of tensors whose shape is known and of those whose batch is not.

    Every function of the family, which is the module that the test mirrors, is called.
    """

    calls: ClassVar[Sequence[Call]]
    refused: ClassVar[Sequence[tuple[Call, str]]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "made" in metafunc.fixturenames:
            metafunc.parametrize("made", self.calls, ids=str)
        if "refusal" in metafunc.fixturenames:
            metafunc.parametrize("refusal", self.refused, ids=lambda r: str(r[0]))

    def test_every_function_is_called(self) -> None:
        family = type(self).__module__.replace("tests.", "kerasfmt.", 1).replace(".test_", ".")
        entries = {name: FUNCTIONS.find(name) for name in known_functions()}
        wanted = {entry for entry in entries.values() if entry is not None and entry.__module__ == family}
        assert {
            entry.__qualname__ for entry in wanted - {entries[made.function] for made in self.calls}
        } == set()

    def check(self, made: Call, results: list[Array]) -> None:
        expected = made.gives if isinstance(made.gives, list | tuple) else [made.gives]
        for result, wanted in zip(results, expected, strict=True):
            assert result.shape == np.shape(wanted)
            # A few float32 operations; what is a small difference of great numbers has the error of those.
            np.testing.assert_allclose(result, wanted, rtol=made.rtol, atol=2e-6)

    def test_value(self, made: Call) -> None:
        self.check(made, run(made, [a.shape for a in arrays_of(made)], exact=not made.open))
        shapes = [(None, *a.shape[1:]) if a.ndim else () for a in arrays_of(made)]
        if made.of_any_batch:
            self.check(made, run(made, shapes))
        else:
            with pytest.raises((KerasfmtError, ValueError)):
                run(made, shapes)

    def test_refused(self, refusal: tuple[Call, str]) -> None:
        made, message = refusal
        graph = Builder()
        values = [graph.input(Spec(a.shape, dtypes.of(a.dtype))) for a in arrays_of(made)]
        with pytest.raises((KerasfmtError, ValueError), match=message):
            built(made, values)


def floats(*shape: int, low: float = -3, high: float = 3) -> Array:
    """Numbers that depend on their count only."""
    rng = np.random.default_rng(int(np.prod(shape)))
    return rng.uniform(low, high, shape).astype(np.float32)


X = np.array([[-1.5, 0.0, 2.0], [4.0, -0.5, 1.0]], np.float32)
Y = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]], np.float32)
P = np.array([[0.1, 0.5, 0.9], [0.3, 0.7, 0.2]], np.float32)
"""Numbers between 0 and 1."""
N = np.array([[0, 3, -7], [5, 1, 2]], np.int32)
C = np.array([[True, False, True], [False, False, True]])
S = floats(2, 4, 5)
IMAGES = floats(2, 6, 8, 3, low=0, high=1)
WILD = np.array([[np.nan, np.inf, -np.inf], [0, 1, -0.0]], np.float32)
