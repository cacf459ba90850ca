"""How much memory a function takes, and what is said where that is too much."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import OutOfMemoryError
from kerasfmt.graph import Builder, Function, Spec, emit_one, memory
from kerasfmt.graph.run import run


def padded(size: int) -> Function:
    """A row (?, 1) with `size` zeros behind it."""
    graph = Builder("padded")
    x = graph.input(Spec((None, 1), dtypes.float32))
    return graph.finish([emit_one("Pad", x, np.array([[0, 0], [0, size]], np.int32))])


def calling(function: Function) -> Function:
    graph = Builder("calling")
    return graph.finish(graph.call(function, [graph.input(function.inputs[0].spec)]))


def test_least_bytes() -> None:
    assert memory.least_bytes(Spec((None, 3, 4), dtypes.float64), 5) == 5 * 3 * 4 * 8
    assert memory.least_bytes(Spec((2, None), dtypes.float32), 5) == 8
    assert memory.least_bytes(Spec((), dtypes.int8), 5) == 1
    assert memory.least_bytes(Spec(None, dtypes.int8), 5) == 1
    assert memory.least_bytes(Spec((3,), dtypes.string), 5) == 24


def test_physical_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 << 24 < memory.physical_memory() < 1 << 60
    monkeypatch.delattr("os.sysconf")
    assert memory.physical_memory() > 1 << 60


@pytest.mark.parametrize("wrap", [lambda f: f, calling, lambda f: calling(calling(f))])
def test_what_no_machine_holds_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, wrap: object
) -> None:
    function = wrap(padded(255))  # type: ignore[operator]
    monkeypatch.setattr(memory, "physical_memory", lambda: 4096)
    assert run(function, [np.ones((4, 1), np.float32)], {})[0].shape == (4, 256)
    with pytest.raises(
        OutOfMemoryError, match=r"op .*of shape \(None, 256\): 5,120 bytes of memory cannot be had"
    ):
        run(function, [np.ones((5, 1), np.float32)], {})


def test_a_tensor_of_terabytes() -> None:
    with pytest.raises(
        OutOfMemoryError, match="8,589,934,592,000 bytes of memory cannot be had; take smaller"
    ):
        run(padded(2**31 - 1), [np.ones((1000, 1), np.float32)], {})


def test_memory_that_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "pad", fail)
    with pytest.raises(OutOfMemoryError, match=r"op Pad \(Pad\): 1,024 bytes of memory cannot be had"):
        run(padded(255), [np.ones((1, 1), np.float32)], {})


def test_numpy_says_how_much() -> None:
    graph = Builder()
    node = graph.input(Spec((None, 2), dtypes.float32)).node
    error = MemoryError()
    assert "24 bytes" in str(memory.out_of_memory(node, 3, error))
    error.shape, error.dtype = (1 << 40, 3), np.dtype("f8")  # type: ignore[attr-defined]
    assert f"{24 << 40:,} bytes" in str(memory.out_of_memory(node, 3, error))


def test_allocating() -> None:
    with memory.allocating("weight w", 8):
        pass
    with (
        pytest.raises(OutOfMemoryError, match="weight w: 1,152,921,504,606,846,976 bytes"),
        memory.allocating("weight w", 1 << 60),
    ):
        raise AssertionError("it is refused before")
    with pytest.raises(OutOfMemoryError, match="weight w: 8 bytes"), memory.allocating("weight w", 8):
        raise MemoryError
    with pytest.raises(OutOfMemoryError, match=r"^inner"), memory.allocating("weight w", 8):
        raise OutOfMemoryError("inner")
    with pytest.raises(MemoryError):
        raise OutOfMemoryError("it is Python's too")
