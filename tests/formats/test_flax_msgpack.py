"""Checkpoints of Flax: what `flax.serialization.to_bytes` of Flax 0.12 writes, put together here by its rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import CorruptFileError, KerasfmtError, MissingFileError, UnsupportedFormatError
from kerasfmt.formats.flax_msgpack import open_arrays

KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)


def packed(value: Any) -> bytes:
    """A value in MessagePack, in its longest forms."""
    if isinstance(value, dict):
        return (
            b"\xdf"
            + len(value).to_bytes(4, "big")
            + b"".join(packed(k) + packed(v) for k, v in value.items())
        )
    if isinstance(value, list | tuple):
        return b"\xdd" + len(value).to_bytes(4, "big") + b"".join(map(packed, value))
    if isinstance(value, str):
        return b"\xdb" + len(value.encode()).to_bytes(4, "big") + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + len(value).to_bytes(4, "big") + value
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xd3" + value.to_bytes(8, "big", signed=True)
    array = np.asarray(value)
    name = "bfloat16" if array.dtype == dtypes.bfloat16.numpy else array.dtype.name
    content = packed([list(array.shape), name, array.tobytes()])
    return b"\xc9" + len(content).to_bytes(4, "big") + b"\x01" + content


TREE: dict[str, Any] = {
    "params": {"Dense_0": {"kernel": KERNEL, "bias": np.ones(2, np.float16)}, "list": {"0": KERNEL.T}},
    "half": np.ones(2, dtypes.bfloat16.numpy),
    "step": 3,
}


def saved(path: Path, tree: Any) -> Path:
    path.write_bytes(packed(tree))
    return path


def test_arrays_by_their_places(tmp_path: Path) -> None:
    found = open_arrays(saved(tmp_path / "m.msgpack", TREE))
    assert list(found) == ["params/Dense_0/kernel", "params/Dense_0/bias", "params/list/0", "half", "step"]
    np.testing.assert_array_equal(np.asarray(found["params/Dense_0/kernel"]), KERNEL)
    np.testing.assert_array_equal(np.asarray(found["params/list/0"]), KERNEL.T)
    assert found["half"].dtype == dtypes.bfloat16.numpy
    assert np.asarray(found["step"]) == 3


def test_an_array_in_chunks(tmp_path: Path) -> None:
    chunks = {"0": KERNEL.reshape(-1)[:4], "1": KERNEL.reshape(-1)[4:]}
    entry = {"__msgpack_chunked_array__": True, "shape": {"0": 3, "1": 2}, "chunks": chunks}
    found = open_arrays(saved(tmp_path / "m.msgpack", {"a": entry}))["a"]
    assert (found.shape, found.dtype) == ((3, 2), np.float32)
    np.testing.assert_array_equal(np.asarray(found), KERNEL)
    for broken in ({"shape": {"0": 4}}, {"chunks": {"1": KERNEL}}, {"chunks": {}}, {"shape": [3, 2]}):
        with pytest.raises(CorruptFileError, match=r"m\.msgpack: a: expected"):
            open_arrays(saved(tmp_path / "m.msgpack", {"a": {**entry, **broken}}))


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.msgpack", TREE)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(KerasfmtError, match=r"m\.msgpack"):
            open_arrays(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(CorruptFileError, match="1 bytes follow its tree"):
        open_arrays(path)


@pytest.mark.parametrize(
    ("tree", "kind", "said"),
    [
        ([KERNEL], UnsupportedFormatError, "expected a map of arrays, got a list"),
        ({"a": np.array("text")}, UnsupportedFormatError, "a: expected numbers, got elements of type 'str"),
    ],
)
def test_other_trees(tmp_path: Path, tree: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        open_arrays(saved(tmp_path / "m.msgpack", tree))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        open_arrays(tmp_path / "m.msgpack")


def test_a_model_takes_them(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="head")])
    path = saved(tmp_path / "m.msgpack", TREE)
    rules = {r"params/Dense_0/(\w+)": r"head/\1", "params/list.*": None, "half": None, "step": None}
    kerasfmt.load_weights(model, path, mapping=rules)
    np.testing.assert_array_equal(model.weights[0].numpy(), KERNEL)
    assert model.weights[1].numpy().dtype == np.float32
