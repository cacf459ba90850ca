"""A whole SavedModel: its files, deterministic bytes, sizes, tags, weights."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, SaveError
from kerasfmt.formats.checkpoint.scope_names import scope_name
from kerasfmt.formats.saved_model import layout, writer
from kerasfmt.formats.saved_model.options import SaveOptions
from kerasfmt.ir import Model, Sequential
from kerasfmt.layers import Dense
from tests.formats.saved_model.saved import Saved, save, small


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return save(small(), tmp_path / "model")


def test_files(saved: Saved) -> None:
    assert set(saved.files()) == {
        "saved_model.pb",
        "keras_metadata.pb",
        "fingerprint.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    }
    assert list((saved.directory / "assets").iterdir()) == []


@pytest.mark.parametrize("save_traces", [True, False])
def test_the_same_model_gives_the_same_bytes(tmp_path: Path, save_traces: bool) -> None:
    first = save(small(), tmp_path / "a", save_traces=save_traces)
    second = save(small(), tmp_path / "b", save_traces=save_traces)
    assert first.files() == second.files()


def test_writing_changes_nothing_in_the_model(tmp_path: Path) -> None:
    model = small()
    first, second = save(model, tmp_path / "a"), save(model, tmp_path / "b")
    assert first.files() == second.files()
    model.predict(np.ones((4, 3), np.float32))
    assert save(model, tmp_path / "c").files() == first.files()


def test_a_frozen_layer_changes_the_functions(tmp_path: Path) -> None:
    model = small()
    save(model, tmp_path / "a")
    model.get_layer("inner").trainable = False
    again = save(model, tmp_path / "b")
    fresh = small()
    fresh.get_layer("inner").trainable = False
    assert again.files() == save(fresh, tmp_path / "c").files()


def test_meta_info(saved: Saved) -> None:
    info = saved.meta.meta_info_def
    assert list(info.tags) == ["serve"]
    assert info.tensorflow_version == layout.TENSORFLOW_VERSION
    assert info.stripped_default_attrs
    names = [op.name for op in info.stripped_op_list.op]
    assert names == sorted(names)
    used = {n.op for f in saved.functions.values() for n in f.node_def} | {
        n.op for n in saved.meta.graph_def.node
    }
    assert used <= set(names)
    assert saved.meta.graph_def.versions.producer == layout.GRAPH_PRODUCER


def test_extra_tags(tmp_path: Path) -> None:
    saved = save(small(), tmp_path / "m", options=SaveOptions(extra_tags=["z", "gpu"]))
    assert list(saved.meta.meta_info_def.tags) == ["serve", "gpu", "z"]


def test_the_weights_come_back(saved: Saved) -> None:
    model = small()
    stored = saved.variables
    found = {key: np.asarray(stored[key]) for key in stored if key != "_CHECKPOINTABLE_OBJECT_GRAPH"}
    assert len(found) == len(model.weights)
    wanted = {
        n.attributes[0].full_name: n.attributes[0].checkpoint_key
        for n in object_graph(saved).nodes
        if n.attributes
    }
    for weight in model.weights:
        np.testing.assert_array_equal(found[wanted[weight.name]], weight.numpy())


def object_graph(saved: Saved) -> kerasfmt.protos.TrackableObjectGraph:  # type: ignore[name-defined]
    from kerasfmt import protos

    (text,) = np.asarray(saved.variables["_CHECKPOINTABLE_OBJECT_GRAPH"]).reshape(-1)
    return protos.TrackableObjectGraph.FromString(text)


def test_a_graph_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_MAX_PROTO", 1000)
    with pytest.raises(
        SaveError, match=r"saved_model\.pb: the graph takes [\d,]+ bytes, .* may take 1,000"
    ) as error:
        save(small(), tmp_path / "m")
    assert "its largest function is __inference_" in str(error.value)
    assert list((tmp_path / "m").iterdir()) == []


def test_a_model_without_an_input_shape(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="its input shape is not known"):
        save(Sequential([Dense(2)]), tmp_path / "m")
    assert list((tmp_path / "m").iterdir()) == []


def test_a_weight_without_a_value(tmp_path: Path) -> None:
    class Bare(kerasfmt.layers.Layer, register=False):
        def build(self, inputs: object) -> None:
            self.add_weight("w", (2,))

        def call(self, inputs: kerasfmt.graph.Value) -> kerasfmt.graph.Value:
            return inputs

    x = kerasfmt.Input((2,))
    with pytest.raises(InvalidModelError, match="weight bare/w: it has no value and no initializer"):
        save(Model(x, Bare(name="bare")(x)), tmp_path / "m")


NAMES = ["a/b", "with space", "dot.ted", "ünï", "1st", "_hidden", "a:b", "..", ".S", "UPPER"]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(tmp_path: Path, name: str) -> None:
    kerasfmt.clear_session()
    x = kerasfmt.Input((3,), name=f"{name}_in")
    model = Model(x, Dense(2, name=name)(x), name=f"{name}_model")
    saved = save(model, tmp_path / "m")
    found = {np.asarray(saved.variables[k]).shape for k in saved.variables if "VARIABLE_VALUE" in k}
    assert found == {(3, 2), (2,)}
    assert scope_name(name) in {m["name"] for m in saved.metadata.values()}
    assert {n.variable.name for n in saved.nodes if n.HasField("variable")} == {
        f"{scope_name(name)}/kernel",
        f"{scope_name(name)}/bias",
    }
    pattern = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
    for function in saved.functions.values():
        assert all(pattern.fullmatch(n.name) for n in function.node_def)
    assert all(pattern.fullmatch(n.name) for n in saved.meta.graph_def.node)


def test_a_save_sees_the_names_of_the_user_and_writes_those_of_tensorflow(tmp_path: Path) -> None:
    seen = []

    class Watching(kerasfmt.layers.Layer, register=False):
        def call(self, inputs: kerasfmt.graph.Value) -> kerasfmt.graph.Value:
            seen.append(self.name)
            return inputs * 2.0

    kerasfmt.clear_session()
    x = kerasfmt.Input((3,), name="große eingabe")
    y = kerasfmt.Input((3,), name="y")
    inner = Model(y, Watching(name="_w")(y), name="in ner")
    model = Model(x, Dense(2, name="a b")(inner(x)), name="ä")
    saved = save(model, tmp_path / "m")
    assert set(seen) == {"_w"}
    assert [layer.name for layer in model.layers] == ["große eingabe", "in ner", "a b"]
    names = {entry["name"] for entry in saved.metadata.values()}
    assert names == {"layer_", "gro_e_eingabe", "y", "in_ner", "layer_w", "a_b"}
    config = saved.metadata["root"]["config"]
    assert config["input_layers"] == [["gro_e_eingabe", 0, 0]]
    assert [entry["name"] for entry in config["layers"]] == ["gro_e_eingabe", "in_ner", "a_b"]
    assert config["layers"][2]["inbound_nodes"] == [[["in_ner", 1, 0, {}]]]
    assert config["layers"][1]["config"]["output_layers"] == [["layer_w", 0, 0]]
    assert saved.metadata["root"]["save_spec"]["serialized"][2] == "gro_e_eingabe"
    assert list(saved.meta.signature_def["serving_default"].inputs) == ["gro_e_eingabe"]
    assert any("_layer_w_layer_call_" in name for name in saved.functions)


def test_other_names_make_no_difference_to_a_save_after_a_prediction(tmp_path: Path) -> None:
    def made() -> Model:
        kerasfmt.clear_session()
        x = kerasfmt.Input((3,), name="große eingabe")
        return Model(x, Dense(2, name="_d")(x))

    fresh, used = made(), made()
    used.predict(np.ones((1, 3), np.float32))
    assert save(used, tmp_path / "used").files() == save(fresh, tmp_path / "fresh").files()
    assert save(used, tmp_path / "again").files() == save(fresh, tmp_path / "more").files()
