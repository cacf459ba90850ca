"""How much memory a function takes when it runs, as far as its shapes say.

An operating system may promise more memory than there is, and end the process that uses it. So what is larger than
the machine is refused before anything runs. What is smaller runs, and fails with an error that says how many bytes
could not be had.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator

import numpy as np

from kerasfmt.errors import OutOfMemoryError
from kerasfmt.graph.function import Function
from kerasfmt.graph.spec import Shape, Spec
from kerasfmt.graph.value import Node

_POINTER = 8
"""Bytes of an element whose size varies."""


def least_bytes(spec: Spec, rows: int) -> int:
    """The least number of bytes that a tensor takes.

    Args:
      spec: its shape, as far as it is known, and its dtype.
      rows: its first size, if that is not known.
    """
    return _least_elements(spec.shape, rows) * (spec.dtype.itemsize or _POINTER)


def _least_elements(shape: Shape, rows: int) -> int:
    count = 1
    for axis, size in enumerate(shape or ()):
        count *= size if size is not None else rows if axis == 0 else 1
    return count


def refuse_what_no_machine_holds(function: Function, rows: int) -> None:
    """Checks that each tensor of a function fits into the memory of this machine.

    Args:
      function: the function; those that it calls count too.
      rows: the first size of a tensor, where that is not known.

    Raises:
      OutOfMemoryError: a tensor is larger.
    """
    available = physical_memory()
    for node in _nodes(function, set()):
        for value in node.outputs:
            wanted = least_bytes(value.spec, rows)
            if wanted > available:
                raise _refusal(f"op {node.op} ({node.name}): its output of shape {value.shape}", wanted)


def _nodes(function: Function, seen: set[object]) -> Iterator[Node]:
    if function.body_id in seen:
        return
    seen.add(function.body_id)
    yield from function.nodes
    for site in function.call_sites:
        yield from _nodes(site.callee, seen)


def physical_memory() -> int:
    """The bytes of this machine's memory; without bound if the operating system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


@contextlib.contextmanager
def allocating(what: str, nbytes: int) -> Iterator[None]:
    """A context in which memory is needed; the error says for what, and how much.

    Args:
      what: what errors begin with.
      nbytes: the number of bytes.

    Raises:
      OutOfMemoryError: the memory cannot be had.
    """
    if nbytes > physical_memory():
        raise _refusal(what, nbytes)
    try:
        yield
    except OutOfMemoryError:
        raise
    except MemoryError as error:
        raise _refusal(what, nbytes) from error


def _refusal(what: str, nbytes: int) -> OutOfMemoryError:
    return OutOfMemoryError(
        f"{what}: {nbytes:,} bytes of memory cannot be had; "
        "take smaller inputs, fewer rows at a time, or a machine with more memory"
    )


def out_of_memory(node: Node, rows: int, error: MemoryError) -> OutOfMemoryError:
    """The error of a node whose memory could not be had; it says how many bytes that were.

    Args:
      node: the node.
      rows: the first size of a tensor, where that is not known.
      error: what was raised.
    """
    shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)  # NumPy says them
    if isinstance(shape, tuple) and isinstance(dtype, np.dtype):
        wanted = math.prod(map(int, shape)) * dtype.itemsize
    else:
        wanted = sum(least_bytes(value.spec, rows) for value in node.outputs)
    return _refusal(f"op {node.op} ({node.name})", wanted)
