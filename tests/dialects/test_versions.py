"""Which Keras wrote a file, by the version that it states."""

from __future__ import annotations

import pytest

from kerasfmt.dialects.versions import KERAS2, KERAS3, is_keras3, later_keras2


@pytest.mark.parametrize("version", [None, "", "1.2.2", "2.3.0-tf", KERAS2, "2.21.0"])
def test_words_of_keras_2(version: str | None) -> None:
    assert not is_keras3(version)


@pytest.mark.parametrize("version", ["3", "3.0.0", KERAS3, "3.16.0.dev1", "4.0", "10.1"])
def test_words_of_keras_3_and_of_what_comes_after_it(version: str) -> None:
    assert is_keras3(version)


def test_a_file_states_the_version_of_a_later_keras_2() -> None:
    assert [later_keras2(version) for version in (None, "2.12.0", "2.21.0", "2.16.0-rc0")] == [
        "2.15.0",
        "2.15.0",
        "2.21.0",
        "2.16.0-rc0",
    ]
