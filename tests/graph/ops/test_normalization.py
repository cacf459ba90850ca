from __future__ import annotations

import numpy as np

from kerasfmt.graph import ops
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value, weight

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

_SUMS = {"ulps": 16, "accumulates": True}
for _training in (True, False):
    case(
        "FusedBatchNormGradV3",
        floats(2, 4, 5, 3),
        floats(2, 4, 5, 3),
        *[floats(3, low=0.5) for _ in range(3)],
        floats(),
        is_training=_training,
        epsilon=0.001,
        **_SUMS,
    )
    _empty = floats(0) if _training else floats(3, low=0.5)
    _scratch = (5,) if _training else (3, 4, 5)
    for _op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
        case(
            _op,
            floats(2, 4, 5, 3),
            floats(3),
            floats(3),
            _empty,
            _empty,
            is_training=_training,
            epsilon=0.001,
            unspecified=_scratch,
            **_SUMS,
        )
case(
    "FusedBatchNormV3",
    floats(2, 4, 5, 3),
    floats(3),
    floats(3),
    floats(3),
    floats(3, low=1),
    is_training=True,
    exponential_avg_factor=0.25,
    unspecified=(5,),
    **_SUMS,
)
case(
    "FusedBatchNormV3",
    floats(2, 4, 5, 3, dtype=np.float16),
    floats(3),
    floats(3),
    floats(3),
    floats(3, low=1),
    is_training=False,
    unspecified=(3, 4, 5),
    ulps=4,
    accumulates=True,
)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "images": (
            lambda: (
                ops.fused_batch_norm(
                    value(None, 4, 4, 3), *[weight(3) for _ in range(4)], is_training=False
                ).y
            ),
            (None, 4, 4, 3),
            ["ReadVariableOp"] * 4 + ["FusedBatchNormV3"],
        ),
        "statistics": (
            lambda: (
                ops.fused_batch_norm(value(None, 3, 4, 4), *[weight(3)] * 4, data_format="NCHW").batch_mean
            ),
            (3,),
            ["ReadVariableOp"] * 4 + ["FusedBatchNormV3"],
        ),
    }
    refused = {
        "rank": (
            lambda: ops.fused_batch_norm(value(2, 4, 3), *[weight(3)] * 4),
            "expected 4 or 5 dimensions",
        ),
        "channels": (lambda: ops.fused_batch_norm(value(2, 4, 4, 3), *[weight(4)] * 4), "dimensions 3 and 4"),
    }
