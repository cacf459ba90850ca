"""Compares two SavedModel directories part by part: `python -m conformance.structure OURS THEIRS`.

Numbers that only say in which order things were written (node ids, function name suffixes, shared object
ids) are replaced by what they mean: the path of an object below the root. Everything else must be equal, or
be listed in `rules.ACCEPTED` with the reason. Needs protobuf messages and the TensorBundle reader,
not TensorFlow.
"""

from __future__ import annotations

from pathlib import Path

from conformance.structure.artefact import Artefact
from conformance.structure.checkpoint import checkpoint
from conformance.structure.meta_graph import files, graph, meta_graph, signatures
from conformance.structure.metadata import keras_metadata
from conformance.structure.objects import object_graph
from conformance.structure.rules import Difference

__all__ = ["Difference", "compare"]


def compare(ours: Path | str, theirs: Path | str) -> list[Difference]:
    """Every difference between two SavedModels, the accepted ones included.

    Raises:
      FileNotFoundError: One of them has no `saved_model.pb`.
    """
    a, b = Artefact(Path(ours)), Artefact(Path(theirs))
    parts = (files, meta_graph, signatures, object_graph, checkpoint, keras_metadata, graph)
    return [difference for part in parts for difference in part(a, b)]
