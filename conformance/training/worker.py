"""One process of one stage: `python -m conformance.training.worker STAGE LINE FILE`.

FILE holds a JSON list of jobs: names of cases, or [case, format, path, target] to read. A dot for every finished job
goes to FILE.done.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from conformance.training.cases import CASES


def main(stage: str, line: str, listed: str) -> None:
    """Runs the jobs."""
    warnings.simplefilter("ignore")
    jobs = json.loads(Path(listed).read_text())
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    run = _runner(stage, line)
    with open(listed + ".done", "a") as done:
        for job in jobs:
            run(job)
            done.write(".")
            done.flush()


def _runner(stage: str, line: str) -> Any:
    if stage == "convert":
        from conformance.training import ours

        return lambda case: ours.convert(line, case)
    from conformance.training.live import Live, record

    live = Live.of(line)
    if stage == "write":
        return lambda case: live.write(CASES[case])

    def read(job: Any) -> None:
        case, kind, path, target = job
        record(Path(target), lambda: live.read(CASES[case], kind, Path(path)))

    return read


if __name__ == "__main__":
    main(*sys.argv[1:])
