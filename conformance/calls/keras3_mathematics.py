"""One call for each class of operation of matrices, signals and numbers, by the name of the class."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.calls.call import Call


def _square(ops: Any, s: Any) -> Any:
    """Symmetric positive matrices (5, 5) from matrices (5, 4)."""
    return ops.matmul(s, ops.transpose(s, (0, 2, 1))) + np.eye(5, dtype="float32")


def _skew(ops: Any, s: Any) -> Any:
    """Matrices (5, 5) that are invertible, and not symmetric."""
    return _square(ops, s) + np.triu(np.ones((5, 5), "float32"), 1)


def _signed(ops: Any, vectors: Any) -> Any:
    """Vectors whose signs, which are those of a library, do not matter."""
    return ops.abs(vectors)


def _restored(ops: Any, s: Any) -> list[Any]:
    """What does not depend on the order and the length of eigenvectors."""
    matrices = _skew(ops, s)
    values, vectors = ops.linalg.eig(matrices)
    return [
        ops.sort(ops.real(values), axis=-1),
        ops.max(
            ops.abs(ops.matmul(ops.cast(matrices, "complex64"), vectors) - vectors * values[:, None]),
            axis=(1, 2),
        )
        < 1e-3,
    ]


LINALG: dict[str, Call] = {
    "Cholesky": lambda ops, s: [
        ops.linalg.cholesky(_square(ops, s)),
        ops.linalg.cholesky(_square(ops, s), upper=True),
    ],
    "CholeskyInverse": lambda ops, s: [
        ops.linalg.cholesky_inverse(ops.linalg.cholesky(_square(ops, s))),
        ops.linalg.cholesky_inverse(ops.linalg.cholesky(_square(ops, s), upper=True), upper=True),
    ],
    "Det": lambda ops, s: ops.linalg.det(_skew(ops, s)),
    "Eig": lambda ops, s: _restored(ops, s),
    "Eigh": lambda ops, s: [_signed(ops, part) for part in ops.linalg.eigh(_square(ops, s[:, :, :4]))][:1],
    "Inv": lambda ops, s: ops.linalg.inv(_skew(ops, s)),
    "Logdet": lambda ops, s: ops.logdet(_square(ops, s)),
    "Slogdet": lambda ops, s: ops.slogdet(_skew(ops, s)),
    "Lstsq": lambda ops, m: [
        ops.linalg.lstsq(np.float32([[1, 2], [3, 4], [0, 1], [2, 1]]), m),
        ops.linalg.lstsq(m, np.float32([1, 2, 3, 4])),
    ],
    "LuFactor": lambda ops, m: ops.linalg.lu_factor(m[:, :4]),
    "MatrixRank": lambda ops, s: [
        ops.linalg.matrix_rank(_square(ops, s)),
        ops.linalg.matrix_rank(ops.matmul(s, ops.transpose(s, (0, 2, 1))), tol=1e-3),
    ],
    "Pinv": lambda ops, s: [ops.linalg.pinv(s), ops.linalg.pinv(s, rcond=0.4)],
    "Qr": lambda ops, s: [
        _signed(ops, ops.linalg.qr(s)[0]),
        _signed(ops, ops.linalg.qr(s, mode="complete")[1]),
    ],
    "SVD": lambda ops, s: [
        *(_signed(ops, part) for part in ops.linalg.svd(s, full_matrices=False)),
        ops.linalg.svd(s, compute_uv=False),
        ops.linalg.svd(s)[1],
    ],
    "Solve": lambda ops, s: [
        ops.linalg.solve(_skew(ops, s), s),
        ops.linalg.solve(_skew(ops, s), s[:, :, 0]),
    ],
    "SolveTriangular": lambda ops, s: [
        ops.linalg.solve_triangular(_square(ops, s), s, lower=True),
        ops.linalg.solve_triangular(_square(ops, s), s[:, :, 0]),
    ],
}

SIGNALS: dict[str, Call] = {
    "FFT": lambda ops, x, y: ops.fft((x, y)),
    "FFT2": lambda ops, s: ops.fft2((s, s * 0.5)),
    "IFFT2": lambda ops, s: ops.ifft2((s, s * 0.5)),
    "RFFT": lambda ops, x: [*ops.rfft(x), *ops.rfft(x, fft_length=8)],
    "IRFFT": lambda ops, x, y: [ops.irfft((x, y)), ops.irfft((x, y), fft_length=9)],
    "STFT": lambda ops, q: [
        *ops.stft(q, 6, 3, 8),
        *ops.stft(q, 5, 2, 5, window="hamming", center=False),
        *ops.stft(q, 4, 2, 4, window=None),
    ],
    "ISTFT": lambda ops, q: [
        ops.istft(ops.stft(q, 6, 3, 8), 6, 3, 8),
        ops.istft(ops.stft(q, 6, 3, 8), 6, 3, 8, length=17),
        ops.istft(ops.stft(q, 6, 6, 6, center=False), 6, 6, 6, center=False, window=None),
    ],
    "Polar": lambda ops, p, x: [ops.real(ops.polar(p, x)), ops.imag(ops.polar(p, x))],
    "ViewAsComplex": lambda ops, a: ops.view_as_complex(a[..., :2]),
    "ViewAsReal": lambda ops, p, x: ops.view_as_real(ops.polar(p, x)),
}

NUMBERS: dict[str, Call] = {
    "Erfinv": lambda ops, p: ops.erfinv(p * 2 - 1),
    "I0": lambda ops, x, n: [ops.i0(x), ops.i0(n)],
    "Gcd": lambda ops, n, k: [ops.gcd(n, k), ops.gcd(n * 6 - 12, 4)],
    "Lcm": lambda ops, n, k: ops.lcm(n - 2, k),
    "Nextafter": lambda ops, x, y: ops.nextafter(x, y),
    "View": lambda ops, x: [
        ops.view(x, "int32"),
        ops.view(x, "uint8"),
        ops.view(ops.view(x, "uint8"), "int32"),
    ],
    "Full": lambda ops, v: ops.full((3, 5), v),
    "Ndim": lambda ops, s: ops.cast(ops.ndim(s), "float32"),
    "Geomspace": lambda ops, p: [
        ops.geomspace(p, p + 3.0, 5),
        ops.geomspace(p, 8.0, 4, endpoint=False),
    ],
}

MATHEMATICS = {**LINALG, **SIGNALS, **NUMBERS}
