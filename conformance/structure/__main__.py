"""Prints the differences of two SavedModels: `python -m conformance.structure OURS THEIRS`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.structure import compare


def main(argv: list[str] | None = None) -> int:
    """Prints the differences; exit status 1 if one is not accepted."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.structure", description=__doc__.splitlines()[0]
    )
    parser.add_argument("ours", type=Path)
    parser.add_argument("theirs", type=Path)
    parser.add_argument("--accepted", action="store_true", help="show the accepted differences too")
    options = parser.parse_args(argv)
    found = compare(options.ours, options.theirs)
    open_ones = [d for d in found if not d.accepted]
    for difference in open_ones:
        print(difference)
    if options.accepted:
        for difference in found:
            if difference.accepted:
                print(f"accepted ({difference.accepted}): {difference}")
    print(f"{len(open_ones)} differences, and {len(found) - len(open_ones)} accepted ones")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
