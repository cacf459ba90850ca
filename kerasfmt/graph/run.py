"""The interpreter: runs a Function in NumPy, node by node, as it is written to disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from kerasfmt.errors import GraphError, InvalidModelError, KerasfmtError
from kerasfmt.graph.frames import FrameRun, has_frames
from kerasfmt.graph.function import Function
from kerasfmt.graph.memory import out_of_memory, refuse_what_no_machine_holds
from kerasfmt.graph.plan import Step, plan_of
from kerasfmt.graph.resource import Capture, EagerConstant, Table, Variable
from kerasfmt.graph.table_content import TableContent
from kerasfmt.graph.value import Array

State = MutableMapping[Capture, Any]
"""The content of each variable, an array, and of each table; assignments replace the entries of variables."""

_NO_FILES: Final[Mapping[bytes, bytes]] = MappingProxyType({})


def run(
    function: Function, inputs: Sequence[Any], state: State, files: Mapping[bytes, bytes] = _NO_FILES
) -> list[Any]:
    """The outputs of `function`, as arrays.

    Args:
      function: the function.
      inputs: one array per input of the function, with its dtype and a shape that fits it.
      state: content of every captured variable and table; assignments update it.
      files: what the files hold that the function may open, by their paths.

    Raises:
      GraphError: wrong number of inputs, or an op without a kernel.
      InvalidModelError: an op does not take the arrays that it gets.
      OutOfMemoryError: a tensor does not fit into memory.
    """
    if len(inputs) != len(function.inputs):
        raise GraphError(
            f"function {function.name}: expected {len(function.inputs)} inputs, got {len(inputs)}"
        )
    rows = max((len(x) for x in inputs if np.ndim(x)), default=1)
    refuse_what_no_machine_holds(function, rows)
    captured = [c.value if isinstance(c, EagerConstant) else c for c in function.captured]
    with np.errstate(all="ignore"):  # infinities and NaN come without a warning, as in TensorFlow
        return _Interpreter(state, rows, files).call(function, [*inputs, *captured])


class _Interpreter:
    """A `Context`: one run of a function and of the functions that it calls.

    The value of a resource handle is the Variable or the Table that it stands for.
    """

    def __init__(self, state: State, rows: int, files: Mapping[bytes, bytes]) -> None:
        self._state = state
        self._rows = rows
        self._files = files

    def read(self, variable: Variable) -> Array:
        content: Array = self._state[variable]
        return content

    def table(self, table: Table) -> TableContent:
        content: TableContent = self._state[table]
        return content

    def assign(self, variable: Variable, content: Array) -> None:
        self._state[variable] = np.asarray(content, dtype=variable.dtype.numpy)

    def file(self, path: bytes) -> bytes:
        content = self._files.get(path)
        if content is None:
            raise GraphError(f"file {path!r:.200}: expected an asset of the model; no other file is opened")
        return content

    def call(self, function: Function, arguments: Sequence[Any]) -> list[Any]:
        if has_frames(function):
            return FrameRun(function, arguments, self._execute).outputs()
        plan = plan_of(function)
        slots = plan.begin(arguments)
        for step in plan.steps:
            single = step.single
            operands = step.gathered(slots) if single is None else [slots[at] for at in single]
            results = self._execute(step, operands)
            for place, result in zip(step.results, results, strict=True):
                slots[place] = result
            for place in step.done:
                slots[place] = None
        return [slots[place] for place in plan.outputs]

    def _execute(self, step: Step, operands: Sequence[Any]) -> Sequence[Any]:
        """The outputs of a node; every error that comes of its operands is one of ours."""
        node = step.node
        try:
            if step.kernel is not None:
                return step.kernel(*operands)
            return step.run(self, node, *operands)
        except KerasfmtError:
            raise
        except MemoryError as error:
            raise out_of_memory(node, self._rows, error) from error
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            shapes = ", ".join(str(list(np.shape(x))) for x in operands if isinstance(x, np.ndarray))
            raise InvalidModelError(
                f"op {node.op} ({node.name}) on arrays of shape {shapes}: {error}"
            ) from error


class LazyState(dict[Capture, Any]):
    """A state that loads each variable when it is first read, and takes the first content of each table.

    Args:
      load: gives the content of a variable as an array.
    """

    def __init__(self, load: Callable[[Variable], Array]) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, captured: Capture) -> Any:
        if isinstance(captured, Table):
            self[captured] = captured.first_content()
        else:
            assert isinstance(captured, Variable)
            self[captured] = self._load(captured)
        return self[captured]
