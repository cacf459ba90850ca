"""fingerprint.pb against the parts of the SavedModel that it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kerasfmt import protos
from kerasfmt.errors import SaveError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rules import integrity

_PARTS: Final = {
    "saved_model_checksum": "saved_model.pb",
    "graph_def_program_hash": "the graph",
    "signature_def_hash": "the signatures",
    "saved_object_graph_hash": "the functions of the objects",
    "checkpoint_hash": "variables.index",
}


def check_fingerprint(findings: Findings, directory: Path, saved: Any) -> None:
    """Checks the fingerprint, if there is one.

    A checksum of the whole file is compared only where kerasfmt makes one: of files up to 256 KiB.

    Args:
      findings: what was found.
      directory: of the SavedModel.
      saved: saved_model.pb.
    """
    path = directory / layout.FINGERPRINT
    if not path.is_file() or not saved.meta_graphs:
        return
    with findings.attempt(layout.FINGERPRINT, rules={SaveError: integrity.FINGERPRINT}):
        stated = protos.parse(protos.FingerprintDef, path.read_bytes(), str(path))
        index = directory / layout.VARIABLES_INDEX
        made = fingerprint(saved, protos.serialize(saved), index.read_bytes() if index.is_file() else b"")
        for field, part in _PARTS.items():
            expected, got = getattr(stated, field), getattr(made, field)
            if expected and got and expected != got:
                text = f"{field}: expected {expected:#x}, got {got:#x} from {part}"
                findings.add(integrity.FINGERPRINT, text, layout.FINGERPRINT)
        findings.checked["fingerprints"] += 1
