from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.layers import IntegerLookup, StringLookup
from tests.layers.layer_tests import LayerTests, use

WORDS = ["a", "b", "\u00e9t\u00e9", "\U0001f40d"]


def words(*rows: list[str]) -> np.ndarray:
    return np.array(rows, object)


def predict(layer: StringLookup, x: np.ndarray) -> np.ndarray:
    inputs = kerasfmt.Input(x.shape[1:], dtype="string" if x.dtype == object else x.dtype.name)
    return np.asarray(kerasfmt.Model(inputs, layer(inputs)).predict(x))


class TestLayers(LayerTests):
    uses = [
        use(StringLookup(vocabulary=WORDS), (None, 3), gives=(None, 3), dtype="string"),
        use(
            StringLookup(vocabulary=["", "[UNK]", *WORDS], mask_token=""),
            (None, None, 2),
            gives=(None, None, 2),
            dtype="string",
        ),
        use(StringLookup(vocabulary=np.array(WORDS), dtype="int32"), (None,), gives=(None,), dtype="string"),
        use(
            StringLookup(vocabulary=WORDS, output_mode="one_hot"), (None, 1), gives=(None, 5), dtype="string"
        ),
        use(
            StringLookup(vocabulary=WORDS, output_mode="multi_hot", num_oov_indices=3),
            (None, 4),
            gives=(None, 7),
            dtype="string",
        ),
        use(
            StringLookup(vocabulary=WORDS, output_mode="count", max_tokens=9, pad_to_max_tokens=True),
            (None, 4),
            gives=(None, 9),
            dtype="string",
        ),
        use(StringLookup(vocabulary=WORDS, invert=True), (None, 4), gives=(None, 4), dtype="int64"),
        use(IntegerLookup(vocabulary=[5, -7, 1], mask_token=0), (None, 4), gives=(None, 4), dtype="int64"),
        use(
            IntegerLookup(vocabulary=np.array([5, 1]), num_oov_indices=3),
            (None, 2),
            gives=(None, 2),
            dtype="int32",
        ),
        use(
            IntegerLookup(vocabulary=[5, 1], num_oov_indices=4, oov_method="farmhash", salt=[3, 4]),
            (None, 2),
            gives=(None, 2),
            dtype="int64",
            not_in={"tf_keras": "Keras 2 has no such layer, or not with its options"},
        ),
    ]
    refused = {
        "max_tokens": (
            lambda: StringLookup(max_tokens=1, name="it"),
            "option max_tokens: expected more than 1",
        ),
        "num_oov_indices": (
            lambda: StringLookup(num_oov_indices=-1, name="it"),
            "option num_oov_indices: expected a number of at least 0, got -1",
        ),
        "output_mode": (
            lambda: StringLookup(output_mode="hot", name="it"),
            "option output_mode: expected one of ['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'], got 'hot'",
        ),
        "invert": (
            lambda: StringLookup(invert=True, output_mode="count", name="it"),
            "option invert: expected output_mode 'int' with it, got 'count'",
        ),
        "inverted without a token": (
            lambda: StringLookup(invert=True, oov_token=None, name="it"),
            "option invert: expected an oov_token",
        ),
        "sparse": (
            lambda: StringLookup(sparse=True, output_mode="count", name="it"),
            "option sparse: sparse outputs are not supported; use sparse=False",
        ),
        "idf_weights": (
            lambda: StringLookup(vocabulary=["a"], idf_weights=[1.0], name="it"),
            "option idf_weights: expected output_mode 'tf_idf' with it, got 'int'",
        ),
        "pad_to_max_tokens": (
            lambda: StringLookup(pad_to_max_tokens=True, output_mode="count", name="it"),
            "option pad_to_max_tokens: expected max_tokens with it",
        ),
        "dtype": (
            lambda: StringLookup(dtype="int16", name="it"),
            "TensorFlow has no table from string to int16",
        ),
        "dtype of hot tokens": (
            lambda: StringLookup(output_mode="count", dtype="int32", name="it"),
            "option dtype: expected a float dtype for output_mode 'count', got int32",
        ),
        "tf_idf without weights": (
            lambda: StringLookup(vocabulary=["a"], output_mode="tf_idf", name="it"),
            "option idf_weights: output_mode 'tf_idf' needs a weight for each token",
        ),
        "weights": (
            lambda: StringLookup(vocabulary=["a"], output_mode="tf_idf", idf_weights=[1.0, 2.0], name="it"),
            "option idf_weights: expected a number for each of the 1 tokens, got float64 of shape (2,)",
        ),
        "salt": (
            lambda: IntegerLookup(vocabulary=[1], salt=3, name="it"),
            "option salt: expected oov_method 'farmhash' with it",
        ),
        "vocabulary_dtype": (
            lambda: IntegerLookup(vocabulary_dtype="string", name="it"),
            "option vocabulary_dtype: expected int32 or int64, got 'string'",
        ),
        "integers": (
            lambda: IntegerLookup(vocabulary=["a"], name="it"),
            "option vocabulary: expected integers",
        ),
        "adapted again": (
            lambda: StringLookup(vocabulary=["a"], name="it").adapt(["b"]),
            "it has a vocabulary and cannot be adapted",
        ),
        "vocabulary": (
            lambda: StringLookup(vocabulary=["a", "a"], name="it"),
            "option vocabulary: 1 tokens come more than once",
        ),
        "numbers": (
            lambda: StringLookup(vocabulary=["a"], name="it")(kerasfmt.Input((3,), dtype="int32")),
            "input: expected string, got int32",
        ),
        "no vocabulary": (
            lambda: StringLookup(output_mode="count", name="it")(kerasfmt.Input((3,), dtype="string")),
            "output_mode 'count' needs a vocabulary",
        ),
    }


def test_a_file_that_the_user_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\n".join(WORDS), encoding="utf-8")
    layer = StringLookup(vocabulary=str(path))
    assert layer.vocabulary_size == 5
    assert predict(layer, words(["b", "x"])).tolist() == [[2, 0]]


def test_a_file_that_a_config_names_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a\n")
    config = StringLookup(vocabulary=str(path), name="it").get_config()
    assert config["vocabulary"] == str(path)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer it \(StringLookup\): its config names the vocabulary file"
    ):
        StringLookup.from_config(config)


def test_the_vocabulary_is_set_later() -> None:
    layer = StringLookup()
    inputs = kerasfmt.Input((2,), dtype="string")
    model = kerasfmt.Model(inputs, layer(inputs))
    with pytest.raises(kerasfmt.KerasfmtError, match="nothing has filled it yet"):
        model.predict(words(["a", "b"]))
    layer.set_vocabulary(["b"])
    assert np.asarray(model.predict(words(["a", "b"]))).tolist() == [[0, 1]]
    layer.set_vocabulary(["x", "a"])
    assert np.asarray(model.predict(words(["a", "b"]))).tolist() == [[2, 0]]
    assert layer.get_config()["vocabulary"] is None


def test_a_vocabulary_of_another_size_does_not_fit_a_fixed_depth() -> None:
    layer = StringLookup(vocabulary=["a"], output_mode="multi_hot", name="it")
    with pytest.raises(InvalidModelError, match="its vocabulary has 2 tokens and cannot get 3"):
        layer.set_vocabulary(["a", "b"])


def test_the_dtype_of_an_old_config_is_that_of_its_inputs() -> None:
    assert StringLookup.from_config({"dtype": "string", "vocabulary": ["a"]}).policy.name == "int64"


def test_options_of_old_configs() -> None:
    layer = IntegerLookup.from_config(
        {
            "max_values": 9,
            "mask_value": 0,
            "oov_value": -2,
            "output_mode": "binary",
            "dtype": "int64",
            "vocabulary": [4],
        }
    )
    assert (layer.max_tokens, layer.mask_token, layer.oov_token) == (9, 0, -2)
    assert (layer.output_mode, layer.policy.name) == ("multi_hot", "float32")


def test_idf_weights_of_special_tokens_are_the_average() -> None:
    layer = StringLookup(vocabulary=["a", "b"], output_mode="tf_idf", idf_weights=[1.0, 3.0])
    assert predict(layer, words(["a", "b"], ["?", "a"])).tolist() == [[0, 1, 3], [2, 1, 0]]
    (weight,) = layer.weights
    assert weight.numpy().tolist() == [2, 1, 3]


def test_tokens_that_came_most_often_are_learned() -> None:
    layer = StringLookup(max_tokens=4, mask_token="")
    layer.adapt(words(["b", "a", "c"], ["b", "", "c"], ["[UNK]", "d", "b"]))
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "c"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["b", "c"]
    assert predict(layer, words(["b", "d", ""])).tolist() == [[2, 1, 0]]
    layer.adapt(["z", "z", "y"])
    assert layer.get_vocabulary(include_special_tokens=False) == ["z", "y"]


def test_a_vocabulary_in_another_encoding_is_read_in_it() -> None:
    layer = StringLookup(encoding="latin-1")
    layer.set_vocabulary([b"\xff", b"a"])
    assert layer.get_vocabulary() == ["[UNK]", "\u00ff", "a"]
    layer = StringLookup(name="it")
    layer.set_vocabulary([b"\xff"])
    with pytest.raises(InvalidModelError, match="option encoding: 'utf-8' codec can't decode"):
        layer.get_vocabulary()
    assert predict(layer, words([b"\xff", "a"])).tolist() == [[1, 0]]


@pytest.mark.parametrize("save_format", ["keras", "tf_keras"])
@pytest.mark.parametrize("mode", ["int", "tf_idf"])
def test_what_was_learned_is_saved_and_loaded(save_format: str, mode: str, tmp_path: Path) -> None:
    layer = StringLookup(output_mode=mode, num_oov_indices=2)
    layer.adapt(words(["b", "\u00e9"], ["b", "c"]))
    inputs = kerasfmt.Input((2,), dtype="string")
    model = kerasfmt.Model(inputs, layer(inputs))
    kerasfmt.save_model(model, tmp_path / "m.keras", save_format=save_format)
    again = kerasfmt.load_model(tmp_path / "m.keras")
    found = again.layers[-1]
    assert isinstance(found, StringLookup)
    assert found.get_vocabulary() == layer.get_vocabulary() == ["[UNK]", "[UNK]", "b", "\u00e9", "c"]
    x = words(["b", "?"], ["c", "\u00e9"])
    np.testing.assert_array_equal(np.asarray(again.predict(x)), np.asarray(model.predict(x)))
    with pytest.raises(UnsupportedLayerError, match=r"HDF5 has no place for vocabulary\.txt"):
        kerasfmt.save_model(model, tmp_path / "m.h5")


def test_a_token_with_two_lines_is_no_line_of_a_file(tmp_path: Path) -> None:
    layer = StringLookup(name="it")
    layer.set_vocabulary(["a\nb"])
    inputs = kerasfmt.Input((2,), dtype="string")
    with pytest.raises(InvalidModelError, match="has the end of a line in it"):
        kerasfmt.save_model(kerasfmt.Model(inputs, layer(inputs)), tmp_path / "m.keras")


def test_a_million_tokens(tmp_path: Path) -> None:
    tokens = [f"token {n}" for n in range(1_000_000)]
    layer = StringLookup(vocabulary=tokens)
    assert layer.vocabulary is tokens
    inputs = kerasfmt.Input((2,), dtype="string", name="x")
    model = kerasfmt.Model(inputs, layer(inputs))
    x = words(["token 0", "token 999999"], ["?", "token 5"])
    assert np.asarray(model.predict(x)).tolist() == [[1, 1_000_000], [0, 6]]
    start = time.perf_counter()
    kerasfmt.save_model(model, tmp_path / "saved")
    assert time.perf_counter() - start < 60
