"""What a file says: every dialect is read, and every hostile or damaged file is refused."""

from __future__ import annotations

import gc
import json
import os
import re
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from kerasfmt.containers.hdf5 import guard
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.hdf5.stored import open_model
from tests.formats.hdf5.build import BIAS, KERNEL, dense_config, replace_kernel, write_group, write_model

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


def test_reads_an_open_file_and_does_not_close_it(tmp_path: Path) -> None:
    with h5py.File(write_model(tmp_path / "m.h5")) as file:
        kernel = open_model(file).layers["dense"][0][1]
        np.testing.assert_array_equal(kernel, KERNEL)
        assert file.id.valid


def test_reads_a_file_behind_a_user_block(tmp_path: Path) -> None:
    source = write_model(tmp_path / "plain.h5")
    with h5py.File(tmp_path / "m.h5", "w", userblock_size=1024) as file, h5py.File(source) as plain:
        plain.copy("model_weights", file)
        file.attrs["model_config"] = plain.attrs["model_config"]
    np.testing.assert_array_equal(kernel_of(tmp_path / "m.h5"), KERNEL)


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


# Lazy datasets.


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        np.arange(5, dtype=">f8"),
        np.array(7, np.int64),
        np.zeros((0, 3), np.float16),
        np.array([True, False]),
        np.array([1 + 2j], np.complex64),
    ],
    ids=lambda array: f"{array.dtype}{list(array.shape)}",
)
def test_lazy_dataset_is_the_array(tmp_path: Path, array: np.ndarray) -> None:
    path = write_model(tmp_path / "m.h5", weights={"layer": {"w": array}})
    dataset = open_model(path).layers["layer"][0][1]
    assert dataset.shape == array.shape
    assert dataset.dtype == array.dtype.newbyteorder("=")
    assert dataset.dtype.isnative
    assert (dataset.size, dataset.nbytes, dataset.ndim) == (array.size, array.nbytes, array.ndim)
    np.testing.assert_array_equal(np.asarray(dataset), array)
    assert dataset[()].dtype.isnative
    if array.ndim:
        np.testing.assert_array_equal(dataset[1:2], array[1:2])
        np.testing.assert_array_equal(dataset[0:1, ...], array[0:1])
        np.testing.assert_array_equal(dataset[(slice(0, 1),)], array[0:1])
        np.testing.assert_array_equal(dataset[::2], array[::2])
        np.testing.assert_array_equal(dataset[5:2], array[5:2])
        assert len(dataset) == len(array)


@pytest.mark.parametrize("packing", [{"compression": "gzip", "shuffle": True}, {"compression": "lzf"}, {}])
def test_chunked_datasets(tmp_path: Path, packing: dict[str, Any]) -> None:
    array = np.arange(4000, dtype=np.float32).reshape(100, 40)

    def pack(file: h5py.File) -> None:
        replace_kernel(file).create_dataset("kernel:0", data=array, chunks=(16, 16), **packing)

    np.testing.assert_array_equal(kernel_of(write_model(tmp_path / "m.h5", edit=pack)), array)


def test_a_dataset_outlives_the_model_that_held_it(tmp_path: Path) -> None:
    kernel = kernel_of(write_model(tmp_path / "m.h5"))
    gc.collect()
    np.testing.assert_array_equal(kernel[0:2], KERNEL[0:2])


def test_a_file_that_is_cut_while_open_is_told(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.h5")
    kernel = kernel_of(path)
    os.truncate(path, 100)
    with pytest.raises(CorruptFileError, match="cut while open"):
        np.asarray(kernel)


def test_a_dataset_cannot_be_an_array_without_a_copy(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without a copy"):
        kernel_of(write_model(tmp_path / "m.h5")).__array__(copy=False)


# Files that are no model.


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file") as caught:
        open_model(tmp_path / "none.h5")
    assert isinstance(caught.value, FileNotFoundError)


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="directory"):
        open_model(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello" * 1000])
def test_not_hdf5(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFormatError, match="not an HDF5 file"):
        open_model(path)


def test_truncated(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.h5")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorruptFileError, match="truncated"):
        open_model(path)


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


def test_h5py_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install h5py"):
        open_model(tmp_path / "m.h5")


# Files that lie, or point out of themselves.


def _external_link(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft_link(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = h5py.SoftLink("/model_weights/dense/dense/bias:0")


def _link_cycle(file: h5py.File) -> None:
    group = replace_kernel(file)
    group["kernel:0"] = h5py.SoftLink("again")
    group["again"] = h5py.SoftLink("kernel:0")


def _group_link(file: h5py.File) -> None:
    file.move("model_weights/dense", "elsewhere")
    file["model_weights/dense"] = h5py.SoftLink("/elsewhere")


def _external_storage(file: h5py.File) -> None:
    outside = [("/etc/hostname", 0, 24)]
    replace_kernel(file).create_dataset("kernel:0", (3, 2), np.float32, external=outside)


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3, 2), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "x", (3, 2))
    replace_kernel(file).create_virtual_dataset("kernel:0", layout)


def _absolute_name(file: h5py.File) -> None:
    file["model_weights/dense"].attrs["weight_names"] = [b"/model_weights/dense/dense/bias:0"]


def _contiguous_bomb(file: h5py.File) -> None:
    replace_kernel(file).create_dataset("kernel:0", (1 << 40, 1 << 10), np.float32)


def _chunked_bomb(file: h5py.File) -> None:
    bomb = replace_kernel(file).create_dataset("kernel:0", (1 << 40,), np.float32, chunks=(1 << 10,))
    bomb[:1024] = 1


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


def _reference_weight(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = np.array([file.ref], h5py.ref_dtype)


def _compound_weight(file: h5py.File) -> None:
    replace_kernel(file)["kernel:0"] = np.zeros(3, [("a", "f4"), ("b", "f4")])


def _vlen_weight(file: h5py.File) -> None:
    group = replace_kernel(file)
    group.create_dataset("kernel:0", (2,), h5py.vlen_dtype(np.float32))[0] = [1.0]


def _array_weight(file: h5py.File) -> None:
    replace_kernel(file).create_dataset("kernel:0", (2,), np.dtype(("f4", (3,))))


def _unknown_filter(file: h5py.File) -> None:
    replace_kernel(file).create_dataset("kernel:0", data=KERNEL.astype("i4"), chunks=(3, 2), scaleoffset=0)


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


def _numbers_for_names(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = [1, 2]


def _scalar_for_names(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = b"dense"


def _names_not_utf8(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = np.array([b"\xff\xfe"])


REFUSED: list[tuple[Callable[[h5py.File], None], type[KerasfmtError], str]] = [
    (_external_link, UnsafeFileError, "a link to another file"),
    (_soft_link, UnsafeFileError, "a soft link"),
    (_link_cycle, UnsafeFileError, "a soft link"),
    (_group_link, UnsafeFileError, "a soft link"),
    (_external_storage, UnsafeFileError, "outside of the file"),
    (_virtual, UnsafeFileError, "virtual dataset"),
    (_absolute_name, UnsafeFileError, "leaves the group"),
    (_contiguous_bomb, CorruptFileError, "declares 4503599627370496 bytes, but 0 bytes are stored"),
    (_chunked_bomb, CorruptFileError, "declares 4398046511104 bytes, but 4096 bytes are stored"),
    (_gzip_bomb, CorruptFileError, "declares 4398046511104 bytes"),
    (_shared_bytes, CorruptFileError, "share the same bytes"),
    (_text_weight, UnsupportedFormatError, "expected numbers"),
    (_reference_weight, UnsupportedFormatError, "expected numbers"),
    (_compound_weight, UnsupportedFormatError, "expected numbers"),
    (_vlen_weight, UnsupportedFormatError, "expected numbers"),
    (_array_weight, UnsupportedFormatError, "expected numbers"),
    (_unknown_filter, UnsupportedFormatError, "HDF5 filters"),
    (_group_for_weight, UnsupportedFormatError, "expected a dataset"),
    (_dataset_for_layer, InvalidModelError, "expected a group 'dense', got something else"),
    (_missing_weight, InvalidModelError, "weight dense/kernel:0: expected a dataset, got none"),
    (_missing_group, InvalidModelError, "expected a group 'dense', got nothing"),
    (_missing_weights, InvalidModelError, "expected a group 'model_weights', got nothing"),
    (_missing_names, InvalidModelError, "layer_names"),
    (_double_names, InvalidModelError, "two layers are called 'dense'"),
    (_numbers_for_names, CorruptFileError, "expected a list of strings"),
    (_scalar_for_names, CorruptFileError, "expected a list of strings"),
    (_names_not_utf8, CorruptFileError, "utf-8"),
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


def _names_file(path: Path, libver: str, user_block: int) -> None:
    source = write_model(path.with_name("plain.h5"))
    with h5py.File(path, "w", libver=libver, userblock_size=user_block) as file, h5py.File(source) as plain:
        plain.copy("model_weights", file)
        file.attrs["model_config"] = plain.attrs["model_config"]
        group = file["model_weights"]
        names = [f"{i:0>1237}" for i in range(3)]
        for name in names:
            write_group(group.create_group(name), {})
        group.attrs["layer_names"] = names


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("user_block", [0, 512])
def test_names_that_share_their_bytes(tmp_path: Path, libver: str, user_block: int) -> None:
    path = tmp_path / "m.h5"
    _names_file(path, libver, user_block)
    assert len(open_model(path).layers) == 3
    content = path.read_bytes()
    assert content.count(b"\xd5\x04\x00\x00") == 6  # the length of a name, in its element and in the heap
    path.write_bytes(content.replace(b"\xd5\x04\x00\x00", b"\xff\xff\xff\x0f"))
    # A header of the latest version has a checksum, which the HDF5 library finds wrong first.
    with pytest.raises(CorruptFileError, match=r"3 strings claim 805306365 bytes|checksum"):
        open_model(path)


def _overwritten(path: Path, at: int, form: str, value: int) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, at, value)
    path.write_bytes(data)


def test_names_of_members_that_claim_too_much(tmp_path: Path) -> None:
    """The HDF5 library would allocate what the heap of a group's names declares."""
    path = write_model(tmp_path / "m.h5")
    content = path.read_bytes()
    heaps = [match.start() for match in re.finditer(rb"HEAP\0", content)]
    assert len(heaps) == 4  # the root, model_weights, dense, dense/dense
    for at in heaps:
        path.write_bytes(content)
        _overwritten(path, at + 8, "<Q", 1 << 60)
        # That of the root is asked for first thing, in a way that allocates nothing.
        said = "exceeds EOA" if at == heaps[0] else "the names of a group claim 1152921504606846976 bytes"
        with pytest.raises(CorruptFileError, match=said):
            open_model(path)


def test_headers_that_claim_too_much(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.h5")
    with h5py.File(path) as file:
        address = h5py.h5o.get_info(file["model_weights/dense/dense/kernel:0"].id).addr
    _overwritten(path, address + 8, "<I", 1 << 31)
    with pytest.raises(CorruptFileError, match=f"the header at byte {address} claims 2147483648 bytes"):
        open_model(path)


def test_a_damaged_heap_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    _names_file(path, "earliest", 0)
    path.write_bytes(path.read_bytes().replace(b"GCOL", b"GCOM"))
    with pytest.raises(CorruptFileError, match=r"m\.h5: .*expected a heap"):
        open_model(path)


def test_many_names_in_a_file_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_NAMES_SIZE", 0)
    path = write_model(tmp_path / "m.h5")
    with h5py.File(path) as file, pytest.raises(UnsafeFileError, match="of unknown length"):
        open_model(file)


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
