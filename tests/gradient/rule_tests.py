"""What a family of gradient rules declares of itself to be tested: functions and their arguments.

`RuleTests` is a class to inherit. `conformance/test_gradients.py` compares the same functions with TensorFlow's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.gradient import ForwardBackward, forward_backward
from kerasfmt.gradient.pair import Slices
from kerasfmt.gradient.rule import RULES
from kerasfmt.graph import Builder, Function, Spec, Value, emit
from kerasfmt.graph.run import run

Array: TypeAlias = np.ndarray[Any, Any]
Build: TypeAlias = Callable[..., Sequence[Value]]

KNOWN = ("all", "some", "rank", "nothing")
"""What the graph knows of the shapes of arguments: all, all but the first size, only the rank, nothing."""


@dataclass(frozen=True, eq=False)
class GradientCase:
    """A function and arguments for it.

    `build` gets a value per array. `known` says what its shape inference needs to know of the arguments. `smooth` is
    false where the function has no derivative at the arguments, or differences are no measure of it. `runs` is false
    where kerasfmt has no kernel for an op of it: then only what the pair takes and gives is compared with TensorFlow.
    """

    name: str
    build: Build
    arrays: tuple[Array, ...]
    known: tuple[str, ...] = KNOWN
    smooth: bool = True
    runs: bool = True

    def __str__(self) -> str:
        return self.name

    def function(self, known: str = "all", dtype: Any = np.float64) -> Function:
        """The function, for floats of a dtype."""
        graph = Builder(self.name)
        arguments = [
            graph.input(Spec(_shape(a, known), dtypes.of(a.dtype)), f"x{i}")
            for i, a in enumerate(self.arguments(dtype))
        ]
        return graph.finish(list(self.build(*arguments)))

    def arguments(self, dtype: Any = np.float64) -> list[Array]:
        """The arrays, floats in a dtype."""
        return [a.astype(dtype) if a.dtype == np.float64 else a for a in self.arrays]


def _shape(array: Array, known: str) -> tuple[int | None, ...] | None:
    if known == "all" or not array.ndim:
        return array.shape
    return {"some": (None, *array.shape[1:]), "rank": (None,) * array.ndim}.get(known)


class Cases(list[GradientCase]):
    """The cases of one family. Random arguments come from one generator: they are the same in every run."""

    def __init__(self, cases: Iterable[GradientCase] = ()) -> None:
        super().__init__(cases)
        self._rng = np.random.default_rng(20261130)

    def op(
        self, op: str, *inputs: Any, known: Sequence[str] = KNOWN, smooth: bool = True, **attrs: Any
    ) -> None:
        """A function of one op: its floats are arguments, its other operands are constants."""
        flat = [a for x in inputs for a in (x if isinstance(x, tuple) else (x,))]
        arrays = [np.asarray(a) for a in flat if np.asarray(a).dtype.kind in "fc"]

        def build(*values: Value) -> Sequence[Value]:
            rest = iter(values)

            def operand(array: Any) -> Any:
                return next(rest) if np.asarray(array).dtype.kind in "fc" else np.asarray(array)

            operands = [[operand(a) for a in x] if isinstance(x, tuple) else operand(x) for x in inputs]
            return emit(op, *operands, **attrs)

        given = ",".join(str(list(np.shape(a))) for a in flat).replace(" ", "")
        stated = ",".join(f"{k}={v}" for k, v in attrs.items())
        self.append(GradientCase(f"{op}({given};{stated})", build, tuple(arrays), tuple(known), smooth))

    def function(
        self,
        build: Build,
        *arrays: Any,
        known: Sequence[str] = KNOWN,
        smooth: bool = True,
        runs: bool = True,
    ) -> None:
        """A function of arguments."""
        name = build.__name__
        self.append(GradientCase(name, build, tuple(map(np.asarray, arrays)), tuple(known), smooth, runs))

    def floats(self, *shape: int, low: float = -2, high: float = 2) -> Array:
        return np.asarray(self._rng.uniform(low, high, shape))


def gradients_of(
    pair: ForwardBackward, arguments: Sequence[Array], seeds: Sequence[Array]
) -> tuple[list[Array], list[Array | None]]:
    """The outputs of a function, and the gradient of each argument, as the interpreter computes them.

    Args:
      pair: its forward and backward function.
      arguments: one per input.
      seeds: the gradient of each output that has one.
    """
    forward = run(pair.forward, arguments, {})
    taken = [forward[i] for i in pair.taken]
    given = run(pair.backward, [*seeds, *taken], {})
    for value, array in zip(pair.backward.outputs, given, strict=True):
        if value.dtype is not dtypes.variant:
            assert value.dtype.numpy == array.dtype
            assert value.shape is None or len(value.shape) == array.ndim
            assert value.shape is None or all(
                a in (None, b) for a, b in zip(value.shape, array.shape, strict=True)
            )
    return forward, [_gradient(given, place) for place in pair.given]


def _gradient(given: Sequence[Array], place: int | Slices | None) -> Array | None:
    if not isinstance(place, Slices):
        return None if place is None else given[place]
    values, indices, shape = (given[part] for part in place)
    found = np.zeros(shape, values.dtype)
    np.add.at(found, indices, values)
    return found


def seeds_of(pair: ForwardBackward, outputs: Sequence[Array]) -> list[Array]:
    """Random gradients for the outputs that have one."""
    rng = np.random.default_rng(7)
    return [rng.uniform(-1, 1, np.shape(outputs[i])).astype(outputs[i].dtype) for i in pair.seeds]


@cache
def _differences(case: GradientCase) -> list[Array]:
    """The gradient of sum(seeds * outputs) by central differences: the same whatever is known of the shapes."""
    function, arguments = case.function(case.known[0]), case.arguments()
    pair = forward_backward(function)
    seeds = dict(zip(pair.seeds, seeds_of(pair, run(function, arguments, {})), strict=True))

    def loss(arrays: Sequence[Array]) -> float:
        outputs = run(function, arrays, {})
        return float(sum(np.sum(seed * outputs[i]) for i, seed in seeds.items()))

    found = []
    for place, array in enumerate(arguments):
        slopes = np.zeros(array.shape)
        for index in np.ndindex(*array.shape) if array.dtype == np.float64 else ():
            sides = []
            for step in (1e-6, -1e-6):
                moved = [a.copy() for a in arguments]
                moved[place][index] += step
                sides.append(loss(moved))
            slopes[index] = (sides[0] - sides[1]) / 2e-6
        found.append(slopes)
    return found


class RuleTests:
    """The gradients of functions agree with differences, whatever is known of the shapes."""

    cases: ClassVar[Cases]
    elsewhere: ClassVar[frozenset[str]] = frozenset()
    """Ops of the family that only its other tests use."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "case" in metafunc.fixturenames:
            pairs = [(case, known) for case in self.cases for known in case.known]
            metafunc.parametrize("case, known", pairs, ids=[f"{c}-{k}" for c, k in pairs])

    def test_every_rule_has_a_case(self) -> None:
        family = type(self).__module__.replace("tests.", "kerasfmt.", 1).replace(".test_", ".")
        rules = {op for op in RULES.names() if (rule := RULES.find(op)) and rule.__module__ == family}
        used = {node.op for case in self.cases for node in case.function(case.known[0]).nodes}
        assert sorted(rules - used) == sorted(self.elsewhere)

    def test_gradient_agrees_with_differences(self, case: GradientCase, known: str) -> None:
        function = case.function(known)
        pair = forward_backward(function)
        if not case.runs:
            return
        outputs = run(function, case.arguments(), {})
        seeds = seeds_of(pair, outputs)
        forward, found = gradients_of(pair, case.arguments(), seeds)
        for ours, theirs in zip(forward, outputs, strict=False):
            np.testing.assert_array_equal(ours, theirs)
        if not case.smooth:
            return
        for argument, grad, slope in zip(case.arguments(), found, _differences(case), strict=True):
            if argument.dtype == np.float64:
                np.testing.assert_allclose(
                    np.zeros(()) if grad is None else grad, slope, rtol=1e-5, atol=1e-7
                )
