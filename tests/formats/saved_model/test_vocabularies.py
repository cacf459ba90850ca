"""Lookups whose vocabularies lie in the tables of a SavedModel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.saved_model.reader import load
from kerasfmt.formats.saved_model.vocabularies import without_path
from kerasfmt.ir import Model
from kerasfmt.ir.asset import TextFile
from tests.formats.format_tests import files
from tests.formats.saved_model.saved import save
from tests.formats.saved_model.stored_edits import edit_saved_model, edit_variables

WORDS = np.array([["b"], ["a"], ["b"], ["c\n"]], object)


@pytest.fixture(autouse=True)
def _session() -> Iterator[None]:
    yield
    kerasfmt.clear_session()


def _model(layer: Any, dtype: str = "string") -> Model:
    x = kerasfmt.Input((1,), dtype=dtype, name="x")
    return Model(x, layer(x), name="m")


def _adapted(layer: Any, data: Any = WORDS) -> Any:
    layer.adapt(data)
    return layer


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda: _adapted(layers.StringLookup()), WORDS),
        (lambda: _adapted(layers.StringLookup(mask_token="", num_oov_indices=2)), WORDS),
        (lambda: _adapted(layers.StringLookup(output_mode="tf_idf")), WORDS),
        (lambda: _adapted(layers.IntegerLookup(), np.array([[7], [-5], [7]])), np.array([[7], [-5], [0]])),
        (lambda: _adapted(layers.TextVectorization()), WORDS),
        (lambda: _adapted(layers.TextVectorization(output_mode="tf_idf")), WORDS),
    ],
)
def test_what_was_learned_comes_back(tmp_path: Path, make: Any, x: Any) -> None:
    layer = make()
    model = _model(layer, "string" if x.dtype == object else "int64")
    directory = save(model, tmp_path / "m").directory
    kerasfmt.clear_session()  # the lookup of a TextVectorization gets its first name again
    again = load(directory)
    assert again.layers[-1].get_vocabulary() == layer.get_vocabulary()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.asarray(again.predict(x)), np.asarray(model.predict(x)))
    assert again.get_config() == model.get_config()
    written, first = files(save(again, tmp_path / "again").directory), files(directory)
    for each in (written, first):
        del each["keras_metadata.pb"]  # it says which batch the layer was adapted to
    assert written == first


def test_what_is_not_adapted_stays_so(tmp_path: Path) -> None:
    directory = save(_model(layers.StringLookup()), tmp_path / "m").directory
    layer = load(directory).layers[-1]
    assert isinstance(layer, layers.StringLookup)
    assert layer.lookup_table.initializer is None


@pytest.mark.parametrize("invert", [False, True])
def test_a_vocabulary_in_an_asset(tmp_path: Path, invert: bool) -> None:
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n")
    model = _model(layers.StringLookup(vocabulary=str(words), invert=invert), "int64" if invert else "string")
    directory = save(model, tmp_path / "m").directory
    words.write_text("another\n")  # the path in the config is not opened
    again = load(directory)
    layer = again.layers[-1]
    assert isinstance(layer, layers.StringLookup)
    assert isinstance(layer.lookup_table.initializer, TextFile)
    assert layer.get_vocabulary() == ["[UNK]", "a", "b"]
    assert layer.vocabulary is None
    x = np.array([[2], [0]]) if invert else np.array([["b"], ["c"]], object)
    np.testing.assert_array_equal(np.asarray(again.predict(x)), np.asarray(model.predict(x)))
    kerasfmt.save_model(again, tmp_path / "m.keras")
    assert kerasfmt.load_model(tmp_path / "m.keras").layers[-1].get_vocabulary() == ["[UNK]", "a", "b"]  # type: ignore[attr-defined]
    assert (save(again, tmp_path / "again").directory / "assets" / "words.txt").read_text() == "a\nb\n"


def test_a_path_in_a_config() -> None:
    assert without_path({"vocabulary": "w.txt", "a": 1}) == {
        "vocabulary": None, "has_input_vocabulary": True, "a": 1,
    }  # fmt: skip
    assert without_path({"vocabulary": ["w"]}) == {"vocabulary": ["w"]}


def _at(meta: Any, *path: str) -> Any:
    node = meta.object_graph_def.nodes[0]
    for name in path:
        node = meta.object_graph_def.nodes[{c.local_name: c.node_id for c in node.children}[name]]
    return node


def test_a_mutable_table_of_an_older_keras(tmp_path: Path) -> None:
    """The tokens lie in the checkpoint, in the order of a hash table."""
    directory = save(_model(_adapted(layers.StringLookup(mask_token=""))), tmp_path / "m").directory

    def change(meta: Any) -> None:
        layer = _at(meta, "layer-1")
        numbers = {child.local_name: child for child in layer.children}
        counts = numbers["token_counts"].node_id
        numbers["lookup_table"].local_name = "_counts"
        layer.children.add(local_name="_table", node_id=counts)

    edit_saved_model(directory, change)
    end = "token_counts/.ATTRIBUTES/table"

    def fill(held: dict[str, Any]) -> Any:
        for key in held:
            if key.endswith(f"{end}-keys"):
                held[key] = np.array([b"y", b"z", b"x", b""], object)
            if key.endswith(f"{end}-values"):
                held[key] = np.array([3, 4, 2, 0])
        return held.items()

    edit_variables(directory, fill)
    assert load(directory).layers[-1].get_vocabulary() == ["", "[UNK]", "x", "y", "z"]  # type: ignore[attr-defined]


def test_a_layer_without_its_table(tmp_path: Path) -> None:
    directory = save(_model(_adapted(layers.StringLookup())), tmp_path / "m").directory

    def change(meta: Any) -> None:
        for child in _at(meta, "layer-1").children:
            if child.local_name == "lookup_table":
                child.local_name = "other"

    edit_saved_model(directory, change)
    with pytest.raises(
        InvalidModelError, match=r"layer string_lookup \(StringLookup\): expected a table with its"
    ):
        load(directory)


def test_numbers_that_are_not_those_of_a_vocabulary(tmp_path: Path) -> None:
    directory = save(_model(_adapted(layers.StringLookup())), tmp_path / "m").directory

    def change(meta: Any) -> None:
        for node in meta.graph_def.node:
            tensor = node.attr["value"].tensor
            if node.op == "Const" and tensor.dtype == 9 and tensor.tensor_content:
                tensor.tensor_content = np.array([1, 2, 9]).tobytes()

    edit_saved_model(directory, change)
    with pytest.raises(
        InvalidModelError, match="expected a token for each number from 1 on, got 3 with numbers"
    ):
        load(directory)
