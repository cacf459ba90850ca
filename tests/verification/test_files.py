"""What lies beside a model."""

from __future__ import annotations

from pathlib import Path

import kerasfmt
from kerasfmt.verification.rules import unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import beside, rules_of, saved


def test_the_folder_of_the_user_may_hold_anything_but_programs(tmp_path: Path) -> None:
    directory = beside("assets.extra/deep/notes.txt", b"x")(tmp_path)
    assert verify(directory).findings == ()
    (directory / "assets.extra" / "tool").write_bytes(b"\x7fELF")
    assert rules_of(verify(directory)) == {unsafe.PROGRAM}


def test_links_are_not_followed(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "tool").write_bytes(b"\x7fELF")
    (directory / "assets" / "more").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    report = verify(directory)
    assert rules_of(report) == {unsafe.LINK}
    assert str(tmp_path / "elsewhere") in report.findings[0].message


def test_a_folder_that_no_saved_model_has(tmp_path: Path) -> None:
    assert rules_of(verify(beside("more/notes.txt", b"x")(tmp_path))) == {unsafe.UNEXPECTED_FILE}


def test_assets_that_the_model_names_are_expected(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("cat\ndog\n")
    kerasfmt.clear_session()
    lookup = kerasfmt.layers.StringLookup(vocabulary=str(tmp_path / "words.txt"))
    model = kerasfmt.Sequential([kerasfmt.Input((1,), dtype="string"), lookup])
    kerasfmt.save_model(model, tmp_path / "model")
    report = verify(tmp_path / "model")
    assert report.checked["assets"] == 1
    assert unsafe.UNEXPECTED_FILE not in rules_of(report)
    assert unsafe.PATH_OF_ASSET in rules_of(report)  # Keras writes where the vocabulary was
    assert not report.fails()
