from __future__ import annotations

import pytest

from kerasfmt.layers.rnn.arguments import count, standard_call


def test_one_list() -> None:
    assert standard_call("x", None, None) == ("x", 0)
    assert standard_call(["x"], None, None) == ("x", 0)
    assert standard_call(["x", "s"], None, None) == (["x", "s"], 0)
    assert standard_call("x", "s", None) == (["x", "s"], 0)
    assert standard_call("x", ("s", "t"), ["k"]) == (["x", "s", "t", "k"], 1)
    assert standard_call("x", None, ["k", "l"]) == (["x", "k", "l"], 2)
    assert standard_call(("x", "y"), [["s", "t"], "u"], None) == ([("x", "y"), ["s", "t"], "u"], 0)


def test_counts() -> None:
    assert count(3) == 3
    for value in (-1, 1.0, True, "1", None, 2**31):
        with pytest.raises(ValueError, match="expected a whole number of at least 0"):
            count(value)
