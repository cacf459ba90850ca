"""Options as attributes: of the class they are the record, of an object the held value."""

from __future__ import annotations

import pytest

from kerasfmt.ir.field import REQUIRED, Field
from kerasfmt.ir.options import Options


class Scale(Options):
    factor: Field[int, str] = Field(convert=int)
    _by: Field[int, int] = Field(2, alias="by")


def test_of_a_class_it_is_the_record() -> None:
    assert Scale.factor is Scale.fields["factor"]
    assert (Scale.factor.default, Scale.factor.attribute, Scale.factor.module) == (
        REQUIRED,
        "factor",
        __name__,
    )
    assert [repr(field) for field in Scale.fields.values()] == ["<option factor>", "<option by>"]


def test_of_an_object_it_is_the_held_value() -> None:
    scale = Scale("3", by=4)
    assert (scale.factor, scale._by) == (3, 4)
    scale.factor = "5"
    assert scale.factor == 5


def test_before_it_is_set_it_is_missing() -> None:
    with pytest.raises(AttributeError, match="Scale: factor is not set yet"):
        _ = object.__new__(Scale).factor
