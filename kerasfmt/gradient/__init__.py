"""Gradients of functions, as TensorFlow makes them: the forward and the backward function, one rule per op.

A rule emits the nodes that TensorFlow's rule for the op emits. `rules/` has them by family, as `graph/ops/` has the
ops.
"""

from __future__ import annotations

from kerasfmt.gradient import rules
from kerasfmt.gradient.differentiation import forward_backward
from kerasfmt.gradient.pair import ForwardBackward
from kerasfmt.gradient.rule import RULES, gradient

__all__ = ["RULES", "ForwardBackward", "forward_backward", "gradient", "rules"]
