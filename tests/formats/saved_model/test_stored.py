"""What a SavedModel's files state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt import limits, protos
from kerasfmt.containers import tensorbundle
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY
from kerasfmt.formats.saved_model.stored import decode_metadata, open_saved_model
from tests.formats.saved_model.saved import compiled, save
from tests.formats.saved_model.stored_edits import (
    edit_checkpoint_objects,
    edit_saved_model,
    with_metadata_inside,
)
from tests.growth import assert_linear


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return save(compiled(), tmp_path / "m").directory


def test_objects_texts_and_variables(directory: Path) -> None:
    root = open_saved_model(directory).root
    assert root.described["name"] == "small"
    assert root.identifier == "_tf_keras_network"
    layer = root.child("layer_with_weights-1")
    assert layer is not None
    assert layer.described["name"] == "shared"
    assert [child.variable.name for child in layer.variables] == ["shared/kernel", "shared/bias"]
    assert layer.variables[0].tensor.shape == (3, 3)
    assert layer.where == f"{directory}: root.layer_with_weights-1"
    assert layer.child("none") is None


def test_texts_of_early_keras_lie_in_the_objects(directory: Path) -> None:
    before = open_saved_model(directory).described
    with_metadata_inside(directory)
    after = open_saved_model(directory).described
    assert {n: (m.identifier, m.content) for n, m in after.items()} == {
        n: (m.identifier, m.content) for n, m in before.items()
    }


def test_the_checkpoint_may_number_its_objects_otherwise(directory: Path) -> None:
    expected = [np.array(place.tensor) for place in _variables(directory)]

    def reverse(graph: Any) -> None:
        count = len(graph.nodes)
        nodes = list(graph.nodes)
        numbers = [0, *range(count - 1, 0, -1)]
        for node in nodes:
            for child in node.children:
                child.node_id = numbers[child.node_id]
        held = [nodes[number].SerializeToString() for number in numbers]
        del graph.nodes[:]
        for data in held:
            graph.nodes.add().MergeFromString(data)

    edit_checkpoint_objects(directory, reverse)
    for place, array in zip(_variables(directory), expected, strict=True):
        np.testing.assert_array_equal(place.tensor, array)


def _variables(directory: Path) -> list[Any]:
    listed = open_saved_model(directory).root.child("variables")
    assert listed is not None
    return listed.variables


def test_nothing_and_missing_files(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="none: expected a SavedModel"):
        open_saved_model(tmp_path / "none")
    (directory / "saved_model.pb").rename(directory / "saved_model.pbtxt")
    with pytest.raises(UnsupportedFormatError, match="in text form is not read"):
        open_saved_model(directory)
    (directory / "saved_model.pbtxt").unlink()
    with pytest.raises(MissingFileError, match=r"saved_model\.pb: expected a file, got nothing"):
        open_saved_model(directory)


@pytest.mark.parametrize("name", ["saved_model.pb", "keras_metadata.pb", "variables/variables.index"])
@pytest.mark.parametrize("content", [b"\xff", b"\x0a\xff", b"hello"])
def test_files_of_something_else(directory: Path, name: str, content: bytes) -> None:
    (directory / name).write_bytes(content)
    with pytest.raises(CorruptFileError, match=name.rpartition("/")[2].replace(".", r"\.")):
        open_saved_model(directory)


def test_a_directory_in_the_place_of_a_file(directory: Path) -> None:
    (directory / "keras_metadata.pb").unlink()
    (directory / "keras_metadata.pb").mkdir()
    with pytest.raises(MissingFileError, match=r"keras_metadata\.pb: expected a file"):
        open_saved_model(directory)


def test_the_graph_is_chosen_by_its_tag(directory: Path) -> None:
    path = directory / "saved_model.pb"
    saved = protos.SavedModel.FromString(path.read_bytes())
    other = saved.meta_graphs.add()
    other.meta_info_def.tags.append("train")
    path.write_bytes(saved.SerializeToString())
    assert open_saved_model(directory).root.described["name"] == "small"
    assert not open_saved_model(directory, "train").objects
    with pytest.raises(
        UnsupportedFormatError, match=r"expected one graph with the tags \['gpu'\], got 0 among 2"
    ):
        open_saved_model(directory, "gpu")
    path.write_bytes(b"")
    with pytest.raises(UnsupportedFormatError, match="got 0 among 0"):
        open_saved_model(directory)


def test_objects_that_are_not_there(directory: Path) -> None:
    def change(meta: Any) -> None:
        meta.object_graph_def.nodes[0].children[0].node_id = 10**6

    edit_saved_model(directory, change)
    with pytest.raises(
        CorruptFileError,
        match=r"object graph: object 0: expected the number of one of \d+ objects, got 1000000",
    ):
        open_saved_model(directory)


def test_what_has_no_value(directory: Path) -> None:
    root = open_saved_model(directory).root
    with pytest.raises(InvalidModelError, match="root: expected a variable with a value, got none"):
        _ = root.tensor

    def change(graph: Any) -> None:
        for node in graph.nodes:
            del node.attributes[:]

    edit_checkpoint_objects(directory, change)
    with pytest.raises(InvalidModelError, match=r"root\.variables\.0: expected its value in the checkpoint"):
        _ = _variables(directory)[0].tensor


def _entries(*changes: dict[str, Any]) -> Any:
    found = protos.KerasSavedMetadata()
    for change in changes:
        found.nodes.add(**{"node_id": 0, "node_path": "root", "metadata": "{}", **change})
    return found.nodes


@pytest.mark.parametrize(
    ("entries", "error", "said"),
    [
        ([{"node_id": 3}], CorruptFileError, "got one for object 3"),
        ([{"node_id": -1}], CorruptFileError, "got one for object -1"),
        ([{}, {}], CorruptFileError, "got another for object 0"),
        ([{"metadata": "["}], CorruptFileError, r"f: object 0 \(root\): expected JSON"),
        ([{"metadata": "[1]"}], CorruptFileError, "expected a JSON object, got list"),
        ([{"metadata": '{"a":' * 300 + "1" + "}" * 300}], UnsafeFileError, "nested deeper"),
        (
            [{"version": {"min_consumer": 3}}],
            UnsupportedFormatError,
            "metadata for readers from version 3 on",
        ),
    ],
)
def test_metadata_that_is_refused(entries: list[dict[str, Any]], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        decode_metadata(_entries(*entries), 3, "f")


def test_the_cost_of_metadata_is_counted() -> None:
    entries = _entries({"metadata": '{"a": "' + "x" * 1000 + '"}'})
    with limits.limited() as allowance:
        allowance.left = 1000.0
        with pytest.raises(UnsafeFileError, match="takes"):
            decode_metadata(entries, 3, "f")


def test_opening_is_linear_in_the_objects(tmp_path: Path) -> None:
    def make(count: int) -> Callable[[], object]:
        path = tmp_path / str(count)
        (path / "variables").mkdir(parents=True)
        saved = protos.SavedModel()
        nodes = saved.meta_graphs.add().object_graph_def.nodes
        texts, checkpointed = protos.KerasSavedMetadata(), protos.TrackableObjectGraph()
        for number in range(count):
            node = nodes.add()
            node.variable.name = f"v{number}"
            nodes[0].children.add(node_id=number, local_name=f"c{number}")
            node.children.add(node_id=0, local_name="root")
            texts.nodes.add(node_id=number, metadata='{"name": "a"}')
            checkpointed.nodes.add()
            checkpointed.nodes[0].children.add(node_id=number, local_name=f"c{number}")
        (path / "saved_model.pb").write_bytes(saved.SerializeToString())
        (path / "keras_metadata.pb").write_bytes(texts.SerializeToString())
        held = np.array(checkpointed.SerializeToString(), object)
        tensorbundle.write(path / "variables" / "variables", [(OBJECT_GRAPH_KEY, held)])
        return lambda: open_saved_model(path).checkpoint_numbers

    assert_linear(make, 200)


def test_looking_at_the_children_of_one_object_again_and_again_is_counted(directory: Path) -> None:
    with limits.limited() as allowance:
        root = open_saved_model(directory).root
        allowance.left = 10 * limits.EDGE_COST * len(root.object.children)
        with pytest.raises(UnsafeFileError, match="root: takes"):
            for _ in range(11):
                _ = root.children
