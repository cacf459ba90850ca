"""SavedModels of TensorFlow 1: frames of branches and loops, tables with their main op, parsed examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.graph_models import assert_equal, check_signature

tf = pytest.importorskip("tensorflow")

v1 = tf.compat.v1
Build = Callable[[Any, Path], tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(autouse=True)
def _frames() -> Any:
    v1.disable_control_flow_v2()
    yield
    v1.enable_control_flow_v2()


def _branches(session: Any, path: Path) -> Any:
    x = v1.placeholder(tf.float32, [None], "x")
    total = tf.reduce_sum(x)
    inner = tf.cond(
        total > 10.0, lambda: x * 2.0, lambda: tf.cond(total > 5.0, lambda: x + 100.0, lambda: -x)
    )
    cases = [(total > 10.0, lambda: tf.constant(1)), (total > 5.0, lambda: tf.constant(2))]
    chosen = tf.case(cases, default=lambda: tf.constant(3))
    return {"x": x}, {"inner": inner, "chosen": chosen}


def _loops(session: Any, path: Path) -> Any:
    x = v1.placeholder(tf.float32, [None], "x")
    total = tf.reduce_sum(x)
    _, simple = tf.while_loop(
        lambda i, z: i < 5,
        lambda i, z: (i + 1, tf.cond(i > 2, lambda: z * 2.0, lambda: z + x)),
        [tf.constant(0), x],
    )

    def outer(i: Any, a: Any) -> Any:
        return i + 1, tf.while_loop(
            lambda j, _: j < i, lambda j, b: (j + 1, b + tf.cast(j, tf.float32)), [0, a]
        )[1]

    _, nested = tf.while_loop(lambda i, a: i < 4, outer, [tf.constant(0), total])
    _, never = tf.while_loop(lambda i, z: i < 0, lambda i, z: (i + 1, z * 3.0), [tf.constant(0), x])
    skipped = tf.cond(
        total > 10.0,
        lambda: tf.while_loop(lambda z: tf.reduce_sum(z) < 100.0, lambda z: z * 2.0, [x])[0],
        lambda: x,
    )
    return {"x": x}, {"simple": simple, "nested": nested, "never": never, "skipped": skipped}


def _arrays(session: Any, path: Path) -> Any:
    x = v1.placeholder(tf.float32, [None, 3], "x")
    made = tf.TensorArray(tf.float32, tf.shape(x)[0], clear_after_read=False)
    made = made.unstack(x)

    def step(i: Any, out: Any) -> Any:
        return i + 1, out.write(i, made.read(i) * tf.cast(i, tf.float32))

    _, out = tf.while_loop(
        lambda i, _: i < tf.shape(x)[0],
        step,
        [tf.constant(0), tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)],
    )
    mapped = tf.map_fn(lambda row: tf.reduce_sum(row) * 2.0, x)
    scanned = tf.scan(lambda a, row: a + row, x)
    return {"x": x}, {"stacked": out.stack(), "joined": out.concat(), "mapped": mapped, "scanned": scanned}


def _recurrent(session: Any, path: Path) -> Any:
    x = v1.placeholder(tf.float32, [None, 4, 3], "x")
    kernel = v1.get_variable("kernel", initializer=np.eye(3, 2, dtype=np.float32), use_resource=False)
    again = v1.get_variable("again", initializer=np.eye(2, dtype=np.float32) / 2, use_resource=True)
    session.run(v1.global_variables_initializer())
    steps = tf.transpose(x, [1, 0, 2])
    first = tf.zeros([tf.shape(x)[0], 2])
    states = tf.scan(
        lambda h, row: tf.tanh(tf.matmul(row, kernel) + tf.matmul(h, again)), steps, initializer=first
    )
    return {"x": x}, {"states": states}


def _tables(session: Any, path: Path) -> Any:
    words = path / "words.txt"
    words.write_text("x\ny\nz\n")
    x = v1.placeholder(tf.string, [None], "x")
    file = tf.constant(str(words))
    v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, file)
    line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
    lines = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(file, tf.string, line, tf.int64, number), -1
    )
    pairs = tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([1, 2], tf.int64))
    static = tf.lookup.StaticHashTable(pairs, -1)
    mutable = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1, name="mutable")
    session.run(v1.tables_initializer())
    session.run(mutable.insert(tf.constant(["p"]), tf.constant([9], tf.int64)))
    return {"x": x}, {"lines": lines.lookup(x), "static": static.lookup(x), "mutable": mutable.lookup(x)}


def _examples(session: Any, path: Path) -> Any:
    examples = v1.placeholder(tf.string, [None], "examples")
    found = tf.io.parse_example(
        examples,
        {
            "fixed": tf.io.FixedLenFeature([2], tf.float32),
            "default": tf.io.FixedLenFeature([], tf.int64, default_value=7),
            "many": tf.io.VarLenFeature(tf.string),
            "rows": tf.io.FixedLenSequenceFeature([2], tf.int64, allow_missing=True, default_value=-1),
            "ragged": tf.io.RaggedFeature(tf.float32),
        },
    )
    many = tf.sparse.to_dense(found["many"], default_value="")
    return {"examples": examples}, {
        "fixed": found["fixed"],
        "default": found["default"],
        "many": many,
        "rows": found["rows"],
        "ragged": found["ragged"].to_tensor(),
    }


def _middle(session: Any, path: Path) -> Any:
    """The input is a tensor that follows from others."""
    unused = v1.placeholder(tf.string, [None], "unused")
    x = tf.cast(tf.strings.to_number(unused), tf.float32) * 2.0
    return {"x": x}, {"y": x + 1.0, "split": tf.split(x, 2)[1]}


def _serialized() -> np.ndarray[Any, Any]:
    def example(**features: Any) -> bytes:
        return bytes(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())

    floats = lambda *v: tf.train.Feature(float_list=tf.train.FloatList(value=v))  # noqa: E731
    ints = lambda *v: tf.train.Feature(int64_list=tf.train.Int64List(value=v))  # noqa: E731
    texts = lambda *v: tf.train.Feature(bytes_list=tf.train.BytesList(value=v))  # noqa: E731
    return np.array(
        [
            example(fixed=floats(1, 2), many=texts(b"a", b"bc"), rows=ints(1, 2, 3, 4), ragged=floats(5)),
            example(fixed=floats(3, 4), default=ints(-(2**40)), other=ints(1)),
            example(fixed=floats(5, 6), many=texts(b"\xff"), rows=ints(9, 8), ragged=floats(6, 7, 8)),
        ],
        object,
    )


X = np.array([1, 2, 3], np.float32)
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)
CASES: dict[str, tuple[Build, list[dict[str, Any]]]] = {
    "branches": (_branches, [{"x": X}, {"x": X * 2}, {"x": X / 2}]),
    "loops": (_loops, [{"x": X}, {"x": X * 2}]),
    "arrays": (_arrays, [{"x": ROWS}]),
    "recurrent": (_recurrent, [{"x": np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 4, 3)}]),
    "tables": (_tables, [{"x": np.array([b"a", b"y", b"p", b""], object)}]),
    "examples": (_examples, [{"examples": _serialized()}]),
    "middle": (_middle, [{"x": np.float32([1, 2, 3, 4])}]),
}


@pytest.mark.parametrize("name", CASES)
def test_signatures_compute_what_tensorflow_computes(name: str, tmp_path: Path) -> None:
    build, every = CASES[name]
    directory = tmp_path / "m"
    with tf.Graph().as_default(), v1.Session() as session:
        inputs, outputs = build(session, tmp_path)
        results = [session.run(outputs, {inputs[key]: x[key] for key in inputs}) for x in every]
        info = v1.saved_model.build_tensor_info
        signature = v1.saved_model.build_signature_def(
            {key: info(value) for key, value in inputs.items()},
            {key: info(value) for key, value in outputs.items()},
            "tensorflow/serving/predict",
        )
        builder = v1.saved_model.Builder(str(directory))
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(),
        )
        builder.save()
    for x, expected in zip(every, results, strict=True):
        check_signature(directory, "serving_default", x, expected)
    found = kerasfmt.load_graph_model(directory)
    assert found.missing_ops() == []
    assert_equal(found.signatures["serving_default"](**every[0]), results[0])  # once more, after it has run


def _estimator(kind: str, directory: str) -> tuple[Any, list[Any]]:
    """An estimator of two columns, and the columns."""
    column = tf.feature_column
    age = column.numeric_column("age")
    listed = column.categorical_column_with_vocabulary_list("kind", ["a", "b", "c"], num_oov_buckets=2)
    if kind == "linear":
        columns = [age, column.indicator_column(listed)]
        return tf.estimator.LinearClassifier(columns, model_dir=directory, n_classes=3), columns
    hashed = column.categorical_column_with_hash_bucket("word", 20)
    bounds = column.bucketized_column(age, [0.0, 1.0, 2.0])
    linear = [listed, column.crossed_column(["kind", bounds], 50), bounds]
    deep = [age, column.embedding_column(hashed, 4, combiner="sqrtn"), column.indicator_column(listed)]
    estimator = tf.estimator.DNNLinearCombinedClassifier(
        dnn_feature_columns=deep,
        linear_feature_columns=linear,
        dnn_hidden_units=[5],
        n_classes=3,
        batch_norm=True,
        model_dir=directory,
    )
    return estimator, linear + deep


@pytest.mark.parametrize("kind", ["linear", "deep"])
def test_an_estimator_takes_examples(kind: str, tmp_path: Path) -> None:
    if not hasattr(tf, "estimator"):
        pytest.skip("this TensorFlow has no estimators")
    estimator, columns = _estimator(kind, str(tmp_path / "model"))

    def data() -> Any:
        features = {"age": [1.0, 2.0, 3.0, 4.0], "kind": [["a"], ["b"], ["c"], ["z"]], "word": [["x"]] * 4}
        return tf.data.Dataset.from_tensors((features, [0, 1, 1, 2])).repeat(3)

    estimator.train(data)
    parsing = tf.feature_column.make_parse_example_spec(columns)
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(parsing)
    directory = Path(estimator.export_saved_model(str(tmp_path / "export"), receiver).decode())

    def example(age: float, *kinds: bytes) -> bytes:
        features = {
            "age": tf.train.Feature(float_list=tf.train.FloatList(value=[age])),
            "kind": tf.train.Feature(bytes_list=tf.train.BytesList(value=kinds)),
            "word": tf.train.Feature(bytes_list=tf.train.BytesList(value=kinds * 2)),
        }
        return bytes(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())

    examples = np.array([example(1.5, b"a", b"b"), example(-2, b"c"), example(3, b"?"), example(0)], object)
    loaded = tf.saved_model.load(str(directory))
    found = kerasfmt.load_graph_model(directory)
    assert found.missing_ops() == []
    for key, signature in loaded.signatures.items():
        (name,) = found.signatures[key].inputs
        expected = {n: v.numpy() for n, v in signature(tf.constant(examples)).items()}
        check_signature(directory, key, {name: examples}, expected)
