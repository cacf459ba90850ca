"""The gamma function's logarithm and its derivative, and the inverse of the error function."""

from __future__ import annotations

import numpy as np

from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
points = np.float32([0.1, 0.5, 1, 1.5, 2, 7.25, 30, 1e4, -0.5, -2.5, 0, -1, np.inf, np.nan])
case("Lgamma", points, ulps=16)
case("Lgamma", points.astype(np.float64), ulps=64)
case("Lgamma", np.zeros(0, np.float32))
case("Digamma", points[:-2], ulps=64)
case("Digamma", points[:8].astype(np.float64), ulps=64)
inside = np.float32([-0.999, -0.5, -0.1, 0, 1e-6, 0.3, 0.9, 0.99999, 1, -1, 1.5, np.nan])
# TensorFlow computes small results with an absolute error.
case("Erfinv", inside, ulps=64, accumulates=True)
case("Erfinv", inside[:7].astype(np.float64), ulps=256)


class TestKernels(KernelTests):
    samples = SAMPLES
