"""Each published attack of `python -m conformance attack published`: the file is refused, or is harmless."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from functools import partial
from pathlib import Path

import pytest

from conformance.attack import published
from conformance.attack.hostile.case import Hostile
from conformance.fuzz import run

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    published.warm()


@pytest.mark.parametrize("case", published.CASES, ids=str)
def test_a_published_attack(case: Hostile) -> None:
    assert not list(published.findings(case))


def test_there_are_many_and_each_has_a_name() -> None:
    assert len(published.CASES) >= 100
    assert len({str(case) for case in published.CASES}) == len(published.CASES)
    assert len({case.advisory for case in published.CASES}) >= 40


def _run_code(_: Path) -> None:
    exec(compile("1 + 1", "<hostile>", "exec"))


def _start_process(_: Path) -> None:
    os.system("true")


def _connect(_: Path) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def _write_elsewhere(root: Path) -> None:
    (root / "elsewhere").write_text("x")


def _read_elsewhere(root: Path) -> None:
    (root / "secret").read_bytes()


@pytest.mark.parametrize("action", [_run_code, _start_process, _connect, _write_elsewhere, _read_elsewhere])
def test_the_hook_sees_what_no_reader_does(tmp_path: Path, action: object) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "temporary").mkdir()

    def watched() -> None:
        seen: list[str] = []
        sys.addaudithook(partial(published.note, seen, tmp_path / "model.h5", tmp_path / "temporary"))
        with contextlib.suppress(OSError):
            action(tmp_path)  # type: ignore[operator]
        assert not seen, seen

    outcome = run.limited(watched)
    assert outcome.result == "foreign error"
    assert "AssertionError" in outcome.detail
