"""A model as functions and variables: what is left of a model whose layers no file describes.

    model = kerasfmt.load_graph_model("exported")
    model.signatures["serving_default"](x=array)["output_0"]

Nothing of it is known but its graph. It runs in NumPy, and is saved again as it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.ir.graph_function import GraphFunction, GraphSignature
from kerasfmt.ir.weight import Weight
from kerasfmt.printable import printable
from kerasfmt.typing import override


class GraphModel:
    """A model that is known by its functions and variables only.

    `kerasfmt.load_graph_model` makes it.

    Args:
      signatures: its functions by name, which serving systems call.
      variables: its variables.
      missing_ops: gives the names of the ops that its signatures may reach and that have no kernel, sorted.
      write: writes it into an existing, empty directory, in the format that it was read from.
      functions: its traced functions by their names in the file.
      assets: the names of its files.
      call: calls the object that was saved; None where that cannot be called.

    Attributes:
      signatures: its functions by name, which serving systems call.
      functions: its traced functions by their names in the file.
      variables: its variables.
      assets: the names of its files, in the folder `assets` of the directory.
    """

    def __init__(
        self,
        signatures: Mapping[str, GraphSignature],
        variables: Sequence[Weight],
        missing_ops: Callable[[], list[str]],
        write: Callable[[Any], None],
        functions: Mapping[str, GraphFunction],
        assets: Sequence[str] = (),
        call: Callable[..., Any] | None = None,
    ) -> None:
        self.signatures = signatures
        self.functions = functions
        self.variables = list(variables)
        self.assets = tuple(assets)
        self._missing_ops = missing_ops
        self._write = write
        self._call = call

    @property
    def name(self) -> str:
        """What errors call it."""
        return "graph"

    @property
    def weights(self) -> list[Weight]:
        """Its variables."""
        return self.variables

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the object that was saved gives for arguments, arrays and Python values, that it was traced for.

        Args:
          args: arguments by position.
          kwargs: arguments by name.

        Raises:
          UnsupportedFormatError: the object that was saved cannot be called.
          InvalidModelError: it was not traced for such arguments.
          GraphError: an op that is reached has no kernel.
        """
        if self._call is None:
            raise UnsupportedFormatError(
                f"{self!r}: the object that was saved cannot be called; call one of its signatures or functions"
            )
        return self._call(*args, **kwargs)

    def missing_ops(self) -> list[str]:
        """The names of the ops that its signatures may reach and that do not run here, sorted.

        XlaCallModule is among them where jaxlib is not installed, and where the attributes of a node or the names of
        native code in its module forbid that it runs.
        """
        return self._missing_ops()

    def write_again(self, directory: Any) -> None:
        """Writes it, with the values that its variables and tables have now, into an existing, empty directory."""
        self._write(directory)

    @override
    def __repr__(self) -> str:
        return printable(f"<GraphModel {', '.join(self.signatures)}: {len(self.variables)} variables>")
