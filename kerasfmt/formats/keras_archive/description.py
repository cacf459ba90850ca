"""A readable description of a `.keras` archive."""

from __future__ import annotations

from pathlib import Path

from kerasfmt.formats.description import Description, byte_size, model_line, rows_of
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.reader import open_archive


def describe(path: Path) -> Description:
    """The objects of the model in an archive, by the paths of their variables.

    Raises:
      KerasfmtError: as `open_archive` does.
    """
    stored = open_archive(path)
    groups = [
        (owner or "(model)", sorted(held.items(), key=lambda item: (len(item[0]), item[0])))
        for owner, held in sorted(stored.variables.items())
    ]
    members = ", ".join(f"{member} ({byte_size(size)})" for member, size in stored.members.items())
    return Description(
        (
            f"{path}: .keras archive, {byte_size(path.stat().st_size)}",
            model_line(stored.config, stored.keras_version),
            f"members: {members}",
            f"compiled: {'yes' if stored.config.get('compile_config') else 'no'}, "
            f"{len(stored.variables.get(layout.OPTIMIZER, {})):,} optimizer variables",
        ),
        rows_of(groups, {}),
        owners="object",
        weights="variables",
    )
