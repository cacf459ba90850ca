"""Feeds spoilt files to the readers, and says what came of them.

python -m conformance.fuzz --inputs 5000 --seed 1 2 3 [--report]
python -m conformance.fuzz --minutes 10
python -m conformance.fuzz --seed 1 --only hdf5:17 --keep spoilt.h5
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import platform
import sys
import tempfile
import time
from collections import Counter
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


TITLES = {
    "hdf5": "HDF5",
    "keras": "`.keras`",
    "npz": "`.npz`",
    "checkpoint": "TensorFlow's checkpoints",
    "saved_model": "SavedModels",
}
"""Headings of the page."""

Tallies = dict[tuple[str, str], Tally]


def fuzz(readers: list[str], seed: int, inputs: int, seconds: float) -> tuple[Tallies, list[str]]:
    """What came of the inputs of a seed, by reader and kind, and the findings; the readers take turns.

    Args:
      readers: names of readers.
      seed: the seed.
      inputs: how many for each reader.
      seconds: when to stop.
    """
    tallies: Tallies = {(reader, kind): Tally() for reader in readers for kind in run.KINDS[reader]}
    findings: list[str] = []
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        run.warm(scratch)
        for number in range(inputs):
            for reader in readers:
                if time.monotonic() > deadline:
                    return tallies, findings
                kind, data = run.make(reader, seed, number, scratch)
                path = scratch / f"input{run.SUFFIXES[reader]}"
                run.put(reader, data, path)
                outcome = run.read(path)
                tallies[reader, kind].add(outcome)
                if outcome.is_finding:
                    again = f"--seed {seed} --only {reader}:{number} ({kind})"
                    findings.append(f"FOUND {again}: {outcome.result}\n{outcome.detail}")
                    print(findings[-1], flush=True)
    return tallies, findings


def merged(parts: list[Tallies]) -> Tallies:
    """Several tallies as one."""
    found = {key: Tally() for key in parts[0]}
    for part in parts:
        for key, tally in part.items():
            found[key].results += tally.results
            found[key].slowest = max(found[key].slowest, tally.slowest)
            found[key].memory = max(found[key].memory, tally.memory)
    return found


def report(tallies: Tallies, seeds: list[int], minutes: float, findings: int) -> str:
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
        "weights once more into a model; what loads predicts on a small batch and is saved in every format. It",
        f"may take {run.SECONDS:.0f} s of the processor and {run.MEMORY >> 20} MiB of address space; a crash, a hang,",
        "memory that runs out and an error that is not kerasfmt's are findings.",
        f"Findings: {findings}.",
        "",
    ]
    for reader in dict.fromkeys(reader for reader, _ in tallies):
        parts += [f"## {TITLES[reader]}", ""]
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
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="a process each")
    parser.add_argument("--reader", nargs="+", choices=list(run.KINDS), default=list(run.KINDS))
    parser.add_argument("--only", metavar="READER:NUMBER", help="one input of the first seed")
    parser.add_argument("--keep", type=Path, help="where to write that input")
    parser.add_argument("--report", action="store_true", help="write conformance/FUZZ.md")
    options = parser.parse_args(argv)
    if options.only:
        reader, _, number = options.only.partition(":")
        with tempfile.TemporaryDirectory() as name:
            kind, data = run.make(reader, options.seed[0], int(number), Path(name))
            path = options.keep or Path(name) / f"input{run.SUFFIXES[reader]}"
            run.put(reader, data, path)
            print(kind, run.read(path), sep="\n")
        return 0
    began = time.monotonic()
    jobs = [(options.reader, seed, options.inputs, 60 * options.minutes) for seed in options.seed]
    with multiprocessing.Pool(len(jobs)) as pool:
        parts = pool.starmap(fuzz, jobs, chunksize=1)
    findings = sum(len(found) for _, found in parts)
    minutes = (time.monotonic() - began) / 60
    text = report(merged([tallies for tallies, _ in parts]), options.seed, minutes, findings)
    print(text)
    if options.report:
        REPORT.write_text(text, encoding="utf-8")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
