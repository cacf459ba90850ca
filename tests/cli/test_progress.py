"""The progress bar."""

from __future__ import annotations

import io

import pytest

from kerasfmt.cli.progress import LONG, progress_bar
from kerasfmt.containers.progress import unheard


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with progress_bar("reading", LONG) as progress:
        progress(LONG)
    assert "reading" in screen.getvalue()


@pytest.mark.parametrize(
    ("total", "quiet", "terminal"), [(LONG - 1, False, True), (LONG, True, True), (LONG, False, False)]
)
def test_nothing_is_shown_otherwise(
    monkeypatch: pytest.MonkeyPatch, total: int, quiet: bool, terminal: bool
) -> None:
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    with progress_bar("reading", total, quiet) as progress:
        assert progress is unheard
    assert screen.getvalue() == ""
