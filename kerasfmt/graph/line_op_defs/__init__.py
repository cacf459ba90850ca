"""The definitions of all ops of TensorFlow, as its lines 2.15 and 2.21 have them.

`op_defs` has what graphs are made of here. These are for graphs that others made, and for other lines than 2.15.

    2.15.binpb.gz    an OpList, packed: every op of that line
    2.21.binpb.gz    the ops that this line adds, or defines in another way

`tools/extract_line_op_defs.py` writes them from installed TensorFlows.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from kerasfmt import protos

Line: TypeAlias = Literal["2.15", "2.21"]
LINES: Final[tuple[Line, ...]] = ("2.15", "2.21")
"""The lines, the oldest first."""


@cache
def ops_of(line: Line) -> Mapping[str, protos.OpDef]:
    """The definitions of a line's ops, by name."""
    found: dict[str, protos.OpDef] = {}
    for each in LINES[: LINES.index(line) + 1]:
        packed = Path(__file__).with_name(f"{each}.binpb.gz").read_bytes()
        found |= {op.name: op for op in protos.OpList.FromString(gzip.decompress(packed)).op}
    return MappingProxyType(found)


def newest(op: str) -> protos.OpDef | None:
    """The definition of an op in the newest line; None if TensorFlow has no such op."""
    return ops_of(LINES[-1]).get(op)
