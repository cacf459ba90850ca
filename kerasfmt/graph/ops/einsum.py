"""Einstein summation.

Source: tensorflow/core/framework/common_shape_fns.cc, EinsumShape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, kernel
from kerasfmt.graph.spec import Shape, broadcast_shapes, merge_dims
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _terms(equation: str) -> tuple[list[str], str]:
    """The subscripts of the inputs and of the output, with "." for an ellipsis.

    Raises:
      ValueError: the equation has no output.
    """
    left, arrow, right = equation.replace(" ", "").replace("...", ".").partition("->")
    if not arrow:
        raise ValueError(f"einsum {equation}: no output subscripts")
    return left.split(","), right


@register("Einsum")
class Einsum(Op):
    """The product of one or two tensors, summed over the subscripts that the output lacks."""

    @staticmethod
    @override
    def infer(attrs: Attrs, inputs: tuple[Value, ...]) -> list[Shape]:
        terms, output = _terms(attrs["equation"])
        if len(terms) != len(inputs):
            raise ValueError(f"einsum {attrs['equation']}: {len(inputs)} operands")
        sizes: dict[str, int | None] = {}
        ellipsis: Shape = ()
        for term, value in zip(terms, inputs, strict=True):
            if value.shape is None:
                return [None] if "." in output else [_output(output, _known_sizes(terms, inputs), ())]
            extra = len(value.shape) - len(term.replace(".", ""))
            if extra < 0 or (extra > 0 and "." not in term):
                raise ValueError(f"einsum {attrs['equation']}: subscripts {term} for shape {value.shape}")
            at = term.find(".") if "." in term else len(term)
            ellipsis = broadcast_shapes(ellipsis, value.shape[at : at + extra])
            dims = value.shape[:at] + value.shape[at + extra :]
            for label, dim in zip(term.replace(".", ""), dims, strict=True):
                sizes[label] = merge_dims(sizes.get(label), dim)
        return [_output(output, sizes, ellipsis)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, inputs: tuple[Array, ...]) -> Any:
        return np.einsum(attrs["equation"], *inputs, optimize=True)


def _known_sizes(terms: list[str], inputs: tuple[Value, ...]) -> dict[str, int | None]:
    sizes: dict[str, int | None] = {}
    for term, value in zip(terms, inputs, strict=True):
        if value.shape is not None and "." not in term:
            for label, dim in zip(term, value.shape, strict=True):
                sizes[label] = merge_dims(sizes.get(label), dim)
    return sizes


def _output(output: str, sizes: dict[str, int | None], ellipsis: Shape) -> Shape:
    if ellipsis is None:
        return None
    out: list[int | None] = []
    for label in output:
        out.extend(ellipsis if label == "." else (sizes.get(label),))
    return tuple(out)


def einsum(equation: str, inputs: Sequence[Operand]) -> Value:
    """The product of the inputs, summed as `equation` says: "abc,cd->abd". Source: tf.einsum."""
    return emit_one("Einsum", list(inputs), equation=equation)
