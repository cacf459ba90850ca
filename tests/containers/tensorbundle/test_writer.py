from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

from kerasfmt import dtypes
from kerasfmt.containers import tensorbundle
from kerasfmt.errors import SaveError, UnsupportedFormatError
from tests.containers.tensorbundle.golden import CASES, Case

NUMERIC = [row for row in dtypes.ALL if row.itemsize and not row.is_quantized]


def in_numpy(row: dtypes.DType) -> bool:
    """Whether the installed ml_dtypes has the type: int2, uint2 and float4_e2m1fn are younger than 0.3."""
    try:
        return row.numpy is not None
    except UnsupportedFormatError:
        return False


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Arrays of every dtype with a byte layout, of any bits, and of strings."""
    shape = draw(npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    row = draw(st.sampled_from([*filter(in_numpy, NUMERIC), dtypes.string]))
    if row is dtypes.string:
        size = int(np.prod(shape))
        array = np.empty(size, object)
        array[:] = draw(st.lists(st.binary(max_size=200), min_size=size, max_size=size))
        return array.reshape(shape)
    numbers = draw(npst.arrays(np.int8, shape, elements=st.integers(-8, 7)))
    with np.errstate(all="ignore"):
        return numbers.astype(row.numpy)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def as_bytes(array: Any) -> Any:
    array = np.asarray(array)
    return array.tolist() if array.dtype.hasobject else array.tobytes()


@given(items=st.dictionaries(NAMES, arrays(), max_size=8), num_shards=st.integers(1, 3))
def test_round_trip(items: dict[str, Any], num_shards: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    prefix = tmp_path_factory.mktemp("v") / "v"
    tensorbundle.write(prefix, items.items(), num_shards)
    bundle = tensorbundle.read(prefix)
    assert bundle.num_shards == num_shards
    assert list(bundle) == sorted(items, key=str.encode)
    bundle.verify()
    for name, array in items.items():
        stored = bundle[name]
        assert (stored.shape, stored.dtype) == (array.shape, array.dtype)
        assert as_bytes(stored) == as_bytes(array)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bytes_are_tensorflows(case: Case, tmp_path: Path) -> None:
    tensorbundle.write(tmp_path / "v", case.items, num_shards=len(case.data))
    shards = sorted(tmp_path.glob("v.data-*"))
    assert [path.read_bytes() for path in shards] == case.data
    assert (tmp_path / "v.index").read_bytes() == case.index
    assert sorted(tmp_path.iterdir()) == [*shards, tmp_path / "v.index"]


def test_quantized(tmp_path: Path) -> None:
    array = np.array([(1,), (-2,)], dtypes.qint8.numpy)
    tensorbundle.write(tmp_path / "v", [("q", array)])
    stored = tensorbundle.read(tmp_path / "v")["q"]
    assert stored.tensor_dtype is dtypes.qint8
    assert np.asarray(stored).tolist() == array.tolist()


def test_hdf5_datasets(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["numbers"] = np.arange(12, dtype=np.float32).reshape(3, 4)
        file["scalar"] = np.int64(3)
        file["words"] = [b"a", b"bc"]
        file["empty"] = np.zeros((2, 0))
        tensorbundle.write(tmp_path / "v", file.items())
    bundle = tensorbundle.read(tmp_path / "v")
    assert bundle["numbers"][1].tolist() == [4, 5, 6, 7]
    assert bundle["scalar"][()] == 3
    assert bundle["words"][:].tolist() == [b"a", b"bc"]
    assert bundle["empty"].shape == (2, 0)


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([("", 1)], "tensor ''"),
        ([("a", 1), ("a", 2)], "tensor 'a': the name is given twice"),
        ([("\ud800", 1)], "UTF-8"),
        ([("a", np.zeros(1, np.longdouble))], "tensor 'a': .*no such element type"),
        ([("a", np.array([object()], object))], "tensor 'a': .*got object"),
        ([("a", np.array(["\ud800"], object))], "tensor 'a': .*UTF-8"),
    ],
)
def test_refused_items_leave_nothing(items: list[tuple[str, Any]], problem: str, tmp_path: Path) -> None:
    with pytest.raises(SaveError, match=problem):
        tensorbundle.write(tmp_path / "v", [("first", 1), *items])
    assert not list(tmp_path.iterdir())


def test_failing_source_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    def items() -> Iterator[tuple[str, object]]:
        yield "a", 2
        raise RuntimeError("the source failed")

    tensorbundle.write(tmp_path / "v", [("a", 1)])
    with pytest.raises(RuntimeError, match="the source failed"):
        tensorbundle.write(tmp_path / "v", items())
    assert len(list(tmp_path.iterdir())) == 2
    assert tensorbundle.read(tmp_path / "v")["a"][()] == 1


def test_missing_directory_and_shards(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="could not be written: No such file"):
        tensorbundle.write(tmp_path / "no" / "v", [])
    with pytest.raises(SaveError, match="at least 1, got 0"):
        tensorbundle.write(tmp_path / "v", [], num_shards=0)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = open
    monkeypatch.setattr("builtins.open", lambda path, *rest, **more: real("/dev/full", *rest, **more))
    with pytest.raises(SaveError, match="No space left"):
        tensorbundle.write(tmp_path / "v", [("a", np.zeros(1 << 20))])
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())


def test_memory_overhead(tmp_path: Path) -> None:
    """200 MB from HDF5, a Fortran-ordered map and a C-ordered one, with at most 32 MiB of memory."""
    shape = (1000, 16_700)
    with h5py.File(tmp_path / "h.h5", "w") as file:
        dataset = file.create_dataset("w", shape, "f4")
        columns = np.memmap(tmp_path / "f", "f4", "w+", shape=shape, order="F")
        rows = np.memmap(tmp_path / "c", "f4", "w+", shape=shape)
        tracemalloc.start()
        try:
            tensorbundle.write(tmp_path / "v", [("h", dataset), ("f", columns), ("c", rows)])
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (tmp_path / "v.data-00000-of-00001").stat().st_size == 3 * 4 * shape[0] * shape[1]
    assert peak < 32 << 20


def test_memory_overhead_of_strings(tmp_path: Path) -> None:
    words = np.full(400_000, b"word", object)
    tracemalloc.start()
    try:
        tensorbundle.write(tmp_path / "v", [("s", words)])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
