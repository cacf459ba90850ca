"""Functions of JAX, saved by kerasfmt, and what JAX gives for arrays.

`python -m conformance.jax_functions DIRECTORY [PATTERN ...]` writes for each case NAME of `tests/sources/jax`: the
SavedModel `NAME/model`, the arrays and results `NAME/arrays.npz`, and what `kerasfmt` computes in NumPy. It needs the
environment `optax`.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt
from tests.sources.jax.jax_tests import Case, lowered, names_of
from tests.sources.jax.rules.all_cases import FAMILIES

CASES: Final[Mapping[str, Case]] = {
    f"{family}-{case.name}": case for family, cases in FAMILIES.items() for case in cases
}


def plain(array: Any) -> Any:
    """An array that .npz holds."""
    return array.astype(np.float32) if array.dtype.kind == "V" or array.dtype.name == "bfloat16" else array


def write(name: str, case: Case, where: Path) -> None:
    """Writes one case."""
    model, expected = lowered(case)
    found = model.signatures["serving_default"](**case.feeds()) if not case.no_kernel else {}
    kerasfmt.save_model(model, str(where / name / "model"), flush=False)
    arrays = {f"input/{key}": value for key, value in case.feeds().items()}
    for output, array in zip(names_of(model), expected, strict=True):
        arrays[f"expected/{output}"] = plain(array)
        if found:
            arrays[f"numpy/{output}"] = plain(found[output])
    np.savez(where / name / "arrays.npz", **arrays)


def main(where: Path, patterns: list[str]) -> None:
    """Writes the cases whose names fit a pattern; `NAME.error` says what went wrong."""
    where.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        if not patterns or any(fnmatch(name, pattern) for pattern in patterns):
            (where / name).mkdir(exist_ok=True)
            try:
                write(name, case, where)
            except Exception:
                (where / f"{name}.error").write_text(traceback.format_exc())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
