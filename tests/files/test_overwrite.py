"""What stands at a path is replaced where that is allowed, or where the person at the terminal agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt.errors import TargetExistsError
from kerasfmt.files.overwrite import may_write


class Terminal:
    def isatty(self) -> bool:
        return True


def test_nobody_is_asked_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert may_write(tmp_path / "new", overwrite=False)
    assert may_write(tmp_path, overwrite=True)


def test_without_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path, tmp_path / "broken"):
        with pytest.raises(TargetExistsError, match="already exists, and overwrite is False"):
            may_write(path, overwrite=False)


@pytest.mark.parametrize(("answers", "agreed"), [(["y"], True), ([" N "], False), (["", "what?", "Y"], True)])
def test_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str], agreed: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answers[len(asked) - 1])
    assert may_write(tmp_path, overwrite=False) is agreed
    assert len(asked) == len(answers)
    assert f"{tmp_path} already exists - overwrite?" in asked[0]


def test_the_question_holds_nothing_that_a_terminal_obeys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    (tmp_path / "\x1b[2J日").touch()
    assert not may_write(tmp_path / "\x1b[2J日", overwrite=False)
    assert rf"{tmp_path}/\x1b[2J日 already exists" in asked[0]
