"""Opening checkpoints: by prefix, by directory, of a SavedModel; nothing is read before it is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import (
    CorruptFileError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.checkpoint.prefixes import is_index
from kerasfmt.formats.checkpoint.reader import open_checkpoint
from tests.formats.checkpoint.saved import VALUE, graph, put, small, unnamed

KERNEL = f"layer_with_weights-0/kernel{VALUE}"


def test_a_checkpoint_by_objects(tmp_path: Path) -> None:
    model = small()
    kerasfmt.save_weights(model, tmp_path / "ckpt", save_format="tf")
    found = open_checkpoint(tmp_path / "ckpt")
    assert found.prefix == str(tmp_path / "ckpt")
    assert found.state is None
    assert found.root is not None
    assert found.root is found.objects[0]
    assert found.root.children["layer-0"].children["kernel"].value_key == KERNEL
    assert (found[KERNEL].shape, found[KERNEL].dtype) == ((3, 4), np.dtype("float32"))
    np.testing.assert_array_equal(found[KERNEL][1:], model.weights[0].numpy()[1:])
    assert len(found) == len(list(found)) == len(model.weights) + 1
    assert repr(found) == f"Checkpoint('{tmp_path}/ckpt', 9 tensors, 13 objects)"
    found.verify()


def test_a_checkpoint_by_names(tmp_path: Path) -> None:
    found = open_checkpoint(put(tmp_path / "ckpt", {"a/kernel": np.ones((2, 3)), "step": 5}))
    assert list(found) == ["a/kernel", "step"]
    assert found.root is None
    assert found.objects == ()


@pytest.mark.parametrize("spelling", ["run/", "run/.index"])
def test_a_prefix_without_a_name(tmp_path: Path, spelling: str) -> None:
    unnamed(tmp_path / "run", {"a/kernel": np.ones((2, 3))})
    (tmp_path / "run" / "checkpoint").write_text('model_checkpoint_path: "/elsewhere/run/"\n')
    found = open_checkpoint(f"{tmp_path}/{spelling}")
    assert found.prefix == f"{tmp_path}/run/"
    np.testing.assert_array_equal(found["a/kernel"], np.ones((2, 3)))
    (tmp_path / "run" / "checkpoint").unlink()
    with pytest.raises(MissingFileError, match=r"open a checkpoint by its prefix: \.index$"):
        open_checkpoint(tmp_path / "run")


def test_a_directory(tmp_path: Path) -> None:
    for number in (1, 2):
        kerasfmt.save_weights(small(), tmp_path / f"ckpt-{number}", save_format="tf")
    found = open_checkpoint(tmp_path)
    assert found.prefix == str(tmp_path / "ckpt-2")
    assert found.state is not None
    assert found.state.all == (found.prefix,)


def test_a_saved_model(tmp_path: Path) -> None:
    kerasfmt.save_model(small(), tmp_path / "m")
    found = open_checkpoint(str(tmp_path / "m"))
    assert found.prefix == str(tmp_path / "m/variables/variables")
    assert found.root is not None
    assert found.root.children["layer-0"].children["kernel"].value_key == KERNEL


def test_no_array_is_read_at_first(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    data = tmp_path / "ckpt.data-00000-of-00001"
    damaged = bytearray(data.read_bytes())
    damaged[0] ^= 1
    data.write_bytes(damaged)
    found = open_checkpoint(tmp_path / "ckpt")
    with pytest.raises(CorruptFileError, match="layer_with_weights-0/kernel"):
        np.asarray(found[KERNEL])
    with pytest.raises(CorruptFileError, match="layer_with_weights-0/kernel"):
        found.verify()
    assert np.asarray(open_checkpoint(tmp_path / "ckpt", verify=False)[KERNEL]).shape == (3, 4)


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nothing: no such file as none\.index"):
        open_checkpoint(tmp_path / "none")
    with pytest.raises(MissingFileError, match="a directory without a file called checkpoint"):
        open_checkpoint(tmp_path)
    put(tmp_path / "ckpt", {"a": 1})
    with pytest.raises(MissingFileError, match=r"open a checkpoint by its prefix: ckpt$"):
        open_checkpoint(tmp_path)
    with pytest.raises(UnsupportedFormatError, match=r"name the checkpoint by its prefix, ckpt$"):
        open_checkpoint(tmp_path / "ckpt.index")
    with pytest.raises(UnsupportedFormatError, match="expected the prefix of a checkpoint"):
        open_checkpoint(tmp_path / "ckpt.data-00000-of-00001")


def test_a_state_file_that_names_what_is_not_there(tmp_path: Path) -> None:
    put(tmp_path / "old", {"a": 1})
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "new"')
    with pytest.raises(MissingFileError, match=r"new, which is not there; .* prefix: old$"):
        open_checkpoint(tmp_path)
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "../old"')
    with pytest.raises(UnsafeFileError, match="not in its directory"):
        open_checkpoint(tmp_path)


def test_a_directory_is_no_prefix(tmp_path: Path) -> None:
    """A state file cannot name the directory itself, which would lead to a file beside it."""
    inner = tmp_path / "inner"
    inner.mkdir()
    put(tmp_path / "inner", {"a": 1})
    (inner / "checkpoint").write_text('model_checkpoint_path: "."')
    assert is_index(inner)
    inner.rename(tmp_path / "other")
    put(tmp_path / "other", {"a": 1})
    (tmp_path / "other.index").rename(tmp_path / "kept.index")
    with pytest.raises(CorruptFileError, match="is not the prefix of a checkpoint"):
        open_checkpoint(tmp_path / "other")


@pytest.mark.parametrize("value", [np.zeros(2, np.float32), np.array([b"a", b"b"], object), 3])
def test_what_is_no_object_graph(tmp_path: Path, value: object) -> None:
    put(tmp_path / "ckpt", {"_CHECKPOINTABLE_OBJECT_GRAPH": value})
    with pytest.raises(CorruptFileError, match="_CHECKPOINTABLE_OBJECT_GRAPH: expected one string, got"):
        open_checkpoint(tmp_path / "ckpt")


def test_a_damaged_object_graph(tmp_path: Path) -> None:
    put(tmp_path / "ckpt", {}, graph({"children": {"a": 5}}))
    with pytest.raises(CorruptFileError, match="object 0: expected the number of one of 1 objects, got 5"):
        open_checkpoint(tmp_path / "ckpt")


def test_a_missing_data_file(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    (tmp_path / "ckpt.data-00000-of-00001").unlink()
    with pytest.raises(CorruptFileError, match="data-00000-of-00001"):
        open_checkpoint(tmp_path / "ckpt")


def test_an_object_graph_that_takes_too_much(tmp_path: Path) -> None:
    put(tmp_path / "ckpt", {}, b"\x0a\x00" * 300_000)
    with pytest.raises(UnsafeFileError, match="higher max_expansion"):
        open_checkpoint(tmp_path / "ckpt", max_expansion=1)
    assert len(open_checkpoint(tmp_path / "ckpt", max_expansion=float("inf")).objects) == 300_000
