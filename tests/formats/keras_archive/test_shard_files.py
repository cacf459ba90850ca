"""Shards are written and read as a set: never some of one save and some of another."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasfmt import Model, Sequential, layers, load_weights, save_weights
from kerasfmt.errors import CorruptFileError, MissingFileError, SaveError
from kerasfmt.formats.keras_archive import shard_files
from tests.files.killing import killed_at_each_step

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked and killed")
WIDTH = 6
COUNT = 2
"""Shards of the model: its kernel takes a whole one."""


def model(number: float) -> Model:
    made = Sequential([layers.Dense(WIDTH, input_shape=(WIDTH,), name="a")], name="m")
    for weight in made.weights:
        weight.value = np.full(weight.shape, number, np.float32)
    return made


def save(path: Path, number: float, flush: bool = False) -> None:
    save_weights(model(number), path, max_shard_size=4 * WIDTH * WIDTH / (1 << 30), flush=flush)


def read(path: Path) -> float:
    loaded = model(-1)
    load_weights(loaded, path)
    (number,) = {float(value) for weight in loaded.weights for value in np.unique(weight.numpy())}
    return number


def listed(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def named(path: Path) -> set[str]:
    names = json.loads(path.read_text())["weight_map"].values()
    return {name for entry in names for name in (entry if isinstance(entry, list) else [entry])}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "d").mkdir()
    return tmp_path / "d" / "m.weights.json"


def test_kerass_names_and_the_same_bytes_where_there_is_nothing(path: Path, tmp_path: Path) -> None:
    save(path, 1)
    other = tmp_path / "e" / path.name
    other.parent.mkdir()
    save(other, 1)
    assert content(path.parent) == content(other.parent)
    assert named(path) == {f"m_{place:05}.weights.h5" for place in range(COUNT)}
    save(path, 2)
    save(other, 2)
    assert content(path.parent) == content(other.parent)


def test_new_names_where_there_are_shards(path: Path) -> None:
    for number in range(4):
        save(path, number)
        assert read(path) == number
        first = {} if number == 0 else {"m_00000.weights.h5"}
        assert set(listed(path.parent)) == {path.name, *named(path), *first}
    assert "m.3_00000.weights.h5" in named(path)
    with h5py.File(path.with_name("m_00000.weights.h5")) as file:  # Keras opens it before it reads the map
        assert list(file) == []


@needs_fork
@pytest.mark.parametrize("exists", [True, False])
def test_killed_at_each_step(path: Path, exists: bool) -> None:
    def before() -> None:
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        if exists:
            save(path, 1)

    seen = set()
    before()
    for _ in killed_at_each_step(lambda: save(path, 2)):
        seen.add(read(path) if path.exists() else None)
        save(path, 3)
        assert read(path) == 3
        assert set(listed(path.parent)) == {path.name, *named(path), "m_00000.weights.h5"}
        before()
    assert seen == {1 if exists else None, 2}


def test_nothing_foreign_is_removed(path: Path) -> None:
    save(path, 1)
    foreign = {
        "m_00009.weights.h5": b"not HDF5",
        "m.7_00000.weights.h5": b"",
        "other_00000.weights.h5": b"x",
        "m_0.weights.h5": b"x",
    }
    for name, data in foreign.items():
        path.with_name(name).write_bytes(data)
    save(path.with_name("m.9.weights.json"), 5)  # its shards have names of the form of this map's
    with h5py.File(path.with_name("m_00008.weights.h5"), "w") as file:
        file["vars/0"] = 1
    path.with_name("m_00007.weights.h5").symlink_to("m_00008.weights.h5")
    kept = set(listed(path.parent)) - {path.name, *named(path)}
    save(path, 2)
    assert kept <= set(listed(path.parent))
    assert (read(path), read(path.with_name("m.9.weights.json"))) == (2, 5)


def test_shards_of_keras_in_the_replaced_map_are_removed(path: Path) -> None:
    save(path, 1)
    document = json.loads(path.read_text())
    del document["metadata"]["crc32c"]
    path.write_text(json.dumps(document))
    for name in named(path):
        with h5py.File(path.with_name(name), "a") as file:
            del file.attrs["crc32c"]
    assert read(path) == 1
    save(path, 2)
    assert read(path) == 2
    assert set(listed(path.parent)) == {path.name, *named(path), "m_00000.weights.h5"}


# Mixed sets.


def in_other_place(path: Path, number: float) -> Path:
    other = path.parent.parent / str(number) / path.name
    other.parent.mkdir()
    save(other, number)
    return other


@pytest.mark.parametrize("place", range(COUNT))
def test_a_shard_of_another_save_is_refused(path: Path, place: int) -> None:
    save(path, 1)
    name = f"m_{place:05}.weights.h5"
    shutil.copy(in_other_place(path, 2).with_name(name), path.with_name(name))
    with pytest.raises(
        CorruptFileError, match=rf"m\.weights\.json: expected the shard {name} with .*of another save"
    ):
        read(path)


def test_a_map_of_another_save_is_refused(path: Path) -> None:
    save(path, 1)
    shutil.copy(in_other_place(path, 2), path)
    with pytest.raises(CorruptFileError, match="it is of another save"):
        read(path)


def test_a_shard_of_keras_in_a_map_of_ours_is_refused_and_the_other_way_round(path: Path) -> None:
    save(path, 1)
    document = path.read_text()
    states = json.loads(document)
    del states["metadata"]["crc32c"]
    path.write_text(json.dumps(states))
    with pytest.raises(
        CorruptFileError, match=r"with the checksum None, got [0-9a-f]{8}: it is of another save"
    ):
        read(path)
    path.write_text(document)
    with h5py.File(path.with_name("m_00001.weights.h5"), "a") as file:
        del file.attrs["crc32c"]
    with pytest.raises(CorruptFileError, match="got None: it is of another save"):
        read(path)


def test_a_shard_that_is_missing(path: Path) -> None:
    save(path, 1)
    path.with_name("m_00001.weights.h5").unlink()
    with pytest.raises(
        MissingFileError, match=r"expected the shard m_00001\.weights\.h5 beside it, got nothing"
    ):
        read(path)


# Saves during a read, and during one another.


def while_opening(
    monkeypatch: pytest.MonkeyPatch, saves: Callable[[], object], at: str, times: int = 1
) -> None:
    """Saves when a reader opens its first shard."""
    opened = shard_files.opened
    count = iter(range(times))

    def opening(source: Path) -> object:
        if source.name.endswith(at) and next(count, None) is not None:
            saves()
        return opened(source)

    monkeypatch.setattr(shard_files, "opened", opening)


@pytest.mark.parametrize("place", range(COUNT))
def test_a_save_during_a_read(path: Path, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    save(path, 1)
    while_opening(monkeypatch, lambda: save(path, 2), f"m_{place:05}.weights.h5")
    assert read(path) == 2


def test_a_save_during_a_save(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner save does not wait for the outer one, as where directories have no locks."""
    monkeypatch.setattr("kerasfmt.files.parts._PATIENCE", 0.0)
    weight_map = shard_files.Sharded.weight_map
    inner = [lambda: save(path, 2)]

    def mapped(*arguments: object) -> bytes:
        if inner:
            inner.pop()()
            assert read(path) == 2
        return weight_map(*arguments)

    monkeypatch.setattr(shard_files.Sharded, "weight_map", mapped)
    save(path, 1)
    assert read(path) == 1
    save(path, 3)
    assert read(path) == 3
    assert set(listed(path.parent)) == {path.name, *named(path), "m_00000.weights.h5"}


def test_a_failed_save_leaves_the_old_set(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(path, 1)
    before = content(path.parent)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shard_files.Sharded, "weight_map", full)
    with pytest.raises(SaveError, match="No space left"):
        save(path, 2)
    assert content(path.parent) == before
