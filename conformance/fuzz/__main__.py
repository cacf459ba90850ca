"""Feeds spoilt files to the readers, and says what came of them.

python -m conformance.fuzz --inputs 5000 --seed 1 2 3 [--report]
python -m conformance.fuzz --minutes 10
python -m conformance.fuzz --seed 1 --only hdf5:17 --keep spoilt.h5
"""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conformance.fuzz import run

REPORT = Path(__file__).parents[1] / "FUZZ.md"


@dataclass
class Tally:
    """What came of the inputs of one kind."""

    results: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    memory: int = 0

    def add(self, outcome: run.Outcome) -> None:
        """Counts one."""
        self.results[outcome.result] += 1
        self.slowest = max(self.slowest, outcome.seconds)
        self.memory = max(self.memory, outcome.memory)


def fuzz(
    readers: list[str], seeds: list[int], inputs: int, deadline: float, scratch: Path
) -> Iterator[tuple[str, int, int, str, run.Outcome]]:
    """Reader, seed, number, kind and outcome of each input; the readers take turns until the deadline."""
    for seed in seeds:
        for number in range(inputs):
            for reader in readers:
                if time.monotonic() > deadline:
                    return
                kind, data = run.make(reader, seed, number, scratch)
                path = scratch / f"input{run.SUFFIXES[reader]}"
                path.write_bytes(data)
                yield reader, seed, number, kind, run.read(path)


def report(tallies: dict[tuple[str, str], Tally], seeds: list[int], minutes: float, findings: int) -> str:
    """The page."""
    names = sorted({name for tally in tallies.values() for name in tally.results} - {"loaded", *run.FINDINGS})
    columns = ["loaded", *names, *run.FINDINGS]
    parts = [
        "# Spoilt files",
        "",
        f"Written by `python -m conformance.fuzz --report` on {datetime.date.today()}; not to be edited.",
        "",
        f"Python {platform.python_version()}, {run.versions()}; seeds {', '.join(map(str, seeds))}; "
        f"{sum(t.results.total() for t in tallies.values()):,} inputs in {minutes:.0f} minutes.",
        "",
        "Every input is read in a process of its own: the model, each weight, the optimizer's state, and the",
        f"weights once more into a model. It may take {run.SECONDS:.0f} s and {run.MEMORY >> 20} MiB of address",
        "space; a crash, a hang, memory that runs out and an error that is not kerasfmt's are findings.",
        f"Findings: {findings}.",
        "",
    ]
    for reader in dict.fromkeys(reader for reader, _ in tallies):
        parts += [f"## {'HDF5' if reader == 'hdf5' else '`.keras`'}", ""]
        parts += [
            f"| | inputs | {' | '.join(columns)} | slowest | memory |",
            "|---" * (len(columns) + 4) + "|",
        ]
        total = Tally()
        rows = [(kind, tally) for (of, kind), tally in tallies.items() if of == reader]
        for _, tally in rows:
            total.results += tally.results
            total.slowest, total.memory = max(total.slowest, tally.slowest), max(total.memory, tally.memory)
        for kind, tally in [*rows, ("all", total)]:
            counts = " | ".join(str(tally.results[column] or "") for column in columns)
            parts.append(
                f"| {kind} | {tally.results.total():,} | {counts} | {tally.slowest:.2f} s | {tally.memory >> 20} MiB |"
            )
        parts.append("")
    return "\n".join(parts)


def main(argv: list[str] | None = None) -> int:
    """Exit status 1 if there was a finding."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=1000, help="of each reader, for each seed")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="to stop after")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--reader", nargs="+", choices=list(run.KINDS), default=list(run.KINDS))
    parser.add_argument("--only", metavar="READER:NUMBER", help="one input")
    parser.add_argument("--keep", type=Path, help="where to write that input, or a directory for findings")
    parser.add_argument("--report", action="store_true", help="write conformance/FUZZ.md")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        run.warm(scratch)
        if options.only:
            reader, _, number = options.only.partition(":")
            kind, data = run.make(reader, options.seed[0], int(number), scratch)
            path = options.keep or scratch / f"input{run.SUFFIXES[reader]}"
            path.write_bytes(data)
            print(kind, run.read(path), sep="\n")
            return 0
        began = time.monotonic()
        tallies: dict[tuple[str, str], Tally] = {
            (r, k): Tally() for r in options.reader for k in run.KINDS[r]
        }
        findings = 0
        deadline = began + 60 * options.minutes
        for reader, seed, number, kind, outcome in fuzz(
            options.reader, options.seed, options.inputs, deadline, scratch
        ):
            tallies[reader, kind].add(outcome)
            if outcome.is_finding:
                findings += 1
                print(
                    f"FOUND --seed {seed} --only {reader}:{number} ({kind}): {outcome.result}\n{outcome.detail}"
                )
        minutes = (time.monotonic() - began) / 60
    text = report(tallies, options.seed, minutes, findings)
    print(text)
    if options.report:
        REPORT.write_text(text, encoding="utf-8")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
