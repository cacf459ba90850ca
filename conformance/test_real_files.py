"""Model files that others published; they are downloaded. Run with -m network."""

from __future__ import annotations

import pytest

from conformance.real_files import page
from conformance.real_files.command import run
from conformance.real_files.files import ARCHITECTURES, OBJECTS, PACKAGES

SMALL = ("seeker==1.0.3", "reactionrnn==0.1", "deeplc==3.1.13", "acdc-nn==0.0.17")
"""Packages whose files are small: LSTM, GRU of CNTK, an archive of Keras 3.3, weights alone."""


def test_the_table_names_what_there_is() -> None:
    assert len({package.name for package in PACKAGES}) >= 15
    assert {package.objects for package in PACKAGES} <= OBJECTS.keys()
    assert {package.architecture for package in PACKAGES} <= {"", "json", "none", *ARCHITECTURES}


@pytest.mark.network
def test_small_files_are_equal() -> None:
    chosen = [package for package in PACKAGES if package.name in SMALL]
    run(chosen, again=True)
    found = page.rows(chosen)
    assert found
    assert [(row.member, row.verdict, row.said) for row in found if row.verdict != "equal"] == []
