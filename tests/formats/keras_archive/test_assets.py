"""Files of layers in archives; what is in them is tested with the layers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Dense, StringLookup


def model(*words: list[str]) -> kerasfmt.Model:
    """A model with a lookup that learned each list of words, the second one in a model inside."""
    inputs = kerasfmt.Input((2,), dtype="string", name="x")
    outputs = []
    for number, learned in enumerate(words):
        layer = StringLookup()
        layer.adapt(learned)
        if number:
            inside = kerasfmt.Input((2,), dtype="string")
            outputs.append(kerasfmt.Model(inside, layer(inside))(inputs))
        else:
            outputs.append(layer(inputs))
    return kerasfmt.Model(inputs, outputs)


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("assets/")}


@pytest.mark.parametrize("save_format", ["keras", "tf_keras"])
def test_each_layer_has_its_file(save_format: str, tmp_path: Path) -> None:
    before = model(["a", "b", "a"], ["c"])
    kerasfmt.save_model(before, tmp_path / "m.keras", save_format=save_format)
    assert members(tmp_path / "m.keras") == {
        "assets/layers/string_lookup/vocabulary.txt": b"[UNK]\na\nb",
        "assets/layers/functional/layers/string_lookup/vocabulary.txt": b"[UNK]\nc",
    }
    after = kerasfmt.load_model(tmp_path / "m.keras")
    x = np.array([["a", "c"]])
    for ours, theirs in zip(after.predict(x), before.predict(x), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_keras_3_does_not_name_files(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n")
    inputs = kerasfmt.Input((2,), dtype="string", name="x")
    before = kerasfmt.Model(inputs, StringLookup(vocabulary=str(words))(inputs))
    kerasfmt.save_model(before, tmp_path / "m.keras")
    assert members(tmp_path / "m.keras") == {"assets/layers/string_lookup/vocabulary.txt": b"[UNK]\na\nb"}
    after = kerasfmt.load_model(tmp_path / "m.keras")
    assert np.asarray(after.predict(np.array([["b", "x"]]))).tolist() == [[2, 0]]


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("assets/layers/string_lookup/words.txt", r"expected a file vocabulary.txt"),
        ("assets/layers/dense/vocabulary.txt", r"expected no files that belong to it"),
        ("assets/layers/other/vocabulary.txt", r"expected no files at assets/layers/other"),
    ],
)
def test_a_file_of_no_layer_is_refused(member: str, text: str, tmp_path: Path) -> None:
    inputs = kerasfmt.Input((2,), dtype="string", name="x")
    numbers = kerasfmt.Input((2,), name="y")
    layer = StringLookup()
    layer.adapt(["a"])
    kerasfmt.save_model(
        kerasfmt.Model([inputs, numbers], [layer(inputs), Dense(1)(numbers)]), tmp_path / "m.keras"
    )
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as archive:
        archive.writestr(member, b"a")
    with pytest.raises(InvalidModelError, match=text):
        kerasfmt.load_model(tmp_path / "m.keras")
