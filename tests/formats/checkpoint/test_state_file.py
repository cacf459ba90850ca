"""The file `checkpoint`: what TensorFlow writes is read, and nothing outside of the directory is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt.errors import CorruptFileError, KerasfmtError, SaveError, UnsafeFileError
from kerasfmt.formats.checkpoint.state_file import read_state, require_replaceable, write_state

MANAGER = """\
model_checkpoint_path: "ckpt-3"
all_model_checkpoint_paths: "ckpt-2"
all_model_checkpoint_paths: "ckpt-3"
all_model_checkpoint_timestamps: 1700000000.5
all_model_checkpoint_timestamps: 1700000100.25
last_preserved_timestamp: 1699999999.75
"""


def put(directory: Path, text: str | bytes) -> Path:
    (directory / "checkpoint").write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory


def test_the_state_of_a_manager(tmp_path: Path) -> None:
    state = read_state(put(tmp_path, MANAGER))
    assert state.latest == str(tmp_path / "ckpt-3")
    assert state.all == (str(tmp_path / "ckpt-2"), str(tmp_path / "ckpt-3"))
    assert state.timestamps == (1700000000.5, 1700000100.25)


@pytest.mark.parametrize("name", ["ckpt", "run/ckpt", "ckpt é", 'with "quotes"', "a..b", "...", "new\nline"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    write_state(tmp_path, name)
    state = read_state(tmp_path)
    assert state.latest == str(tmp_path / name)
    assert state.all == (state.latest,)


def test_what_keras_writes(tmp_path: Path) -> None:
    write_state(tmp_path, "ckpt", flush=False)
    assert (tmp_path / "checkpoint").read_text() == (
        'model_checkpoint_path: "ckpt"\nall_model_checkpoint_paths: "ckpt"\n'
    )


def test_an_absolute_path_of_the_directory_itself(tmp_path: Path) -> None:
    state = read_state(put(tmp_path, f'model_checkpoint_path: "{tmp_path}/ckpt"'))
    assert state.latest == str(tmp_path / "ckpt")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../ckpt",
        "a/../../ckpt",
        "..",
        "C:\\\\ckpt",
        "C:ckpt",
        "\\\\\\\\host\\\\ckpt",
        "..\\\\ckpt",
        "/",
    ],
)
@pytest.mark.parametrize("place", ["model_checkpoint_path", "all_model_checkpoint_paths"])
def test_a_path_out_of_the_directory_is_refused(tmp_path: Path, name: str, place: str) -> None:
    first = "" if place == "model_checkpoint_path" else 'model_checkpoint_path: "ckpt"\n'
    text = f'{first}{place}: "{name}"'
    with pytest.raises(UnsafeFileError, match="not in its directory; it is not followed"):
        read_state(put(tmp_path, text))


@pytest.mark.parametrize("name", [".", "./", "a\\000b"])
def test_what_is_no_prefix(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorruptFileError, match="is not"):
        read_state(put(tmp_path, f'model_checkpoint_path: "{name}"'))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a model_checkpoint_path, got none"),
        ('all_model_checkpoint_paths: "ckpt"', "expected a model_checkpoint_path, got none"),
        ("model_checkpoint_path: 3", "text format"),
        ('model_checkpoint_path: "ckpt', "text format"),
        ('unknown: "ckpt"', "text format"),
        ("x {" * 10_000, "text format"),
        (b"\xff\xfe", "expected UTF-8"),
        (b"\x0a\x04ckpt", "text format"),
    ],
)
def test_damage(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(CorruptFileError, match=problem) as caught:
        read_state(put(tmp_path, text))
    assert str(tmp_path / "checkpoint") in str(caught.value)


def test_every_truncation_is_read_or_refused(tmp_path: Path) -> None:
    for size in range(len(MANAGER)):
        try:
            state = read_state(put(tmp_path, MANAGER[:size]))
        except KerasfmtError:
            continue
        assert Path(state.latest).parent == tmp_path


def test_a_file_without_end(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="more than 1,048,576 bytes"):
        read_state(put(tmp_path, MANAGER + " " * (1 << 20)))


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_state(tmp_path)


def test_only_a_state_file_is_replaced(tmp_path: Path) -> None:
    require_replaceable(tmp_path)
    require_replaceable(put(tmp_path, MANAGER))
    with pytest.raises(SaveError, match="is not the state file of checkpoints"):
        require_replaceable(put(tmp_path, "my notes"))
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(SaveError, match="is not the state file of checkpoints"):
        require_replaceable(tmp_path)
