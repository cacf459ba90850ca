"""Calls a Python function that was traced: finds the trace that was made for such arguments.

Source: tensorflow/python/saved_model/function_deserialization.py, recreate_function
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import GraphError, InvalidModelError
from kerasfmt.graph import Spec
from kerasfmt.graph.strings import as_bytes
from kerasfmt.graphdef.structured_decode import Composite
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir.graph_function import GraphFunction, fits

_SHOWN: Final = 8
"""Traces that an error lists."""
_PLAIN: Final = (bool, int, float, str, type(None))


@dataclass(frozen=True, eq=False)
class Trace:
    """One trace of a Python function.

    Attributes:
      function: the traced function.
      canonical: gives the arguments that it was traced for: a tuple of positional ones, and a dict of those by name.
    """

    function: GraphFunction
    canonical: Callable[[], Any]


class GraphCall:
    """Calls a function that was traced.

    Args:
      where: what errors begin with.
      spec: the signature of the Python function.
      traces: its traces.
    """

    def __init__(self, where: str, spec: ArgSpec, traces: Sequence[Trace]) -> None:
        self._where = where
        self._spec = spec
        self._traces = traces

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives for arguments.

        Raises:
          InvalidModelError: it was not traced for such arguments.
        """
        given = self._bound(args, kwargs)
        for trace in self._traces:
            arrays = _matched(trace.canonical(), given)
            if arrays is not None:
                return trace.function(*arrays)
        known = "; ".join(str(trace.canonical()) for trace in self._traces[:_SHOWN])
        raise InvalidModelError(
            f"{self._where}: it was not traced for such arguments; it was for {known[:1000] or 'none'}"
        )

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments as a trace has them: all positional ones with their defaults, and those by name."""
        spec = self._spec
        names = spec.args
        if len(args) > len(names) and spec.varargs is None:
            raise InvalidModelError(
                f"{self._where}: expected at most {len(names)} arguments, got {len(args)}"
            )
        defaults = dict(zip(names[len(names) - len(spec.defaults or ()) :], spec.defaults or (), strict=True))
        by_name = {**(spec.kwonlydefaults or {}), **kwargs}
        positional = list(args)
        for name in names[len(args) :]:
            if name in by_name:
                positional.append(by_name.pop(name))
            elif name in defaults:
                positional.append(defaults[name])
            else:
                raise InvalidModelError(f"{self._where}: argument {name!r} is missing")
        return tuple(positional), by_name


def _matched(expected: Any, given: Any) -> list[npt.NDArray[Any]] | None:
    """The arrays among the arguments, if a trace was made for such ones; else None."""
    try:
        return list(_arrays(expected, given))
    except _OtherError:
        return None


class _OtherError(Exception):
    """The arguments are others than those of a trace."""


def _arrays(expected: Any, given: Any) -> Iterator[npt.NDArray[Any]]:
    if isinstance(expected, Spec):
        yield _array(expected, given)
    elif isinstance(expected, Composite):
        if not isinstance(given, tuple | list) or len(given) != expected.components:
            raise _OtherError
        yield from map(np.asarray, given)
    elif isinstance(expected, dict):
        if not isinstance(given, dict) or expected.keys() != given.keys():
            raise _OtherError
        for key in sorted(expected):
            yield from _arrays(expected[key], given[key])
    elif isinstance(expected, list | tuple):
        if not isinstance(given, list | tuple) or len(expected) != len(given):
            raise _OtherError
        for one, other in zip(expected, given, strict=True):
            yield from _arrays(one, other)
    elif not isinstance(expected, _PLAIN):
        raise GraphError(
            f"an argument of kind {type(expected).__name__} is not read; call one of the functions"
        )
    elif type(expected) is not type(given) or expected != given:
        raise _OtherError


def _array(spec: Spec, given: Any) -> npt.NDArray[Any]:
    """A value as an array, if it is of the dtype and the shape; Python numbers and lists are taken for any dtype."""
    if given is None or isinstance(given, dict):
        raise _OtherError
    text = spec.dtype is dtypes.string
    try:
        array = as_bytes(given) if text else np.asarray(given)
        is_array = isinstance(given, np.ndarray | np.generic)
        if not text and array.dtype != spec.dtype.numpy:
            if is_array or not np.can_cast(array.dtype, spec.dtype.numpy, "same_kind"):
                raise _OtherError
            array = array.astype(spec.dtype.numpy)
    except (TypeError, ValueError) as error:
        raise _OtherError from error
    if not fits(spec, array):
        raise _OtherError
    return array
