"""Incomplete gamma and beta functions, zeta functions, Bessel functions, and the next float."""

from __future__ import annotations

import numpy as np

from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
shapes = np.float32([0.1, 0.5, 1, 2, 7.5, 30, 100])
points = np.float32([0.2, 0.7, 1, 5, 3, 40, 90])
LOOSE = {"ulps": 256, "accumulates": True}
case("Igamma", shapes, points, **LOOSE)
case("Igammac", shapes, points, **LOOSE)
case("Igamma", shapes[:, None], points, **LOOSE)
case("Betainc", shapes, points, points / 100, **LOOSE)
case("Zeta", shapes + 1, points, **LOOSE)
case("Polygamma", np.float32([0, 1, 2, 3]), points[:4], **LOOSE)
case("BesselI0", np.float32([-30, -1, 0, 0.5, 3, 80]), **LOOSE)
case("BesselI0e", np.float32([-30, -1, 0, 0.5, 3, 100]), **LOOSE)
case("BesselI1e", np.float32([-30, -1, 0, 0.5, 3, 100]), **LOOSE)
case("NextAfter", np.float32([0, 1, -1, np.inf]), np.float32([1, 0, -2, 0]))


class TestKernels(KernelTests):
    samples = SAMPLES
