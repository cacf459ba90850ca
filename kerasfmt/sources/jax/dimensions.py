"""Symbolic dimensions of JAX in a graph: each is computed from the shapes of the inputs.

JAX prints a dimension as `2*b + floordiv(t, 4)`, with the operators + - * ^ and the functions floordiv, mod, max, min.

Source: jax/_src/export/shape_poly.py, _DimExpr.__str__ and symbolic_shape.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, reduce
from typing import Any, Final

import numpy as np

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Value, ops
from kerasfmt.sources.jax.rule import Size


def _floordiv(a: Size, b: Size) -> Size:
    return a // b if isinstance(a, int) and isinstance(b, int) else _emit(ops.floor_div, a, b)


def _mod(a: Size, b: Size) -> Size:
    return a % b if isinstance(a, int) and isinstance(b, int) else _emit(ops.floor_mod, a, b)


def _max(a: Size, b: Size) -> Size:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else _emit(ops.maximum, a, b)


def _min(a: Size, b: Size) -> Size:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else _emit(ops.minimum, a, b)


def _emit(function: Callable[..., Value], a: Size, b: Size) -> Value:
    return function(*(x if isinstance(x, Value) else np.int32(x) for x in (a, b)))


_FUNCTIONS: Final[Mapping[str, Callable[[Size, Size], Size]]] = {
    "floordiv": _floordiv,
    "mod": _mod,
    "max": _max,
    "min": _min,
}


def plus(a: Size, b: Size) -> Size:
    """a + b."""
    return a + b if isinstance(a, int) and isinstance(b, int) else _emit(ops.add, a, b)


def minus(a: Size, b: Size) -> Size:
    """a - b."""
    return a - b if isinstance(a, int) and isinstance(b, int) else _emit(ops.subtract, a, b)


def times(a: Size, b: Size) -> Size:
    """a * b."""
    return a * b if isinstance(a, int) and isinstance(b, int) else _emit(ops.multiply, a, b)


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes: a number where all are known, else a Value."""
    total: Size = 1
    for size in sizes:
        total = times(total, size)
    return total


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text.replace("^", "**"), mode="eval").body


def names_in(dim: Any) -> set[str]:
    """The names of the symbols of a dimension."""
    if isinstance(dim, int | np.integer):
        return set()
    tree = _parsed(str(dim))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


class Dimensions:
    """The symbols of one function.

    Args:
      symbols: an int32 scalar, or a number, for each.
    """

    def __init__(self, symbols: Mapping[str, Size]) -> None:
        self.symbols = symbols
        self._made: dict[str, Size] = {}

    def size(self, dim: Any) -> Size:
        """A dimension, as a number or as an int32 scalar.

        Raises:
          InvalidModelError: a symbol of it is not known.
        """
        if isinstance(dim, int | np.integer):
            return int(dim)
        text = str(dim)
        if text not in self._made:
            self._made[text] = self._evaluated(_parsed(text), text)
        return self._made[text]

    def _evaluated(self, tree: ast.expr, text: str) -> Size:
        if isinstance(tree, ast.Constant) and isinstance(tree.value, int):
            return tree.value
        if isinstance(tree, ast.Name):
            if tree.id not in self.symbols:
                raise InvalidModelError(
                    f"dimension {text}: {tree.id} is no dimension of an input; name it in the shape of one"
                )
            return self.symbols[tree.id]
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return times(-1, self._evaluated(tree.operand, text))
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in _FUNCTIONS:
            arguments = [self._evaluated(argument, text) for argument in tree.args]
            return reduce(_FUNCTIONS[tree.func.id], arguments)
        if isinstance(tree, ast.BinOp):
            left, right = (self._evaluated(side, text) for side in (tree.left, tree.right))
            if isinstance(tree.op, ast.Pow) and isinstance(right, int):
                return product([left] * right)
            for operator, function in ((ast.Add, plus), (ast.Sub, minus), (ast.Mult, times)):
                if isinstance(tree.op, operator):
                    return function(left, right)
        raise InvalidModelError(f"dimension {text}: expected sums, products, floordiv, mod, max and min")


def solved(shapes: Iterable[tuple[Value, tuple[Any, ...]]]) -> Dimensions:
    """The symbols in the shapes of inputs.

    Args:
      shapes: each input, and its shape as JAX has it.

    Raises:
      InvalidModelError: no input has a symbol as a dimension, or as a multiple of it plus a number.
    """
    symbols: dict[str, Size] = {}
    rest: list[tuple[Value, int, str]] = []
    wanted: set[str] = set()
    for value, shape in shapes:
        for axis, dim in enumerate(shape):
            names = names_in(dim)
            wanted |= names
            if len(names) == 1:
                (name,) = names
                if str(dim) == name:
                    if name not in symbols:
                        symbols[name] = _size_at(value, axis)
                else:
                    rest.append((value, axis, str(dim)))
    for value, axis, text in rest:
        (name,) = names_in(text)
        line = _linear(text, name)
        if name not in symbols and line is not None:
            factor, offset = line
            symbols[name] = _floordiv(minus(_size_at(value, axis), offset), factor)
    for name in sorted(wanted - symbols.keys()):
        raise InvalidModelError(
            f"dimension {name}: no input has it, or a multiple of it plus a number, as a dimension"
        )
    return Dimensions(symbols)


def _linear(text: str, name: str) -> tuple[int, int] | None:
    """The factor and the offset of a dimension `factor * name + offset`; None where it is something else."""
    found = [Dimensions({name: at}).size(text) for at in (101, 102, 107)]
    at_101, at_102, at_107 = (size for size in found if isinstance(size, int))
    factor = at_102 - at_101
    if factor <= 0 or at_107 - at_101 != 6 * factor:
        return None
    return factor, at_101 - 101 * factor


def _size_at(value: Value, axis: int) -> Value:
    shape = ops.shape(value)
    return ops.getitem(shape, axis)
