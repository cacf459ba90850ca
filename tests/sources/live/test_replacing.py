"""Values and attributes that are replaced for a while."""

from __future__ import annotations

import types

import pytest

from kerasfmt.sources.live.replacing import attribute_replaced, replaced


@pytest.mark.parametrize("before", [{}, {"k": 1}])
def test_a_value_is_put_back_after_an_error_too(before: dict[str, int]) -> None:
    holder = dict(before)
    with pytest.raises(ZeroDivisionError), replaced(holder, "k", 2):
        assert holder == {"k": 2}
        _ = 1 / 0
    assert holder == before


def test_an_attribute_is_put_back_after_an_error_too() -> None:
    module = types.ModuleType("m")
    module.__dict__["f"] = len
    with pytest.raises(ZeroDivisionError), attribute_replaced(module, "f", max):
        assert module.__dict__["f"] is max
        _ = 1 / 0
    assert module.__dict__["f"] is len
