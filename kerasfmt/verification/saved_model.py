"""The checks of a SavedModel: its directory, its graphs, its objects, its checkpoint, and how they fit together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasfmt import protos
from kerasfmt.containers.tensorbundle.reader import Bundle
from kerasfmt.errors import CorruptFileError
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY
from kerasfmt.formats.checkpoint.object_records import ObjectRecord, decode_records, read_records
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.stored import StoredModel, read_message
from kerasfmt.verification.checkpoint import check_bundle, check_values
from kerasfmt.verification.files import check_directory
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.fingerprints import check_fingerprint
from kerasfmt.verification.graph import GraphCheck
from kerasfmt.verification.graph_safety import SafetyCheck
from kerasfmt.verification.metadata import check_metadata
from kerasfmt.verification.rules import consistency
from kerasfmt.verification.signatures import check_assets, check_signatures
from kerasfmt.verification.variables import check_named_variables, check_variables


def check_saved_model(findings: Findings, directory: Path) -> bool:
    """Checks everything in a directory; whether Keras says what the layers of the model are.

    Args:
      findings: what was found.
      directory: of the SavedModel.
    """
    saved = None
    with findings.attempt(layout.SAVED_MODEL):
        saved = read_message(protos.SavedModel, directory / layout.SAVED_MODEL)
    named = _assets(saved)
    check_directory(
        findings,
        directory,
        layout.PATTERNS,
        {f"{layout.ASSETS}/{name}" for name in named},
        layout.ASSETS_EXTRA,
    )
    bundle = None
    if (directory / layout.VARIABLES_INDEX).exists():
        bundle = check_bundle(findings, directory / layout.VARIABLES, layout.VARIABLES)
    if saved is None:
        return False
    if not saved.meta_graphs:
        findings.add(consistency.OBJECTS, "holds no graph", layout.SAVED_MODEL)
        return False
    check_fingerprint(findings, directory, saved)
    described = False
    for meta in saved.meta_graphs:
        described |= _check_graph(findings, directory, saved, meta, bundle)
    return described


def _assets(saved: Any) -> set[str]:
    graphs = [] if saved is None else saved.meta_graphs
    return {asset.filename for meta in graphs for asset in meta.asset_file_def}


def _check_graph(findings: Findings, directory: Path, saved: Any, meta: Any, bundle: Bundle | None) -> bool:
    """Checks one graph; whether Keras says what its layers are."""
    file = layout.SAVED_MODEL
    objects: Sequence[ObjectRecord] = ()
    with findings.attempt(file, "object graph", {CorruptFileError: consistency.OBJECTS}):
        if meta.object_graph_def.nodes:
            objects = decode_records(meta.object_graph_def.nodes, "object graph")
    findings.checked["objects"] += len(objects)
    graph = GraphCheck(findings, meta.graph_def, meta.meta_info_def.stripped_op_list.op, file)
    with findings.attempt(file):
        graph.run()
    with findings.attempt(file):
        SafetyCheck(findings, graph, meta, file).run()
    with findings.attempt(file):
        check_signatures(findings, meta, graph, objects, file)
    present = {path.name for path in (directory / layout.ASSETS).glob("*")} if meta.asset_file_def else set()
    check_assets(findings, meta, present, file)
    if not objects:
        with findings.attempt(file):
            check_named_variables(findings, graph.main.nodes, bundle, file)
        return False
    return _check_objects(findings, directory, saved, meta, objects, bundle)


def _check_objects(
    findings: Findings,
    directory: Path,
    saved: Any,
    meta: Any,
    objects: Sequence[ObjectRecord],
    bundle: Bundle | None,
) -> bool:
    """Checks the objects of TensorFlow 2; whether Keras says what the layers are."""
    checkpointed: Sequence[ObjectRecord] = ()
    with findings.attempt(layout.VARIABLES_INDEX, OBJECT_GRAPH_KEY, {CorruptFileError: consistency.OBJECTS}):
        checkpointed = (read_records(bundle) if bundle is not None else None) or ()
    texts = None
    if (directory / layout.KERAS_METADATA).exists():
        with findings.attempt(layout.KERAS_METADATA):
            texts = read_message(protos.KerasSavedMetadata, directory / layout.KERAS_METADATA)
    described = check_metadata(findings, texts, objects, layout.SAVED_MODEL, _assets(saved))
    stored = StoredModel(str(directory), saved, texts, meta, objects, described, bundle, checkpointed)
    with findings.attempt(layout.SAVED_MODEL):
        check_variables(findings, stored, layout.SAVED_MODEL)
    if bundle is not None and checkpointed:
        check_values(findings, bundle, checkpointed, layout.VARIABLES_INDEX)
    return bool(described)
