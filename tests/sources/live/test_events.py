"""The options of operations that become events."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.sources.live.events import NotRecordable, options_of
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")


def test_options() -> None:
    assert options_of(keras.Mean(axis=0)) == {"axis": 0}

    class Silent(keras.Mean):
        def __init__(self, axis: Any = None, *, name: str | None = None) -> None:
            self.axis = axis
            self.name = name

        def get_config(self) -> Any:
            raise NotImplementedError

    assert options_of(Silent(axis=[0, 1], name="it")) == {"axis": [0, 1]}


def test_an_error_names_the_line() -> None:
    assert str(NotRecordable("code.py:3", "it is odd")) == "code.py:3: it is odd"
    assert (str(NotRecordable("", "it is odd")), NotRecordable("a", "b").line) == ("it is odd", "a")
