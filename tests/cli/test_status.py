"""The exit statuses are stated wherever a user looks for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kerasfmt import cli
from kerasfmt.cli import status

README = Path(__file__).parents[2] / "README.md"


def test_they_differ() -> None:
    assert (status.DONE, status.NO, status.WRONG, status.FAILED) == (0, 1, 2, 3)


@pytest.mark.parametrize("command", [[], ["convert"], ["inspect"], ["diff"]])
def test_help_lists_them(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([*command, "--help"])
    assert status.HELP.strip() in capsys.readouterr().out


def test_the_readme_lists_them() -> None:
    text = README.read_text(encoding="utf-8")
    found = re.findall(r"^\| (\d) \| ", text, re.MULTILINE)
    assert found == [str(each) for each in (status.DONE, status.NO, status.WRONG, status.FAILED)]
