"""One process of one stage: `python -m conformance.formats.worker STAGE ENGINE FILE`.

FILE holds a JSON list of jobs: the names of cases to write, for kerasfmt [case, writer]; [case, format, writer, file
name, digest] to read; or [line, case] for the round trips of kerasfmt. A dot for every finished job goes to FILE.done,
so that the caller knows which job was in work if the process dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from conformance.cases import CASES
from conformance.formats import layout
from conformance.formats.layout import EVERY_ENGINE, MINORS, OURS

_SECONDS = 15.0
"""What a version of Keras 3 may compute to read one small model."""


def _live(name: str) -> Any:
    engine = EVERY_ENGINE[name]
    os.environ.update(engine.variables)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    from conformance.formats.live import Live

    return Live(engine)


def main(stage: str, name: str, listed: str) -> None:
    """Runs the jobs."""
    warnings.simplefilter("ignore")
    jobs = json.loads(Path(listed).read_text())
    code = layout.sources_digest()
    run: Callable[[Any], None]
    if stage == "write" and name == OURS:
        from conformance.formats import ours

        run = lambda job: ours.rewrite(CASES[job[0]], job[1], code)  # noqa: E731
    elif stage == "trips":
        from conformance.formats import ours

        run = lambda job: ours.trips(job[0], CASES[job[1]], code)  # noqa: E731
    elif stage == "write":
        live = _live(name)
        run = lambda job: live.write(CASES[job], code)  # noqa: E731
    else:
        run = _reading(name, code)
    with open(listed + ".done", "a") as done:
        for job in jobs:
            run(job)
            done.write(".")
            done.flush()


def _reading(name: str, code: str) -> Callable[[Any], None]:
    from conformance.formats import ours
    from conformance.formats.live import inputs_of, record

    read = ours.read if name == OURS else _live(name).read

    def run(job: Any) -> None:
        case, kind, writer, file, digest = job
        target = layout.read_result(name, CASES[case], kind, digest)
        path = layout.directory(writer, CASES[case]) / file
        x = inputs_of(writer, CASES[case])

        def reading() -> dict[str, Any]:
            with at_most(_SECONDS if name in MINORS else None):
                return read(CASES[case], kind, path, x)

        record(target, reading, stamp(name, CASES[case].key, code))

    return run


@contextlib.contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Stops a block that computes longer: first versions of Keras 3 look without end for a call that is not there.

    Raises:
      TimeoutError: it did. Where the system has no such clock, the block goes on.
    """
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds:g} s of computing")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def stamp(reader: str, key: str, code: str) -> str:
    """What a reading depends on beside the file."""
    return f"{key}-{layout.GENERATION}{'-' + code if reader == OURS else ''}"


if __name__ == "__main__":
    main(*sys.argv[1:])
