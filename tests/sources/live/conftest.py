"""Fixtures of the live sources."""

from __future__ import annotations

import pytest

from tests.sources.live import keras3_stand_in


@pytest.fixture
def keras3(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for Keras 3 in the place of Keras."""
    keras3_stand_in.install(monkeypatch)
