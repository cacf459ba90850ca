"""What Keras says of objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasfmt import protos
from kerasfmt.verification.rules import consistency, unsafe
from kerasfmt.verification.verify import verify
from tests.formats.saved_model.stored_edits import edit_metadata, with_metadata_inside
from tests.verification.making import rules_of, saved


def entries(directory: Path, change: Any) -> Path:
    path = directory / "keras_metadata.pb"
    held = protos.KerasSavedMetadata.FromString(path.read_bytes())
    change(held.nodes)
    path.write_bytes(held.SerializeToString())
    return directory


def test_texts_inside_of_the_objects(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    with_metadata_inside(directory)
    (directory / "fingerprint.pb").unlink()
    report = verify(directory)
    assert report.checked["described objects"] == 2
    assert report.findings == ()


def test_an_object_that_is_not_there(tmp_path: Path) -> None:
    directory = entries(saved(tmp_path), lambda nodes: setattr(nodes[1], "node_id", 999))
    assert consistency.METADATA in rules_of(verify(directory))


def test_two_texts_of_one_object(tmp_path: Path) -> None:
    directory = entries(saved(tmp_path), lambda nodes: nodes.add().CopyFrom(nodes[0]))
    report = verify(directory)
    assert any("twice" in found.message for found in report.findings)


def test_what_is_no_json(tmp_path: Path) -> None:
    directory = entries(saved(tmp_path), lambda nodes: setattr(nodes[0], "metadata", "{"))
    assert consistency.METADATA in rules_of(verify(directory))


def test_a_class_of_the_users_own(tmp_path: Path) -> None:
    directory = saved(tmp_path)

    def change(number: int, content: dict[str, Any]) -> dict[str, Any]:
        return {**content, "class_name": "MyDense"} if content["class_name"] == "Dense" else content

    edit_metadata(directory, change)
    assert unsafe.CUSTOM_OBJECT in rules_of(verify(directory))
