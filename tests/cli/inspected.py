"""What `kerasfmt inspect --json` says, checked against its schema."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from kerasfmt import cli
from tests.formats.schema import validate


def inspected(path: Path, *options: str) -> dict[str, Any]:
    """The JSON that the command prints; it is ASCII, and of the schema."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert cli.main(["inspect", str(path), "--json", *options]) == 0
    assert said.getvalue().isascii()
    found: dict[str, Any] = json.loads(said.getvalue())
    validate(found)
    return found
