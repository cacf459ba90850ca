"""A model as functions and variables: what is left of a model whose layers no file describes.

    model = kerasfmt.load_graph_model("exported")
    model.signatures["serving_default"](x=array)["output_0"]

Nothing of it is known but its graph. It runs in NumPy, and is saved again as it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Capture, Function, Spec
from kerasfmt.graph.run import run
from kerasfmt.ir.weight import Weight
from kerasfmt.printable import printable
from kerasfmt.typing import override


class _Live(MutableMapping[Capture, Any]):
    """The contents of variables as a function sees them while it runs: what it assigns stays."""

    @override
    def __getitem__(self, variable: Capture) -> Any:
        assert isinstance(variable, Weight)
        return variable.numpy()

    @override
    def __setitem__(self, variable: Capture, content: Any) -> None:
        assert isinstance(variable, Weight)
        variable.value = np.asarray(content)

    @override
    def __delitem__(self, variable: Capture) -> None:
        raise TypeError("a variable cannot be taken away")

    @override
    def __iter__(self) -> Iterator[Capture]:
        return iter(())

    @override
    def __len__(self) -> int:
        return 0


@dataclass(frozen=True, eq=False)
class GraphSignature:
    """A function from arrays by name to arrays by name.

    Attributes:
      name: its name.
      inputs: the shape and dtype of each input, by name.
      outputs: the shape and dtype of each output, by name.
      prepare: gives the function, and what follows the inputs among its arguments: variables and arrays. The inputs and
        the outputs of the function are in the order of these names.
    """

    name: str
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    prepare: Callable[[], tuple[Function, Sequence[Any]]]

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
        given = [self._converted(name, spec, arrays[name]) for name, spec in self.inputs.items()]
        function, bound = self.prepare()
        results = run(function, [*given, *bound], _Live())
        return dict(zip(self.outputs, map(np.asarray, results), strict=True))

    def _converted(self, name: str, spec: Spec, value: Any) -> npt.NDArray[Any]:
        is_text = spec.dtype is dtypes.string
        try:
            array = np.asarray(value, None if is_text else spec.dtype.numpy)
        except (TypeError, ValueError) as error:
            raise InvalidModelError(f"signature {self.name}: input {name}: {error}") from error
        if is_text:
            texts = [_to_bytes(item) for item in array.ravel().tolist()]
            array = np.array([*texts, None], object)[:-1].reshape(array.shape)
        shape = spec.shape
        fits = shape is None or (
            len(shape) == array.ndim
            and all(size in (None, actual) for size, actual in zip(shape, array.shape, strict=True))
        )
        if not fits:
            raise InvalidModelError(
                f"signature {self.name}: input {name}: expected shape {shape}, got {array.shape}"
            )
        return array

    @override
    def __repr__(self) -> str:
        return printable(
            f"<GraphSignature {self.name}({', '.join(self.inputs)}) -> {', '.join(self.outputs)}>"
        )


def _to_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class GraphModel:
    """A model that is known by its functions and variables only.

    `kerasfmt.load_graph_model` makes it.

    Args:
      signatures: its functions by name.
      variables: its variables.
      missing_ops: gives the names of the ops that its signatures may reach and that have no kernel, sorted.
      write: writes it into an existing, empty directory, in the format that it was read from.

    Attributes:
      signatures: its functions by name.
      variables: its variables.
    """

    def __init__(
        self,
        signatures: Mapping[str, GraphSignature],
        variables: Sequence[Weight],
        missing_ops: Callable[[], list[str]],
        write: Callable[[Any], None],
    ) -> None:
        self.signatures = signatures
        self.variables = list(variables)
        self._missing_ops = missing_ops
        self._write = write

    @property
    def weights(self) -> list[Weight]:
        """Its variables."""
        return self.variables

    def missing_ops(self) -> list[str]:
        """The names of the ops that its signatures may reach and that kerasfmt has no kernel for, sorted."""
        return self._missing_ops()

    def write_again(self, directory: Any) -> None:
        """Writes it, with the values that its variables have now, into an existing, empty directory."""
        self._write(directory)

    @override
    def __repr__(self) -> str:
        return printable(f"<GraphModel {', '.join(self.signatures)}: {len(self.variables)} variables>")
