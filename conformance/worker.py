"""One process of one stage: `python -m conformance.worker STAGE LINE FILE [WHOSE]`, case names in FILE.

Results go to the cases' directories after every check. The names of finished cases go to FILE.done, so that
the caller knows the unfinished case if the process dies.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.artefacts import directory, record
from conformance.case import Case
from conformance.cases import CASES


def _with_tensorflow(line: str) -> tuple[Any, Any]:
    """TensorFlow, and the Keras 2 of the line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if line != "2.15":
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import logging

    import tensorflow as tf

    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if not tf.__version__.startswith(line + "."):
        raise SystemExit(f"line {line}: this environment has TensorFlow {tf.__version__}")
    if line == "2.15":
        return tf, tf.keras
    import tf_keras

    return tf, tf_keras


def _note(line: str, case: Case, build: Callable[[], None]) -> None:
    """Runs `build`; if TensorFlow cannot build the case, that is the case's one result."""
    where = directory(line, case)
    scratch = where.parent / f"{case.name}.build.json"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    if not record(scratch, "build", build):
        (where / "expected.json").unlink(missing_ok=True)
        shutil.copy(scratch, where / "results.json")
    scratch.unlink()


def main(stage: str, line: str, listed: str, whose: str = "ours") -> None:
    """Runs `stage` on each case."""
    warnings.simplefilter("ignore")
    work: Callable[[Case], None]
    if stage == "convert":
        from conformance.convert import convert

        work = lambda case: convert(line, case, whose)  # noqa: E731
    else:
        from conformance import build, read

        tf, keras = _with_tensorflow(line)
        if stage == "build":
            work = lambda case: _note(line, case, lambda: build.build(line, case, tf, keras))  # noqa: E731
        else:
            work = lambda case: read.read(line, case, whose, tf, keras)  # noqa: E731
    names = json.loads(Path(listed).read_text())
    with open(listed + ".done", "a") as done:
        for name in names:
            start = time.perf_counter()
            work(CASES[name])
            done.write(f"{name} {time.perf_counter() - start:.2f}\n")
            done.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
