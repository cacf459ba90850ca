"""The user's lines, below and above those of Keras."""

from __future__ import annotations

import pytest

from kerasfmt.sources.live.code_lines import raising_line, reason_of, running_line
from tests.sources.live import keras3_stand_in as keras


def test_the_line_that_is_running() -> None:
    found = running_line()
    assert found.startswith(f"{__file__}:")
    assert found.endswith("(found = running_line())")


def test_the_line_that_raised() -> None:
    with pytest.raises(TypeError) as error:
        bool(keras.KerasTensor((2,)))  # raised in a frame of the stand-in, which is none of the user's
    assert "bool(keras.KerasTensor" in raising_line(error.value)
    assert raising_line(ValueError("never raised")) == ""


def test_the_reason() -> None:
    assert reason_of(ValueError(" why ")) == "why"
    assert reason_of(ValueError()) == "ValueError"
    assert reason_of(ValueError("Exception in Layer.call().\n\n\x1b[1mwhy\x1b[0m\n\nArguments")) == "why"
