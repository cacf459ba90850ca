import gc

import pytest

from kerasfmt.graph.collector import without_collector


def test_pauses_the_collector_and_turns_it_on_again() -> None:
    assert gc.isenabled()
    assert without_collector(gc.isenabled)() is False
    assert gc.isenabled()


def test_turns_it_on_again_after_an_error() -> None:
    @without_collector
    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert gc.isenabled()


def test_leaves_a_collector_off_that_was_off() -> None:
    gc.disable()
    try:
        assert without_collector(gc.isenabled)() is False
        assert not gc.isenabled()
    finally:
        gc.enable()
