"""The ops through which no gradient flows.

Source: tensorflow/python/ops/array_grad.py, math_grad.py, random_grad.py: NotDifferentiable, and rules that give None.
"""

from __future__ import annotations

from kerasfmt.gradient.rule import RULES, nothing

_SHAPES = (
    "ConcatOffset InvertPermutation OneHot OnesLike Rank Shape ShapeN Size ZerosLike BroadcastGradientArgs"
)
_LOGIC = """
All Any Equal Greater GreaterEqual IsFinite IsInf IsNan Less LessEqual LogicalAnd LogicalNot LogicalOr
NotEqual
"""
_WHOLE_NUMBERS = """
ArgMax ArgMin BitwiseAnd BitwiseOr BitwiseXor Ceil Floor FloorDiv Invert LeftShift LinSpace Range RightShift Rint Round
TruncateDiv
"""
_OTHERS = """
Const EmptyTensorList RandomStandardNormal RandomUniform RandomUniformInt StatelessRandomGetAlg
StatelessRandomGetKeyCounter StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomUniform
StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt StatelessRandomUniformIntV2
StatelessRandomUniformV2 StatelessTruncatedNormal StatelessTruncatedNormalV2 StopGradient TensorListElementShape
TensorListLength TensorListReserve TruncatedNormal Where
"""

for _op in f"{_SHAPES} {_LOGIC} {_WHOLE_NUMBERS} {_OTHERS}".split():
    RULES.enter(_op, nothing)
