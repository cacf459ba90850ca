"""Config fields: what they take, what they hold, what they write, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.ir import activations, constraints, fields, initializers, regularizers

TAKEN: list[tuple[Any, Any, Any]] = [
    (fields.choice("same", "valid"), "SAME", "same"),
    (fields.choice(1, 2), 2, 2),
    (fields.dims(2), 3, (3, 3)),
    (fields.dims(2), [3, 4], (3, 4)),
    (fields.dims(1, optional=True), None, None),
    (fields.dims(2, minimum=0), 0, (0, 0)),
    (fields.margins(2, default=1), 1, ((1, 1), (1, 1))),
    (fields.margins(2, default=1), (1, 2), ((1, 1), (2, 2))),
    (fields.margins(2, default=1), [[1, 2], [3, 4]], ((1, 2), (3, 4))),
    (fields.fraction(), 0.25, 0.25),
    (fields.fraction(), np.float64(0.5), 0.5),
    (fields.data_format(), None, "channels_last"),
    (fields.data_format(), "Channels_First", "channels_first"),
    (fields.positive_integer(), 3, 3),
    (fields.positive_integer(), 3.0, 3),
    (fields.positive_integer(), np.int64(3), 3),
    (fields.axes(), -1, -1),
    (fields.axes(), (1, 2), [1, 2]),
    (fields.float32(), 0.1, 0.10000000149011612),
    (fields.float32(optional=True), None, None),
    (fields.float32(minimum=0), 0, 0.0),
    (fields.raw(), "anything", "anything"),
    (fields.integer(), np.int32(3), 3),
    (fields.shape(), [1, None], (1, None)),
    (fields.shape(), None, None),
]
REFUSED: list[tuple[Any, Any, str]] = [
    (fields.choice("same", "valid"), "full", "expected one of .*, got 'full'"),
    (fields.dims(2), (1, 2, 3), "expected 2 integers of at least 1"),
    (fields.dims(2), 0, "at least 1"),
    (fields.dims(2), (1.5, 2), "expected 2 integers"),
    (fields.margins(2, default=1), (1, 2, 3), "expected 2 pairs"),
    (fields.margins(1, default=1), -1, "at least 0"),
    (fields.fraction(), 1.5, "expected a value in"),
    (fields.fraction(), "half", "expected a value in"),
    (fields.fraction(), float("nan"), "expected a value in"),
    (fields.data_format(), "last", "expected channels_last or channels_first"),
    (fields.positive_integer(), 0, "at least 1, got 0"),
    (fields.positive_integer(), 1.5, "expected a whole number"),
    (fields.positive_integer(), True, "expected a whole number"),
    (fields.axes(), [], "expected an axis"),
    (fields.axes(), True, "expected an axis"),
    (fields.axes(), "1", "expected an axis"),
    (fields.float32(minimum=0), -1, "of at least 0, got -1"),
    (fields.float32(), None, "expected a number"),
    (fields.integer(), 1.0, "expected a whole number"),
    (fields.integer(), True, "expected a whole number"),
]


@pytest.mark.parametrize(("field", "value", "held"), TAKEN)
def test_taken(field: fields.Field[Any, Any], value: Any, held: Any) -> None:
    found = field.convert(value)
    assert found == held
    assert type(found) is type(held)
    assert field.convert(found) == held


@pytest.mark.parametrize(("field", "value", "message"), REFUSED)
def test_refused(field: fields.Field[Any, Any], value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        field.convert(value)


def test_arrays_are_kept_and_are_lists_in_a_config() -> None:
    field = fields.raw()
    array = np.array([1, 2], np.float32)
    assert field.convert(array) is array
    assert field.to_config(array) == [1.0, 2.0]
    assert field.to_config(np.float64(2)) == 2.0


def test_what_is_written() -> None:
    assert fields.shape().to_config((1, None)) == {"class_name": "TensorShape", "items": [1, None]}
    assert regularizers.option().to_config(None) is None
    assert activations.option().to_config(activations.option().convert(None)) == "linear"
    initializer = initializers.option(default="zeros")
    assert initializer.to_config(initializer.convert("zeros")) == {"class_name": "Zeros", "config": {}}
    constraint = constraints.option()
    assert constraint.to_config(constraint.convert("NonNeg")) == {"class_name": "NonNeg", "config": {}}


def test_options() -> None:
    field = fields.option(default=3, convert=int, stored=False)
    assert (field.default, field.convert("4"), field.stored) == (3, 4, False)
    assert fields.dims(1).default is fields.REQUIRED
