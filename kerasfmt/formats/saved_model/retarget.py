"""A SavedModel for an older line of TensorFlow: the same functions, signatures, variables and assets.

Source: tensorflow/python/saved_model/load.py; XlaCallModule's versions in kerasfmt/graphdef/older_line.py
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.graph_writer import write_again
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.graph.line_op_defs import Line
from kerasfmt.graphdef.older_line import Lowering
from kerasfmt.printable import printable


@dataclass(frozen=True)
class Retargeted:
    """What was changed.

    Attributes:
      removed: how many attributes were left out, by op and name.
      modules: how many StableHLO modules were written again.
    """

    removed: Mapping[str, int]
    modules: int


def retarget(source: Path, directory: Path, line: Line) -> Retargeted:
    """Writes a SavedModel for an older line of TensorFlow.

    Args:
      source: the directory of the SavedModel.
      directory: an existing, empty directory.
      line: the line that is to load it.

    Raises:
      KerasfmtError: as `load_graph_model` does.
      UnsupportedFormatError: the line lacks ops, attributes or dtypes that the graph needs.
      ImportError: a StableHLO module has to be written again, and jaxlib is not installed.
    """
    stored = open_saved_model(source)
    lowering = Lowering(line, str(source))
    for meta in stored.saved.meta_graphs:
        lowering.lower(meta.graph_def, meta.meta_info_def.stripped_op_list.op)
    left = [name for name in (layout.ASSETS_EXTRA, "debug") if (source / name).exists()]
    if left:
        warnings.warn(
            printable(f"{source}: {' and '.join(left)} are left out; copy what you need"), stacklevel=2
        )
    write_again(stored, {}, {}, directory)
    return Retargeted(lowering.removed, lowering.modules)
