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
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode, dict_wrapper
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.gradient_functions import built_gradients
from kerasfmt.formats.saved_model.nodes import ConcreteNode, InnerTensorNode
from kerasfmt.formats.saved_model.shared_nodes import SharedNodes
from kerasfmt.formats.saved_model.signatures import PlannedSignature
from kerasfmt.formats.saved_model.tables import functions_of
from kerasfmt.formats.saved_model.writer import write_objects
from kerasfmt.gc_paused import gc_paused
from kerasfmt.graph import Table
from kerasfmt.graph.own_gradient import own_gradients
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.ir import Weight


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
        objects = _Objects(self)
        gradients = objects.gradients()
        captured = [each for gradient in gradients for each in gradient.function.captured]
        inner = dict.fromkeys(each for each in captured if isinstance(each, InnerTensor))
        graph = ObjectGraph.of(objects.root, [InnerTensorNode(each) for each in inner])
        write_objects(directory, graph, self.signatures, gradients)


class _Objects:
    """The objects of a model."""

    def __init__(self, model: FunctionModel) -> None:
        self._variables = {weight: VariableNode(weight) for weight in model.variables}
        self._shared = SharedNodes()
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
            self.root.add("__call__", self._shared.function(model.call))
        nodes = {key: ConcreteNode(signature.concrete) for key, signature in model.signatures.items()}
        self.root.add("signatures", UserObject(layout.SIGNATURE_MAP, children=[*nodes.items()]))
        self._functions = self._shared.add_captures(self.root)

    def gradients(self) -> list[ConcreteFunction]:
        """The gradients that nodes in the functions have of their own."""
        return built_gradients(own_gradients(self._functions))

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
            made.add(str(place), self._shared.table(table, functions_))
        return made
