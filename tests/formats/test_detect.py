"""Which format a name asks for, and which one a file is of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import MissingFileError, UnsupportedFormatError
from kerasfmt.formats import FORMATS
from kerasfmt.formats.detect import (
    FOREIGN,
    format_at,
    format_for,
    shards_format_for,
    weights_format_at,
    weights_format_for,
)
from kerasfmt.formats.format import Format
from kerasfmt.layers import Dense

DATA = Path(__file__).parents[1] / "data" / "hdf5"
MLP = DATA / "tf_keras-2.21.0_mlp.h5"


@pytest.mark.parametrize("what", ["models", "weights"])
def test_names_are_names_of_one_format(what: str) -> None:
    able = [f for f in FORMATS if (f.write if what == "models" else f.write_weights or f.prefix)]
    names = [name for found in able for name in (found.name, *found.aliases)]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("m", None, "tf"),
        ("m.v1", None, "tf"),
        ("m.h5", None, "h5"),
        ("m.HDF5", None, "h5"),
        ("m.keras", None, "keras"),
        ("m.h5", "tf", "tf"),
        ("m", "tensorflow", "tf"),
        ("m", "H5", "h5"),
        ("m", "tf_keras", "tf_keras"),
        ("m.h5", "keras_h5", "keras_h5"),
        ("m.keras", "keras_3.0", "keras_3.0"),
    ],
)
def test_format_for(path: str, name: str | None, expected: str) -> None:
    assert format_for(Path(path), name).name == expected
    assert format_for(path, name).name == expected


@pytest.mark.parametrize("path", [f"m{suffix.upper()}" for suffix in FOREIGN])
def test_suffixes_of_other_kinds_of_files(path: str) -> None:
    for given in (path, Path("a.v2") / path):
        with pytest.raises(
            UnsupportedFormatError, match=r"expected a name that ends in \.keras, \.h5 or \.hdf5, or"
        ):
            format_for(given)
    assert format_for(path, "tf").name == "tf"
    assert format_for(f"{path}.d").name == "tf"


def test_no_suffix_of_ours_is_foreign() -> None:
    ours = {suffix for found in FORMATS for suffix in (*found.suffixes, *found.weights_suffixes)}
    assert not ours & FOREIGN.keys()


@pytest.mark.parametrize("path", ["gs://b/m", "s3://b/m.h5", "file:///m", Path("https://host/m.keras")])
def test_a_url_is_no_path(path: str | Path) -> None:
    for choose in (format_for, weights_format_for, format_at, weights_format_at):
        with pytest.raises(UnsupportedFormatError, match="expected a path on this machine, got a URL"):
            choose(path)
    with pytest.raises(UnsupportedFormatError, match="got a URL"):
        format_for(path, "tf")
    assert format_for("C:/m").name == format_for("a:b/c:d").name == "tf"


def test_no_such_format() -> None:
    for choose in (format_for, weights_format_for, shards_format_for):
        with pytest.raises(
            UnsupportedFormatError, match=r"save_format='onnx': expected one of .*tf, tensorflow, "
        ):
            choose("m", "onnx")


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("w.weights.h5", None, "keras"),
        ("w.weights.h5", "keras", "keras"),
        ("w.weights.h5", "tf_keras", "tf_keras"),
        ("w.h5", None, "h5"),
        ("w.HDF5", None, "h5"),
        ("w", "h5", "h5"),
        ("w.bin", "hdf5", "h5"),
        ("w", "tf", "checkpoint"),
        ("w.bin", "TensorFlow", "checkpoint"),
        ("w", "checkpoint", "checkpoint"),
    ],
)
def test_weights_format_for(path: str, name: str | None, expected: str) -> None:
    assert weights_format_for(path, name).name == expected


@pytest.mark.parametrize(
    ("path", "name", "said"),
    [
        (
            "w.weights.h5",
            "h5",
            r"expected save_format 'keras' or 'tf_keras' for a name that ends in \.weights\.h5",
        ),
        (
            "w.weights.h5",
            "tf",
            r"expected save_format 'keras' or 'tf_keras' for a name that ends in \.weights\.h5",
        ),
        (
            "w.h5",
            "keras",
            r"expected save_format 'h5' .* got 'keras'; .* a name that ends in \.weights\.h5$",
        ),
        (
            "w",
            None,
            r"expected a name that ends in .*\.weights\.h5, \.h5 .*\.weights\.json with a max_shard_size",
        ),
        ("w.weights.json", None, r"expected a name that ends in .*\.weights\.h5"),
        ("w", "keras", r"expected a name that ends in .*\.weights\.h5, .*, got save_format='keras'"),
        ("w.h5", "tf", r"expected save_format 'h5' .* got 'tf'; .* another name"),
    ],
)
def test_weights_are_not_written_under_that_name(path: str, name: str | None, said: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=said):
        weights_format_for(path, name)


def test_shards_format_for() -> None:
    for name in (None, "keras"):
        found, shards = shards_format_for(Path("w.weights.json"), name)
        assert (found.name, shards.suffix) == ("keras", ".weights.json")
    for path, name in (("w.h5", None), ("w.weights.json", "h5"), ("w.weights.json", "tf_keras"), (3, None)):
        with pytest.raises(
            UnsupportedFormatError, match=r"expected a name that ends in \.weights\.json for weights"
        ):
            shards_format_for(path, name)


def test_an_open_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        for choose in (format_for, weights_format_for, format_at, weights_format_at):
            assert choose(file.require_group("g")).name == "h5"
        assert format_for(file, "hdf5").name == "h5"
        with pytest.raises(UnsupportedFormatError, match="an open HDF5 file takes HDF5 only"):
            format_for(file, "keras")
        file.create_group("layers")
        assert weights_format_at(file).name == "keras"
    for choose in (format_for, weights_format_for, format_at, weights_format_at):
        with pytest.raises(TypeError, match=r"expected a path, an h5py\.File or a group, got int"):
            choose(3)


# What is there.


def test_what_is_there_goes_by_content(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([Dense(1, input_shape=(1,))])
    for name in ("tf", "keras", "tf_keras", "h5"):
        kerasfmt.save_model(model, tmp_path / name, save_format=name)
        assert format_at(tmp_path / name).name == ("keras" if name == "tf_keras" else name)
    (tmp_path / "m.keras").write_bytes(MLP.read_bytes())
    assert format_at(tmp_path / "m.keras").name == "h5"


def test_weights_that_are_there(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([Dense(1, input_shape=(1,))])
    kerasfmt.save_weights(model, tmp_path / "w.weights.h5")
    kerasfmt.save_weights(model, tmp_path / "w.h5")
    kerasfmt.save_weights(model, tmp_path / "w.weights.json", max_shard_size=1)
    kerasfmt.save_model(model, tmp_path / "m.keras")
    kerasfmt.save_model(model, tmp_path / "m.h5")
    found = {path.name: weights_format_at(path).name for path in sorted(tmp_path.iterdir())}
    assert found == {
        "m.h5": "h5",
        "m.keras": "keras",
        "w.h5": "h5",
        "w.weights.h5": "keras",
        "w.weights.json": "keras",
        "w_00000.weights.h5": "keras",
    }


@pytest.mark.parametrize("detect", [format_at, weights_format_at])
def test_nothing_of_any_format(tmp_path: Path, detect: Callable[[Path], Format]) -> None:
    with pytest.raises(MissingFileError, match="got nothing: no such file or directory"):
        detect(tmp_path / "none")
    (tmp_path / "m.h5").write_bytes(b"hello world")
    with pytest.raises(
        UnsupportedFormatError, match=r"neither an? .* nor .*HDF5.*: it begins with b'hello wo'"
    ):
        detect(tmp_path / "m.h5")
    with pytest.raises(UnsupportedFormatError, match="expected a file or a directory, got a device"):
        detect(Path(os.devnull))


def test_a_directory_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match=r"without saved_model\.pb; it is not a SavedModel"):
        format_at(tmp_path)
    with pytest.raises(UnsupportedFormatError, match=r"without saved_model\.pb; it is not a SavedModel"):
        weights_format_at(tmp_path)


def test_a_checkpoint_is_told_by_its_index(tmp_path: Path) -> None:
    for name, path in (("ckpt", tmp_path / "ckpt"), ("variables", tmp_path / "m/variables/variables")):
        path.parent.mkdir(parents=True, exist_ok=True)
        kerasfmt.tensorbundle.write(path, [("kernel", np.zeros((2, 3), np.float32))])
        assert not path.exists()
        assert format_at(path).name == weights_format_at(path).name == "checkpoint", name
    assert weights_format_at(tmp_path / "m").name == "checkpoint"
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt"')
    assert format_at(tmp_path).name == weights_format_at(tmp_path).name == "checkpoint"
    with pytest.raises(UnsupportedFormatError, match="holds weights only; build the model"):
        kerasfmt.load_model(tmp_path / "ckpt")


@pytest.mark.parametrize("detect", [format_at, weights_format_at])
def test_an_unpacked_archive_is_told_as_one(tmp_path: Path, detect: Callable[[Path], Format]) -> None:
    path, unpacked = tmp_path / "m.keras", tmp_path / "unpacked"
    kerasfmt.save_model(kerasfmt.Sequential([Dense(3, input_shape=(2,))]), path)
    shutil.unpack_archive(path, unpacked, "zip")
    with pytest.raises(
        UnsupportedFormatError, match=r"got the unpacked files of a \.keras archive; load the archive"
    ):
        detect(unpacked)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", unpacked)
    assert kerasfmt.load_model(packed).count_params() == 9
