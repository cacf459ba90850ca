from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle import bundle as layout, reader, shards
from kerasfmt.containers.tensorbundle.bundle import Entry, Header
from kerasfmt.containers.tensorbundle.shards import map_file
from kerasfmt.containers.tensorbundle.table import encode_table
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError
from tests.containers.tensorbundle.crafted import craft, put
from tests.containers.tensorbundle.golden import CASES, SLICES, Case
from tests.growth import assert_linear, refused


@pytest.mark.parametrize("case", [*CASES, SLICES], ids=lambda case: case.name)
def test_tensorflows_bytes_are_read(case: Case, tmp_path: Path) -> None:
    bundle = tensorbundle.read(put(tmp_path, case))
    assert set(bundle) == {name for name, _ in case.items}
    for name, expected in case.items:
        stored = bundle[name]
        assert (stored.shape, stored.dtype) == (expected.shape, expected.dtype)
        assert np.asarray(stored).tolist() == expected.tolist()
        stored.verify()


def test_array_protocol(tmp_path: Path) -> None:
    tensorbundle.write(tmp_path / "v", [("a", np.arange(6, dtype=np.int32).reshape(2, 3)), ("s", 1.0)])
    bundle = tensorbundle.read(tmp_path / "v")
    stored = bundle["a"]
    assert (len(stored), stored.ndim, stored.size, stored.nbytes) == (2, 2, 6, 24)
    assert stored[1, ::2].tolist() == [3, 5]
    assert stored[:].base is not None and not stored[:].flags.writeable
    assert np.asarray(stored, np.float32).dtype == np.float32
    copied = stored.__array__(copy=True)
    copied[:] = 0
    assert stored[0, 1] == 1
    with pytest.raises(ValueError, match="needs a copy"):
        stored.__array__(np.float32, copy=False)
    with pytest.raises(TypeError):
        len(bundle["s"])
    assert repr(stored) == "StoredTensor('a', int32, (2, 3))"
    assert "2 tensors" in repr(bundle)
    assert "b" not in bundle
    with pytest.raises(KeyError):
        bundle["b"]


def save_in_place_of(directory: Path, value: int) -> None:
    """A checkpoint in a new directory, which takes the place of another."""
    new = directory.with_name("new")
    new.mkdir()
    tensorbundle.write(new / "v", [("a", np.full(5, value, np.int32))])
    if directory.exists():
        shutil.rmtree(directory)
    new.rename(directory)


def test_an_open_checkpoint_whose_directory_is_replaced(tmp_path: Path) -> None:
    save_in_place_of(tmp_path / "c", 1)
    bundle = tensorbundle.read(tmp_path / "c" / "v", verify=False)
    save_in_place_of(tmp_path / "c", 2)
    assert bundle["a"][()].tolist() == [1] * 5


def test_a_directory_that_is_replaced_while_a_checkpoint_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_in_place_of(tmp_path / "c", 1)
    opened: list[str] = []

    def replaced(path: str) -> memoryview:
        opened.append(Path(path).name)
        mapped = map_file(path)
        if len(opened) == 1:
            save_in_place_of(tmp_path / "c", 2)
        return mapped

    for module in (reader, shards):
        monkeypatch.setattr(module, "map_file", replaced)
    bundle = tensorbundle.read(tmp_path / "c" / "v", verify=False)
    bundle.verify()
    assert bundle["a"][()].tolist() == [2] * 5
    assert opened == ["v.index", "v.data-00000-of-00001"] * 2


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tensorbundle.read(tmp_path / "v")
    prefix = put(tmp_path, CASES[0])
    (tmp_path / "v.data-00000-of-00001").unlink()
    bundle = tensorbundle.read(prefix)
    with pytest.raises(CorruptFileError, match=r"v\.data-00000-of-00001: the file is missing.*tensor 'w'"):
        bundle["w"][()]


def test_every_damage_to_the_index_is_found(tmp_path: Path) -> None:
    prefix = put(tmp_path, CASES[1])
    path = tmp_path / "v.index"
    for at in range(8 * len(CASES[1].index)):
        bad = bytearray(CASES[1].index)
        bad[at // 8] ^= 1 << at % 8
        for data in (bytes(bad), CASES[1].index[: at // 8]):
            path.unlink()
            path.write_bytes(data)
            with pytest.raises((CorruptFileError, UnsupportedFormatError), match=r"v\.index: "):
                tensorbundle.read(prefix)


def slices(parts: list[tuple[int, int]], size: int = 4) -> dict[bytes, Entry]:
    """A uint8 tensor of `size` elements in the given (start, length) parts, stored where they belong."""
    keys = {
        ((start, length),): Entry(dtypes.uint8, (length,), 0, start, length, 0) for start, length in parts
    }
    entries = {next(layout.encode_slice_keys(b"x", [part])): entry for part, entry in keys.items()}
    return {b"x": Entry(dtypes.uint8, (size,), 0, 0, 0, 0, tuple(keys)), **entries}


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([(0, 2)], "expected slices of 4 elements .* got 2 elements in 2 bytes"),
        ([(0, 2), (1, 2)], "overlaps"),
        ([(0, 3), (1, 3)], "got 6 elements in 6 bytes"),
    ],
)
def test_bad_slices(parts: list[tuple[int, int]], problem: str, tmp_path: Path) -> None:
    prefix = craft(tmp_path, slices(parts), b"abcd")
    with pytest.raises(CorruptFileError, match=problem):
        tensorbundle.read(prefix, verify=False)["x"][...]


def test_huge_tensor_of_small_slices(tmp_path: Path) -> None:
    prefix = craft(tmp_path, slices([(0, 2)], size=1 << 50), b"abcd")
    with pytest.raises(CorruptFileError, match="expected slices of 1125899906842624 elements within 4 bytes"):
        tensorbundle.read(prefix, verify=False)["x"][...]


def test_rank_of_slices_beyond_numpy(tmp_path: Path) -> None:
    part = ((0, 1),) * 100
    entries = {
        b"x": Entry(dtypes.uint8, (1,) * 100, 0, 0, 0, 0, (part,)),
        next(layout.encode_slice_keys(b"x", [part])): Entry(dtypes.uint8, (1,) * 100, 0, 0, 1, 0),
    }
    prefix = craft(tmp_path, entries, b"a", Header((1 << 31) - 1))
    Path(layout.data_path(str(prefix), 0, (1 << 31) - 1)).write_bytes(b"a")
    with pytest.raises(UnsupportedFormatError, match="NumPy cannot hold shape"):
        tensorbundle.read(prefix)["x"][...]


def test_slices_that_share_their_bytes(tmp_path: Path) -> None:
    keys = {((start, 4),): Entry(dtypes.uint8, (4,), 0, 0, 4, 0) for start in range(0, 400, 4)}
    entries = {next(layout.encode_slice_keys(b"x", [part])): entry for part, entry in keys.items()}
    entries[b"x"] = Entry(dtypes.uint8, (400,), 0, 0, 0, 0, tuple(keys))
    with pytest.raises(CorruptFileError, match="within 4 bytes of data, got 400 elements in 400 bytes"):
        tensorbundle.read(craft(tmp_path, entries, b"abcd"), verify=False)["x"][...]


def test_missing_slice(tmp_path: Path) -> None:
    entries = slices([(0, 2), (2, 2)])
    del entries[next(layout.encode_slice_keys(b"x", [((2, 2),)]))]
    with pytest.raises(CorruptFileError, match=r"for its slice \(\(2, 2\),\), got None"):
        tensorbundle.read(craft(tmp_path, entries, b"abcd"))


def test_not_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "v.index").write_bytes(b"".join(encode_table([(b"a", b"")])))
    with pytest.raises(CorruptFileError, match="header under the empty key, got b'a'"):
        tensorbundle.read(tmp_path / "v")
    (tmp_path / "v.index").write_bytes(b"")
    with pytest.raises(CorruptFileError, match="got 0 bytes"):
        tensorbundle.read(tmp_path / "v")


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    name = b"\xff/\xe4".decode("utf-8", "surrogateescape")
    tensorbundle.write(tmp_path / "v", [(name, 3)])
    assert tensorbundle.read(tmp_path / "v")[name][()] == 3


def test_a_long_name_with_many_slices_is_refused_in_linear_work(tmp_path: Path) -> None:
    def reading(count: int) -> Callable[[], object]:
        parts = tuple(((number, 1),) for number in range(count))
        entries = {b"x" * 40 * count: Entry(dtypes.uint8, (count,), 0, 0, 0, 0, parts)}
        (tmp_path / str(count)).mkdir()
        prefix = craft(tmp_path / str(count), entries, b"")
        return refused(CorruptFileError, lambda: tensorbundle.read(prefix))

    assert_linear(reading, 100)


def test_slices_without_a_size_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    size = 1 << 40
    part = ((0, size),)
    entries = {
        b"x": Entry(dtypes.variant, (size,), 0, 0, 0, 0, (part,)),
        next(layout.encode_slice_keys(b"x", [part])): Entry(dtypes.variant, (size,), 0, 0, 0, 0),
    }
    stored = tensorbundle.read(craft(tmp_path, entries, b"a"))["x"]
    with pytest.raises(UnsupportedFormatError, match="expected numbers or strings, got variant"):
        np.asarray(stored)


def test_where_tensors_lie(tmp_path: Path) -> None:
    tensorbundle.write(tmp_path / "c", [("b", np.zeros(3, np.float32)), ("a", np.zeros(1, np.int64))])
    found = tensorbundle.read(tmp_path / "c")
    assert [found[name].place for name in "ba"] == [(0, 0), (0, 12)]
