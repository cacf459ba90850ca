"""Writes `COVERAGE.md` from the results of the last run (layer x reader x TensorFlow line), totals to the README."""

from __future__ import annotations

import datetime
import json
import subprocess
from pathlib import Path

from conformance import run
from conformance.artefacts import LINES, READERS, checks, directory, read_json
from conformance.case import Case
from conformance.cases import CASES
from conformance.environments import python
from conformance.pages import replace_part
from conformance.structure.rules import ACCEPTED, DIFFERENT

TARGET = Path(__file__).with_name("COVERAGE.md")
TITLES = {
    "convert": "convert",
    "predict": "predict (NumPy)",
    "structure": "structure",
    "keras": "keras load_model",
    "saved_model": "tf.saved_model.load",
    "v1": "tf.compat.v1",
    "cli": "saved_model_cli",
}
_ORDER = ("convert", "predict", "structure", *READERS)


def write() -> None:
    """Writes the table.

    Raises:
      SystemExit: A case has no results; nothing is written.
    """
    lines = [
        line for line in LINES if any((directory(line, c) / "results.json").exists() for c in CASES.values())
    ]
    missing = [f"{c.name} ({line})" for line in lines for c in CASES.values() if not run.results(line, c)]
    if missing or not lines:
        raise SystemExit(
            f"no results of {', '.join(missing[:9]) or 'any case'}: run `python -m conformance run`"
        )
    TARGET.write_text(text(lines), encoding="utf-8")
    replace_part("coverage", "python -m conformance coverage", totals(lines))
    print(f"wrote {TARGET} and the totals in the README")


def totals(lines: list[str]) -> str:
    """The table of the README: what was checked on each line, and how much of it passed."""
    layers = {case.about for case in CASES.values() if case.about != "model"}
    models = [case for case in CASES.values() if case.about == "model"]
    table = [
        f"On {datetime.date.today()}: {len(layers)} layers in {len(CASES) - len(models)} configurations,",
        f"{len(models)} whole models.",
        "",
        "| TensorFlow | checks passed |",
        "|---|---|",
    ]
    for line in lines:
        results = [
            run.results(line, case).get(check, {}).get("ok")
            for case in CASES.values()
            for check in checks(line, case)
        ]
        table.append(f"| {line} | {sum(map(bool, results)):,} of {len(results):,} |")
    return "\n".join(table)


def text(lines: list[str]) -> str:
    """The page: a table for each line, and what failed."""
    parts = [
        "# What was checked",
        "",
        f"Written by `python -m conformance coverage` on {datetime.date.today()}; not to be edited.",
        "",
        "A cell says how many of a layer's configurations passed. A model is converted from TensorFlow's",
        "HDF5 file without TensorFlow, then read by each reader, which compares outputs in inference and",
        "training, losses, gradients, moving averages and one training step with TensorFlow's own.",
        "*structure* holds the files against those that TensorFlow writes for the same model, part by part.",
        "",
    ]
    for line in lines:
        parts += [f"## TensorFlow {line}", "", _versions(line), "", *_table(line), ""]
    parts += ["## Failures", "", *(_failures(lines) or ["None."]), ""]
    reasons = dict.fromkeys(rule.reason for rule in ACCEPTED)
    parts += ["## Differences in structure that are accepted", "", *(f"- {reason}" for reason in reasons)]
    parts += [*(f"- `{name}`: {reason}" for name, reason in DIFFERENT.items()), ""]
    return "\n".join(parts)


def _table(line: str) -> list[str]:
    rows: dict[str, list[Case]] = {}
    for case in CASES.values():
        rows.setdefault(case.name if case.about == "model" else case.about, []).append(case)
    head = " | ".join(TITLES[check] for check in _ORDER)
    table = [f"| | {head} |", "|---|" + "---|" * len(_ORDER)]
    for name, cases in sorted(rows.items(), key=lambda row: (row[1][0].about == "model", row[0])):
        table.append(f"| {name} | {' | '.join(_cell(line, cases, check) for check in _ORDER)} |")
    return table


def _cell(line: str, cases: list[Case], check: str) -> str:
    """`yes`, `5 of 6`, or nothing where the check does not apply."""
    concerned = [case for case in cases if check in checks(line, case)]
    passed = sum(bool(run.results(line, case).get(check, {}).get("ok")) for case in concerned)
    if not concerned:
        return ""
    if passed == len(concerned):
        return f"yes ({passed})" if passed > 1 else "yes"
    return f"**{passed} of {len(concerned)}**"


def _failures(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        for case in CASES.values():
            results = run.results(line, case)
            for check in checks(line, case):
                if not results.get(check, {}).get("ok"):
                    detail = str(results.get(check, {}).get("detail", "not run")).splitlines()[0][:200]
                    found.append(f"- {line}, `{case.name}`, {check}: {detail}")
    return found


def _versions(line: str) -> str:
    """The versions of what took part."""
    program = (
        "import importlib.metadata as m, json, platform; v = {d.metadata['Name'].lower().replace('-', '_'): "
        "d.version for d in m.distributions()}; print(json.dumps({'python': platform.python_version(), **v}))"
    )
    said = subprocess.run([python(line), "-c", program], capture_output=True, text=True, check=True).stdout
    installed = json.loads(said)
    wanted = ("python", "tensorflow_cpu", "tf_keras", "keras", "numpy", "protobuf", "h5py")
    tensorflow = read_json(directory(line, CASES["seed"]) / "expected.json").get("tensorflow", "?")
    named = ", ".join(f"{name} {installed[name]}" for name in wanted if name in installed)
    return f"TensorFlow {tensorflow}; {named}."
