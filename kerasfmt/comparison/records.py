"""What a comparison finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["changed", "only in a", "only in b"]

CHANGED: Final[Kind] = "changed"
ONLY_A: Final[Kind] = "only in a"
ONLY_B: Final[Kind] = "only in b"


@dataclass(frozen=True)
class Change:
    """A value that differs.

    Attributes:
      where: the path of the value: `layers.dense.config.units`.
      kind: whether both have it.
      a: the value of the first; None if it has none.
      b: the value of the second.
    """

    where: str
    kind: Kind
    a: Any = None
    b: Any = None


@dataclass(frozen=True)
class ArrayChange:
    """An array that differs.

    Attributes:
      name: its name; `a -> b` if the names differ.
      kind: whether both have it.
      a: dtype and shape in the first, `float32[3, 2]`; empty if it has none.
      b: the same of the second.
      elements: number of elements that differ by more than the tolerance; 0 if shapes or presence differ.
      largest_absolute: the largest difference of two elements; None if it is not finite, or shapes differ.
      largest_relative: the largest difference in relation to the larger of two elements; None likewise.
    """

    name: str
    kind: Kind
    a: str
    b: str
    elements: int = 0
    largest_absolute: float | None = None
    largest_relative: float | None = None


@dataclass(frozen=True)
class ArrayComparison:
    """The arrays of two owners.

    Attributes:
      count: number of arrays that were compared.
      changes: those that differ.
    """

    count: int = 0
    changes: tuple[ArrayChange, ...] = ()


@dataclass(frozen=True)
class FunctionChange:
    """A function of a graph that differs.

    Attributes:
      name: its name without its number.
      kind: whether both have it.
      ops: for each op the numbers of nodes that only the first has, and that only the second has.
      attributes: attributes of nodes that both have, `node.attribute`, and the function's arguments.
      rewired: number of nodes that both have, with other inputs.
    """

    name: str
    kind: Kind
    ops: Mapping[str, tuple[int, int]]
    attributes: tuple[Change, ...] = ()
    rewired: int = 0


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs between two files.

    Attributes:
      a: the path of the first.
      b: the path of the second.
      formats: what they are.
      tolerance: elements of arrays differ if |a - b| > tolerance * max(1, |a|, |b|).
      config: values of the config.
      weights: the weights.
      optimizer: loss, metrics, and options of the optimizer.
      optimizer_weights: variables of the optimizer.
      signatures: signatures.
      functions: functions of the graph.
      not_compared: sentences on what only one of them can hold, or could not be compared.
    """

    a: Path
    b: Path
    formats: tuple[str, str]
    tolerance: float = 0.0
    config: tuple[Change, ...] = ()
    weights: ArrayComparison = ArrayComparison()
    optimizer: tuple[Change, ...] = ()
    optimizer_weights: ArrayComparison = ArrayComparison()
    signatures: tuple[Change, ...] = ()
    functions: tuple[FunctionChange, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (
            self.config
            or self.weights.changes
            or self.optimizer
            or self.optimizer_weights.changes
            or self.signatures
            or self.functions
        )
