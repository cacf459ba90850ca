"""What is written is laid out as Keras lays it out; what cannot be written leaves nothing behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, Model, Sequential
from kerasfmt.errors import InvalidModelError, SaveError, UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.formats.hdf5.reader import load
from kerasfmt.formats.hdf5.writer import model_tree, write
from kerasfmt.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Discretization,
    Embedding,
    GlobalAveragePooling1D,
    TimeDistributed,
)
from tests.formats.hdf5.build import compiled, small, two

DATA = Path(__file__).parents[2] / "data" / "hdf5"
KERAS2 = sorted(path for path in DATA.glob("*.h5") if "keras-3" not in path.name)


def members(path: Path) -> dict[str, Any]:
    """Every object of a file: attributes of groups, arrays of datasets."""
    found: dict[str, Any] = {}

    def visit(name: str, thing: Any) -> None:
        if isinstance(thing, h5py.Dataset):
            found[name] = thing[()]
        found[name + "@"] = {k: np.asarray(v).tolist() for k, v in thing.attrs.items()}

    with h5py.File(path) as file:
        visit("", file)
        file.visititems(visit)
    return found


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        if isinstance(value, np.ndarray | np.generic):
            assert ours[key].dtype == value.dtype
            np.testing.assert_array_equal(ours[key], value)
        elif key:
            parsed = [{k: _parsed(k, v) for k, v in attributes.items()} for attributes in (ours[key], value)]
            assert parsed[0] == parsed[1]


def _parsed(name: str, value: Any) -> Any:
    if name == "keras_version":
        return "2"
    if not name.endswith("_config"):
        return value
    return json.loads(value.replace(', "optional": false', ""))


@pytest.mark.parametrize("path", KERAS2, ids=lambda path: path.stem)
def test_writes_the_file_that_keras_wrote(tmp_path: Path, path: Path) -> None:
    write(load(path), tmp_path / "m.h5")
    same(members(tmp_path / "m.h5"), members(path))


STRING_ATTRIBUTES = [
    ("/", "keras_version", h5py.h5t.CSET_UTF8, ()),
    ("/", "backend", h5py.h5t.CSET_UTF8, ()),
    ("/", "model_config", h5py.h5t.CSET_ASCII, ()),
    ("/model_weights", "keras_version", h5py.h5t.CSET_ASCII, ()),
    ("/model_weights", "backend", h5py.h5t.CSET_ASCII, ()),
    ("/model_weights", "layer_names", h5py.h5t.CSET_ASCII, (2,)),
    ("/model_weights/norm", "weight_names", h5py.h5t.CSET_ASCII, (4,)),
]


@pytest.mark.parametrize(("group", "name", "charset", "shape"), STRING_ATTRIBUTES)
def test_types_of_attributes(
    tmp_path: Path, group: str, name: str, charset: int, shape: tuple[int, ...]
) -> None:
    write(small(), tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        attribute = file[group].attrs.get_id(name)
        kind = attribute.get_type()
        assert (kind.is_variable_str(), kind.get_cset(), attribute.shape) == (True, charset, shape)
        empty = file["model_weights/top_level_model_weights"].attrs.get_id("weight_names")
        assert (empty.dtype, empty.shape) == (np.dtype("f8"), (0,))


def test_optimizer(tmp_path: Path) -> None:
    write(compiled(), tmp_path / "m.h5")
    found = load(tmp_path / "m.h5").training_config
    assert found is not None
    assert [(v.name, v.numpy().tolist()) for v in found.variables] == [
        ("iteration", 7),
        ("Adam/m/dense/kernel", [[1, 1]] * 3),
    ]
    write(compiled(), tmp_path / "n.h5", include_optimizer=False)
    with h5py.File(tmp_path / "n.h5") as file:
        assert list(file) == ["model_weights"]
        assert "training_config" not in file.attrs


# Lists of names over the limit.


def test_reads_back_what_was_cut(tmp_path: Path) -> None:
    names = [f"{'layer':x<900}{i}" for i in range(75)]
    write(two(*names), tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert {"layer_names0", "layer_names1"} <= set(file["model_weights"].attrs)
    assert [layer.name for layer in load(tmp_path / "m.h5").layers] == ["entry", *names]


# Collisions.

COLLISIONS = [
    (("a", "a/a"), "layer a/a and layer a: weight a/kernel would both be 'model_weights/a/a'"),
    (("a//b",), "'model_weights/a//b' cannot be a path in an HDF5 file"),
    (("./a",), "cannot be a path in an HDF5 file"),
    (("a/",), "cannot be a path in an HDF5 file"),
    (("top_level_model_weights",), "would both be 'model_weights/top_level_model_weights'"),
]


@pytest.mark.parametrize(("names", "said"), COLLISIONS)
def test_collisions_are_found_first(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidModelError, match=said):
        write(two(*names), tmp_path / "m.h5")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_in_the_group_of_another(tmp_path: Path) -> None:
    model = two("a", "a/b")
    write(model, tmp_path / "m.h5")
    for ours, theirs in zip(load(tmp_path / "m.h5").weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_equal_weight_names(tmp_path: Path) -> None:
    model = small()
    model.weights[1].name = model.weights[0].name
    with pytest.raises(InvalidModelError, match="layer dense: weight dense/kernel would both be"):
        write(model, tmp_path / "m.h5")
    assert list(tmp_path.iterdir()) == []


def test_what_hdf5_or_keras_2_do_not_have(tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r'no Keras version .* save the model as "keras" or as a Saved'
    ):
        write(Sequential([Dense(2, input_shape=(3,), dtype="bfloat16")]), tmp_path / "m.h5")
    model = Sequential([Activation("hard_sigmoid_keras3", input_shape=(3,), name="act")])
    with pytest.raises(UnsupportedLayerError, match="layer act: activation 'hard_sigmoid_keras3'"):
        write(model, tmp_path / "m.h5")
    assert list(tmp_path.iterdir()) == []


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install h5py"):
        write(small(), tmp_path / "m.h5")


# Open files.


def test_writes_into_an_open_group(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        group = file.create_group("models/first")
        group.attrs["mine"] = 1
        write(compiled(), group)
        assert set(group) == {"model_weights", "optimizer_weights"}
        write(small(), file)
        assert file.id.valid
        np.testing.assert_array_equal(load(file).weights[0].numpy(), small().weights[0].numpy())
        with pytest.raises(SaveError, match="/models/first: holds model_weights, optimizer_weights already"):
            write(compiled(), group)
        assert group.attrs["mine"] == 1
    with h5py.File(tmp_path / "f.h5") as file, pytest.raises(SaveError, match="open for reading"):
        write(small(), file)


class Broken:
    """A value that cannot be read."""

    shape = (2,)
    dtype = np.dtype("float32")

    def __getitem__(self, key: Any) -> Any:
        raise OSError("unplugged")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise OSError("unplugged")


def test_an_open_group_is_as_it_was_when_writing_fails(tmp_path: Path) -> None:
    model = compiled()
    model.weights[1].value = Broken()
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.attrs["backend"] = "mine"
        with pytest.raises(SaveError, match="unplugged"):
            write(model, file)
        assert list(file) == []
        assert dict(file.attrs) == {"backend": "mine"}


# Values.


class Slabs:
    """An array outside of memory that notes how much of it is asked for at a time."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.largest = 0

    def __getitem__(self, key: Any) -> np.ndarray:
        part = self.array[key]
        self.largest = max(self.largest, part.nbytes)
        return part

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise AssertionError("asked for as a whole")


def test_large_values_are_read_in_slabs(tmp_path: Path) -> None:
    model = Sequential([Dense(1024, input_shape=(10_000,), use_bias=False)])
    array = np.arange(10_240_000, dtype=np.float32).reshape(10_000, 1024)
    slabs = Slabs(array)
    model.weights[0].value = slabs
    write(model, tmp_path / "m.h5")
    assert 0 < slabs.largest <= 1 << 24
    np.testing.assert_array_equal(load(tmp_path / "m.h5").weights[0].numpy(), array)


def test_a_value_of_another_shape_than_it_says_is_refused(tmp_path: Path) -> None:
    class Short:
        shape, dtype = (3, 2), np.dtype("float32")

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
            return np.zeros((1, 2), "float32")

    model = small()
    model.weights[0].value = Short()
    with pytest.raises(
        InvalidModelError, match=r"weight dense/kernel: .*expected shape \(3, 2\), got \(1, 2\)"
    ):
        write(model, tmp_path / "m.h5")


def test_order_of_views(tmp_path: Path) -> None:
    model = small()
    model.weights[0].value = np.arange(6, dtype=np.float32).reshape(2, 3).T
    write(model, tmp_path / "m.h5")
    np.testing.assert_array_equal(load(tmp_path / "m.h5").weights[0].numpy(), [[0, 3], [1, 4], [2, 5]])


def test_tree_of_a_frozen_layer() -> None:
    model = Sequential([BatchNormalization(input_shape=(3,), name="norm", trainable=False)])
    names = [path.rpartition("/")[2] for path in model_tree(model, True).datasets]
    assert names == ["gamma:0", "beta:0", "moving_mean:0", "moving_variance:0"]


def test_in_words_of_keras_3(tmp_path: Path) -> None:
    x = Input((4, 3))
    inner = Sequential([Dense(2, activation="celu", input_shape=(3,)), BatchNormalization(axis=[1])])
    model = Model(x, TimeDistributed(inner, name="steps")(x))
    write(model, tmp_path / "m.h5", dialect="keras3")
    with h5py.File(tmp_path / "m.h5") as file:
        assert file.attrs["keras_version"].startswith("3.")
        assert "training_config" not in file.attrs
        config = json.loads(file.attrs["model_config"])
        assert list(file["model_weights/steps"].attrs["weight_names"]) == [
            f"{weight.name}:0" for weight in (*model.trainable_weights, *model.non_trainable_weights)
        ]
    assert config.keys() == {"class_name", "config"}
    steps = config["config"]["layers"][1]
    assert (steps["module"], steps["config"]["layer"]["module"]) == ("keras.layers", "keras")
    found = np.ones((2, 4, 3), np.float32)
    np.testing.assert_array_equal(load(tmp_path / "m.h5").predict(found), model.predict(found))


def test_a_mask_in_words_of_keras_3(tmp_path: Path) -> None:
    tokens = Input((4,), dtype="int32")
    model = Model(tokens, GlobalAveragePooling1D()(Embedding(5, 2, mask_zero=True)(tokens)))
    write(model, tmp_path / "m.h5", dialect="keras3")
    x = np.array([[1, 2, 0, 0]], np.int32)
    np.testing.assert_allclose(load(tmp_path / "m.h5").predict(x), model.predict(x), rtol=1e-6)


def test_what_keras_3_keeps_in_the_config_is_not_among_the_weights(tmp_path: Path) -> None:
    x = Input((3,))
    model = Model(x, Discretization([0.5], name="bins")(x))
    write(model, tmp_path / "m.h5", dialect="keras3")
    with h5py.File(tmp_path / "m.h5") as file:
        assert list(file["model_weights/bins"].attrs["weight_names"]) == []
    given = np.array([[0, 0.5, 1]], np.float32)
    np.testing.assert_array_equal(load(tmp_path / "m.h5").predict(given), model.predict(given))


def test_layers_of_a_frozen_model_are_frozen(tmp_path: Path) -> None:
    base = Sequential(
        [
            Dense(4, input_shape=(3,), name="a"),
            BatchNormalization(name="norm"),
            Dense(5, name="b"),
        ],
        name="base",
    )
    model = Sequential([base, Dense(2, name="head")])
    base.trainable = False
    base.layers[2].trainable = True  # in vain: the model around it is not trained
    path = tmp_path / "m.h5"
    kerasfmt.save_model(model, path)
    with h5py.File(path) as file:
        config = json.loads(file.attrs["model_config"])["config"]["layers"]
        names = list(file["model_weights/base"].attrs["weight_names"])
    inner = next(entry for entry in config if entry["config"]["name"] == "base")["config"]["layers"]
    assert [entry["config"].get("trainable") for entry in inner if "units" in entry["config"]] == [
        False,
        False,
    ]
    # The order of Keras 2, which reads the model around as trainable, and nothing in it.
    leaves = [
        "a/kernel",
        "a/bias",
        *(f"norm/{x}" for x in ("gamma", "beta", "moving_mean", "moving_variance")),
    ]
    assert names == [f"{name}:0" for name in (*leaves, "b/kernel", "b/bias")]
    again = kerasfmt.load_model(path)
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert len(again.trainable_weights) == 2
