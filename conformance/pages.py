"""The parts of the README, and of pages like it, that programs write."""

from __future__ import annotations

from pathlib import Path

from conformance.environments import ROOT

README = ROOT / "README.md"


def replace_part(part: str, program: str, text: str, page: Path = README) -> None:
    """Puts `text` between the markers of `part`; `program` is what the opening one names as its writer.

    Raises:
      SystemExit: The page lacks a marker, or they are not in order. Nothing is written then.
    """
    begin, end = f"<!-- {part}: written by {program} -->", f"<!-- {part}: end -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{page.name}: expected the markers {begin} and {end}")
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
