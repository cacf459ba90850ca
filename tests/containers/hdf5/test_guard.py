"""Only hard links are followed, and no size is believed that the bytes of the file cannot hold."""

from __future__ import annotations

import errno
import io
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt.containers.hdf5.guard import Node, corrupt_file_errors
from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    OutOfMemoryError,
    SystemFaultError,
    UnsafeFileError,
)
from tests.containers.hdf5.files import Edit, read_array, without_array, write_file
from tests.growth import assert_linear, seconds


def _external_link(file: h5py.File) -> None:
    without_array(file)["w"] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft_link(file: h5py.File) -> None:
    without_array(file)["w"] = h5py.SoftLink("/g/other")


def _link_cycle(file: h5py.File) -> None:
    group = without_array(file)
    group["w"] = h5py.SoftLink("again")
    group["again"] = h5py.SoftLink("w")


def _group_link(file: h5py.File) -> None:
    file.move("g", "elsewhere")
    file["g"] = h5py.SoftLink("/elsewhere")


LINKS: list[tuple[Edit, str]] = [
    (_external_link, "'w' is a link to another file"),
    (_soft_link, "'w' is a soft link"),
    (_link_cycle, "'w' is a soft link"),
    (_group_link, "'g' is a soft link"),
]


@pytest.mark.parametrize(("edit", "said"), LINKS, ids=[row[0].__name__[1:] for row in LINKS])
def test_links_are_not_followed(tmp_path: Path, edit: Edit, said: str) -> None:
    path = write_file(tmp_path / "f.h5", edit)
    with pytest.raises(UnsafeFileError, match=re.escape(said)) as caught:
        read_array(path)
    assert str(path) in str(caught.value)


def in_file(tmp_path: Path, use: Callable[[Node], Any], edit: Edit | None = None, **options: Any) -> Any:
    """What `use` makes of the root of a file."""
    with opened(write_file(tmp_path / "f.h5", edit, **options)) as file:
        return use(file.root)


@pytest.mark.parametrize("path", ["/g/w", "/"])
def test_a_name_does_not_leave_its_group(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnsafeFileError, match=f"the name {path!r} leaves the group"):
        in_file(tmp_path, lambda root: root.group("g").find(path))


def test_what_is_found(tmp_path: Path) -> None:
    def check(root: Node) -> None:
        group, dataset = root.group("g"), root.find("./g//w")
        assert dataset is not None
        assert (group.is_group, dataset.is_group) == (True, False)
        assert (root.where, dataset.where) == (f"{tmp_path / 'f.h5'}: /", f"{tmp_path / 'f.h5'}: /g/w")
        assert dataset.address != group.address
        assert dataset.address == group.find("w").address  # type: ignore[union-attr]
        assert root.find("g/none") is root.find("none/g") is root.find("g/w/deeper") is None
        assert group.member_names(5) == ["other", "w"]
        assert group.member_names(1) == ["other"]

    in_file(tmp_path, check)


@pytest.mark.parametrize(("path", "got"), [("none", "nothing"), ("g/w", "something else")])
def test_a_group_that_is_not_there(tmp_path: Path, path: str, got: str) -> None:
    with pytest.raises(InvalidModelError, match=f"expected a group '{path}', got {got}"):
        in_file(tmp_path, lambda root: root.group(path))


def attribute(value: Any) -> Edit:
    def edit(file: h5py.File) -> None:
        file["g"].attrs["names"] = value

    return edit


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ([b"a", b"bc"], ["a", "bc"]),
        (["a", "été"], ["a", "été"]),
        (np.array([b"a", b"bc"]), ["a", "bc"]),
        (np.zeros(0), []),
        ([], []),
    ],
    ids=str,
)
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_lists_of_names(tmp_path: Path, libver: str, value: Any, names: list[str]) -> None:
    found = in_file(tmp_path, lambda root: root.group("g").names("names"), attribute(value), libver=libver)
    assert found == names


def test_names_cut_into_pieces_and_str_names(tmp_path: Path) -> None:
    def cut(file: h5py.File) -> None:
        attrs = file["g"].attrs
        del attrs["names"]
        attrs["names0"] = np.array([b"a", b"bc"])
        attrs["names1"] = ["d", "e"]

    assert in_file(tmp_path, lambda root: root.group("g").names("names"), cut) == ["a", "bc", "d", "e"]


@pytest.mark.parametrize("value", [b"text", "été", np.bytes_(b"text")])
def test_one_text(tmp_path: Path, value: Any) -> None:
    expected = value if isinstance(value, str) else value.decode()
    assert in_file(tmp_path, lambda root: root.group("g").text("names"), attribute(value)) == expected


NO_LISTS: list[tuple[Any, str]] = [
    ([1, 2], "expected a list of strings, got something else"),
    (b"w", "expected a list of strings, got 0 dimensions"),
    (np.array([[b"w"]]), "expected a list of strings, got 2 dimensions"),
    (np.array([b"\xff\xfe"]), "utf-8"),
]


@pytest.mark.parametrize(("value", "said"), NO_LISTS, ids=[row[1][-12:] for row in NO_LISTS])
def test_what_is_no_list_of_names(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(CorruptFileError, match=said) as caught:
        in_file(tmp_path, lambda root: root.group("g").names("names"), attribute(value))
    assert f"{tmp_path / 'f.h5'}: /g: attribute names: " in str(caught.value)


def test_a_list_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match="attribute names: expected one string, got 1 dimensions"):
        in_file(tmp_path, lambda root: root.group("g").text("names"))


def test_names_of_a_file_in_memory(tmp_path: Path) -> None:
    """The library allocates each as long as the file, which has to be within what reading the file may cost."""
    content = io.BytesIO(write_file(tmp_path / "f.h5").read_bytes())
    with h5py.File(content) as source, opened(source) as file:
        assert file.root.group("g").names("names") == ["w", "other"]
        file.root.allowance.spend(int(file.root.allowance.left) - 1000, "f.h5")
        with pytest.raises(UnsafeFileError, match="2 strings of unknown length in a file of"):
            file.root.group("g").names("names")


def test_names_of_a_file_that_is_open_for_reading_are_read_from_its_bytes(tmp_path: Path) -> None:
    with h5py.File(write_file(tmp_path / "f.h5", userblock_size=512)) as source, opened(source["g"]) as file:
        file.root.allowance.spend(int(file.root.allowance.left) - 1000, "f.h5")
        assert file.root.names("names") == ["w", "other"]


def test_many_members_are_listed_in_one_walk(tmp_path: Path) -> None:
    """In the newest layout, the library looks through all members for the one of a number."""

    def members(file: h5py.File) -> None:
        for number in range(1500):
            file["g"].create_group(str(number))

    def check(root: Node) -> None:
        group = root.group("g")
        walk = seconds(lambda: list(h5py.Group(group.id)))
        assert seconds(lambda: group.member_names(2000)) < 50 * walk + 0.05
        assert sorted(group.member_names(2000)) == sorted(h5py.Group(group.id))

    in_file(tmp_path, check, members, libver="latest")


def test_pieces_of_a_list_of_names_are_found_in_linear_work(tmp_path: Path) -> None:
    def reading(count: int) -> Callable[[], object]:
        def cut(file: h5py.File) -> None:
            del file["g"].attrs["names"]
            for number in range(count):
                file["g"].attrs[f"names{number}"] = ["a"]

        path = write_file(tmp_path / f"{count}.h5", cut)
        return lambda: names_of(path, count)

    def names_of(path: Path, count: int) -> None:
        with opened(path) as file:
            assert file.root.group("g").names("names") == ["a"] * count

    assert_linear(reading, 40)


def test_names_through_many_groups_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="passes through more than 256 groups"):
        in_file(tmp_path, lambda root: root.find("g/" * 300 + "w"))


def test_long_paths_cost_what_they_take(tmp_path: Path) -> None:
    def longer(file: h5py.File) -> None:
        group = file.create_group("a" * 60_000)
        for number in range(3000):
            group[str(number)] = h5py.SoftLink("x") if number else file["g"]

    def follow(root: Node) -> None:
        group = root.group("a" * 60_000)
        for _ in range(3000):
            group.find("0")

    with pytest.raises(UnsafeFileError, match="in memory"):
        in_file(tmp_path, follow, longer)


@pytest.mark.parametrize(
    "error",
    [
        OSError("cut"),
        RuntimeError("cut"),
        KeyError("cut"),
        ValueError("cut"),
        struct.error("cut"),
    ],
)
def test_errors_of_the_library_are_of_damage(error: Exception) -> None:
    said = r"^f\.h5: /g: the HDF5 library could not read this: .*cut"
    with pytest.raises(CorruptFileError, match=said), corrupt_file_errors("f.h5: /g"):
        raise error


def test_errors_of_ours_name_the_file_once() -> None:
    for text, expected in (("names: bad", "f.h5: /g: names: bad"), ("f.h5: /g: bad", "f.h5: /g: bad")):
        with pytest.raises(KerasfmtError) as caught, corrupt_file_errors("f.h5: /g"):
            raise UnsafeFileError(text)
        assert (type(caught.value), str(caught.value)) == (UnsafeFileError, expected)
    with pytest.raises(AssertionError), corrupt_file_errors("f.h5"):
        raise AssertionError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError("8 GiB"), OutOfMemoryError),
        (OSError(errno.EIO, "Input/output error"), SystemFaultError),
        (OSError(errno.EMFILE, "Too many open files"), SystemFaultError),
        (KeyError("file read failed: errno = 5, error message = 'Input/output error'"), SystemFaultError),
        (OSError("memory allocation failed for chunk"), OutOfMemoryError),
    ],
)
def test_faults_of_the_system_are_no_damage(error: Exception, told: type[KerasfmtError]) -> None:
    with pytest.raises(told) as caught, corrupt_file_errors("f.h5: /g"):
        raise error
    assert str(caught.value).startswith("f.h5: /g: ")
    assert "damaged" not in str(caught.value)
