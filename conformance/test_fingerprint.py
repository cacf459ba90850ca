"""Fingerprints against TensorFlow: the hash, synthetic SavedModels, ours and TensorFlow's own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from conformance.fingerprint64_golden import golden
from kerasfmt import protos
from kerasfmt.formats.saved_model import writer
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.graph.ops.fingerprint64 import fingerprint64
from kerasfmt.ir import Sequential
from kerasfmt.layers import Dense, Dropout, Flatten, InputLayer
from tests.graph.ops.test_fingerprint64 import GOLDEN

tf = pytest.importorskip("tensorflow")
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting  # noqa: E402

INDEX = b"any bytes: TensorFlow hashes the file and does not read it"
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def theirs(directory: Path) -> protos.FingerprintDef:
    """TensorFlow's fingerprint, in the version that we write: without uuid (2.16 and later have one)."""
    found = protos.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(directory)))
    found.ClearField("uuid")
    found.version.producer = 1
    return found


def ours(directory: Path) -> protos.FingerprintDef:
    data = (directory / "saved_model.pb").read_bytes()
    index = (directory / "variables" / "variables.index").read_bytes()
    return fingerprint(protos.SavedModel.FromString(data), data, index)


def check_same(saved: protos.SavedModel) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "variables").mkdir()
        (directory / "variables" / "variables.index").write_bytes(INDEX)
        (directory / "saved_model.pb").write_bytes(protos.serialize(saved))
        assert ours(directory) == theirs(directory)


def test_golden_file() -> None:
    written = golden(tf)["hashes"]
    assert f'"hashes": {written}'.replace("'", '"').replace(" ", "") in "".join(GOLDEN.read_text().split())


@given(st.binary(max_size=400), st.integers(0, 5000))
@SETTINGS
def test_fingerprint64(data: bytes, repeats: int) -> None:
    for each in (data, data * (repeats // 50), data + bytes(repeats)):
        expected = tf.raw_ops.Fingerprint(data=[each], method="farmhash64").numpy().tobytes()
        assert fingerprint64(each) == int.from_bytes(expected, "little")


# Few letters, so that keys are prefixes of one another.
KEYS = st.text("ab_1", max_size=4) | st.text(max_size=3)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300)
PADDING = st.sampled_from(["", " ", "00", "\t0"])


@st.composite
def attr_values(draw: st.DrawFn, depth: int = 1) -> protos.AttrValue:
    value = protos.AttrValue()
    kind = draw(st.integers(0, 4 if depth else 3))
    if kind == 0:
        value.s = draw(st.binary(max_size=200))
    elif kind == 1:
        value.i = draw(NUMBERS)
    elif kind == 2:
        value.f = 1.5
    elif kind == 3:
        value.list.i.extend(draw(st.lists(NUMBERS, max_size=3)))
    else:
        function = draw(st.sampled_from([value.func, value.list.func.add()]))
        function.name = draw(KEYS)
        fill(draw, function.attr, depth - 1)
    return value


def fill(draw: st.DrawFn, attrs: Any, depth: int = 1) -> None:
    for key in draw(st.lists(KEYS, max_size=4)):
        attrs[key].CopyFrom(draw(attr_values(depth)))


def fill_node(draw: st.DrawFn, node: protos.NodeDef) -> None:
    node.name = draw(KEYS)
    node.op = draw(st.sampled_from(["Const", "PartitionedCall", "StatefulPartitionedCall", "MatMul", "*"]))
    fill(draw, node.attr)
    if node.op == "Const":
        node.attr["dtype"].type = draw(st.sampled_from([1, 7]))
        node.attr["value"].tensor.string_val.append(draw(st.binary(max_size=600)))
    elif node.op.endswith("Call"):
        node.attr["f"].func.name = draw(KEYS) + draw(
            st.sampled_from(["", "_7", "_07", "_7 ", "_99999999999"])
        )
        node.attr["config_proto"].s = draw(st.binary(max_size=5))


@st.composite
def saved_models(draw: st.DrawFn) -> protos.SavedModel:
    saved = protos.SavedModel(saved_model_schema_version=draw(st.integers(0, 300)))
    meta = saved.meta_graphs.add()
    for _ in range(draw(st.integers(0, 3))):
        fill_node(draw, meta.graph_def.node.add())
    for _ in range(draw(st.integers(0, 2))):
        function = meta.graph_def.library.function.add()
        function.signature.name = draw(KEYS)
        fill_node(draw, function.node_def.add())
        fill(draw, function.attr)
        for key in draw(st.lists(KEYS, max_size=5)):
            function.ret[key] = function.control_ret[key + "_"] = key
        for index in draw(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 300), max_size=6)):
            fill(draw, function.arg_attr[index].attr)
            function.resource_arg_unique_id[index] = index
    for key in draw(st.lists(KEYS, max_size=3)):
        signature = meta.signature_def[key]
        for name in draw(st.lists(KEYS, max_size=4)):
            signature.inputs[name].name = signature.outputs[name].name = name
    # One function a number: of two, TensorFlow takes whichever its hash map holds first.
    for number in draw(st.lists(NUMBERS, max_size=5, unique=True)):
        digits = str(number) if number < 0 else draw(PADDING) + str(number)
        concrete = meta.object_graph_def.concrete_functions[f"{draw(KEYS)}_{digits}"]
        concrete.bound_inputs.append(draw(st.integers(0, 300)))
        fields = concrete.canonicalized_input_signature.dict_value.fields
        for key in draw(st.lists(KEYS, max_size=3)):
            fields[key].string_value = key
    for _ in range(draw(st.integers(0, 3))):
        node = meta.object_graph_def.nodes.add()
        node.children.add(node_id=draw(st.integers(0, 300)), local_name=draw(KEYS))
        node.registered_saver = draw(KEYS)
        for key in draw(st.lists(KEYS, max_size=3)):
            node.saveable_objects[key].save_function = 1
    for key in draw(st.lists(KEYS, max_size=3)):
        meta.collection_def[key].int64_list.value.append(1)
        meta.meta_info_def.function_aliases[key] = key
    return saved


@given(saved_models())
@SETTINGS
def test_any_saved_model(saved: protos.SavedModel) -> None:
    check_same(saved)


MODELS = {
    "dense": lambda: Sequential([InputLayer(batch_input_shape=(None, 3)), Dense(2)]),
    "many": lambda: Sequential(
        [InputLayer(batch_input_shape=(None, 4, 3)), Flatten()]
        + [layer for n in range(12) for layer in (Dense(n + 2, activation="relu"), Dropout(0.5))]
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_our_saved_models(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    writer.write(model, tmp_path)
    written = protos.FingerprintDef.FromString((tmp_path / "fingerprint.pb").read_bytes())
    assert written == theirs(tmp_path) == ours(tmp_path)


class Module(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(np.eye(3, dtype=np.float32))

    @tf.function(input_signature=[tf.TensorSpec((None, 3)), tf.TensorSpec((None, 3))])
    def __call__(self, x: Any, x_1: Any) -> Any:
        return {"y": x @ self.kernel, "y_1": x_1, "y_10": tf.reshape(x, tf.constant([-1], tf.int64))}


def test_saved_model_of_a_tensorflow_module(tmp_path: Path) -> None:
    tf.saved_model.save(Module(), str(tmp_path))
    assert ours(tmp_path) == theirs(tmp_path)


def test_saved_model_of_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kerasfmt.formats.saved_model.fingerprint.CHECKSUM_LIMIT", 1 << 30)
    # Keras 2: a package of its own beside TensorFlow 2.16 and later.
    keras = tf.keras if tf.__version__.startswith("2.15.") else pytest.importorskip("tf_keras")
    inputs = [keras.Input((8, 8, 3)) for _ in range(2)]
    pooled = [keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(4, 3)(x)) for x in inputs]
    outputs = [keras.layers.Dense(2)(keras.layers.BatchNormalization()(x)) for x in pooled for _ in range(6)]
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    model.save(tmp_path, save_format="tf")
    stored = protos.FingerprintDef.FromString((tmp_path / "fingerprint.pb").read_bytes())
    stored.ClearField("uuid")
    stored.version.producer = 1
    assert ours(tmp_path) == theirs(tmp_path) == stored
