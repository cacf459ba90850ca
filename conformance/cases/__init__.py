"""The models that conformance is checked on: tables of layer cases, a module for each family, and whole models.

A new layer is one entry in its family's `LAYERS`: its class name, the shapes that it is called on, and the
configurations to try. Everything else (artefacts, readers, structural comparison, `COVERAGE.md`) follows from
the table.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from conformance.case import Case
from conformance.cases import (
    activations,
    architectures,
    attention,
    categorical,
    compiled,
    convolution,
    convolution_transpose,
    core,
    functions,
    image,
    lambda_,
    locally_connected,
    lookup,
    masks,
    merging,
    modes,
    normalization,
    pipelines,
    pooling,
    recurrent,
    recurrent_fused,
    regularization,
    reshaping,
    text,
    topologies,
    upsampling,
    wrappers,
)
from conformance.cases.layer import Layer, layer_cases
from conformance.cases.models import MODELS

__all__ = ["CASES", "LAYERS", "MODELS", "select"]

LAYERS: tuple[Layer, ...] = tuple(
    layer
    for family in (
        core,
        activations,
        reshaping,
        upsampling,
        regularization,
        convolution,
        convolution_transpose,
        locally_connected,
        pooling,
        normalization,
        merging,
        attention,
        image,
        categorical,
        text,
        lambda_,
        wrappers,
        recurrent,
        recurrent_fused,
        lookup,
    )
    for layer in family.LAYERS
)

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        *MODELS,
        *architectures.MODELS,
        *compiled.MODELS,
        *functions.MODELS,
        *masks.MODELS,
        *modes.MODELS,
        *pipelines.MODELS,
        *topologies.MODELS,
        *layer_cases(LAYERS),
    )
}


def select(patterns: Iterable[str]) -> list[Case]:
    """The cases whose names match one of `patterns` (as in a shell); all of them for no pattern.

    Raises:
      SystemExit: A pattern matches nothing.
    """
    patterns = list(patterns)
    for pattern in patterns:
        if not fnmatch.filter(CASES, pattern):
            raise SystemExit(f"no case matches {pattern!r}; cases: {' '.join(CASES)}")
    return [c for c in CASES.values() if not patterns or any(fnmatch.fnmatch(c.name, p) for p in patterns)]
