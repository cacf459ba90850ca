"""A plan finds every collision of names before anything is written, and writes what it holds slab by slab."""

from __future__ import annotations

import io
import re
from typing import Any

import h5py
import ml_dtypes
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.errors import InvalidModelError, SaveError, UnsupportedFormatError
from kerasfmt.ir import Weight

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def weight(value: Any = ARRAY, shape: tuple[int, ...] | None = None) -> Weight:
    array_shape = value.shape if shape is None else shape
    found = Weight("w", array_shape, dtypes.of(value.dtype))
    found._value = value
    return found


def written(plan: WritePlan) -> h5py.File:
    file = h5py.File(io.BytesIO(), "w")
    plan.write_to(file)
    return file


def test_groups_and_datasets_come_in_order() -> None:
    plan = WritePlan("model m")
    plan.attributes[""]["version"] = b"1"
    plan.group("b", "layer b")["name"] = "b"
    plan.group("a", "layer a")
    plan.dataset("b/deep/w", weight(), "layer b")
    told: list[int] = []
    file = h5py.File(io.BytesIO(), "w", track_order=True)
    plan.write_to(file, told.append)
    assert list(file) == ["b", "a"]
    assert (file.attrs["version"], file["b"].attrs["name"]) == ("1", "b")
    np.testing.assert_array_equal(file["b/deep/w"][()], ARRAY)
    assert sum(told) == ARRAY.nbytes


def claimed(*paths: str) -> WritePlan:
    plan = WritePlan("model m")
    for number, path in enumerate(paths):
        plan.dataset(path, weight(), f"layer {number}")
    return plan


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (("a", "a"), "model m: layer 1 and layer 0 would both be 'a' in the file; rename one"),
        (("a/b", "a"), "layer 1 and layer 0 would both be 'a'"),
        (("a", "a/b"), "layer 1 would be inside layer 0, 'a' in the file, which is an array"),
        (("a//b",), "'a//b' cannot be a path in an HDF5 file"),
        (("./a",), "cannot be a path in an HDF5 file"),
        (("a/",), "cannot be a path in an HDF5 file"),
        (("",), "cannot be a path in an HDF5 file"),
        (("a\0b",), "cannot be a path in an HDF5 file"),
    ],
)
def test_collisions_are_found_first(paths: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidModelError, match=said):
        claimed(*paths)


def test_a_group_may_hold_what_lies_below_it() -> None:
    plan = claimed("a/b")
    plan.dataset("a/c", weight(), "layer c")
    with pytest.raises(InvalidModelError, match="layer d and layer 0 would both be 'a'"):
        plan.group("a", "layer d")


def test_a_text_with_zero_bytes() -> None:
    plan = WritePlan("model m")
    plan.group("a", "layer a")["name"] = "x\0y"
    with pytest.raises(InvalidModelError, match=r"'x\\x00y' would be 'name' of 'a'"):
        written(plan)


@pytest.mark.parametrize("known", [False, True])
def test_bfloat16_where_readers_know_it(known: bool) -> None:
    plan = WritePlan("model m", bfloat16=known)
    given = weight(np.array([1.5, -2], ml_dtypes.bfloat16))
    if not known:
        with pytest.raises(UnsupportedFormatError, match=r'reads bfloat16 back .* as "keras"'):
            plan.dataset("w", given, "layer w")
        return
    plan.dataset("w", given, "layer w")
    dataset = written(plan)["w"]
    assert (dataset.dtype, dataset.attrs["dtype"]) == (np.dtype("V2"), "bfloat16")
    assert dataset[()].view(ml_dtypes.bfloat16).tolist() == [1.5, -2]


def test_dtypes_that_hdf5_does_not_hold() -> None:
    with pytest.raises(UnsupportedFormatError, match="layer w: no Keras version reads int4 back"):
        WritePlan("model m", bfloat16=True).dataset("w", weight(np.zeros(2, ml_dtypes.int4)), "layer w")


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


def test_large_values_are_read_in_slabs() -> None:
    array = np.arange(10_240_000, dtype=np.float32).reshape(10_000, 1024)
    slabs = Slabs(array)
    plan = WritePlan("model m")
    plan.dataset("w", weight(slabs), "layer w")
    np.testing.assert_array_equal(written(plan)["w"][()], array)
    assert 0 < slabs.largest <= 1 << 24


@pytest.mark.parametrize(
    "array",
    [ARRAY.T, ARRAY[::-1], np.zeros((0, 3), np.float32), np.float32(3)[()]],
    ids=["transposed", "backwards", "empty", "scalar"],
)
def test_values_of_any_order(array: np.ndarray) -> None:
    plan = WritePlan("model m")
    plan.dataset("w", weight(np.asarray(array)), "layer w")
    np.testing.assert_array_equal(written(plan)["w"][()], array)


def test_a_value_of_another_shape_than_it_says() -> None:
    plan = WritePlan("model m")
    plan.dataset("a/w", weight(ARRAY, (3, 2)), "layer a")
    with pytest.raises(
        InvalidModelError, match=r"w: cannot be written to a/w: expected shape \(3, 2\), got \(2, 3\)"
    ):
        written(plan)


def test_errors_of_a_value_are_its_own() -> None:
    class Broken(Slabs):
        def __getitem__(self, key: Any) -> np.ndarray:
            raise SaveError("unplugged")

    plan = WritePlan("model m")
    plan.dataset("w", weight(Broken(ARRAY)), "layer w")
    with pytest.raises(SaveError, match=r"^unplugged$"):
        written(plan)


def checksum(path: str, value: Any) -> str:
    plan = WritePlan("model m", bfloat16=True, checksum="crc32c")
    plan.dataset(path, weight(value), "layer a")
    file = h5py.File(io.BytesIO(), "w")
    found = plan.write_to(file)
    assert found == file.attrs["crc32c"]
    return found


def test_the_checksum_tells_paths_and_elements_apart() -> None:
    values = [ARRAY, ARRAY + 1, ARRAY.astype(ml_dtypes.bfloat16), np.array(3.0), np.zeros((0, 2))]
    found = [checksum(path, value) for path in ("a/0", "a/1") for value in values]
    assert len({*found}) == len(found)
    assert found == [checksum(path, value.copy()) for path in ("a/0", "a/1") for value in values]
    assert all(re.fullmatch("[0-9a-f]{8}", text) for text in found)


def test_the_checksum_of_slabs_is_that_of_the_whole() -> None:
    array = np.arange(3 << 21, dtype=np.float64).reshape(-1, 8)
    plan = WritePlan("model m", checksum="crc32c")
    plan.dataset("w", weight(Slabs(array)), "layer a")
    assert plan.write_to(h5py.File(io.BytesIO(), "w")) == checksum("w", array)


def test_a_plan_without_a_checksum() -> None:
    plan = WritePlan("model m")
    plan.dataset("w", weight(), "layer a")
    assert plan.write_to(file := h5py.File(io.BytesIO(), "w")) == ""
    assert dict(file.attrs) == {}
