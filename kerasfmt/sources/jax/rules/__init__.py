"""The rules, one family a file; importing them fills the registry."""

from kerasfmt.sources.jax.rules import (  # noqa: F401
    calls,
    composed,
    control,
    conversion,
    convolution,
    cumulative,
    custom,
    dot,
    elementwise,
    fft,
    indexing,
    integers,
    linalg,
    random,
    recognized,
    reduction,
    shaping,
    slicing,
    sorting,
    windows,
)
