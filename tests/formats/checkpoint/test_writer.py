"""Writing checkpoints: their directories and state files, and what is not replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import SaveError, TargetExistsError
from kerasfmt.formats.checkpoint.writer import write_weights
from tests.formats.checkpoint.saved import small, trained


def test_what_is_written(tmp_path: Path) -> None:
    write_weights(small(), tmp_path / "a" / "b" / "ckpt")
    found = sorted(path.name for path in (tmp_path / "a" / "b").iterdir())
    assert found == ["checkpoint", "ckpt.data-00000-of-00001", "ckpt.index"]
    state = (tmp_path / "a" / "b" / "checkpoint").read_text()
    assert state == 'model_checkpoint_path: "ckpt"\nall_model_checkpoint_paths: "ckpt"\n'


def test_the_order_of_the_arrays_is_that_of_the_objects(tmp_path: Path) -> None:
    write_weights(trained("adam"), tmp_path / "ckpt", flush=False)
    bundle = kerasfmt.tensorbundle.read(tmp_path / "ckpt")
    order = sorted(bundle, key=lambda name: bundle[name]._entry.offset)
    assert order[0].startswith("layer_with_weights-0/kernel/")
    assert order[8].startswith("optimizer/_iterations/")
    assert order[-1] == "_CHECKPOINTABLE_OBJECT_GRAPH"


def test_the_latest_checkpoint_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    for name in ("first", "second", "first"):
        write_weights(small(), tmp_path / name)
        assert kerasfmt.open_checkpoint(tmp_path).prefix == str(tmp_path / name)


def test_a_file_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("my notes")
    with pytest.raises(
        SaveError, match="is not the state file of checkpoints, which a save would write here"
    ):
        write_weights(small(), tmp_path / "ckpt")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
    assert (tmp_path / "checkpoint").read_text() == "my notes"


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="could not be saved"):
        write_weights(small(), tmp_path / "file" / "ckpt")


@pytest.mark.parametrize("path", ["/", ".", ""])
def test_a_path_without_a_name(path: str) -> None:
    with pytest.raises(SaveError, match="expected the prefix of a checkpoint, a name in a directory"):
        write_weights(small(), Path(path))


def test_overwrite_looks_at_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    kerasfmt.save_weights(small(), tmp_path / "ckpt", overwrite=False, save_format="tf")
    kerasfmt.save_weights(small(), tmp_path / "other", overwrite=False, save_format="tf")
    with pytest.raises(TargetExistsError, match=r"ckpt\.index: already exists"):
        kerasfmt.save_weights(small(), tmp_path / "ckpt", overwrite=False, save_format="tf")


def test_a_name_that_a_state_file_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="expected a name in UTF-8"):
        write_weights(small(), tmp_path / "ckpt\udcff")
    assert list(tmp_path.iterdir()) == []


def test_a_learned_vocabulary_is_left_out_as_keras_does(tmp_path: Path) -> None:
    layer = kerasfmt.layers.StringLookup(output_mode="tf_idf", name="words")
    layer.adapt(np.array([["a", "b"], ["a", "c"]], object))
    x = kerasfmt.Input((2,), dtype="string")
    model = kerasfmt.Model(x, layer(x))
    with pytest.warns(UserWarning, match="does not hold the vocabularies that layers learned: words"):
        write_weights(model, tmp_path / "ckpt")
    found = kerasfmt.open_checkpoint(tmp_path)
    assert {key.removeprefix("layer_with_weights-0/"): found[key].shape for key in found if "/" in key} == {
        "idf_weights/.ATTRIBUTES/VARIABLE_VALUE": (4,),
        "num_documents/.ATTRIBUTES/VARIABLE_VALUE": (),
        **{
            f"{counts}/.ATTRIBUTES/table-{part}": (0,)
            for counts in ("token_counts", "token_document_counts")
            for part in ("keys", "values")
        },
    }
    weights = layer.idf.numpy()
    layer.idf.value = np.zeros(4, np.float32)
    kerasfmt.load_weights(model, tmp_path / "ckpt")
    np.testing.assert_array_equal(layer.idf.numpy(), weights)
    assert layer.get_vocabulary() == ["[UNK]", "a", "c", "b"]
