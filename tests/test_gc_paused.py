import gc

import pytest

from kerasfmt.gc_paused import gc_paused


def test_pauses_the_collector_and_turns_it_on_again() -> None:
    assert gc.isenabled()
    with gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_decorates_a_function_that_may_be_called_often() -> None:
    paused = gc_paused()(gc.isenabled)
    assert [paused(), paused()] == [False, False]
    assert gc.isenabled()


def test_turns_it_on_again_after_an_error() -> None:
    @gc_paused()
    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert gc.isenabled()


def test_leaves_a_collector_off_that_was_off() -> None:
    gc.disable()
    try:
        assert gc_paused()(gc.isenabled)() is False
        assert not gc.isenabled()
    finally:
        gc.enable()
