"""Lists of names are cut where an object's header does not hold them."""

from __future__ import annotations

import io

import h5py
import pytest

from kerasfmt.containers.hdf5.name_lists import HEADER_LIMIT, name_attributes
from kerasfmt.errors import InvalidModelError


def test_names_that_fit_are_one_attribute() -> None:
    assert name_attributes("names", ["a", "été"], "m") == {"names": [b"a", "été".encode()]}
    assert name_attributes("names", [], "m") == {"names": []}


def test_pieces_of_names() -> None:
    names = [f"{'layer':x<1000}{i}" for i in range(70)]  # 1,002 bytes at most; 64 of them fit
    found = name_attributes("layer_names", names, "m")
    assert list(found) == ["layer_names0", "layer_names1"]
    assert [piece.shape for piece in found.values()] == [(35,), (35,)]
    assert [name.decode() for piece in found.values() for name in piece] == names
    assert list(name_attributes("n", ["a" * HEADER_LIMIT], "m")) == ["n"]
    with pytest.raises(InvalidModelError, match="m: a name of 64513 bytes"):
        name_attributes("n", ["a" * (HEADER_LIMIT + 1)], "m")


def test_many_short_names_are_cut_too() -> None:
    names = [str(number) for number in range(9000)]
    found = name_attributes("names", names, "m")
    with h5py.File(io.BytesIO(), "w") as file:
        for key, value in found.items():
            file.attrs[key] = value
        assert all(value.nbytes <= HEADER_LIMIT for value in found.values())
    assert [n.decode() for value in found.values() for n in value] == names
