"""From a SavedModel to a GraphModel: its signatures as functions, its variables, and its files as they were.

    TensorFlow 2    root.signatures.<name> names a function of the library, and the objects that it captures
    TensorFlow 1    a signature names tensors of the main graph; variables go by the names of their nodes

Source: tensorflow/python/saved_model/load.py, Loader; load_v1_in_v2.py
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from kerasfmt import dtypes, limits, protos
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle.reader import StoredTensor
from kerasfmt.errors import CorruptFileError, GraphError, InvalidModelError, UnsafeFileError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.formats.saved_model.stored import Place, StoredModel, open_saved_model
from kerasfmt.graph import Function, Spec
from kerasfmt.graph.attr_values import decode_shape, decode_tensor
from kerasfmt.graph.op import known_op
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.graphdef.needed import needed_nodes, node_name
from kerasfmt.ir import Weight
from kerasfmt.ir.graph_model import GraphModel, GraphSignature

_VARIABLES: Final = frozenset({"VarHandleOp", "VariableV2", "Variable"})
"""The ops of variables in graphs of TensorFlow 1."""


def load_graph(path: str | os.PathLike[str], tag: str = layout.SERVE_TAG) -> GraphModel:
    """The functions and variables of a SavedModel; variables stay in the checkpoint until they are used.

    Args:
      path: the directory.
      tag: a tag of the graph to read, if there are several.

    Raises:
      MissingFileError: there is no such directory, or a file of it is missing.
      UnsupportedFormatError: it is in text form, or has no graph with this tag.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it takes more memory than it may.
      GraphError: a signature does not agree with its function.
    """
    stored = open_saved_model(path, tag)
    return _Reading(stored).model()


class _Reading:
    """A SavedModel while its signatures are read.

    Attributes:
      by_key: its variables by their names in the checkpoint.
      by_number: its variables by the numbers of their objects.
      functions: the functions of signatures of TensorFlow 2.
      ends: the outputs of signatures of TensorFlow 1.
    """

    def __init__(self, stored: StoredModel) -> None:
        self.stored = stored
        self.graph = stored.meta.graph_def
        where = str(Path(stored.directory) / layout.SAVED_MODEL)
        self.decoder = FunctionDecoder(
            self.graph.library.function,
            stored.meta.meta_info_def.stripped_op_list.op,
            limits.allowance_for(0),
            where,
        )
        self.where = where
        self.by_key: dict[str, Weight] = {}
        self.by_number: dict[int, Weight] = {}
        self.functions: list[str] = []
        self.ends: list[str] = []

    def model(self) -> GraphModel:
        if self.stored.objects:
            self._read_variables()
        else:
            self._read_named_variables()
        signatures = {}
        for name, message in sorted(self.stored.meta.signature_def.items()):
            if name != layout.INIT_OP and (message.inputs or message.outputs):
                signatures[name] = self._signature(name, message)
        return GraphModel(
            signatures,
            list(self.by_key.values()),
            self.missing,
            lambda directory: write_again(self.stored, self.by_key, directory),
        )

    def _read_variables(self) -> None:
        stored = self.stored
        for number, each in enumerate(stored.objects):
            if each.message.WhichOneof("kind") == "variable" and number in stored.checkpoint_numbers:
                place = stored.at(number)
                tensor = place.tensor
                weight = self.by_key.get(tensor.name)
                if weight is None:
                    weight = self.by_key[tensor.name] = _weight(place.variable.name or tensor.name, tensor)
                    weight.trainable = place.variable.trainable
                self.by_number[number] = weight

    def _read_named_variables(self) -> None:
        for name, tensor in (self.stored.variables or {}).items():
            self.by_key[name] = _weight(name, tensor)

    def _signature(self, name: str, message: Any) -> GraphSignature:
        inputs = {key: _spec(info, f"{self.where}: signature {name}") for key, info in message.inputs.items()}
        outputs = {
            key: _spec(info, f"{self.where}: signature {name}") for key, info in message.outputs.items()
        }
        signatures = self.stored.root.child("signatures") if self.stored.objects else None
        place = None if signatures is None else signatures.child(name)
        if place is None:
            return self._of_graph(name, message, inputs, outputs)
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
        self.functions.append(function)
        bound = self.stored.meta.object_graph_def.concrete_functions[function].bound_inputs

        @cache
        def prepare() -> tuple[Function, Sequence[Any]]:
            found = self.decoder.function(function)
            arguments = [self._bound(number, place.where) for number in bound]
            self._check(found, len(keywords) + len(arguments), len(outputs), place.where)
            return found, arguments

        return GraphSignature(
            place.path[-1],
            {key: inputs[key] for key in keywords},
            {key: outputs[key] for key in sorted(outputs)},
            prepare,
        )

    def _bound(self, number: int, where: str) -> Any:
        """What stands for an object among the arguments of a function."""
        if not 0 <= number < len(self.stored.objects):
            raise CorruptFileError(
                f"{where}: captures object {number}, which is not there; the file is damaged"
            )
        kind = self.stored.objects[number].message.WhichOneof("kind")
        if number in self.by_number:
            return self.by_number[number]
        if kind == "constant":
            return self._constant(self.stored.objects[number].message.constant.operation, where)
        raise GraphError(
            f"{where}: captures object {number}, a {kind}; only variables and constants are read from SavedModels"
        )

    @cached_property
    def _constants(self) -> dict[str, Any]:
        """The constants of the main graph by the names of their nodes."""
        return {node.name: node.attr["value"].tensor for node in self.graph.node if "value" in node.attr}

    def _constant(self, operation: str, where: str) -> Any:
        message = self._constants.get(operation)
        if message is None:
            raise GraphError(f"{where}: expected a constant {operation!r} in the graph, got none")
        self.decoder.spend_constant(message)
        return decode_tensor(message)

    def _of_graph(
        self,
        name: str,
        message: Any,
        inputs: Mapping[str, Spec],
        outputs: Mapping[str, Spec],
    ) -> GraphSignature:
        """A signature of TensorFlow 1."""
        feeds = [message.inputs[key].name for key in inputs]
        wanted = [message.outputs[key].name for key in outputs]
        self.ends += wanted

        @cache
        def decoded() -> tuple[Function, list[Any]]:
            needed = needed_nodes(self.graph.node, wanted, map(node_name, feeds))
            held = [node for node in needed if node.op in _VARIABLES]
            names = [*feeds, *(node.name for node in held)]
            return self.decoder.graph(self.graph.node, name, names, wanted), held

        def prepare() -> tuple[Function, Sequence[Any]]:
            found, held = decoded()
            return found, [self._named(node) for node in held]

        return GraphSignature(name, dict(inputs), dict(outputs), prepare)

    def _named(self, node: Any) -> Any:
        """The variable of a node of TensorFlow 1; for a reference, its value."""
        key = node.name
        if key not in self.by_key and "shared_name" in node.attr:
            key = node.attr["shared_name"].s.decode("utf-8", "surrogateescape") or key
        weight = self.by_key.get(key)
        if weight is None:
            raise GraphError(f"{self.where}: expected a value of the variable {key!r}, got none")
        return weight if node.op == "VarHandleOp" else weight.numpy()

    def _check(self, function: Function, inputs: int, outputs: int, where: str) -> None:
        if len(function.inputs) != inputs or len(function.outputs) != outputs:
            raise GraphError(
                f"{where}: expected {inputs} arguments and {outputs} outputs, got {len(function.inputs)} and "
                f"{len(function.outputs)}"
            )

    def missing(self) -> list[str]:
        """The ops without a kernel among the nodes that signatures need, and in the functions that these run."""
        held = [node.name for node in self.graph.node if node.op in _VARIABLES]
        found = needed_nodes(self.graph.node, self.ends, held)
        ops = {node.op for node in found} - {
            "Placeholder"
        }  # the inputs of signatures, which get their values
        done: set[str] = set()
        pending = [*self.functions, *self.decoder.callees(found)]
        while pending:
            name = pending.pop()
            if name not in done:
                done.add(name)
                found = self.decoder.needed(name)
                ops |= {node.op for node in found}
                pending.extend(self.decoder.callees(found))
        return sorted(op for op in ops if not _runs(op))


def _runs(op: str) -> bool:
    found = known_op(op)
    return found is not None and found.has_kernel()


def _spec(info: Any, where: str) -> Spec:
    if not info.name:
        raise GraphError(f"{where}: expected a tensor, got a sparse or composite one; these are not read")
    return Spec(decode_shape(info.tensor_shape), dtypes.of(info.dtype))


def _weight(name: str, tensor: StoredTensor) -> Weight:
    found = Weight(name, tuple(tensor.shape), tensor.tensor_dtype)
    found.value = tensor
    return found


def write_again(stored: StoredModel, weights: Mapping[str, Weight], directory: Path) -> None:
    """Writes a SavedModel as it was read, with the values that its variables have now.

    Args:
      stored: the SavedModel.
      weights: its variables by their names in the checkpoint.
      directory: an existing, empty directory.

    Raises:
      UnsafeFileError: it names an asset outside of its directory.
      InvalidModelError: an asset is not there any more.
    """
    (directory / layout.ASSETS).mkdir()
    for asset in stored.meta.asset_file_def:
        _copy_asset(Path(stored.directory), asset.filename, directory)
    index = b""
    if stored.variables is not None:
        (directory / layout.VARIABLES).parent.mkdir()
        held = sorted(stored.variables.items(), key=lambda item: item[1].place)
        items = [(key, weights[key].value if key in weights else array) for key, array in held]
        tensorbundle.write_new(directory / layout.VARIABLES, items)
        index = (directory / layout.VARIABLES_INDEX).read_bytes()
    data = protos.serialize(stored.saved)
    files = {
        layout.SAVED_MODEL: data,
        layout.FINGERPRINT: protos.serialize(fingerprint(stored.saved, data, index)),
    }
    if stored.texts is not None:
        files[layout.KERAS_METADATA] = protos.serialize(stored.texts)
    for name, content in files.items():
        with (directory / name).open("xb") as file:
            file.write(content)


def _copy_asset(source: Path, name: str, directory: Path) -> None:
    if not name or Path(name).name != name:
        raise UnsafeFileError(
            f"{source}: names the asset {name!r}: expected a name in its folder {layout.ASSETS}"
        )
    try:
        content = (source / layout.ASSETS / name).read_bytes()
    except OSError as error:
        raise InvalidModelError(f"{source / layout.ASSETS / name}: cannot be read: {error}") from error
    with (directory / layout.ASSETS / name).open("xb") as file:
        file.write(content)
