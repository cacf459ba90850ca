"""Two files of any formats, compared."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.comparison.sides import open_side
from kerasfmt.errors import MissingFileError, UnsupportedFormatError
from kerasfmt.ir import Model
from kerasfmt.layers import LSTM, Bidirectional, Conv2D, Dense, Embedding, Flatten, StringLookup
from tests.formats.keras_archive.build import members, pack

DATA = Path(__file__).parents[1] / "data" / "hdf5"
MODELS: dict[str, dict[str, Any]] = {
    "m": {},
    "m.h5": {},
    "m.keras": {},
    "k.keras": {"save_format": "tf_keras"},
}
WEIGHTS: dict[str, dict[str, Any]] = {
    "w.h5": {},
    "w.weights.h5": {},
    "k.weights.h5": {"save_format": "tf_keras"},
    "w.npz": {},
    "w.weights.json": {"max_shard_size": 300 / 2**30},
    "ckpt": {"save_format": "tf"},
}


def trained() -> Model:
    kerasfmt.clear_session()
    model = kerasfmt.Sequential(
        [
            Conv2D(2, 3, activation="relu", input_shape=(5, 5, 1), name="conv"),
            Flatten(name="flat"),
            Dense(3, name="out"),
        ]
    )
    rate = kerasfmt.optimizers.schedules.ExponentialDecay(0.1, 100, 0.5)
    model.compile(kerasfmt.optimizers.Adam(rate), loss="mse", metrics=["mae"])
    model.optimizer.iterations = 3
    for weight in model.trainable_weights:
        model.optimizer.set_slot(weight, "m", np.full(weight.shape, 0.5, np.float32))
    return model


def texts() -> Model:
    kerasfmt.clear_session()
    x = kerasfmt.Input((4,), dtype="int32", name="x")
    return kerasfmt.Model(x, Dense(2)(Bidirectional(LSTM(3))(Embedding(9, 2, mask_zero=True)(x))))


def save(model: Model, folder: Path, name: str) -> Path:
    write = kerasfmt.save_model if name in MODELS else kerasfmt.save_weights
    write(model, folder / name, **{**MODELS, **WEIGHTS}[name])
    return folder / name


@pytest.mark.parametrize("make", [trained, texts])
def test_one_model_in_every_format_is_the_same(tmp_path: Path, make: Any) -> None:
    model = make()
    paths = [save(model, tmp_path, name) for name in (*MODELS, *WEIGHTS)]
    for a, b in itertools.product(paths, repeat=2):
        if make is texts and {a.name, b.name} <= WEIGHTS.keys() and a.name != b.name:
            continue
        found = kerasfmt.diff(a, b)
        assert found.same, (a, b, found)
        assert found.weights.count == len(model.weights), (a, b)
        if {a.name, b.name} <= MODELS.keys() and make is trained:
            steps_and_slots = 1 + 2 * len(model.trainable_weights)
            assert found.optimizer_weights.count in (steps_and_slots, steps_and_slots + 1)


def test_weights_alone_of_other_formats_need_a_model_if_shapes_do_not_tell(tmp_path: Path) -> None:
    model = texts()
    paths = {name: save(model, tmp_path, name) for name in WEIGHTS}
    told = {(a, b) for a, b in itertools.combinations(WEIGHTS, 2) if _is_told(paths[a], paths[b])}
    assert told == set(itertools.combinations(("w.weights.h5", "k.weights.h5", "w.weights.json"), 2))


def _is_told(a: Path, b: Path) -> bool:
    try:
        return kerasfmt.diff(a, b).same
    except UnsupportedFormatError as error:
        assert "name them in different ways; compare each with a file of the model" in str(error)
        return False


@pytest.mark.parametrize("b", [*MODELS, *WEIGHTS])
@pytest.mark.parametrize("a", ["m", "k.keras", "w.npz", "ckpt"])
def test_a_weight_that_differs_is_found(tmp_path: Path, a: str, b: str) -> None:
    model = trained()
    first = save(model, tmp_path, a)
    model.get_layer("out").bias.value = np.array([0, 0.5, 0], np.float32)
    (tmp_path / "b").mkdir()
    second = save(model, tmp_path / "b", b)
    for one, two in ((first, second), (second, first)):
        found = kerasfmt.diff(one, two)
        (change,) = found.weights.changes
        assert (change.elements, change.largest_absolute) == (1, 0.5)
        assert not found.same
        assert not (found.config or found.optimizer or found.optimizer_weights.changes or found.functions)
        assert kerasfmt.diff(one, two, 0.5).same
        assert not kerasfmt.diff(one, two, 0.49).same


def test_configs() -> None:
    names = [f"{line}_{kind}.h5" for line in ("keras-2.15.0", "keras-3.15.1") for kind in ("mlp", "nested")]
    found = kerasfmt.diff(DATA / names[0], DATA / names[2])
    assert {change.where.split(".")[2] for change in found.config} == {"input_1", "input_layer"}
    other = kerasfmt.diff(DATA / names[0], DATA / names[1])
    assert any(change.kind == "only in a" for change in other.config)
    assert any(change.kind == "only in b" for change in other.weights.changes)


@pytest.mark.parametrize("name", MODELS)
def test_everything_that_differs_is_named(tmp_path: Path, name: str) -> None:
    first = save(trained(), tmp_path, name)
    model = trained()
    config = model.get_config()
    config["layers"][1]["config"]["activation"] = "tanh"
    other = kerasfmt.model_from_config({"class_name": "Sequential", "config": config})
    other.set_weights(model.get_weights())
    other.compile(kerasfmt.optimizers.Adam(0.5), loss="mae")
    other.optimizer.iterations = 4
    for weight in other.trainable_weights:
        other.optimizer.set_slot(weight, "m", np.full(weight.shape, 0.75, np.float32))
    (tmp_path / "b").mkdir()
    found = kerasfmt.diff(first, save(other, tmp_path / "b", name))
    (change,) = found.config
    assert (change.where, change.a, change.b) == ("config.layers.conv.config.activation", "relu", "tanh")
    assert found.weights.changes == ()
    changed = {change.where: (change.a, change.b) for change in found.optimizer}
    assert changed["loss"] == ("mean_squared_error", "mean_absolute_error")
    assert changed["optimizer_config.config.learning_rate"][1] == 0.5
    state = {change.name: change.largest_absolute for change in found.optimizer_weights.changes}
    assert state["iteration"] == 1
    assert state["m/out/bias"] == 0.25
    assert "v/out/bias" not in state
    ops = [function.ops for function in found.functions if "Relu" in function.ops]
    assert bool(ops) == (name == "m")
    assert all((each["Relu"], each["Tanh"]) == ((1, 0), (0, 1)) for each in ops)


def test_signatures(tmp_path: Path) -> None:
    model = trained()
    spec = kerasfmt.Spec((None, 5, 5, 1), kerasfmt.dtypes.float32)
    serve = kerasfmt.Signature(lambda x: {"y": model.apply(x)}, {"x": spec})
    fixed = kerasfmt.Signature(
        lambda x: {"y": model.apply(x)}, {"x": kerasfmt.Spec((2, 5, 5, 1), spec.dtype)}
    )
    for name, signatures in (
        ("a", {"serving_default": serve, "more": serve}),
        ("b", {"serving_default": fixed}),
    ):
        kerasfmt.save_model(model, tmp_path / name, signatures=signatures)
    found = kerasfmt.diff(tmp_path / "a", tmp_path / "b")
    assert [(change.where, change.kind) for change in found.signatures] == [
        ("more", "only in a"),
        ("serving_default.inputs.x", "changed"),
    ]
    assert found.signatures[1].b == "float32[2, 5, 5, 1]"


def test_what_only_one_of_them_can_hold_is_no_difference(tmp_path: Path) -> None:
    model = trained()
    saved, weights = save(model, tmp_path, "m"), save(model, tmp_path, "w.npz")
    found = kerasfmt.diff(saved, weights)
    assert found.same
    assert found.not_compared == (
        f"config: {weights} holds weights alone",
        f"optimizer variables: {weights} holds none",
        f"signatures and functions: {weights} holds none",
    )


def test_graphs_without_a_model(tmp_path: Path) -> None:
    model = trained()
    paths = []
    for number in range(2):
        model.get_layer("out").bias.value = np.full(3, number, np.float32)
        paths.append(tmp_path / str(number))
        kerasfmt.save_model(model, paths[-1])
        (paths[-1] / "keras_metadata.pb").unlink()
    assert kerasfmt.diff(paths[0], paths[0]).same
    (change,) = kerasfmt.diff(*paths).weights.changes
    assert (change.name, change.largest_absolute) == ("layer_with_weights-1/bias", 1)
    with pytest.raises(UnsupportedFormatError, match="name them in different ways"):
        kerasfmt.diff(paths[0], save(texts(), tmp_path, "m.h5"))


def unknown(folder: Path, units: int) -> tuple[Path, Path]:
    """A model with a layer of a class that nobody knows, in HDF5 and in an archive."""
    model = kerasfmt.Sequential([Dense(units, input_shape=(3,), name="mine")], name="m")
    folder.mkdir()
    kerasfmt.save_model(model, folder / "m.h5")
    with h5py.File(folder / "m.h5", "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"Dense"', '"KnownToNobody"')
    kerasfmt.save_model(model, folder / "m.keras")
    content = members(folder / "m.keras")
    pack(
        folder / "m.keras",
        {**content, "config.json": content["config.json"].replace(b'"Dense"', b'"KnownToNobody"')},
    )
    return folder / "m.h5", folder / "m.keras"


def test_a_model_that_cannot_be_built(tmp_path: Path) -> None:
    first, second = unknown(tmp_path / "a", 2), unknown(tmp_path / "b", 3)
    for a, b in zip(first, second, strict=True):
        found = kerasfmt.diff(a, b)
        assert ("units", 2, 3) in [(c.where.rpartition(".")[2], c.a, c.b) for c in found.config]
        assert {change.a for change in found.weights.changes} == {"float32[3, 2]", "float32[2]"}
        assert kerasfmt.diff(a, a).same
    mixed = kerasfmt.diff(*first)
    assert mixed.same
    assert mixed.weights.count == 2
    assert "'KnownToNobody'" in mixed.not_compared[0]


def test_weights_that_do_not_fit_the_model_are_compared_by_their_names(tmp_path: Path) -> None:
    model = save(trained(), tmp_path, "m.h5")
    np.savez(tmp_path / "w.npz", **{"out/bias": np.zeros(3, np.float32), "other": np.zeros(3)})
    found = kerasfmt.diff(model, tmp_path / "w.npz")
    assert {change.name for change in found.weights.changes} >= {"other", "conv/kernel"}


def test_compiled_or_not(tmp_path: Path) -> None:
    model = trained()
    kerasfmt.save_model(model, tmp_path / "a.keras")
    kerasfmt.save_model(model, tmp_path / "b.keras", include_optimizer=False)
    found = kerasfmt.diff(tmp_path / "a.keras", tmp_path / "b.keras")
    assert [(change.where, change.a, change.b) for change in found.optimizer] == [("compiled", True, False)]
    assert found.not_compared == (f"optimizer variables: {tmp_path / 'b.keras'} holds none",)


def test_a_file_without_the_state_of_its_optimizer(tmp_path: Path) -> None:
    model = trained()
    kerasfmt.save_model(model, tmp_path / "a.h5")
    model.compile(
        kerasfmt.optimizers.Adam(model.optimizer.options.learning_rate), loss="mse", metrics=["mae"]
    )
    assert model.training_config is not None
    model.training_config.variables = []
    kerasfmt.save_model(model, tmp_path / "b.h5")
    found = kerasfmt.diff(tmp_path / "a.h5", tmp_path / "b.h5")
    assert found.same
    assert found.not_compared == (f"optimizer variables: {tmp_path / 'b.h5'} holds none",)


def test_learned_tables(tmp_path: Path) -> None:
    for name, words in (("a", ["x", "y"]), ("b", ["x", "z"])):
        kerasfmt.clear_session()
        x = kerasfmt.Input((1,), dtype="string", name="x")
        model = kerasfmt.Model(x, StringLookup(vocabulary=words, name="words")(x), name="m")
        kerasfmt.save_model(model, tmp_path / name)
    found = kerasfmt.diff(tmp_path / "a", tmp_path / "b")
    assert [(change.where, change.a, change.b) for change in found.config] == [
        ("config.layers.words.config.vocabulary.1", "y", "z")
    ]


def test_errors(tmp_path: Path) -> None:
    path = save(trained(), tmp_path, "m.h5")
    with pytest.raises(MissingFileError, match="none"):
        kerasfmt.diff(path, tmp_path / "none")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(UnsupportedFormatError, match="text"):
        kerasfmt.diff(tmp_path / "text", path)
    for tolerance in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="expected a number of at least 0"):
            kerasfmt.diff(path, path, tolerance)


def test_weight_bytes(tmp_path: Path) -> None:
    model = trained()
    path = save(model, tmp_path, "m.h5")
    kept = sum(weight.numpy().nbytes for weight in (*model.weights, *model.optimizer_variables()))
    assert open_side(path).nbytes == kept
