"""The verbs that read, over every format."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import limits
from kerasfmt.api import load_model, load_weights, save_model, save_weights
from kerasfmt.errors import CorruptFileError, MissingFileError, UnsafeFileError, UnsupportedFormatError
from kerasfmt.ir import Model, Sequential
from kerasfmt.layers import Dense

DATA = Path(__file__).parents[1] / "data" / "hdf5"
MLP = DATA / "tf_keras-2.21.0_mlp.h5"


@pytest.mark.parametrize("name", ["model.h5", "model.keras", "only.weights.h5"])
def test_bytes_and_binary_files_are_read(tmp_path: Path, name: str) -> None:
    model = Sequential([Dense(2, input_shape=(3,), name="dense")])
    path, x = tmp_path / name, np.ones((1, 3), np.float32)
    (save_weights if "weights" in name else save_model)(model, path)
    for made in (Path.read_bytes, lambda path: path.open("rb"), lambda path: io.BytesIO(path.read_bytes())):
        other = Sequential([Dense(2, input_shape=(3,))])
        source = made(path)
        load_weights(other, source)
        if hasattr(source, "seek"):
            source.seek(0)
        if "weights" not in name:
            read = load_model(source)
            np.testing.assert_array_equal(read.predict(x), model.predict(x))
            save_model(read, tmp_path / "again")
        np.testing.assert_array_equal(other.predict(x), model.predict(x))
        getattr(source, "close", lambda: None)()


def test_bytes_of_no_format() -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"bytes: neither a .keras archive nor HDF5: begins with b'what'"
    ):
        load_model(b"what")
    with pytest.raises(CorruptFileError, match="bytes: "):
        load_model(MLP.read_bytes()[:3000])


def test_load_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file"):
        load_model(tmp_path / "none")


def test_load_formats_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(UnsupportedFormatError, match=r"m\.keras: not a \.keras archive"):
        load_model(tmp_path / "m.keras")


def test_load_other_things(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"hello")
    with pytest.raises(UnsupportedFormatError, match="begins with b'hello'"):
        load_model(tmp_path / "m.bin")


def test_load_goes_by_content_not_by_suffix(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(MLP.read_bytes())
    assert load_model(str(tmp_path / "m.keras")).name == "mlp"


def test_load_truncated(tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_bytes(MLP.read_bytes()[:5000])
    with pytest.raises(CorruptFileError, match="truncated"):
        load_model(tmp_path / "m.h5")


def test_compile() -> None:
    assert load_model(MLP).training_config is not None
    assert load_model(MLP, compile=False).training_config is None


def packed(path: Path) -> Path:
    """A model with 4 MiB of zeros in a few kilobytes."""
    plain = path.with_suffix(".plain")
    save_model(zeros(), plain, save_format="h5")
    with h5py.File(plain) as source, h5py.File(path, "w") as file:
        file.attrs.update(source.attrs)
        weights = file.create_group("model_weights")
        weights.attrs.update(source["model_weights"].attrs)
        group = weights.create_group("big")
        group.attrs.update(source["model_weights/big"].attrs)
        for name in ("big/kernel:0", "big/bias:0"):
            group.create_dataset(name, data=source[f"model_weights/big/{name}"][()], compression="gzip")
    return path


def zeros() -> Model:
    return Sequential([Dense(1024, input_shape=(1024,), kernel_initializer="zeros", name="big")])


@pytest.mark.parametrize(
    "load",
    [load_model, lambda path, **options: load_weights(zeros(), path, **options)],
    ids=["model", "weights"],
)
def test_what_a_file_may_cost_is_an_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[..., object]
) -> None:
    monkeypatch.setattr(limits, "FLOOR", 1 << 20)
    path = packed(tmp_path / "m.h5")
    with pytest.raises(UnsafeFileError, match=r"kernel:0: takes 4,194,304 bytes more in memory"):
        load(path)
    load(path, max_expansion=1000)
    load(path, max_expansion=math.inf)


@pytest.mark.parametrize("implementation", [2, 3])
def test_what_a_config_may_cost_is_an_argument(implementation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"filters": 1, "kernel_size": [3, 3], "implementation": implementation, "name": "local"}
    entry = {
        "class_name": "LocallyConnected2D",
        "config": {**options, "batch_input_shape": [None, 1 << 14, 1 << 14, 1]},
    }
    with pytest.raises(UnsafeFileError, match=r"local .*more in memory"):
        kerasfmt.model_from_config({"name": "m", "layers": [entry]})
    entry["config"]["batch_input_shape"] = [None, 24, 24, 1]
    kerasfmt.model_from_config({"name": "m", "layers": [entry]})
    monkeypatch.setattr(limits, "FLOOR", 1 << 17)
    with pytest.raises(UnsafeFileError, match=r"local .*more in memory"):
        kerasfmt.model_from_config({"name": "m", "layers": [entry]})
    kerasfmt.model_from_config({"name": "m", "layers": [entry]}, max_expansion=math.inf)
