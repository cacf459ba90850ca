"""Tables of features: what each column becomes, learning, and files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import CategoryEncoding, Dense, FeatureSpace, Hashing, TFDIdentity

TABLE = {
    "age": np.array([1.0, 2.0, 3.0, 6.0], np.float32),
    "size": np.array([0.5, 1.5, 2.5, 3.5], np.float32),
    "town": np.array(["Rome", "Oslo", "Rome", "Bern"]),
    "code": np.array([7, 9, 7, 5], np.int32),
}


def space(**options: Any) -> FeatureSpace:
    features = {
        "age": "float_normalized",
        "size": FeatureSpace.float_discretized(2, name="size"),
        "town": "string_categorical",
        "code": "integer_categorical",
    }
    made = FeatureSpace(features, crosses=[("town", "code")], crossing_dim=3, **options)
    made.adapt(TABLE)
    return made


def test_one_vector() -> None:
    made = space()
    found = made.predict(TABLE)
    assert found.shape == (4, 1 + 4 + 2 + 4 + 3)  # age, code, size, town, and the cross, by name
    np.testing.assert_allclose(found[:, 0], (TABLE["age"] - 3) / np.sqrt(3.5), rtol=1e-6)
    assert found[:, 1:5].sum(1).tolist() == [1] * 4 and found[:, 1].tolist() == [0] * 4
    bins = found[:, 5:7]
    assert bins.sum(1).tolist() == [1] * 4 and bins[0, 0] == bins[3, 1] == 1
    assert found[[0, 2], 8].tolist() == [1, 1]  # Rome came most often
    assert found[0, 11:].tolist() == found[2, 11:].tolist()


def test_a_dict_of_features() -> None:
    features = {"town": FeatureSpace.string_categorical(output_mode="int"), "age": "float"}
    made = FeatureSpace(features, output_mode="dict")
    made.adapt(TABLE)
    found = made.predict(TABLE)
    assert sorted(found) == ["age", "town"]
    assert found["town"].ravel().tolist()[:3:2] == [1, 1]
    assert found["age"].ravel().tolist() == [1, 2, 3, 6]


def test_what_has_nothing_to_learn_needs_no_data() -> None:
    made = FeatureSpace(
        {
            "size": FeatureSpace.float_rescaled(2.0, 1.0),
            "town": FeatureSpace.string_hashed(3),
            "code": FeatureSpace.integer_hashed(2),
            "age": FeatureSpace.float_discretized(3, bin_boundaries=[1.5, 2.5]),
        }
    )
    found = made.predict(TABLE)
    assert found[:, :3].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert found[:, 5].tolist() == [2, 4, 6, 8]


def test_a_layer_of_ones_own() -> None:
    encoder = FeatureSpace.feature("int32", Hashing(2, output_mode="one_hot"), "float")
    assert FeatureSpace({"code": encoder}).predict(TABLE).shape == (4, 2)
    given = FeatureSpace.feature("int32", CategoryEncoding(10, "multi_hot"), "float")
    assert FeatureSpace({"code": given}).predict(TABLE).argmax(1).tolist() == [7, 9, 7, 5]


def test_batches_teach_what_the_whole_teaches() -> None:
    whole, parts = space(), space()
    parts.adapt([{name: column[at : at + 2] for name, column in TABLE.items()} for at in (0, 2)])
    np.testing.assert_allclose(parts.predict(TABLE), whole.predict(TABLE), rtol=1e-6)


def test_it_learns_anew() -> None:
    made = space()
    made.adapt({**TABLE, "town": np.array(["Rome"] * 4)})
    assert made.predict(TABLE).shape == (4, 1 + 4 + 2 + 2 + 3)


def test_a_model_goes_on_from_it() -> None:
    made = space()
    model = kerasfmt.Model(made.inputs_structure, Dense(2)(made.outputs[0]))
    columns = {name: column[:, None] for name, column in TABLE.items()}
    assert model.predict(columns).shape == (4, 2)


def told_in(path: Path) -> dict[str, Any]:
    """The config and the files of an archive, without its weights, which state names of encoders.

    Of a layer that keeps in its config what it learned, the shape is stated only by the one that learned.
    """
    with zipfile.ZipFile(path) as archive:
        found = {n: archive.read(n) for n in archive.namelist() if n.startswith("assets")}
        config = json.loads(archive.read("config.json"))
    del config["build_config"], config["config"]["features"]["size"]
    return {**found, "config": config}


@pytest.mark.parametrize("mode", ["concat", "dict"])
def test_archives_keep_it_as_it_is(tmp_path: Path, mode: str) -> None:
    made = space(output_mode=mode)
    kerasfmt.save_model(made, tmp_path / "m.keras")
    again = kerasfmt.load_model(tmp_path / "m.keras")
    assert isinstance(again, FeatureSpace)
    expected, found = made.predict(TABLE), again.predict(TABLE)
    for name in expected if mode == "dict" else ():
        np.testing.assert_array_equal(found[name], expected[name])
    if mode == "concat":
        np.testing.assert_array_equal(found, expected)
    kerasfmt.save_model(again, tmp_path / "again.keras")
    told, told_again = (told_in(tmp_path / name) for name in ("m.keras", "again.keras"))
    assert told == told_again and len(told) == 3


def test_other_formats_hold_a_model_of_layers(tmp_path: Path) -> None:
    made = space()
    columns = {name: column[:, None] for name, column in TABLE.items()}
    with pytest.warns(UserWarning, match="Keras 2 does not restore what it learned"):
        kerasfmt.save_model(made, tmp_path / "m.keras", save_format="tf_keras")
    again = kerasfmt.load_model(tmp_path / "m.keras")
    assert type(again).__name__ == "Functional"
    np.testing.assert_array_equal(again.predict(columns), made.predict(TABLE))
    kerasfmt.save_model(made, tmp_path / "saved")
    assert (tmp_path / "saved" / "saved_model.pb").is_file()


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no features": (lambda: FeatureSpace({}), "option features: expected features by name"),
    "an unknown type": (
        lambda: FeatureSpace({"a": "floaty"}),
        "option features: a: expected a feature or one of .*'float'.*got 'floaty'",
    ),
    "an unknown mode": (
        lambda: FeatureSpace({"a": "float"}, output_mode="list"),
        "option output_mode: expected 'concat' or 'dict'",
    ),
    "a cross of what is not there": (
        lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]),
        r"option crosses: expected names of features, got \['b'\]",
    ),
    "not adapted": (
        lambda: FeatureSpace({"a": "float_normalized"}).predict({"a": [1.0]}),
        "call adapt first",
    ),
    "saved before it is adapted": (
        lambda: kerasfmt.save_model(FeatureSpace({"a": "float_normalized"}), "nowhere"),
        "call adapt first",
    ),
    "a missing column": (lambda: space().predict({"age": [1.0]}), "expected a column 'size'"),
    "no columns": (lambda: space().predict([1.0]), "expected columns by name, got list"),
    "no rows": (lambda: space().adapt({name: column[:0] for name, column in TABLE.items()}), "have no batch"),
    "integers in a vector": (
        lambda: FeatureSpace({"a": FeatureSpace.integer_hashed(3, output_mode="int")}),
        "feature a: expected an output of numbers to join, got int64",
    ),
    "floats to encode": (
        lambda: FeatureSpace({"a": FeatureSpace.feature("float32", TFDIdentity(), "one_hot")}),
        "feature a: expected integers to encode, got float32",
    ),
    "an unknown number of categories": (
        lambda: FeatureSpace({"a": FeatureSpace.feature("int32", TFDIdentity(dtype="int32"), "one_hot")}),
        "feature a: the number of categories that a TFDIdentity gives is not known",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_feature_space(name: str) -> None:
    make, said = REFUSED[name]
    with pytest.raises(InvalidModelError, match=said):
        make()
