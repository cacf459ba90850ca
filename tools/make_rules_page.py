"""Writes RULES.md from the rules of `kerasfmt verify`."""

from __future__ import annotations

from pathlib import Path

from kerasfmt.verification.page import page

if __name__ == "__main__":
    (Path(__file__).resolve().parent.parent / "RULES.md").write_text(page(), encoding="utf-8")
