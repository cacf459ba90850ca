"""Functions and variables as a SavedModel, as `tf.saved_model.save` writes a module with a function.

    root          __call__, signatures, and
      variables              all of them, a list
      trainable_variables    those that an optimizer may change, a list
      params                 the variables by their paths, in dicts
      tables                 the tables of layers that functions use, a list

Source: tensorflow/python/saved_model/save.py; tensorflow/python/module/module.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasfmt.formats.checkpoint.layout import LIST_WRAPPER
from kerasfmt.formats.checkpoint.nodes import SavedNode, UserObject, VariableNode, dict_wrapper
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.nodes import AssetNode, ConcreteNode, ConstantNode, FunctionNode, TableNode
from kerasfmt.formats.saved_model.signatures import PlannedSignature
from kerasfmt.formats.saved_model.tables import functions_of
from kerasfmt.formats.saved_model.writer import write_objects
from kerasfmt.gc_paused import gc_paused
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.ir import Weight
from kerasfmt.ir.asset import Asset, TextFile


@dataclass(frozen=True, eq=False)
class FunctionModel:
    """What a SavedModel of functions holds.

    Attributes:
      call: the function that calls the object; None where it cannot be called.
      signatures: the functions that serving systems call, by name.
      named: variables by their paths.
      variables: every variable.
    """

    call: PolymorphicFunction | None
    signatures: Mapping[str, PlannedSignature]
    named: Mapping[tuple[str, ...], Weight]
    variables: Sequence[Weight]

    @gc_paused()
    def write(self, directory: Path) -> None:
        """Writes it into an existing, empty directory.

        Raises:
          SaveError: the graph is larger than a protobuf message may be.
        """
        write_objects(directory, ObjectGraph.of(_Objects(self).root), self.signatures)


class _Objects:
    """The objects of a model."""

    def __init__(self, model: FunctionModel) -> None:
        self._variables = {weight: VariableNode(weight) for weight in model.variables}
        self._constants: dict[EagerConstant, SavedNode] = {}
        self.root = UserObject()
        self.root.add("variables", self._list(model.variables))
        self.root.add("trainable_variables", self._list(w for w in model.variables if w.trainable))
        if model.named:
            self.root.add("params", self._tree(model.named))
        concrete = [signature.concrete for signature in model.signatures.values()]
        traces = [] if model.call is None else list(model.call.traces)
        tables = self._tables([*traces, *concrete])
        if tables.children:
            self.root.add("tables", tables)
        if model.call is not None:
            self.root.add("__call__", FunctionNode(model.call))
        nodes = {key: ConcreteNode(signature.concrete) for key, signature in model.signatures.items()}
        self.root.add("signatures", UserObject(layout.SIGNATURE_MAP, children=[*nodes.items()]))
        self._add_captures()

    def _tree(self, named: Mapping[tuple[str, ...], Weight]) -> UserObject:
        made: dict[tuple[str, ...], UserObject] = {(): dict_wrapper()}
        for path, weight in named.items():
            for length in range(1, len(path)):
                if path[:length] not in made:
                    made[path[:length]] = dict_wrapper()
                    made[path[: length - 1]].add(path[length - 1], made[path[:length]])
            made[path[:-1]].add(path[-1], self._variables[weight])
        return made[()]

    def _list(self, weights: Iterable[Weight]) -> UserObject:
        found = [(str(place), self._variables[weight]) for place, weight in enumerate(weights)]
        return UserObject(LIST_WRAPPER, children=[*found])

    def _tables(self, functions: Iterable[ConcreteFunction]) -> UserObject:
        captured = [c for function in functions for c in function.function.captured if isinstance(c, Table)]
        made = UserObject(LIST_WRAPPER)
        for place, (table, functions_) in enumerate(functions_of(captured).items()):
            node = TableNode(table, functions_)
            if not table.mutable:
                initializer = UserObject()
                if isinstance(table.initializer, TextFile):
                    initializer.add("_filename", self._constant(table.initializer.file))
                node.add("_initializer", initializer)
            node.add("_create_resource", FunctionNode(functions_.create))
            node.add("_initialize", FunctionNode(functions_.initialize))
            node.add("_destroy_resource", FunctionNode(functions_.destroy))
            made.add(str(place), node)
        return made

    def _add_captures(self) -> None:
        """Gives each function the constants and the files that it captures, by their places among its captures."""
        found: list[SavedNode] = [self.root]
        met: set[SavedNode] = {self.root}
        for node in found:
            if isinstance(node, ConcreteNode):
                for place, captured in enumerate(node.concrete.function.captured):
                    if isinstance(captured, EagerConstant):
                        node.add(f"capture_{place}", self._constant(captured))
            for _, child in node.children:
                if child not in met:
                    met.add(child)
                    found.append(child)

    def _constant(self, constant: EagerConstant) -> SavedNode:
        node = self._constants.get(constant)
        if node is None:
            made = AssetNode(constant) if isinstance(constant, Asset) else ConstantNode(constant)
            node = self._constants[constant] = made
        return node
