"""Fourier transforms of the last axes.

Source: jax/_src/lax/fft.py.
"""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule


@rule("fft", close=True)
def _fft(equation: Equation, x: Value) -> Value:
    kind = getattr(equation.params["fft_type"], "name", str(equation.params["fft_type"])).upper()
    lengths = equation.params["fft_lengths"]
    rank = len(lengths)
    if rank > 3:
        raise UnsupportedPrimitiveError(f"{rank} axes")
    name = kind + ("" if rank == 1 else f"{rank}D")
    result = equation.result.dtype
    if kind in ("FFT", "IFFT"):
        return emit_one(name, x)
    sizes = equation.vector(lengths)
    if kind == "RFFT":
        return emit_one(name, x, sizes, Tcomplex=result)
    wide = result if result in (dtypes.float32, dtypes.float64) else dtypes.float32
    return emit_one(name, x, sizes, Treal=wide)
