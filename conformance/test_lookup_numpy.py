"""Lookups find and learn in NumPy what they do in Keras 2; a vocabulary file is an asset that TensorFlow reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.case import Case  # noqa: E402
from conformance.cases.layer import layer_cases  # noqa: E402
from conformance.cases.lookup import LAYERS, WORDS  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.in_numpy import check_layer  # noqa: E402
from conformance.installed import keras2  # noqa: E402
from conformance.structure import compare  # noqa: E402

keras: Any = keras2()


@pytest.mark.parametrize("case", layer_cases(LAYERS, adapted=False), ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)


RNG = np.random.default_rng(11)
TOKENS = np.array([word.encode() for word in WORDS], object)
TEXTS = RNG.choice(TOKENS, (200, 3), p=np.arange(1, 9) / 36)
DISTINCT = np.stack([RNG.permutation(TOKENS)[:4] for _ in range(100)])
NUMBERS = RNG.zipf(1.7, (300, 4)) % 50 - 5
ADAPTED: dict[str, tuple[str, dict[str, Any], Any, dict[str, Any]]] = {
    "strings": ("StringLookup", {}, TEXTS, {}),
    "strings in a row": ("StringLookup", {}, TEXTS[:, 0], {}),
    "a mask": ("StringLookup", {"mask_token": "", "oov_token": "a"}, TEXTS, {}),
    "at most": ("StringLookup", {"max_tokens": 5, "num_oov_indices": 2}, TEXTS, {}),
    "hot strings": ("StringLookup", {"output_mode": "multi_hot"}, TEXTS, {"batch_size": 7}),
    "weights": ("StringLookup", {"output_mode": "tf_idf", "mask_token": ""}, DISTINCT, {}),
    "padded weights": (
        "StringLookup",
        {"output_mode": "tf_idf", "max_tokens": 15, "pad_to_max_tokens": True},
        DISTINCT,
        {"batch_size": 9, "steps": 3},
    ),
    "integers": ("IntegerLookup", {}, NUMBERS, {}),
    "masked integers": ("IntegerLookup", {"mask_token": 0, "num_oov_indices": 3}, NUMBERS, {}),
    "counted integers": ("IntegerLookup", {"output_mode": "count", "max_tokens": 9}, NUMBERS, {}),
    "back to integers": ("IntegerLookup", {"invert": True, "max_tokens": 9}, NUMBERS, {}),
}


@pytest.mark.parametrize("name", ADAPTED)
def test_adapted(name: str) -> None:
    kind, options, data, given = ADAPTED[name]
    keras.backend.clear_session()
    theirs, ours = getattr(keras.layers, kind)(**options), getattr(kerasfmt.layers, kind)(**options)
    for layer in (theirs, ours):
        layer.adapt(data, **given)
    assert ours.get_vocabulary() == list(theirs.get_vocabulary())
    assert ours.vocabulary_size == theirs.vocabulary_size()
    if options.get("output_mode") == "tf_idf":
        assert_close("weights", ours.idf.numpy(), theirs.idf_weights.numpy(), 1e-6)
    sample = data[:32] if data.ndim > 1 else data[:32, None]
    x = kerasfmt.Input(sample.shape[1:], dtype="string" if data.dtype == object else "int64")
    assert_close("output", kerasfmt.Model(x, ours(x)).predict(sample), theirs(sample).numpy(), 1e-6)


@pytest.mark.parametrize("invert", [False, True])
def test_a_vocabulary_file_is_an_asset(invert: bool, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a\nbb\n\u6f22\u5b57\n", encoding="utf-8")
    keras.backend.clear_session()
    kerasfmt.clear_session()
    array = np.array([[1, 3, 9]]) if invert else np.array([[b"bb", "\u6f22\u5b57".encode(), b"?"]], object)
    outputs = []
    for library, name in ((keras, "theirs"), (kerasfmt, "ours")):
        x = library.Input((3,), dtype="int64" if invert else "string", name="x")
        layer = library.layers.StringLookup(vocabulary=str(path), mask_token="", invert=invert, name="layer")
        model = library.Model(x, layer(x), name="model")
        if library is keras:
            model.save(tmp_path / name, save_format="tf")
            outputs.append(model(tf.constant(array)).numpy())
        else:
            kerasfmt.save_model(model, tmp_path / name)
            outputs.append(model.predict(array))
    path.unlink()
    assert not [d for d in compare(tmp_path / "ours", tmp_path / "theirs") if not d.accepted]
    loaded = tf.saved_model.load(str(tmp_path / "ours"))
    (served,) = loaded.signatures["serving_default"](x=tf.constant(array)).values()
    outputs.append(served.numpy())
    outputs.append(keras.models.load_model(tmp_path / "ours")(tf.constant(array)).numpy())
    for output in outputs[1:]:
        np.testing.assert_array_equal(output, outputs[0])


LIVE: dict[str, tuple[str, dict[str, Any], Any]] = {
    "given": ("StringLookup", {"vocabulary": ["a", "bb"], "num_oov_indices": 3}, None),
    "weights": ("StringLookup", {"vocabulary": ["a"], "output_mode": "tf_idf", "idf_weights": [0.5]}, None),
    "adapted": ("StringLookup", {"mask_token": ""}, TEXTS),
    "adapted weights": ("StringLookup", {"output_mode": "tf_idf"}, DISTINCT),
    "adapted integers": ("IntegerLookup", {"output_mode": "multi_hot"}, NUMBERS),
    "back to integers": ("IntegerLookup", {"invert": True}, NUMBERS),
}


@pytest.mark.parametrize("name", LIVE)
def test_a_live_layer(name: str) -> None:
    kind, options, data = LIVE[name]
    keras.backend.clear_session()
    layer = getattr(keras.layers, kind)(**options)
    if data is not None:
        layer.adapt(data)
    sample = TEXTS[:9] if kind == "StringLookup" else NUMBERS[:9, :3]
    x = keras.Input((3,), dtype="string" if kind == "StringLookup" else "int64")
    live = keras.Model(x, layer(x))
    model = kerasfmt.from_keras(live)
    assert_close("output", model.predict(sample), live(tf.constant(sample)).numpy(), 1e-6)
