"""HDF5 is known by its bytes, wherever the format lets them begin."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from kerasfmt.containers.hdf5.signature import MAGIC, is_hdf5


@pytest.mark.parametrize("user_block", [0, 512, 1024, 4096])
def test_found(tmp_path: Path, user_block: int) -> None:
    h5py.File(tmp_path / "f", "w", userblock_size=user_block).close()
    assert (tmp_path / "f").read_bytes()[user_block:].startswith(MAGIC)
    assert is_hdf5(tmp_path / "f")


@pytest.mark.parametrize("content", [b"", MAGIC[:-1], b" " + MAGIC, bytes(700) + MAGIC])
def test_not_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    assert not is_hdf5(tmp_path / "f")
