"""What the functions of a SavedModel capture: tables, assets, constants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import CorruptFileError, GraphError, InvalidModelError, UnsafeFileError
from kerasfmt.formats.saved_model.captured import Captured, asset_path, decoder_of
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.graph import Table
from tests.formats.saved_model.saved import save
from tests.formats.saved_model.stored_edits import edit_saved_model


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A model with a table from constants, one from a file, and one that a checkpoint holds."""
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n")
    adapted = layers.StringLookup(name="adapted")
    adapted.adapt(np.array([["c"], ["c"], ["d"]], object))
    x = kerasfmt.Input((1,), dtype="string", name="x")
    listed = layers.StringLookup(vocabulary=str(words), name="listed")
    model = kerasfmt.Model(x, [adapted(x), listed(x)], name="m")
    yield save(model, tmp_path / "m").directory
    kerasfmt.clear_session()


def captured(directory: Path) -> Captured:
    stored = open_saved_model(directory)
    return Captured(stored, decoder_of(stored))


def number(found: Captured, *path: str) -> int:
    place: Any = found.stored.root
    for name in path:
        place = place.child(name)
    return int(place.number)


def content(table: Table) -> list[list[Any]]:
    return [part.tolist() for part in table.first_content().export()]


def test_tables_are_filled_as_the_file_says(directory: Path) -> None:
    found = captured(directory)
    learned = found.table(number(found, "layer-1", "lookup_table"))
    assert content(learned) == [[b"c", b"d"], [1, 2]]
    assert not learned.mutable
    listed = found.table(number(found, "layer-2", "lookup_table"))
    assert not found.files
    assert content(listed) == [[b"a", b"b"], [1, 2]]
    assert list(found.files.values()) == [b"a\nb\n"]
    counts = found.table(number(found, "layer-1", "token_counts"))
    assert (counts.mutable, content(counts)) == (True, [[], []])
    assert found.table(number(found, "layer-1", "token_counts")) is counts
    (key,) = found.tables
    assert found.tables[key] is counts
    assert f"{key}-keys" in (found.stored.variables or {})


def test_the_functions_that_fill_tables(directory: Path) -> None:
    found = captured(directory)
    signature = found.stored.root.child("signatures").child("serving_default")  # type: ignore[union-attr]
    name = signature.object.message.bare_concrete_function.concrete_function_name  # type: ignore[union-attr]
    assert len(found.initializers([name, "none"])) == 2


@pytest.mark.parametrize("name", ["", ".", "..", "../saved_model.pb", "a/b", "/etc/passwd", "a\0b"])
def test_assets_lie_in_their_folder(name: str) -> None:
    with pytest.raises(UnsafeFileError, match="expected a name in its folder assets"):
        asset_path("d", name)
    assert asset_path("d", "words.txt") == Path("d") / "assets" / "words.txt"


def _run_listed(directory: Path) -> None:
    found = captured(directory)
    found.table(number(found, "layer-2", "lookup_table")).first_content()


def test_assets_that_are_not_there(directory: Path) -> None:
    (directory / "assets" / "words.txt").unlink()
    with pytest.raises(InvalidModelError, match=r"words\.txt: an asset that cannot be read"):
        _run_listed(directory)
    edit_saved_model(directory, lambda meta: meta.ClearField("asset_file_def"))
    with pytest.raises(CorruptFileError, match="is asset 0, where there are 0"):
        _run_listed(directory)


def test_what_is_no_table(directory: Path) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if node.op == "HashTableV2":
                    node.op = "VarHandleOp"
                    node.attr["dtype"].type = 1
                    node.attr["shape"].shape.SetInParent()
                    for name in ("key_dtype", "value_dtype"):
                        node.attr.pop(name)
                for index, tensor in enumerate(node.input):
                    node.input[index] = tensor.replace(":table_handle:", ":resource:")
            for name, tensor in function.ret.items():
                function.ret[name] = tensor.replace(":table_handle:", ":resource:")

    edit_saved_model(directory, change)
    with pytest.raises(GraphError, match="only resource that is read, got a resource of the op VarHandleOp"):
        _run_listed(directory)
    found = captured(directory)
    with pytest.raises(GraphError, match="only resource that is read, got nothing"):
        found.table(number(found, "layer-1"))


def test_a_table_whose_values_are_not_in_the_checkpoint(directory: Path) -> None:
    found = captured(directory)
    at = number(found, "layer-1", "token_counts")
    found.stored.checkpointed[found.stored.checkpoint_numbers[at]].message.attributes[
        0
    ].checkpoint_key = "none"
    with pytest.raises(InvalidModelError, match="expected keys and values in the checkpoint at 'none'"):
        found.table(at)
