"""`python -m conformance attack`."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from conformance.attack import full_disk, kills, planted, published, races
from conformance.attack.result import Result

REPORT = Path(__file__).parents[1] / "ATTACKS.md"
ATTACKS: Final[Mapping[str, Callable[[bool], Iterable[Result]]]] = {
    "full_disk": full_disk.attack,
    "kills": kills.attack,
    "planted": planted.attack,
    "published": published.attack,
    "races": races.attack,
}
"""Every attack by its name. It takes whether to be long: everything, for as long as it takes."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    attack = commands.add_parser("attack", help="attacks on savers and readers: ATTACKS.md")
    attack.add_argument("names", nargs="*", metavar="NAME", help=f"only these of {', '.join(ATTACKS)}")
    attack.add_argument("--long", action="store_true", help="all of it, for as long as it takes")
    attack.add_argument("--report", action="store_true", help="write conformance/ATTACKS.md")


def main(names: Sequence[str], long: bool, report: bool) -> int:
    """Exit status 1 if there was a finding.

    Raises:
      SystemExit: there is no attack of such a name.
    """
    if unknown := sorted(set(names) - ATTACKS.keys()):
        raise SystemExit(f"no attack {', '.join(unknown)}; there are {', '.join(ATTACKS)}")
    began = time.monotonic()
    found = []
    for name in names or ATTACKS:
        for result in ATTACKS[name](long):
            found.append(result)
            print(f"{result.attack}: {result.trials:,} trials, {len(result.findings):,} findings", flush=True)
            for finding in result.findings:
                print(f"FOUND {finding}")
    if report:
        REPORT.write_text(page(found, long, time.monotonic() - began), encoding="utf-8")
    return 1 if any(result.findings for result in found) else 0


def page(found: Sequence[Result], long: bool, seconds: float) -> str:
    """The page: when, on what, and a table of the results."""
    parts = [
        "# Attacks",
        "",
        f"Written by `python -m conformance attack{' --long' * long} --report` on {datetime.date.today()}; "
        "not to be edited.",
        "",
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}, NumPy {np.__version__}; "
        f"{sum(result.trials for result in found):,} trials in {seconds / 60:.0f} minutes.",
        f"Findings: {sum(len(result.findings) for result in found):,}.",
        "",
        "| attack | trials | findings |",
        "|---|---|---|",
        *(f"| {result.attack} | {result.trials:,} | {len(result.findings):,} |" for result in found),
        "",
    ]
    findings = [f"- {result.attack}: {finding}" for result in found for finding in result.findings]
    return "\n".join([*parts, *findings, ""] if findings else parts)
