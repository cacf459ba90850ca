"""What a file says: every dialect is read, and every hostile or damaged file is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.hdf5.stored import open_model
from tests.formats.hdf5.build import BIAS, KERNEL, dense_config, replace_kernel, write_group, write_model
from tests.growth import assert_linear, refused

DATA = Path(__file__).parents[2] / "data" / "hdf5"
GOLDEN = sorted(DATA.glob("*.h5"))


def kernel_of(path: Path) -> LazyDataset:
    return open_model(path).layers["dense"][0][1]


def test_reads_what_the_file_says(tmp_path: Path) -> None:
    state = {"Adam/m/dense/kernel:0": KERNEL, "iteration:0": np.int64(3)}
    path = write_model(tmp_path / "m.h5", training={"loss": "mse"}, optimizer=state)
    model = open_model(path)
    assert model.model_config == dense_config()
    assert model.training_config == {"loss": "mse"}
    assert (model.keras_version, model.backend) == ("2.15.0", "tensorflow")
    assert [name for name, _ in model.layers["dense"]] == ["dense/kernel:0", "dense/bias:0"]
    assert [name for name, _ in model.optimizer_weights] == list(state)
    assert int(np.asarray(model.optimizer_weights[1][1])) == 3
    assert model.top_level == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_reads_what_keras_wrote(path: Path) -> None:
    model = open_model(path)
    assert model.keras_version in path.stem
    assert model.backend == "tensorflow"
    assert (model.training_config is not None) == path.stem.endswith("_mlp")
    assert bool(model.optimizer_weights) == path.stem.endswith("_mlp")
    with h5py.File(path) as file:
        for layer, held in model.layers.items():
            for name, dataset in held:
                np.testing.assert_array_equal(dataset, file[f"model_weights/{layer}/{name}"][()])


def test_there_are_golden_files_of_every_dialect() -> None:
    assert {path.stem.partition("-")[0] for path in GOLDEN} == {"keras", "tf_keras"}
    assert {path.stem.split("-")[1][0] for path in GOLDEN} == {"2", "3"}


def test_names_cut_into_pieces_and_str_names(tmp_path: Path) -> None:
    def cut(file: h5py.File) -> None:
        group = file["model_weights"]
        names = [f"layer_{i}" for i in range(5)]
        for name in names:
            write_group(group.create_group(name), {})
        del group.attrs["layer_names"]
        group.attrs["layer_names0"] = np.array([b"dense", *(n.encode() for n in names[:2])])
        group.attrs["layer_names1"] = names[2:]

    model = open_model(write_model(tmp_path / "m.h5", edit=cut))
    assert list(model.layers) == ["dense", *(f"layer_{i}" for i in range(5))]


@pytest.mark.parametrize("name", ["a b", "été", "block.1", "path/to/layer", "名"])
def test_odd_layer_names(tmp_path: Path, name: str) -> None:
    model = open_model(write_model(tmp_path / "m.h5", weights={name: {f"{name}/kernel:0": KERNEL}}))
    np.testing.assert_array_equal(model.layers[name][0][1], KERNEL)


def test_top_level_weights(tmp_path: Path) -> None:
    def add(file: h5py.File) -> None:
        write_group(file["model_weights"].create_group("top_level_model_weights"), {"scale:0": BIAS})

    ((name, dataset),) = open_model(write_model(tmp_path / "m.h5", edit=add)).top_level
    assert name == "scale:0"
    np.testing.assert_array_equal(dataset, BIAS)


# Files that are no model.


def test_weights_only_says_what_it_holds(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv1", b"dense"]
    with pytest.raises(UnsupportedFormatError, match=r"only the weights of 2 layers \(conv1, dense\)"):
        open_model(tmp_path / "w.h5")


def test_keras_3_weights_only(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.weights.h5", "w") as file:
        file.create_group("layers/dense/vars")
    with pytest.raises(UnsupportedFormatError, match="only weights"):
        open_model(tmp_path / "x.weights.h5")


@pytest.mark.parametrize(("members", "said"), [(["images", "labels"], "images, labels"), ([], "empty")])
def test_hdf5_of_something_else(tmp_path: Path, members: list[str], said: str) -> None:
    with h5py.File(tmp_path / "d.h5", "w") as file:
        for member in members:
            file.create_group(member)
    with pytest.raises(UnsupportedFormatError, match=said):
        open_model(tmp_path / "d.h5")


# Files that lie, or point out of themselves.


def _external_link(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft_link(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = h5py.SoftLink("/model_weights/dense/dense/bias:0")


def _group_link(file: h5py.File) -> None:
    file.move("model_weights/dense", "elsewhere")
    file["model_weights/dense"] = h5py.SoftLink("/elsewhere")


def _absolute_name(file: h5py.File) -> None:
    file["model_weights/dense"].attrs["weight_names"] = [b"/model_weights/dense/dense/bias:0"]


def _gzip_bomb(file: h5py.File) -> None:
    bomb = replace_kernel(file).create_dataset(
        "kernel:0", (1 << 40,), np.float32, chunks=(1 << 10,), compression="gzip"
    )
    bomb[:1024] = 1


def _shared_bytes(file: h5py.File) -> None:
    big = file.create_dataset("big", data=np.zeros(4096, np.float32))
    group = file["model_weights/dense"]
    for i in range(8):
        group[f"copy{i}"] = big
    group.attrs["weight_names"] = [f"copy{i}".encode() for i in range(8)]


def _text_weight(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = ["a", "b"]


def _group_for_weight(file: h5py.File) -> None:
    replace_kernel(file).create_group("kernel:0")


def _dataset_for_layer(file: h5py.File) -> None:
    del file["model_weights/dense"]
    file["model_weights/dense"] = KERNEL


def _missing_weight(file: h5py.File) -> None:
    replace_kernel(file)


def _missing_group(file: h5py.File) -> None:
    del file["model_weights/dense"]


def _missing_weights(file: h5py.File) -> None:
    del file["model_weights"]


def _missing_names(file: h5py.File) -> None:
    del file["model_weights"].attrs["layer_names"]


def _double_names(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = [b"dense", b"dense"]


REFUSED: list[tuple[Callable[[h5py.File], None], type[KerasfmtError], str]] = [
    (_external_link, UnsafeFileError, "a link to another file"),
    (_soft_link, UnsafeFileError, "a soft link"),
    (_group_link, UnsafeFileError, "a soft link"),
    (_absolute_name, UnsafeFileError, "leaves the group"),
    (_gzip_bomb, CorruptFileError, "declares 4398046511104 bytes"),
    (_shared_bytes, CorruptFileError, "share the same bytes"),
    (_text_weight, UnsupportedFormatError, "expected numbers"),
    (_group_for_weight, UnsupportedFormatError, "expected a dataset"),
    (_dataset_for_layer, InvalidModelError, "expected a group 'dense', got something else"),
    (_missing_weight, InvalidModelError, "weight dense/kernel:0: expected a dataset, got none"),
    (_missing_group, InvalidModelError, "expected a group 'dense', got nothing"),
    (_missing_weights, InvalidModelError, "expected a group 'model_weights', got nothing"),
    (_missing_names, InvalidModelError, "layer_names"),
    (_double_names, InvalidModelError, "two layers are called 'dense'"),
]


@pytest.mark.parametrize(("spoil", "error", "said"), REFUSED, ids=[row[0].__name__[1:] for row in REFUSED])
def test_refused(
    tmp_path: Path, spoil: Callable[[h5py.File], None], error: type[KerasfmtError], said: str
) -> None:
    path = write_model(tmp_path / "m.h5", edit=spoil)
    with pytest.raises(error, match=re.escape(said)) as caught:
        open_model(path)
    assert str(path) in str(caught.value)


def test_bad_config(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match=r"m\.h5: model_config: names the key 'a' twice"):
        open_model(write_model(tmp_path / "m.h5", config='{"a": 1, "a": 2}'))


def test_bad_training_config(tmp_path: Path) -> None:
    def spoil(file: h5py.File) -> None:
        file.attrs["training_config"] = "{"

    with pytest.raises(CorruptFileError, match="training_config"):
        open_model(write_model(tmp_path / "m.h5", edit=spoil))


# Damage.


def read_everything(path: Path) -> None:
    model = open_model(path)
    json.dumps(model.model_config)
    for held in [*model.layers.values(), model.top_level, model.optimizer_weights]:
        for _, dataset in held:
            np.asarray(dataset)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = write_model(
        tmp_path_factory.mktemp("hdf5") / "m.h5", training={"loss": "mse"}, optimizer={"m": KERNEL}
    )
    return path.read_bytes()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_are_read_or_told(tmp_path: Path, small: bytes, data: st.DataObject) -> None:
    spoilt = bytearray(small)
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(small) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "m.h5"
    path.write_bytes(spoilt)
    try:
        read_everything(path)
    except KerasfmtError as error:
        assert str(path) in str(error)


def test_layers_that_share_a_group_are_refused(tmp_path: Path) -> None:
    """Otherwise a few bytes for each layer would bring all weights of the group again."""

    def reading(count: int) -> Callable[[], object]:
        names = [str(number) for number in range(count)]
        weights = {"dense": dict.fromkeys(names, BIAS[:0])}

        def share(file: h5py.File) -> None:
            group = file["model_weights"]
            for name in names:
                group[name] = group["dense"]
            group.attrs["layer_names"] = names

        path = write_model(tmp_path / f"{count}.h5", weights=weights, edit=share)
        return refused(CorruptFileError, lambda: open_model(path))

    assert_linear(reading, 10)
