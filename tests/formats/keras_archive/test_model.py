"""Archives and models: round trips, golden files, weights that do not fit, configs that are refused."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import kerasfmt
from kerasfmt import ir
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.dialects.keras3 import keras3_to_keras2
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
    UnsupportedLayerError,
)
from kerasfmt.formats.keras_archive import reader, writer
from kerasfmt.formats.keras_archive.training import to_training_config
from kerasfmt.layers import (
    Activation,
    Add,
    BatchNormalization,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    LeakyReLU,
    MultiHeadAttention,
    ThresholdedReLU,
)
from tests.formats.keras_archive.build import members, pack, small, write

DATA = Path(__file__).parent / "data"
GOLDEN = sorted(DATA.glob("*.keras"))
DIALECTS = ("keras3", "tf_keras")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_predicts_as_the_keras_that_wrote_it(path: Path, tmp_path: Path) -> None:
    expected = dict(np.load(path.with_suffix(".npz")))
    y = expected.pop("y")
    model = reader.load(path)
    # float32 sums of a few terms, in another order than Keras's
    np.testing.assert_allclose(model.predict(expected), y, rtol=1e-5, atol=1e-6)
    assert model.training_config is not None
    names = [variable.name for variable in model.training_config.variables]
    assert names[:3] == ["iteration", "SGD/m/embedding/embeddings", "SGD/m/shared/kernel"]
    assert len(names) == 1 + len(model.trainable_weights)
    for dialect in DIALECTS:
        again = reader.load(write(tmp_path / f"{dialect}.keras", model, dialect))
        np.testing.assert_array_equal(again.predict(expected), model.predict(expected))
        assert again.get_config() == model.get_config()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_round_trip(tmp_path: Path, dialect: str) -> None:
    model = small()
    again = reader.load(write(tmp_path / "m.keras", model, dialect))
    assert again.get_config() == model.get_config()
    for mine, other in zip(model.weights, again.weights, strict=True):
        assert mine.name == other.name
        assert isinstance(other.value, LazyDataset)
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    before, after = model.training_config, again.training_config
    assert before is not None
    assert after is not None
    assert after.config["loss"] == "mse"
    assert after.config["metrics"] == ["mae"]
    assert after.optimizer_config["learning_rate"] == 0.5
    assert [v.name for v in after.variables] == [v.name for v in before.variables]
    for mine, other in zip(before.variables, after.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    assert reader.load(tmp_path / "m.keras", compile=False).training_config is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bytes_are_those_of_the_model(tmp_path: Path, dialect: str) -> None:
    first = write(tmp_path / "a.keras", dialect=dialect).read_bytes()
    assert write(tmp_path / "b.keras", dialect=dialect).read_bytes() == first
    again = reader.load(tmp_path / "a.keras")
    assert write(tmp_path / "c.keras", again, dialect).read_bytes() == first


def test_without_the_optimizer(tmp_path: Path) -> None:
    writer.write(small(), tmp_path / "m.keras", include_optimizer=False)
    stored = reader.open_archive(tmp_path / "m.keras")
    assert "compile_config" not in stored.config
    assert "optimizer" not in stored.variables


def test_layout(tmp_path: Path) -> None:
    found = reader.open_archive(write(tmp_path / "m.keras"))
    assert {path: len(held) for path, held in found.variables.items()} == {
        "layers/dense": 2,
        "layers/batch_normalization": 4,
        "layers/dense_1": 2,
        "optimizer": 14,
    }
    with h5py.File(io.BytesIO(members(tmp_path / "m.keras")["model.weights.h5"])) as file:
        assert file["layers/dense_1/vars"].attrs["name"] == "out"
        assert file["layers/dropout/vars"].attrs["name"] == "drop"
        np.testing.assert_array_equal(file["optimizer/vars/1"], np.float32(0.5))


def test_the_front_door(tmp_path: Path) -> None:
    for save_format, version in ((None, "3"), ("keras", "3"), ("tf_keras", "2")):
        kerasfmt.save_model(small(), tmp_path / "m.keras", save_format=save_format)
        stored = reader.open_archive(tmp_path / "m.keras")
        assert stored.keras_version is not None
        assert stored.keras_version[0] == version
        assert kerasfmt.load_model(tmp_path / "m.keras").name == "small"
    with pytest.raises(UnsupportedFormatError, match="holds no signatures"):
        kerasfmt.save_model(small(), tmp_path / "n.keras", signatures={})
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]


def test_a_failed_save_leaves_the_old_one(tmp_path: Path) -> None:
    before = write(tmp_path / "m.keras").read_bytes()
    with pytest.raises(UnsupportedLayerError):
        kerasfmt.save_model(small("hard_sigmoid"), tmp_path / "m.keras")
    assert (tmp_path / "m.keras").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]


def one_layer(layer: ir.Layer, shape: tuple[int | None, ...] = (4,), dtype: str = "float32") -> ir.Model:
    inputs = ir.Input(shape, dtype=dtype, name="entry")
    return ir.Functional(inputs, layer(inputs), name="one")


REFUSED: list[tuple[Callable[[], ir.Layer], str]] = [
    (lambda: Dense(2, name="x/y"), r"layer x/y \(Dense\): Keras 3 has no names with a slash; replace it"),
    (lambda: ThresholdedReLU(name="x"), r"layer x \(ThresholdedReLU\): Keras 3 has no such layer"),
    (lambda: Dense(2, activation="hard_sigmoid", name="x"), "hard_sigmoid is another function"),
    (lambda: Dense(2, kernel_constraint="RadialConstraint", name="x"), "no constraint RadialConstraint"),
    (lambda: BatchNormalization(axis=[1, 2], name="x"), r"option axis: Keras 3 takes one axis, got \[1, 2\]"),
]


@pytest.mark.parametrize(("layer", "said"), REFUSED, ids=[row[1][:20] for row in REFUSED])
def test_what_keras_3_lacks(tmp_path: Path, layer: Callable[[], ir.Layer], said: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=said):
        write(tmp_path / "m.keras", one_layer(layer(), (3, 3)))
    assert not (tmp_path / "m.keras").exists()


def test_what_keras_2_lacks(tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedLayerError, match=r"layer hidden \(Dense\).*Keras 2 has no activation 'celu'"
    ):
        write(tmp_path / "m.keras", small("celu"), "tf_keras")


@pytest.mark.parametrize("name", ["m.keras", "w.weights.h5", "m.h5"])
def test_names_with_a_zero_byte_are_refused(tmp_path: Path, name: str) -> None:
    model = one_layer(kerasfmt.layers.Dense(2, name="a\0b"), (3,))
    save = kerasfmt.save_weights if name.startswith("w.") else kerasfmt.save_model
    with pytest.raises(InvalidModelError, match=r"zero bytes?; rename the layer"):
        save(model, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_keras_2_has_no_archive_of_an_ellipsis(tmp_path: Path) -> None:
    x = kerasfmt.Input((3, 4))
    first = {"start": 0, "stop": 1, "step": None}
    spec = [{"class_name": "__ellipsis__"}, first]
    sliced = kerasfmt.layers.SlicingOpLambda("__operators__.getitem", name="sliced")(x, slice_spec=spec)
    model = kerasfmt.Model(x, sliced)
    with pytest.raises(UnsupportedLayerError, match=r"layer sliced \(SlicingOpLambda\): .*an Ellipsis"):
        kerasfmt.save_model(model, tmp_path / "m.keras", save_format="tf_keras")
    assert not list(tmp_path.iterdir())
    kerasfmt.save_model(model, tmp_path / "m.h5")
    assert kerasfmt.load_model(tmp_path / "m.h5").get_config() == model.get_config()


def test_options_that_keras_3_names_otherwise(tmp_path: Path) -> None:
    for layer in (LeakyReLU(0.25), Dense(2, activation="hard_sigmoid_keras3"), BatchNormalization(axis=[1])):
        model = one_layer(layer)
        write(tmp_path / "m.keras", model)
        config = json.loads(members(tmp_path / "m.keras")["config.json"])["config"]["layers"][1]["config"]
        assert config.get("negative_slope") == (0.25 if isinstance(layer, LeakyReLU) else None)
        assert config.get("activation") in ("hard_sigmoid", None)
        assert config.get("axis") in (1, None)
        x = np.linspace(-4, 4, 8, dtype=np.float32).reshape(2, 4)
        np.testing.assert_array_equal(reader.load(tmp_path / "m.keras").predict(x), model.predict(x))
        (tmp_path / "m.keras").unlink()


def respelt(path: Path, edit: Callable[[dict[str, Any]], Any]) -> Path:
    """The archive with its config edited."""
    content = members(path)
    config = json.loads(content["config.json"])
    content["config.json"] = json.dumps(edit(config) or config).encode()
    return pack(path, content)


def tensor(layer: str, shape: list[int | None]) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": shape, "dtype": "float32", "keras_history": [layer, 0, 0]},
    }


def op(name: str, kind: str, *arguments: Any) -> dict[str, Any]:
    return {
        "module": "keras.src.ops.numpy",
        "class_name": kind,
        "config": {"name": name},
        "registered_name": kind,
        "name": name,
        "inbound_nodes": [{"args": list(arguments), "kwargs": {}}],
    }


def masked_model() -> ir.Model:
    inputs = ir.Input((3,), dtype="int32", name="tokens")
    x = Embedding(5, 2, mask_zero=True, name="table")(inputs)
    return ir.Functional(
        inputs, GlobalAveragePooling1D(name="pool")(Activation("tanh", name="act")(x)), name="masked"
    )


def add_ops(config: dict[str, Any], compared: int) -> None:
    layers = config["config"]["layers"]
    layers.insert(2, op("not_equal", "NotEqual", tensor("tokens", [None, 3]), compared))
    layers[-1]["inbound_nodes"][0]["kwargs"] = {"mask": tensor("not_equal", [None, 3]), "training": False}


def test_masks_that_keras_3_computes_by_ops(tmp_path: Path) -> None:
    model = masked_model()
    path = respelt(write(tmp_path / "m.keras", model), lambda config: add_ops(config, 0))
    x = np.array([[1, 0, 2]], np.int32)
    np.testing.assert_array_equal(reader.load(path).predict(x), model.predict(x))


def test_a_mask_of_the_users_own_is_not_dropped(tmp_path: Path) -> None:
    for compared, kept in ((0, False), (1, True)):
        path = respelt(
            write(tmp_path / f"{compared}.keras", masked_model()), lambda c, n=compared: add_ops(c, n)
        )
        layers = keras3_to_keras2(reader.open_archive(path).config)["config"]["layers"]
        assert ("not_equal" in [layer["name"] for layer in layers]) == kept
        assert ("mask" in layers[-1]["inbound_nodes"][0]["kwargs"]) == kept
        assert "training" not in layers[-1]["inbound_nodes"][0]["kwargs"]


def joined(config: dict[str, Any]) -> None:
    """Adds the table's output to itself before the pool, which takes the mask that Keras 3 makes of both."""
    layers = config["config"]["layers"]
    layers.insert(2, op("not_equal", "NotEqual", tensor("tokens", [None, 3]), 0))
    both = op("both", "Add", tensor("table", [None, 3, 2]), tensor("table", [None, 3, 2]))
    layers.insert(3, both)
    mask = tensor("not_equal", [None, 3])
    layers.insert(4, op("either", "LogicalOr", mask, mask))
    layers[-1]["inbound_nodes"][0] = {
        "args": [tensor("both", [None, 3, 2])],
        "kwargs": {"mask": tensor("either", [None, 3])},
    }


def test_joined_masks_stay_operations(tmp_path: Path) -> None:
    model = reader.load(respelt(write(tmp_path / "m.keras", masked_model()), joined))
    assert {"not_equal", "either", "both"} <= {layer.name for layer in model.layers}
    x = np.array([[1, 0, 2]], np.int32)
    expected = 2 * model.get_layer("table").weights[0].numpy()[[1, 2]].mean(0, keepdims=True)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-6)
    entries = json.loads(members(write(tmp_path / "again.keras", model))["config.json"])["config"]["layers"]
    again = {entry["name"]: entry for entry in entries}
    assert again["either"]["module"] == "keras.src.ops.numpy"
    assert again["either"]["class_name"] == again["either"]["registered_name"] == "LogicalOr"
    assert [a["config"]["keras_history"] for a in again["either"]["inbound_nodes"][0]["args"]] == [
        ["not_equal", 0, 0]
    ] * 2
    np.testing.assert_array_equal(reader.load(tmp_path / "again.keras").predict(x), model.predict(x))


def test_a_mask_that_keras_3_does_not_hand_on(tmp_path: Path) -> None:
    def without(config: dict[str, Any]) -> None:
        config["config"]["layers"][-1]["inbound_nodes"][0]["kwargs"] = {"mask": None}

    path = respelt(write(tmp_path / "m.keras", masked_model()), without)
    with pytest.raises(UnsupportedLayerError, match=r"layer pool .*: Keras 3 calls it without a mask"):
        reader.load(path)


def residual(same: bool) -> ir.Model:
    tokens = ir.Input((3,), dtype="int32", name="tokens")
    x = Embedding(5, 2, mask_zero=True, name="table")(tokens)
    x = Add(name="add")([x, Dense(2, name="dense")(x)]) if same else x
    return ir.Functional(tokens, MultiHeadAttention(1, 2, name="attention")(x, x), name="residual")


def test_joined_masks_of_attention(tmp_path: Path) -> None:
    """Keras 3 does not say what mask it takes; behind a merge it is another one than Keras 2's."""
    reader.load(write(tmp_path / "plain.keras", residual(False)))
    reader.load(write(tmp_path / "m.keras", residual(True), "tf_keras"))
    with pytest.raises(UnsupportedLayerError, match=r"layer attention .*makes in another way than Keras 3"):
        write(tmp_path / "m3.keras", residual(True))
    path = write(tmp_path / "m4.keras", residual(False))

    def respell(config: dict[str, Any]) -> None:
        layers = config["config"]["layers"]
        x = tensor("table", [None, 3, 2])
        add = {**layers[1], "class_name": "Add", "config": {"name": "add", "trainable": True}, "name": "add"}
        layers.insert(2, {**add, "inbound_nodes": [{"args": [[x, x]], "kwargs": {}}]})
        layers[-1]["inbound_nodes"] = [{"args": [tensor("add", [None, 3, 2])] * 2, "kwargs": {}}]

    with pytest.raises(UnsupportedLayerError, match=r"layer attention .*makes in another way than Keras 3"):
        reader.load(respelt(path, respell))


def reweighted(path: Path, edit: Callable[[h5py.File], Any]) -> Path:
    """The archive with its weights edited."""
    content = members(path)
    buffer = io.BytesIO(content["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        edit(file)
    content["model.weights.h5"] = buffer.getvalue()
    return pack(path, content)


def replaced(name: str, value: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        if name in file:
            del file[name]
        file[name] = value

    return edit


def removed(name: str) -> Callable[[h5py.File], None]:
    return lambda file: file.__delitem__(name)


MISFITS: list[tuple[Callable[[h5py.File], Any], type[KerasfmtError], str]] = [
    (
        removed("layers/dense/vars/0"),
        InvalidModelError,
        "layer hidden (Dense): expected 2 weights (hidden/kernel [3, 4], hidden/bias [4]), "
        "got 1 (layers/dense/vars/1 [4])",
    ),
    (removed("layers/dense"), InvalidModelError, "layer hidden (Dense): expected 2 weights"),
    (replaced("layers/dense/vars/2", 1.0), InvalidModelError, "got 3 ("),
    (
        replaced("layers/gone/vars/0", np.ones(2)),
        InvalidModelError,
        "expected no variables at layers/gone, as the model has no such object; got layers/gone/vars/0 [2]",
    ),
    (
        replaced("layers/dense/vars/0", np.ones((3, 5), "f")),
        InvalidModelError,
        "layer hidden (Dense): weight hidden/kernel: expected shape [3, 4], got [3, 5] from layers/dense/vars/0",
    ),
    (
        replaced("layers/dense/vars/0", np.ones((3, 4))),
        InvalidModelError,
        "weight hidden/kernel: expected dtype float32, got float64 from layers/dense/vars/0",
    ),
    (replaced("stray", 1.0), InvalidModelError, "got a dataset 'stray' elsewhere"),
    (replaced("optimizer/vars/99", 1.0), InvalidModelError, "optimizer: expected variables 0 to 14"),
    (replaced("layers/dense/vars/0", h5py.SoftLink("/vars")), UnsafeFileError, "is a soft link"),
    (
        replaced("layers/dense/vars/0", h5py.ExternalLink("x.h5", "/a")),
        UnsafeFileError,
        "a link to another file",
    ),
    (
        lambda file: replaced("layers/again", file["layers"])(file),
        CorruptFileError,
        "is reached by two paths",
    ),
    (
        lambda file: replaced("layers/b/vars/0", file["layers/dense/vars/0"])(file),
        CorruptFileError,
        "two paths",
    ),
]


@pytest.mark.parametrize(("edit", "kind", "said"), MISFITS, ids=range(len(MISFITS)))
def test_weights_that_do_not_fit(
    tmp_path: Path, edit: Callable[[h5py.File], Any], kind: type[KerasfmtError], said: str
) -> None:
    path = reweighted(write(tmp_path / "m.keras"), edit)
    with pytest.raises(kind, match=re.escape(said)) as caught:
        reader.load(path)
    assert str(path) in str(caught.value)


def test_names_of_groups_that_claim_too_much(tmp_path: Path) -> None:
    content = members(write(tmp_path / "m.keras"))
    weights = bytearray(content["model.weights.h5"])
    at = weights.index(b"HEAP\0", weights.index(b"HEAP\0") + 1)  # not the root's
    weights[at + 8 : at + 16] = (1 << 60).to_bytes(8, "little")
    path = pack(tmp_path / "m.keras", {**content, "model.weights.h5": bytes(weights)})
    with pytest.raises(CorruptFileError, match=r"model\.weights\.h5: .*the names of a group claim"):
        reader.load(path)


def test_compressed_archives_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, members(path), zipfile.ZIP_DEFLATED)
    np.testing.assert_array_equal(reader.load(path).weights[0].numpy(), small().weights[0].numpy())


def test_state_of_random_layers_is_passed_over(tmp_path: Path) -> None:
    edit = replaced("layers/dropout/seed_generator/vars/0", np.zeros(2, np.uint32))
    assert reader.load(reweighted(write(tmp_path / "m.keras"), edit)).name == "small"


def shards(path: Path) -> dict[str, bytes]:
    """The members of an archive with its weights in two files."""
    content = members(path)
    whole = h5py.File(io.BytesIO(content.pop("model.weights.h5")))
    first, second = io.BytesIO(), io.BytesIO()
    weight_map: dict[str, Any] = {}
    with whole, h5py.File(first, "w") as one, h5py.File(second, "w") as two:

        def put(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                number = int(name.rpartition("/")[2]) % 2
                (one, two)[number][name] = item[()]
                weight_map["/" + name.rpartition("/")[0]] = [f"model_0000{n}.weights.h5" for n in (0, 1)]

        whole.visititems(put)
    content["model_00000.weights.h5"] = first.getvalue()
    content["model_00001.weights.h5"] = second.getvalue()
    document = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    return {**content, "model.weights.json": json.dumps(document).encode()}


def test_sharded_weights(tmp_path: Path) -> None:
    content = shards(write(tmp_path / "m.keras"))
    model = reader.load(pack(tmp_path / "m.keras", content))
    for mine, other in zip(small().weights, model.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    fresh = kerasfmt.model_from_config(small().described())
    reader.load_weights(fresh, tmp_path / "model.weights.json")
    np.testing.assert_array_equal(fresh.weights[0].numpy(), model.weights[0].numpy())


@pytest.mark.parametrize("name", ["../x.weights.h5", "/x.weights.h5", "a\\x.weights.h5"])
def test_shards_that_lie_elsewhere(tmp_path: Path, name: str) -> None:
    content = shards(write(tmp_path / "m.keras"))
    content["model.weights.json"] = json.dumps({"weight_map": {"/vars": name}}).encode()
    with pytest.raises(UnsafeFileError, match="is not beside the map"):
        reader.load(pack(tmp_path / "m.keras", content))


def test_weights_alone(tmp_path: Path) -> None:
    data = members(write(tmp_path / "m.keras"))["model.weights.h5"]
    (tmp_path / "m.weights.h5").write_bytes(data)
    for name in ("m.weights.h5", "m.keras"):
        fresh = kerasfmt.model_from_config(small().described())
        reader.load_weights(fresh, tmp_path / name)
        np.testing.assert_array_equal(fresh.weights[-1].numpy(), small().weights[-1].numpy())
    with pytest.raises(MissingFileError):
        reader.load_weights(small(), tmp_path / "none.weights.h5")


LAMBDA = {
    "class_name": "__lambda__",
    "config": {"code": "4wEAAAAA", "defaults": None, "closure": None},
}


def with_layer(layer: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["config"]["layers"].append(layer)


def test_marshalled_functions_are_refused(tmp_path: Path) -> None:
    for function in (LAMBDA, ["4wEAAAAA", None, None]):
        path = write(tmp_path / "m.keras")
        layer = {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "l", "function": function},
        }
        with pytest.raises(UnsafeFileError, match="marshalled Python function, which is never run"):
            reader.load(respelt(path, with_layer(layer)))
        path.unlink()


@pytest.mark.parametrize("function", [LAMBDA, ["4wEAAAAA", None, None]])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_function_in_place_of_a_marshalled_one(tmp_path: Path, dialect: str, function: Any) -> None:
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": function}}
    if function is not LAMBDA:
        layer["config"] |= {"function_type": "lambda", "module": "m"}
    path = respelt(write(tmp_path / "m.keras"), with_layer(layer))
    given = {"l": lambda x: x * 2}
    model = reader.load(path, custom_objects=given)
    expected = small().predict(np.ones((1, 3), np.float32)) * 2
    np.testing.assert_array_equal(model.predict(np.ones((1, 3), np.float32)), expected)
    again = write(tmp_path / "again.keras", model, dialect)
    kept = json.loads(members(again)["config.json"])["config"]["layers"][-1]["config"]
    if dialect == "keras3":
        assert kept["function"] == {**LAMBDA, "config": {**LAMBDA["config"], "code": "4wEAAAAA"}}
        assert not [key for key in kept if key.endswith(("_type", "module"))]
    else:
        assert kept["function"] == ["4wEAAAAA", None, None]
        assert kept["function_type"] == "lambda"
    np.testing.assert_array_equal(
        reader.load(again, custom_objects=given).predict(np.ones((1, 3), np.float32)), expected
    )


@pytest.mark.parametrize(("name", "rate"), [("Adam", 0.001), ("SGD", 0.01)])
def test_the_learning_rate_of_an_optimizer_given_by_name(tmp_path: Path, name: str, rate: float) -> None:
    """tf_keras stores the name alone; Keras 3 counts the rate among the variables, and the slots come after it."""
    model = small()
    model.training_config.config["optimizer_config"] = {"class_name": name, "config": {}}
    path = write(tmp_path / "m.keras", model)
    with h5py.File(io.BytesIO(members(path)["model.weights.h5"])) as file:
        stored = file["optimizer/vars"]
        assert float(stored["1"][()]) == pytest.approx(rate)
        assert stored["1"].shape == ()
        if name == "Adam":
            slots = [stored[str(number)][()].flat[0] for number in range(2, len(stored))]
            assert slots == [100.0 + number for number in range(len(slots))]


def test_custom_objects(tmp_path: Path) -> None:
    def edit(config: dict[str, Any]) -> None:
        layer = config["config"]["layers"][1]
        layer.update(module="mine", registered_name="pack>Dense")

    path = respelt(write(tmp_path / "m.keras"), edit)
    with pytest.raises(UnsupportedLayerError, match=r"class 'pack>Dense' of module mine.*custom_objects="):
        reader.load(path)
    for name in ("pack>Dense", "Dense"):
        assert reader.load(path, custom_objects={name: Dense}).layers[0].name == "hidden"


def test_assets(tmp_path: Path) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, {**members(path), "assets/layers/lookup/vocabulary.txt": b"a"})
    with pytest.raises(
        UnsupportedFormatError, match=r"holds the asset 'assets/layers/lookup/vocabulary\.txt'"
    ):
        reader.load(path)


DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
BAD_JSON = [
    (b"", CorruptFileError, "expected JSON"),
    (b"[]", CorruptFileError, "expected a JSON object"),
    (b"\xff\xfe", CorruptFileError, "expected UTF-8"),
    (b'{"a": NaN}', CorruptFileError, "holds NaN"),
    (b'{"a": 1, "a": 2}', CorruptFileError, "names the key 'a' twice"),
    (DEEP, UnsafeFileError, "nested deeper than"),
    (b"{}", InvalidModelError, "expected a layer's class_name and config"),
]


@pytest.mark.parametrize(("text", "kind", "said"), BAD_JSON, ids=range(len(BAD_JSON)))
def test_bad_json(tmp_path: Path, text: bytes, kind: type[KerasfmtError], said: str) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, {**members(path), "config.json": text})
    with pytest.raises(kind, match=said):
        reader.load(path)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_missing_members(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, {key: data for key, data in members(path).items() if key != name})
    with pytest.raises(UnsupportedFormatError, match=f"expected a member {re.escape(name)}, got none"):
        reader.load(path)


def everything(path: Path) -> None:
    """Load a file, weights included."""
    for weight in reader.load(path).weights:
        weight.numpy()


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(data=st.data())
def test_damaged_bytes_give_our_errors_only(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.keras"
    if not good.exists():
        write(good)
    content = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    bad = tmp_path / "bad.keras"
    bad.write_bytes(
        content[: data.draw(st.sampled_from([len(content), len(content) // 2, len(content) - 9]))]
    )
    try:
        everything(bad)
    except KerasfmtError as error:
        assert str(bad) in str(error)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(max_size=5)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@QUICK
@given(data=st.data())
def test_mutated_configs_give_our_errors_only(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.keras"
    if not good.exists():
        write(good, masked_model())
    content = members(good)
    config = json.loads(content["config.json"])
    spot: Any = config
    while isinstance(spot, dict | list) and spot:
        keys = sorted(spot) if isinstance(spot, dict) else range(len(spot))
        key: Any = data.draw(st.sampled_from(list(keys)))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.booleans()):
            spot[key] = data.draw(JSON)
            break
        spot = spot[key]
    content["config.json"] = json.dumps(config).encode()
    bad = pack(tmp_path / "bad.keras", content)
    try:
        everything(bad)
    except KerasfmtError as error:
        assert str(bad) in str(error)


@pytest.mark.parametrize(
    ("kind", "module"), [("Custom>Adam", "keras.optimizers"), ("Adam", "keras.optimizers.legacy")]
)
def test_optimizers_of_keras_2_and_legacy_ones(tmp_path: Path, kind: str, module: str) -> None:
    options = {"learning_rate": 0.1} | ({"is_legacy_optimizer": False} if ">" in kind else {"decay": 0.0})
    model = small()
    model.training_config = ir.TrainingConfig(
        {"loss": "mse", "optimizer_config": {"class_name": kind, "config": options}}
    )
    write(tmp_path / "m.keras", model, "tf_keras")
    stored = json.loads(members(tmp_path / "m.keras")["config.json"])["compile_config"]["optimizer"]
    assert (stored["module"], stored["class_name"]) == (module, "Adam")
    found = kerasfmt.load_model(tmp_path / "m.keras").training_config
    assert found is not None
    assert found.config["optimizer_config"] == {"class_name": kind, "config": options}


def test_an_optimizer_by_its_name_alone() -> None:
    found = to_training_config({"optimizer": "rmsprop"}, [], [], "tf_keras")
    assert found.config["optimizer_config"] == {
        "class_name": "Custom>RMSprop",
        "config": {"name": "RMSprop", "is_legacy_optimizer": False},
    }
