"""Config and weights against each other: the model is built, as `load_model` does, and no weight is read."""

from __future__ import annotations

import warnings
from pathlib import Path

from kerasfmt.api import load_model
from kerasfmt.errors import (
    CorruptFileError,
    GraphError,
    KerasfmtError,
    UnsafeFileError,
    UnsupportedFormatError,
    UnsupportedLayerError,
)
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import consistency, reading, unsafe


def check_loading(findings: Findings, path: Path, max_expansion: float) -> None:
    """Checks that a model can be built, and that its weights are those of its layers.

    Args:
      findings: what was found; where an error is among it, a reader that refuses the file says nothing new.
      path: a file that holds a model.
      max_expansion: as in `load_model`.
    """
    broken = findings.fails()
    code = findings.has(unsafe.CUSTOM_OBJECT, unsafe.LAMBDA_CODE, unsafe.CALLS_FUNCTION)
    rules: dict[type[BaseException], Rule] = {
        UnsupportedLayerError: reading.NOT_COMPARED,
        UnsupportedFormatError: reading.NOT_COMPARED,
        GraphError: consistency.WEIGHTS,
        UnsafeFileError: reading.NOT_COMPARED if code else reading.BEYOND_LIMITS,
    }
    with findings.attempt(rules=rules), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load_model(path, max_expansion=max_expansion)
        except (UnsafeFileError, CorruptFileError, OSError, MemoryError) as error:
            if not broken or not isinstance(error, KerasfmtError):
                raise
