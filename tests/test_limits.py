"""What reading may cost is a floor and a multiple of the file's size, counted before it arises."""

from __future__ import annotations

import math

import pytest

from kerasfmt import limits
from kerasfmt.errors import UnsafeFileError
from kerasfmt.limits import FLOOR, Allowance


def test_a_file_may_cost_the_floor_and_a_multiple_of_its_size() -> None:
    allowance = Allowance(max_expansion=3)
    allowance.add_file(1000)
    allowance.spend(FLOOR, "a")
    allowance.spend(3000, "a")
    with pytest.raises(UnsafeFileError) as caught:
        allowance.spend(1, "f.h5: /w")
    assert str(caught.value) == (
        "f.h5: /w: takes 1 bytes more in memory, where 0 are left: a file of 1,000 bytes may take 134,217,728 and "
        "3 times its size; if you trust it, read it with a higher max_expansion"
    )
    allowance.add_file(1)
    allowance.spend(3, "a")


def test_what_is_refused_is_not_counted() -> None:
    allowance = Allowance()
    with pytest.raises(UnsafeFileError):
        allowance.spend(1 << 40, "a")
    assert allowance.left == FLOOR


def test_infinity_lifts_the_limit() -> None:
    allowance = Allowance(max_expansion=math.inf)
    allowance.spend(1 << 80, "a")
    allowance.add_file(0)
    allowance.spend(1 << 80, "a")


@pytest.mark.parametrize("number", [-1, math.nan])
def test_what_is_no_multiple(number: float) -> None:
    with pytest.raises(ValueError, match="max_expansion: expected a number of at least 0"):
        Allowance(number)


def test_everything_in_a_context_shares_one_allowance() -> None:
    with limits.limited(max_expansion=2) as allowance:
        assert limits.is_limited()
        assert limits.allowance_for(10) is limits.allowance_for(20) is allowance
        assert allowance.left == FLOOR + 60
        limits.spend(FLOOR, "a")
        with pytest.raises(UnsafeFileError, match=r"^a: takes 61 bytes"):
            limits.spend(61, "a")
    assert not limits.is_limited()
    limits.spend(1 << 80, "a")
    assert limits.allowance_for(10) is not limits.allowance_for(10)
