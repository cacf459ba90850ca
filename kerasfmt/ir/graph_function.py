"""The functions of a GraphModel: signatures, from arrays by name to arrays by name, and functions of arrays in order.

All functions of one model share its state: what one assigns, the others read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Capture, Function, Spec, Table
from kerasfmt.graph.run import run
from kerasfmt.graph.strings import as_bytes
from kerasfmt.graph.table_content import TableContent
from kerasfmt.ir.weight import Weight
from kerasfmt.printable import printable
from kerasfmt.typing import override


class GraphState(MutableMapping[Capture, Any]):
    """The contents of variables and tables as functions see them while they run: what they change stays.

    Args:
      files: what the files hold that functions may open, by their paths.

    Attributes:
      tables: the contents of the tables that have been used.
    """

    def __init__(self, files: Mapping[bytes, bytes]) -> None:
        self.files = files
        self.tables: dict[Table, TableContent] = {}

    @override
    def __getitem__(self, captured: Capture) -> Any:
        if isinstance(captured, Table):
            if captured not in self.tables:
                self.tables[captured] = captured.first_content()
            return self.tables[captured]
        assert isinstance(captured, Weight)
        return captured.numpy()

    @override
    def __setitem__(self, variable: Capture, content: Any) -> None:
        assert isinstance(variable, Weight)
        variable.value = np.asarray(content)

    @override
    def __delitem__(self, captured: Capture) -> None:
        raise TypeError("a variable cannot be taken away")

    @override
    def __iter__(self) -> Iterator[Capture]:
        return iter(self.tables)

    @override
    def __len__(self) -> int:
        return len(self.tables)

    def run(self, function: Function, arguments: Sequence[Any]) -> list[npt.NDArray[Any]]:
        """The outputs of a function.

        Args:
          function: the function.
          arguments: its inputs as arrays, then what it captures.

        Raises:
          GraphError: an op that is reached has no kernel.
        """
        return [as_array(result) for result in run(function, arguments, self, self.files)]


def as_array(result: Any) -> npt.NDArray[Any]:
    """An output of a function as an array; what is none, such as a list of tensors, as an array of one object."""
    if isinstance(result, np.ndarray | np.generic):
        return np.asarray(result)
    made = np.empty((), object)
    made[()] = result
    return made


Prepare = Callable[[], tuple[Function, Sequence[Any]]]
"""Gives a function, and what follows the inputs among its arguments: variables, tables and arrays."""


@dataclass(frozen=True, eq=False)
class GraphSignature:
    """A function from arrays by name to arrays by name.

    Attributes:
      name: its name.
      inputs: the shape and dtype of each input, by name.
      outputs: the shape and dtype of each output, by name.
      prepare: gives the function, and what it captures. The inputs and the outputs of the function are in the order of
        these names.
      state: the state of its model.
    """

    name: str
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    prepare: Prepare
    state: GraphState

    def __call__(self, **arrays: Any) -> dict[str, npt.NDArray[Any]]:
        """The outputs for one array per input, by name.

        Args:
          arrays: the inputs; each is converted to the dtype of its input.

        Raises:
          InvalidModelError: an input is missing, is unknown, or does not fit.
          GraphError: an op that is reached has no kernel.
        """
        if arrays.keys() != self.inputs.keys():
            raise InvalidModelError(
                f"signature {self.name}: expected the inputs {sorted(self.inputs)}, got {sorted(arrays)}"
            )
        given = [
            converted(f"signature {self.name}: input {name}", spec, arrays[name])
            for name, spec in self.inputs.items()
        ]
        function, bound = self.prepare()
        return dict(zip(self.outputs, self.state.run(function, [*given, *bound]), strict=True))

    @override
    def __repr__(self) -> str:
        return printable(
            f"<GraphSignature {self.name}({', '.join(self.inputs)}) -> {', '.join(self.outputs)}>"
        )


@dataclass(frozen=True, eq=False)
class GraphFunction:
    """A function of arrays in order, as TensorFlow traced it for one signature.

    Attributes:
      name: its name in the file.
      prepare: gives the function, and what it captures.
      structured: gives the outputs the structure that the traced Python function gave them.
      state: the state of its model.
    """

    name: str
    prepare: Prepare
    structured: Callable[[Iterator[npt.NDArray[Any]]], Any]
    state: GraphState

    @property
    def inputs(self) -> tuple[Spec, ...]:
        """The name, the shape as far as it is known, and the dtype of each input."""
        function, bound = self.prepare()
        count = len(function.inputs) - len(bound)
        return tuple(
            Spec(value.shape, value.dtype, name)
            for value, name in zip(function.inputs[:count], function.input_names, strict=False)
        )

    def __call__(self, *arrays: Any) -> Any:
        """The outputs for one array per tensor that it takes, in the structure of the Python function.

        A ragged or sparse tensor is several arrays, among the outputs a tuple of them.

        Args:
          arrays: the inputs; each is converted to the dtype of its input.

        Raises:
          InvalidModelError: there are more inputs or fewer, or one does not fit.
          GraphError: an op that is reached has no kernel.
        """
        specs = self.inputs
        if len(arrays) != len(specs):
            raise InvalidModelError(
                f"function {self.name}: expected {len(specs)} arrays, {[spec.name for spec in specs]!s:.200}, got "
                f"{len(arrays)}"
            )
        given = [
            converted(f"function {self.name}: input {spec.name}", spec, array)
            for spec, array in zip(specs, arrays, strict=True)
        ]
        function, bound = self.prepare()
        return self.structured(iter(self.state.run(function, [*given, *bound])))

    @override
    def __repr__(self) -> str:
        return printable(f"<GraphFunction {self.name}>")


def converted(where: str, spec: Spec, value: Any) -> npt.NDArray[Any]:
    """A value as an array of the dtype of an input.

    Args:
      where: what errors begin with.
      spec: the shape and dtype of the input.
      value: the value.

    Raises:
      InvalidModelError: it has another shape, or cannot be converted.
    """
    try:
        array = as_bytes(value) if spec.dtype is dtypes.string else np.asarray(value, spec.dtype.numpy)
    except (TypeError, ValueError) as error:
        raise InvalidModelError(f"{where}: {error}") from error
    if not fits(spec, array):
        raise InvalidModelError(f"{where}: expected shape {spec.shape}, got {array.shape}")
    return array


def fits(spec: Spec, array: npt.NDArray[Any]) -> bool:
    """Whether an array has the shape of a spec, as far as it is known."""
    return spec.shape is None or (
        len(spec.shape) == array.ndim
        and all(size in (None, actual) for size, actual in zip(spec.shape, array.shape, strict=True))
    )
