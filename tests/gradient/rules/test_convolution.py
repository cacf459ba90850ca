from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, floats = CASES.op, CASES.floats

KNOWN = ("all", "some")
for _padding in ("SAME", "VALID"):
    for _strides in ([1, 1, 1, 1], [1, 2, 1, 1]):
        op("Conv2D", floats(2, 5, 4, 2), floats(3, 2, 2, 3), strides=_strides, padding=_padding, known=KNOWN)
    _each = {"strides": [1, 2, 2, 1], "padding": _padding, "known": KNOWN}
    op("DepthwiseConv2dNative", floats(2, 5, 4, 2), floats(3, 2, 2, 2), **_each)
    for _op in ("MaxPool", "AvgPool"):
        op(_op, floats(2, 5, 4, 2), ksize=[1, 3, 2, 1], **_each)
    _volumes = {"strides": [1, 1, 2, 1, 1], "padding": _padding, "known": KNOWN}
    op("Conv3D", floats(1, 3, 3, 4, 2), floats(2, 2, 2, 2, 3), **_volumes)
    op("AvgPool3D", floats(1, 3, 4, 3, 2), ksize=[1, 2, 2, 2, 1], **_volumes)
_padded = {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0]}
for _more in ({"padding": "VALID", "dilations": [1, 2, 2, 1]}, _padded):
    op("Conv2D", floats(1, 5, 5, 2), floats(2, 2, 2, 3), strides=[1] * 4, known=KNOWN, **_more)
_same = {"padding": "SAME", "known": KNOWN}
_sizes = np.array([2, 5, 4, 2], np.int32)
op("Conv2DBackpropInput", _sizes, floats(3, 2, 2, 3), floats(2, 3, 2, 3), strides=[1, 2, 2, 1], **_same)
_sizes = np.array([1, 3, 3, 4, 2], np.int32)
op("Conv3DBackpropInputV2", _sizes, floats(2, 2, 2, 2, 3), floats(1, 3, 3, 4, 3), strides=[1] * 5, **_same)


def max_pool_of_volumes(x: Value) -> Sequence[Value]:
    """It takes no float64."""
    pooled = ops.max_pool3d(ops.cast(x, "float32"), (2, 2, 2), (1, 2, 1), "SAME")
    return [ops.cast(pooled, "float64") if x.dtype is dtypes.float64 else pooled]


CASES.function(max_pool_of_volumes, floats(1, 3, 4, 3, 2), known=KNOWN, smooth=False)


class TestConvolution(RuleTests):
    cases = CASES
