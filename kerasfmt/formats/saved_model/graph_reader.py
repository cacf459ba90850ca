"""From a SavedModel to a GraphModel: its signatures and functions, its variables, and its files as they were.

    TensorFlow 2    root.signatures.<name> names a function of the library, and the objects that it captures; so do the
                    functions that were traced
    TensorFlow 1    a signature names tensors of the main graph: `graph_v1`

Source: tensorflow/python/saved_model/load.py, Loader
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.formats.format import Tags
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.captured import Captured, check_arguments, decoder_of
from kerasfmt.formats.saved_model.graph_call import GraphCall, Trace
from kerasfmt.formats.saved_model.graph_v1 import GraphV1
from kerasfmt.formats.saved_model.graph_writer import write_again
from kerasfmt.formats.saved_model.stored import Place, StoredModel, open_saved_model
from kerasfmt.graph import Function, Spec
from kerasfmt.graph.attr_values import decode_attr, decode_shape
from kerasfmt.graph.op import known_op
from kerasfmt.graphdef.structured_decode import decode, decode_function_spec, filled
from kerasfmt.ir.graph_function import GraphFunction, GraphSignature, GraphState
from kerasfmt.ir.graph_model import GraphModel


def load_graph(path: str | os.PathLike[str], tags: Tags = None) -> GraphModel:
    """The functions and variables of a SavedModel; variables stay in the checkpoint until they are used.

    Args:
      path: the directory.
      tags: the tags of the graph to read.

    Raises:
      MissingFileError: there is no such directory, or a file of it is missing.
      UnsupportedFormatError: it is in text form, or has no graph with these tags.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it takes more memory than it may.
      GraphError: a signature does not agree with its function.
    """
    return _Reading(open_saved_model(path, tags)).model()


class _Reading:
    """A SavedModel while its signatures are read.

    Attributes:
      reached: the names of the functions of its signatures.
    """

    def __init__(self, stored: StoredModel) -> None:
        self.stored = stored
        self.where = str(Path(stored.directory) / layout.SAVED_MODEL)
        self.decoder = decoder_of(stored)
        self.captured = Captured(stored, self.decoder)
        self.state = GraphState(self.captured.files)
        self.graph = GraphV1(stored, self.captured, self.state)
        self.reached: list[str] = []

    def model(self) -> GraphModel:
        signatures = {}
        for name, message in sorted(self.stored.meta.signature_def.items()):
            if name != layout.INIT_OP and (message.inputs or message.outputs):
                signatures[name] = self._signature(name, message)
        return GraphModel(
            signatures,
            list(self.captured.by_key.values()),
            self.missing,
            self._write,
            functions=self._functions(),
            assets=list(dict.fromkeys(asset.filename for asset in self.stored.assets)),
            call=self._call(),
        )

    def _write(self, directory: Path) -> None:
        contents = self.state.tables
        used = {key: contents[table] for key, table in self.captured.tables.items() if table in contents}
        write_again(self.stored, self.captured.by_key, used, directory)

    def _functions(self) -> dict[str, GraphFunction]:
        if not self.stored.objects:
            return {}
        names = sorted(self.stored.meta.object_graph_def.concrete_functions)
        return {name: self._function(name) for name in names if name in self.decoder}

    def _function(self, name: str) -> GraphFunction:
        said = self.stored.meta.object_graph_def.concrete_functions[name]
        where = f"{self.where}: function {name}"

        def structured(results: Iterator[Any]) -> Any:
            return filled(decode(said.output_signature, where), results)

        return GraphFunction(name, self._prepare(name, where), structured, self.state)

    def _prepare(self, name: str, where: str, inputs: int | None = None, outputs: int | None = None) -> Any:
        """Gives the function of a name and what it captures, once it is asked for.

        Args:
          name: the name.
          where: what errors begin with.
          inputs: how many inputs it has to have; None for any number.
          outputs: how many outputs it has to have.
        """

        @cache
        def prepare() -> tuple[Function, Sequence[Any]]:
            found = self.decoder.function(name)
            bound = self.captured.bound(name, where)
            if inputs is not None:
                check_arguments(found, inputs + len(bound), where)
            elif len(bound) > len(found.inputs):
                raise GraphError(
                    f"{where}: captures {len(bound)} objects, and takes {len(found.inputs)} arguments"
                )
            if outputs is not None and len(found.outputs) != outputs:
                raise GraphError(f"{where}: expected {outputs} outputs, got {len(found.outputs)}")
            return found, bound

        return prepare

    def _call(self) -> GraphCall | None:
        """What calls the root; None where it cannot be called."""
        place = self.stored.root.child("__call__") if self.stored.objects else None
        if place is None or place.object.message.WhichOneof("kind") != "function":
            return None
        message = place.object.message.function
        concrete = self.stored.meta.object_graph_def.concrete_functions
        traces = [
            Trace(self._function(name), partial(self._canonical, name))
            for name in message.concrete_functions
            if name in concrete and name in self.decoder
        ]
        return GraphCall(place.where, decode_function_spec(message.function_spec, place.where), traces)

    def _canonical(self, name: str) -> Any:
        """The arguments that a function was traced for: the positional ones, and those by name."""
        said = self.stored.meta.object_graph_def.concrete_functions[name]
        return decode(said.canonicalized_input_signature, f"{self.where}: function {name}")

    def _signature(self, name: str, message: Any) -> GraphSignature:
        where = f"{self.where}: signature {name}"
        inputs = {key: _spec(info, where) for key, info in message.inputs.items()}
        outputs = {key: _spec(info, where) for key, info in message.outputs.items()}
        signatures = self.stored.root.child("signatures") if self.stored.objects else None
        place = None if signatures is None else signatures.child(name)
        if place is None:
            return self.graph.signature(name, message, inputs, outputs)
        return self._of_function(place, inputs, outputs)

    def _of_function(
        self,
        place: Place,
        inputs: Mapping[str, Spec],
        outputs: Mapping[str, Spec],
    ) -> GraphSignature:
        """A signature of TensorFlow 2."""
        said = place.object.message.bare_concrete_function
        function, keywords = said.concrete_function_name, list(said.argument_keywords)
        if function not in self.decoder or sorted(keywords) != sorted(inputs):
            raise GraphError(
                f"{place.where}: expected a function of {sorted(inputs)}, got {function!r} of {keywords}"
            )
        self.reached.append(function)
        return GraphSignature(
            place.path[-1],
            {key: inputs[key] for key in keywords},
            {key: outputs[key] for key in sorted(outputs)},
            self._prepare(function, place.where, len(keywords), len(outputs)),
            self.state,
        )

    def missing(self) -> list[str]:
        """The ops without a kernel among the nodes that signatures need, and in the functions that these run."""
        found = self.graph.needed()
        lacking = set(_without_kernel(found))
        done: set[str] = set()
        pending = [*self.reached, *self.captured.initializers(self.reached), *self.decoder.callees(found)]
        while pending:
            name = pending.pop()
            if name not in done:
                done.add(name)
                found = self.decoder.needed(name)
                lacking |= set(_without_kernel(found))
                pending.extend(self.decoder.callees(found))
        return sorted(lacking)


def _without_kernel(nodes: Iterable[Any]) -> Iterator[str]:
    """The ops of nodes that do not run, as messages."""
    by_op: dict[str, list[Any]] = {}
    for node in nodes:
        by_op.setdefault(node.op, []).append(node)
    for op, mine in by_op.items():
        known = known_op(op)
        attrs = [] if known is None or not known.is_partial else map(_attrs, mine)
        if known is None or not known.has_kernel() or not all(map(known.has_kernel, attrs)):
            yield op


def _attrs(node: Any) -> dict[str, Any]:
    return {name: decode_attr(value) for name, value in node.attr.items()}


def _spec(info: Any, where: str) -> Spec:
    if not info.name:
        raise GraphError(f"{where}: expected a tensor, got a sparse or composite one; these are not read")
    return Spec(decode_shape(info.tensor_shape), dtypes.of(info.dtype))
