"""The verbs that write: formats are chosen, what is there is guarded, and what cannot be done is said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.api import load_model, load_weights, save_model, save_weights
from kerasfmt.errors import (
    SaveError,
    TargetExistsError,
    UnsupportedFormatError,
)
from kerasfmt.formats.saved_model.options import SaveOptions
from kerasfmt.ir import Model, Sequential
from kerasfmt.layers import Dense

DATA = Path(__file__).parents[1] / "data" / "hdf5"
MLP = DATA / "tf_keras-2.21.0_mlp.h5"


@pytest.fixture
def model() -> Model:
    return Sequential([Dense(2, input_shape=(3,), name="dense")], name="tiny")


def files_of(directory: Path) -> set[str]:
    return {str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file()}


SAVED = {
    "saved_model.pb",
    "keras_metadata.pb",
    "fingerprint.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
}


def test_is_exported() -> None:
    assert kerasfmt.save_model is save_model
    assert kerasfmt.load_model is load_model
    assert kerasfmt.SaveOptions is SaveOptions


@pytest.mark.parametrize("as_str", [True, False])
def test_saves_a_saved_model(tmp_path: Path, model: Model, as_str: bool) -> None:
    target = tmp_path / "a" / "model"
    save_model(model, str(target) if as_str else target)
    assert files_of(target) == SAVED
    assert os.listdir(tmp_path / "a") == ["model"]


def test_converts_from_hdf5(tmp_path: Path) -> None:
    save_model(load_model(MLP), tmp_path / "model")
    variables = kerasfmt.containers.tensorbundle.read(tmp_path / "model" / "variables" / "variables")
    with h5py.File(MLP) as file:
        kernel = file["model_weights/out/out/kernel:0"][()]
    assert any(np.array_equal(np.asarray(variables[k]), kernel) for k in variables if "kernel" in k)


def test_foreign_files_are_not_replaced(tmp_path: Path, model: Model) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SaveError, match=r"not part of a SavedModel: notes\.txt"):
        save_model(model, tmp_path)
    assert os.listdir(tmp_path) == ["notes.txt"]


@pytest.mark.parametrize(
    "name", ["debug/saved_model_debug_info.pb", "variables/variables.data-00001-of-00002"]
)
def test_members_of_a_saved_model_are_replaced(tmp_path: Path, model: Model, name: str) -> None:
    save_model(model, tmp_path / "model")
    (tmp_path / "model" / name).parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / "model" / name).write_text("old")
    save_model(model, tmp_path / "model")
    assert files_of(tmp_path / "model") == SAVED


def test_what_users_put_into_assets_extra_is_kept(tmp_path: Path, model: Model) -> None:
    warm = tmp_path / "model" / "assets.extra" / "tf_serving_warmup_requests"
    save_model(model, tmp_path / "model")
    warm.parent.mkdir()
    warm.write_text("requests")
    for _ in range(2):
        save_model(model, tmp_path / "model")
        assert warm.read_text() == "requests"
        assert files_of(tmp_path / "model") == {*SAVED, "assets.extra/tf_serving_warmup_requests"}
    assert os.listdir(tmp_path) == ["model"]


def test_assets_that_the_old_model_names_are_replaced_and_others_refused(
    tmp_path: Path, model: Model
) -> None:
    save_model(model, tmp_path / "model")
    saved = protos.SavedModel.FromString((tmp_path / "model" / "saved_model.pb").read_bytes())
    saved.meta_graphs[0].asset_file_def.add().filename = "vocabulary.txt"
    (tmp_path / "model" / "saved_model.pb").write_bytes(saved.SerializeToString())
    (tmp_path / "model" / "assets" / "vocabulary.txt").write_text("of the model")
    (tmp_path / "model" / "assets" / "notes.txt").write_text("mine")
    with pytest.raises(SaveError, match=r"not part of a SavedModel: assets/notes\.txt; it is not replaced"):
        save_model(model, tmp_path / "model")
    (tmp_path / "model" / "assets" / "notes.txt").rename(tmp_path / "notes.txt")
    save_model(model, tmp_path / "model")
    assert files_of(tmp_path / "model") == SAVED


def test_assets_of_a_model_that_cannot_be_read_are_refused(tmp_path: Path, model: Model) -> None:
    save_model(model, tmp_path / "model")
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"\xff")
    (tmp_path / "model" / "assets" / "vocabulary.txt").write_text("whose?")
    with pytest.raises(SaveError, match=r"not part of a SavedModel: assets/vocabulary\.txt"):
        save_model(model, tmp_path / "model")


# Targets that must stay where they are.


@pytest.mark.parametrize("target", ["", ".", "..", "/"])
@pytest.mark.parametrize("save_format", ["tf", "h5", "keras", "tf_keras", "keras_h5", "keras_3.0", "weights"])
def test_no_format_replaces_the_working_directory_or_what_is_above(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch, target: str, save_format: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(SaveError, match=r"empty|working directory|root of a file system"):
        if save_format == "weights":
            save_weights(model, target, save_format="h5")
        else:
            save_model(model, target, save_format=save_format)
    assert Path.cwd() == tmp_path / "here"
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["here"]


# Flushes.


@pytest.mark.parametrize("name", ["m", "m.h5", "m.keras", "m.weights.h5", "m.npz"])
@pytest.mark.parametrize("flush", [True, False])
def test_a_save_flushes_each_file_and_directory_once_or_nothing(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch, name: str, flush: bool
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    save = save_weights if name in ("m.weights.h5", "m.npz") else save_model
    save(model, tmp_path / name, flush=flush)
    made = [tmp_path, tmp_path / name, *(tmp_path / name).rglob("*")]
    assert set(flushed) == ({path.stat().st_ino for path in made} if flush else set())
    assert len(flushed) == len(set(flushed))


# overwrite=False.


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Answers of a person at a terminal; the questions are put in their place."""
    given: list[str] = []
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return given.pop(0)

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", answer)
    yield given
    assert not given
    given += asked


def test_overwrite_false_raises_without_a_terminal(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(model, tmp_path / "new", overwrite=False)
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(TargetExistsError, match="already exists") as caught:
        save_model(model, tmp_path / "new", overwrite=False)
    assert isinstance(caught.value, FileExistsError)


def test_overwrite_false_asks_at_a_terminal(tmp_path: Path, model: Model, answers: list[str]) -> None:
    save_model(model, tmp_path / "model")
    (tmp_path / "model" / "fingerprint.pb").unlink()
    answers += ["what?", "N"]
    save_model(model, tmp_path / "model", overwrite=False)
    assert not (tmp_path / "model" / "fingerprint.pb").exists()
    answers += ["y"]
    save_model(model, tmp_path / "model", overwrite=False)
    assert (tmp_path / "model" / "fingerprint.pb").exists()


# Formats.


@pytest.mark.parametrize(
    ("path", "name", "said"),
    [("m", "onnx", "expected one of tf,")],
)
def test_formats_that_are_not_written(
    tmp_path: Path, model: Model, path: str, name: str | None, said: str
) -> None:
    with pytest.raises(UnsupportedFormatError, match=said):
        save_model(model, tmp_path / path, save_format=name)
    assert os.listdir(tmp_path) == []


# Options.


def test_options_that_are_honoured(tmp_path: Path, model: Model) -> None:
    options = SaveOptions(
        namespace_whitelist=["Addons"],
        function_aliases={},
        experimental_custom_gradients=False,
        extra_tags=["gpu"],
    )
    save_model(model, tmp_path / "model", options=options)
    saved = protos.SavedModel.FromString((tmp_path / "model" / "saved_model.pb").read_bytes())
    assert list(saved.meta_graphs[0].meta_info_def.tags) == ["serve", "gpu"]


# HDF5.


def test_saves_hdf5(tmp_path: Path, model: Model) -> None:
    save_model(model, tmp_path / "a" / "m.h5")
    assert os.listdir(tmp_path / "a") == ["m.h5"]
    loaded = load_model(tmp_path / "a" / "m.h5")
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    save_model(loaded, tmp_path / "a" / "m.h5")  # its weights lie in the file that is replaced
    again = load_model(tmp_path / "a" / "m.h5")
    np.testing.assert_array_equal(again.weights[0].numpy(), model.weights[0].numpy())


def test_saves_into_an_open_file(tmp_path: Path, model: Model) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        save_model(model, file)
        save_model(model, file.create_group("b"))
        save_weights(model, file.create_group("c"))
        assert set(file) == {"model_weights", "b", "c"}
        with pytest.raises(UnsupportedFormatError, match="an open HDF5 file takes HDF5 only"):
            save_model(model, file, save_format="tf")
        load_weights(model, file["c"])
        for group in (file, file["b"]):
            np.testing.assert_array_equal(load_model(group).weights[0].numpy(), model.weights[0].numpy())
    with pytest.raises(TypeError, match="expected a path, an h5py"):
        save_model(model, 3)


def test_only_saved_models_have_signatures(tmp_path: Path, model: Model) -> None:
    with pytest.raises(UnsupportedFormatError, match="HDF5 holds no signatures"):
        save_model(model, tmp_path / "m.h5", signatures={"f": None})


def test_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected a Keras model, got"):
        save_model(object(), tmp_path / "m.h5")
    assert os.listdir(tmp_path) == []
