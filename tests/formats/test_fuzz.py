"""A slice of `python -m conformance.fuzz`: spoilt files give our errors, in little time and memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conformance.fuzz import run

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")


FEW = {"hdf5": 99, "keras": 99, "npz": 36, "checkpoint": 40, "saved_model": 40}
"""Inputs of a short run."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fuzz")
    run.warm(path)
    return path


def _read(reader: str, seed: int, numbers: range, scratch: Path) -> list[run.Outcome]:
    found = []
    for number in numbers:
        kind, data = run.make(reader, seed, number, scratch)
        path = scratch / f"input{run.SUFFIXES[reader]}"
        run.put(reader, data, path)
        outcome = run.read(path)
        again = f"python -m conformance.fuzz --seed {seed} --only {reader}:{number}"
        assert not outcome.is_finding, f"{again} ({kind}): {outcome.result}\n{outcome.detail}"
        found.append(outcome)
    return found


@pytest.mark.parametrize("reader", list(run.KINDS))
def test_a_few(reader: str, scratch: Path) -> None:
    results = {outcome.result for outcome in _read(reader, 0, range(FEW[reader]), scratch)}
    models = {"InvalidModelError"} if reader != "checkpoint" else set()
    assert {"loaded", "CorruptFileError"} | models <= results


@pytest.mark.sweep
@pytest.mark.parametrize("reader", list(run.KINDS))
def test_many(reader: str, scratch: Path) -> None:
    _read(reader, 0, range(FEW[reader], 3000), scratch)


@pytest.mark.parametrize("reader", list(run.KINDS))
def test_inputs_can_be_made_again(reader: str, scratch: Path) -> None:
    for number in range(len(run.KINDS[reader])):
        assert run.make(reader, 5, number, scratch) == run.make(reader, 5, number, scratch)


def _hang() -> None:
    while True:
        pass


def _crash() -> None:
    import ctypes

    ctypes.string_at(0)


def _allocate() -> None:
    np.ones(1 << 40, np.uint8)


def _foreign() -> None:
    raise KeyError("x")


@pytest.mark.parametrize(
    ("action", "result"),
    [(_hang, "hang"), (_crash, "crash"), (_allocate, "memory"), (_foreign, "foreign error")],
)
def test_what_a_reader_must_not_do_is_found(action: object, result: str) -> None:
    outcome = run.limited(action, seconds=2.0)  # type: ignore[arg-type]
    assert outcome.result == result
    assert outcome.is_finding
