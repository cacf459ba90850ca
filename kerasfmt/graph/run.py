"""The interpreter: runs a Function in NumPy, node by node, as it is written to disk."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import numpy as np

from kerasfmt.errors import GraphError, InvalidModelError, KerasfmtError
from kerasfmt.graph.function import Function
from kerasfmt.graph.memory import out_of_memory, refuse_what_no_machine_holds
from kerasfmt.graph.op import find_op
from kerasfmt.graph.resource import Capture, EagerConstant, Table, Variable
from kerasfmt.graph.table_content import TableContent
from kerasfmt.graph.value import Array, Node, Value

State = MutableMapping[Capture, Any]
"""The content of each variable, an array, and of each table; assignments replace the entries of variables."""


def run(function: Function, inputs: Sequence[Any], state: State) -> list[Any]:
    """The outputs of `function`, as arrays.

    Args:
      function: the function.
      inputs: one array per input of the function, with its dtype and a shape that fits it.
      state: content of every captured variable and table; assignments update it.

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
    return _Interpreter(state, rows).call(function, [*inputs, *captured])


class _Interpreter:
    """A `Context`: one run of a function and of the functions that it calls.

    The value of a resource handle is the Variable or the Table that it stands for.
    """

    def __init__(self, state: State, rows: int) -> None:
        self._state = state
        self._rows = rows

    def read(self, variable: Variable) -> Array:
        content: Array = self._state[variable]
        return content

    def table(self, table: Table) -> TableContent:
        content: TableContent = self._state[table]
        return content

    def assign(self, variable: Variable, content: Array) -> None:
        self._state[variable] = np.asarray(content, dtype=variable.dtype.numpy)

    def call(self, function: Function, arguments: Sequence[Any]) -> list[Any]:
        values: dict[Value, Any] = dict(zip(function.parameters, arguments, strict=True))
        for node, done in zip(function.nodes, function.last_uses, strict=True):
            results = self._execute(node, _operands(node, values))
            values.update(zip(node.outputs, results, strict=True))
            for value in done:
                values.pop(value, None)
        return [values[v] for v in function.outputs]

    def _execute(self, node: Node, operands: Sequence[Any]) -> Sequence[Any]:
        """The outputs of a node; every error that comes of its operands is one of ours."""
        try:
            return find_op(node.op).execute(self, node, *operands)
        except KerasfmtError:
            raise
        except MemoryError as error:
            raise out_of_memory(node, self._rows, error) from error
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            shapes = ", ".join(str(list(np.shape(x))) for x in operands if isinstance(x, np.ndarray))
            raise InvalidModelError(
                f"op {node.op} ({node.name}) on arrays of shape {shapes}: {error}"
            ) from error


def _operands(node: Node, values: dict[Value, Any]) -> list[Any]:
    return [
        tuple(values[v] for v in group) if isinstance(group, tuple) else values[group]
        for group in node.grouped_inputs()
    ]


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
