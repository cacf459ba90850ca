"""The records of formats: what each one can do, and what it may not contradict."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats import FORMATS
from kerasfmt.formats.format import Format, WriteArguments
from kerasfmt.layers import Dense

BY_NAME = {found.name: found for found in FORMATS}


def test_records_are_values() -> None:
    found = Format(name="x", title="an X file")
    assert found == Format(name="x", title="an X file")
    assert {found: 1}[Format(name="x", title="an X file")] == 1


def test_what_a_format_cannot_do_is_none() -> None:
    found = Format(name="x", title="an X file")
    assert not any((found.read, found.write, found.read_weights, found.write_weights, found.describe))
    assert not any(
        (found.recognize, found.holds_weights, found.open_files, found.shards, found.prefix, found.contents)
    )


def test_everything_is_asked_for_by_default() -> None:
    arguments = WriteArguments()
    assert (arguments.include_optimizer, arguments.save_traces) == (True, True)
    assert (arguments.signatures, arguments.options) == (None, None)
    arguments.progress(3)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_format_does_not_contradict_itself(name: str) -> None:
    found = BY_NAME[name]
    assert bool(found.weights_suffixes) == (found.write_weights is not None or found.prefix is not None)
    assert found.write_weights is None or found.prefix is None
    assert (found.holds_weights is not None) == (found.read_weights is not None)
    assert found.read is None or found.recognize is not None
    assert found.describe is None or found.recognize is not None
    assert all(suffix == suffix.lower() for suffix in (*found.suffixes, *found.weights_suffixes))


def test_a_suffix_of_models_is_of_one_format() -> None:
    suffixes = [suffix for found in FORMATS for suffix in found.suffixes]
    assert len(set(suffixes)) == len(suffixes)


def test_the_verbs_need_the_record_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A format that is added to the table is written, recognized and read; nothing else is edited."""

    def read(source: Path, custom_objects: object, compile: bool) -> kerasfmt.Model:
        return kerasfmt.model_from_config({"name": source.read_text()[4:], "layers": [DENSE]})

    text = Format(
        name="text",
        title="a text",
        suffixes=(".txt",),
        recognize=lambda path: path.read_bytes().startswith(b"KERA"),
        read=read,
        write=lambda model, target, arguments: target.write_text(f"KERA{model.name}"),
    )
    monkeypatch.setattr("kerasfmt.formats.detect.FORMATS", (*FORMATS, text))
    model = kerasfmt.Sequential([Dense(2, input_shape=(3,))], name="mine")
    kerasfmt.save_model(model, tmp_path / "m.TXT")
    assert (tmp_path / "m.TXT").read_text() == "KERAmine"
    assert kerasfmt.load_model(tmp_path / "m.TXT").name == "mine"
    kerasfmt.save_model(model, tmp_path / "m", save_format="text")
    assert kerasfmt.load_model(tmp_path / "m").name == "mine"
    with pytest.raises(UnsupportedFormatError):
        kerasfmt.save_weights(model, tmp_path / "w.txt")


DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3]}}
