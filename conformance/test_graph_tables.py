"""SavedModels of TensorFlow 2 with tables and assets, callables and traced functions."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.graph_models import assert_equal, check_signature, loaded_outputs

tf = pytest.importorskip("tensorflow")

WORDS = np.array([b"a", b"x", b"p", b"", b"never seen"], object)


class Tables(tf.Module):  # type: ignore[misc]
    """A module with a table of each kind, and with functions of arrays and of Python values."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        lookup = tf.lookup
        line, number = lookup.TextFileIndex.WHOLE_LINE, lookup.TextFileIndex.LINE_NUMBER
        pairs = lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([1, 2], tf.int64))
        self.scale = tf.Variable(2.0)
        self.static = lookup.StaticHashTable(pairs, -1)
        self.back = lookup.StaticHashTable(
            lookup.TextFileInitializer(str(file), tf.int64, number, tf.string, line, delimiter=";"), "none"
        )
        self.columns = lookup.StaticHashTable(
            lookup.TextFileInitializer(str(file), tf.string, 0, tf.float32, 1, delimiter=";"), 0.5
        )
        self.buckets = lookup.StaticVocabularyTable(
            lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([0, 1], tf.int64)), 3
        )
        self.mutable = lookup.experimental.MutableHashTable(tf.string, tf.float32, -1.0)
        self.mutable.insert(["p", "q"], [0.5, 1.5])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "words")])  # type: ignore[misc]
    def __call__(self, words: Any) -> dict[str, Any]:
        numbers = self.static.lookup(words)
        return {
            "static": numbers,
            "back": self.back.lookup(numbers),
            "columns": self.columns.lookup(words),
            "buckets": self.buckets.lookup(words),
            "mutable": self.mutable.lookup(words) * self.scale,
            "size": self.mutable.size(),
        }

    @tf.function(  # type: ignore[misc]
        input_signature=[
            tf.TensorSpec([None], tf.string, "keys"),
            tf.TensorSpec([None], tf.float32, "values"),
        ]
    )
    def insert(self, keys: Any, values: Any) -> dict[str, Any]:
        self.mutable.insert(keys, values)
        return {"size": self.mutable.size()}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    words = tmp_path / "words.txt"
    words.write_text("x;1\ny;2\nz;3\n")
    module = Tables(words)
    signatures = {"serving_default": module.__call__, "insert": module.insert}
    tf.saved_model.save(module, str(tmp_path / "m"), signatures=signatures)
    words.unlink()
    return tmp_path / "m"


def test_tables_hold_what_they_were_saved_with(saved: Path) -> None:
    expected = loaded_outputs(saved, "serving_default", {"words": WORDS})
    check_signature(saved, "serving_default", {"words": WORDS}, expected)
    found = kerasfmt.load_graph_model(saved)
    assert found.missing_ops() == []
    assert found.assets == ("words.txt",)
    assert_equal(found(WORDS), expected)
    assert_equal(found(words=WORDS), expected)


def test_what_a_table_learns_is_saved(saved: Path, tmp_path: Path) -> None:
    found = kerasfmt.load_graph_model(saved)
    found.signatures["insert"](keys=["x", "a"], values=[7, 8])
    kerasfmt.save_model(found, tmp_path / "again")
    expected = loaded_outputs(tmp_path / "again", "serving_default", {"words": WORDS})
    assert expected["mutable"].tolist() == [16, 14, 1, -2, -2]
    assert_equal(found.signatures["serving_default"](words=WORDS), expected)


def test_traces_are_found_by_their_arguments(tmp_path: Path) -> None:
    class Traced(tf.Module):  # type: ignore[misc]
        @tf.function  # type: ignore[misc]
        def __call__(self, x: Any, times: int = 2, *, pair: bool = False) -> Any:
            y = x * float(times)
            return ({"y": y, "x": x}, [y + 1.0]) if pair else y

    module = Traced()
    one, two = np.float32([1, 2]), np.float32([[3]])
    calls = [((one,), {}), ((one, 3), {}), ((two,), {"pair": True}), ((two,), {"times": 5})]
    expected = [module(tf.constant(x), *rest, **named) for (x, *rest), named in calls]
    tf.saved_model.save(module, str(tmp_path / "m"))
    found = kerasfmt.load_graph_model(tmp_path / "m")
    for (args, named), wanted in zip(calls, expected, strict=True):
        got = found(*args, **named)
        tf.nest.map_structure(lambda a, b: np.testing.assert_array_equal(a, b.numpy()), got, wanted)
    with pytest.raises(kerasfmt.KerasfmtError, match="it was not traced for such arguments"):
        found(one, 4)
    traced = [f for name, f in found.functions.items() if "__call__" in name]
    assert len(traced) == len(calls)
    assert sorted(str(f.inputs[0].dtype) for f in traced) == ["float32"] * 4


def test_an_assetless_text_vectorization_of_keras_3(tmp_path: Path) -> None:
    if not version("keras").startswith("3."):
        pytest.skip("Keras 3 alone exports in this way")
    import keras

    lookup = keras.layers.StringLookup(vocabulary=["a", "p"], output_mode="int")
    text = keras.layers.TextVectorization(output_mode="tf_idf")
    text.adapt(np.array(["a b c", "b c", "c"]))
    x = keras.Input((1,), dtype="string", name="x")
    model = keras.Model(x, {"number": lookup(x), "weights": text(x)})
    model.export(str(tmp_path / "m"), format="tf_saved_model", verbose=False)
    inputs = {"x": np.array([[b"a"], [b"a b"], [b"C!"]], object)}
    expected = loaded_outputs(tmp_path / "m", "serving_default", inputs)
    check_signature(tmp_path / "m", "serving_default", inputs, expected)
    assert kerasfmt.load_graph_model(tmp_path / "m").missing_ops() == []


def test_graphs_go_by_their_tags(tmp_path: Path) -> None:
    v1 = tf.compat.v1
    builder = v1.saved_model.Builder(str(tmp_path / "m"))
    for number, tags in enumerate((["serve"], ["serve", "tpu"], ["train"])):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None], "x")
            info = v1.saved_model.build_tensor_info
            v = v1.get_variable("v", initializer=3.0)
            session.run(v1.global_variables_initializer())
            signature = v1.saved_model.build_signature_def({"x": info(x)}, {"y": info(x * v + float(number))})
            if number:
                builder.add_meta_graph(tags, {"serving_default": signature})
            else:
                builder.add_meta_graph_and_variables(session, tags, {"serving_default": signature})
    builder.save()
    for tags, number in ((None, 0), ("serve", 0), ({"tpu", "serve"}, 1), (["train"], 2)):
        found = kerasfmt.load_graph_model(tmp_path / "m", tags)
        assert found.signatures["serving_default"](x=[1])["y"].tolist() == [3 + number]
    with pytest.raises(
        kerasfmt.KerasfmtError, match=r"expected one graph with the tags \['tpu'\], got 0 among 3"
    ):
        kerasfmt.load_graph_model(tmp_path / "m", "tpu")
