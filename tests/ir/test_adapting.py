from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Value
from kerasfmt.ir.adapting import AdaptableLayer, Array
from kerasfmt.typing import override

ROWS = np.arange(100.0).reshape(50, 2)


class Listener(AdaptableLayer, register=False):
    """Notes the batches that it learns from."""

    @override
    def call(self, inputs: Value) -> Value:
        return inputs

    @override
    def reset_state(self) -> None:
        vars(self)["heard"] = []

    @override
    def update_state(self, batch: Array) -> None:
        if batch.ndim > 2:
            raise ValueError("expected at most 2 dimensions")
        vars(self)["heard"].append(batch)


def heard(data: Any, **given: Any) -> list[int]:
    layer = Listener(name="it")
    layer.adapt(data, **given)
    return [len(batch) for batch in vars(layer)["heard"]]


def pieces() -> Iterator[Array]:
    yield from (ROWS[:20], ROWS[20:])


def test_batches() -> None:
    assert heard(ROWS) == [32, 18]
    assert heard(ROWS.tolist(), batch_size=20) == [20, 20, 10]
    assert heard(ROWS, batch_size=20, steps=2) == [20, 20]
    assert heard(pieces()) == [20, 30]
    assert heard(pieces(), steps=1) == [20]
    assert heard([1.0, 2.0, 3.0], batch_size=2) == [2, 1]


def test_what_was_learned_before_is_forgotten_and_the_shape_is_noted() -> None:
    layer = Listener(name="it")
    layer.adapt(ROWS)
    layer.adapt(ROWS[:3])
    assert [len(batch) for batch in vars(layer)["heard"]] == [3]
    assert layer.batch_input_shape == (None, None)


def test_a_bar_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert heard(ROWS, batch_size=1, verbose=True) == [1] * 50
    assert "adapt it" in capsys.readouterr().err
    heard(ROWS, batch_size=1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (np.zeros((2, 2, 2)), "layer it .*cannot be adapted to data of shape .*: expected at most 2 dimensions"),
        ([], "the data have no batch"),
        (iter(()), "the data have no batch"),
        (3.5, "data: expected an array or an iterable of batches, got float"),
    ],
    ids=["dimensions", "empty list", "empty iterator", "number"],
)  # fmt: skip
def test_data_that_teach_nothing(data: Any, said: str) -> None:
    with pytest.raises((InvalidModelError, TypeError), match=said):
        heard(data)


def test_batches_of_no_rows() -> None:
    with pytest.raises(ValueError, match="batch_size: expected at least 1, got 0"):
        heard(ROWS, batch_size=0)
