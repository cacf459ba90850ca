"""Arrays of random keys: their words are a last axis in the graph, which the parameters of primitives do not know.

Source: jax/_src/prng.py, KeyTyRules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasfmt.graph import Value, ops
from kerasfmt.sources.jax.rule import UnsupportedPrimitiveError


def is_key(aval: Any) -> bool:
    """Whether an abstract value, or an array, is one of keys."""
    return getattr(getattr(aval, "dtype", None), "_impl", None) is not None


def with_words(
    name: str, params: Mapping[str, Any], avals: Sequence[Any], operands: list[Value], rank: int
) -> tuple[Mapping[str, Any], list[Value]]:
    """The parameters and the operands of a primitive on keys, with the axis of the words.

    Args:
      name: the primitive.
      params: its parameters.
      avals: what JAX knows of its operands.
      operands: the operands.
      rank: the number of axes of the first result, without that of the words.

    Raises:
      UnsupportedPrimitiveError: keys do not go through this primitive.
    """
    if name in _UNCHANGED or name.startswith("random_"):
        return params, operands
    own = len(avals[0].shape)
    words = next(value.dims[-1] for value, aval in zip(operands, avals, strict=True) if is_key(aval))
    if name == "slice":
        strides = params["strides"] or (1,) * own
        starts, limits = params["start_indices"], params["limit_indices"]
        more = {"start_indices": (*starts, 0), "limit_indices": (*limits, words), "strides": (*strides, 1)}
        return {**params, **more}, operands
    if name == "broadcast_in_dim":
        return {**params, "broadcast_dimensions": (*params["broadcast_dimensions"], rank)}, operands
    if name == "transpose":
        return {**params, "permutation": (*params["permutation"], own)}, operands
    if name == "reshape":
        order = params.get("dimensions")
        return {**params, "dimensions": None if order is None else (*order, own)}, operands
    if name in ("dynamic_slice", "dynamic_update_slice"):
        zero = operands[0].graph.constant(np.int32(0))
        sizes = {"slice_sizes": (*params["slice_sizes"], words)} if name == "dynamic_slice" else {}
        return {**params, **sizes}, [*operands, zero]
    if name == "gather":
        numbers = params["dimension_numbers"]
        numbers = numbers._replace(offset_dims=(*numbers.offset_dims, rank))
        return {
            **params,
            "dimension_numbers": numbers,
            "slice_sizes": (*params["slice_sizes"], words),
        }, operands
    if name == "select_n":
        which, *cases = operands
        return params, [ops.expand_dims(which, -1) if which.rank else which, *cases]
    raise UnsupportedPrimitiveError("random keys")


_UNCHANGED = frozenset(
    {
        "squeeze", "expand_dims", "concatenate", "split", "rev", "copy", "copy_p", "jit", "pjit", "while", "scan",
        "cond", "closed_call", "custom_jvp_call", "custom_vjp_call", "remat", "remat2", "checkpoint", "stop_gradient",
        "optimization_barrier", "stack", "unstack", "name", "core_call", "call",
    }
)  # fmt: skip
"""Primitives that take arrays of keys like other arrays."""
