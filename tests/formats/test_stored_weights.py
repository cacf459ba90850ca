"""Files of arrays by name, recognized by their content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import MissingFileError, UnsupportedFormatError
from tests.formats.test_flax_msgpack import KERNEL, TREE, saved


def model() -> kerasfmt.Model:
    return kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_what_kerasfmt_writes(tmp_path: Path, suffix: str) -> None:
    path, first, second = tmp_path / f"w{suffix}", model(), model()
    first.set_weights([KERNEL, np.ones(2, np.float32)])
    kerasfmt.save_weights(first, path)
    found = kerasfmt.open_weights(path)
    assert sorted(found) == ["dense/bias", "dense/kernel"]
    assert (len(found), found.path) == (2, path)
    kerasfmt.load_weights(second, found)
    np.testing.assert_array_equal(second.weights[0].numpy(), KERNEL)
    assert repr(found) == f"<StoredWeights {path}: 2 arrays>"


def test_flax(tmp_path: Path) -> None:
    found = kerasfmt.open_weights(saved(tmp_path / "m.MSGPACK", TREE))
    np.testing.assert_array_equal(np.asarray(found["params/Dense_0/kernel"]), KERNEL)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file"):
        kerasfmt.open_weights(tmp_path / "none")
    with pytest.raises(UnsupportedFormatError, match="a directory, and no checkpoint of Orbax"):
        kerasfmt.open_weights(tmp_path)
    (tmp_path / "other.bin").write_bytes(b"hello")
    with pytest.raises(UnsupportedFormatError, match=r"neither an \.npz archive nor safetensors"):
        kerasfmt.open_weights(tmp_path / "other.bin")
