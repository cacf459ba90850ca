"""Fourier transforms, and the parts of complex numbers."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
x = SAMPLES.floats(2, 4, 6)
z = (SAMPLES.floats(2, 4, 6) + 1j * SAMPLES.floats(2, 4, 6)).astype(np.complex64)
for name in ("FFT", "IFFT", "FFT2D", "IFFT2D", "FFT3D", "IFFT3D"):
    case(name, z, ulps=16, accumulates=True)
case("RFFT", x, np.int32([6]), ulps=16, accumulates=True)
case("RFFT", x, np.int32([4]), ulps=16, accumulates=True)
case("RFFT", x.astype(np.float64), np.int32([5]), Tcomplex=dtypes.complex128, ulps=64, accumulates=True)
case("RFFT2D", x, np.int32([4, 6]), ulps=16, accumulates=True)
case("IRFFT", z, np.int32([10]), ulps=16, accumulates=True)
case("IRFFT2D", z, np.int32([4, 10]), ulps=16, accumulates=True)
case("RFFT3D", x, np.int32([2, 4, 6]), ulps=16, accumulates=True)
case("IRFFT3D", z, np.int32([2, 4, 10]), ulps=16, accumulates=True)
case("Real", z)
case("Imag", z)
case("Angle", z, ulps=4)
case("ComplexAbs", z, ulps=2)
case("Complex", x, x[:1] * 2)


class TestKernels(KernelTests):
    samples = SAMPLES
