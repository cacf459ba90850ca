"""Model files that others published; they are downloaded. Run with -m network."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.real_files import page
from conformance.real_files.classes import OBJECTS, spline_bases
from conformance.real_files.command import run
from conformance.real_files.files import ARCHITECTURES, PACKAGES
from conformance.real_files.worker import compare

SMALL = ("seeker==1.0.3", "reactionrnn==0.1", "deeplc==3.1.13", "ionmob==0.2.2")
"""Packages whose files are small: LSTM, GRU of CNTK, an archive of Keras 3.3, SavedModels with classes of their own."""


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


def test_spline_bases_sum_to_one() -> None:
    found = spline_bases(100, 10, 3)
    assert (found.shape, found.dtype) == ((100, 10), np.float32)
    np.testing.assert_allclose(found.sum(1), 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("a/b/net.h5", "net.h5"),
        ("a/eng_50/weights.h5", "eng_50/weights.h5"),
        ("musicnn/MTT_vgg/.index", "MTT_vgg/.index"),
        ("models/2", "models/2"),
    ],
)
def test_what_tells_a_file_from_the_others(member: str, shown: str) -> None:
    assert page.short(member) == shown


def test_a_difference_is_relative_to_the_largest_number() -> None:
    expected = {"o0": np.array([4.0, 2.0], np.float32), "text": np.array([b"a"], object)}
    got = {"o0": np.array([4.0, 2.00001], np.float32), "text": np.array(["a"], object)}
    assert compare(got, expected, 1e-5) == pytest.approx(2.5e-6, rel=0.1)
    with pytest.raises(AssertionError, match="o0: 1 of 2 elements differ"):
        compare(got, expected, 1e-7)
    with pytest.raises(AssertionError, match="expected"):
        compare({"o0": got["o0"]}, expected, 1e-5)
