"""The object graph: trackable objects, their named children, and the two messages that hold them.

Nodes are numbered breadth first from the root, children in order. `SavedObjectGraph` goes into saved_model.pb;
`TrackableObjectGraph` goes into the checkpoint under the key `_CHECKPOINTABLE_OBJECT_GRAPH`. A variable's
checkpoint key is the path by which it is reached first, `child/child/.ATTRIBUTES/VARIABLE_VALUE`, with '/'
escaped as '.S' and '.' as '..'.

Source: tensorflow/core/protobuf/saved_object_graph.proto, trackable_object_graph.proto;
tensorflow/python/checkpoint/trackable_view.py and util.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kerasfmt import protos
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.names import readable
from kerasfmt.graph import Function
from kerasfmt.graph.attr_values import encode_shape
from kerasfmt.graphdef.functions import FunctionWriter
from kerasfmt.graphdef.structured_value import ArgSpec, FunctionSpecs, encode
from kerasfmt.ir import Weight


@dataclass(eq=False)
class SavedNode:
    """A trackable object with named children."""

    children: list[tuple[str, SavedNode]] = field(default_factory=list)

    def add(self, name: str, child: SavedNode) -> None:
        """Appends a child."""
        self.children.append((name, child))


@dataclass(eq=False)
class UserObject(SavedNode):
    """A Python object that is restored by its identifier."""

    identifier: str = layout.GENERIC_OBJECT
    producer: int = layout.OBJECT_PRODUCER


@dataclass(eq=False)
class VariableNode(SavedNode):
    """A variable."""

    weight: Weight = None  # type: ignore[assignment]


@dataclass(eq=False)
class ConcreteNode(SavedNode):
    """A function for one signature.

    Attributes:
      function: the graph.
      inputs: canonical signature: `((positional arguments), {keyword arguments})`.
      outputs: structure of Specs.
      arg_spec: signature of the Python function that was traced.
      keywords: names of the tensor arguments.
      positional: how many of them may be passed by position.
      name: base of the function's name in the library.
      input_signature: that of the tf.function, if it has one.
    """

    function: Function = None  # type: ignore[assignment]
    inputs: Any = None
    outputs: Any = None
    arg_spec: ArgSpec = ArgSpec()  # noqa: RUF009  (frozen)
    keywords: tuple[str, ...] = ()
    positional: int = 0
    name: str = ""
    input_signature: tuple[Any, ...] | None = None


@dataclass(eq=False)
class FunctionNode(SavedNode):
    """A tf.function: one ConcreteNode per signature, children `trace_0`, `trace_1`, ..."""

    arg_spec: ArgSpec = ArgSpec()  # noqa: RUF009  (frozen)
    input_signature: tuple[Any, ...] | None = None
    jit_compile: bool | None = None

    @property
    def traces(self) -> list[ConcreteNode]:
        """The functions, one per signature."""
        return [child for _, child in self.children if isinstance(child, ConcreteNode)]


def list_wrapper(items: Iterable[SavedNode]) -> UserObject:
    """A tracked list."""
    return UserObject([(str(i), item) for i, item in enumerate(items)], layout.LIST_WRAPPER)


def dict_wrapper() -> UserObject:
    """An empty tracked dict."""
    return UserObject([], layout.DICT_WRAPPER)


@dataclass(frozen=True)
class ObjectGraph:
    """The numbered nodes, and the path by which each was reached first."""

    nodes: list[SavedNode]
    ids: dict[SavedNode, int]
    paths: dict[SavedNode, tuple[str, ...]]

    @classmethod
    def of(cls, root: SavedNode) -> ObjectGraph:
        """Numbers every node below `root`, breadth first."""
        graph = cls([root], {root: 0}, {root: ()})
        queue = deque([root])
        while queue:
            node = queue.popleft()
            for name, child in node.children:
                if child not in graph.ids:
                    graph.ids[child] = len(graph.nodes)
                    graph.paths[child] = (*graph.paths[node], name)
                    graph.nodes.append(child)
                    queue.append(child)
        return graph

    @cached_property
    def references(self) -> dict[SavedNode, bytes]:
        """The field `children` of each node, which is the same in either message."""
        found: dict[SavedNode, bytes] = {}
        for node in self.nodes:
            entry = protos.TrackableObjectGraph.TrackableObject()
            add = entry.children.add
            for name, child in node.children:
                add(node_id=self.ids[child], local_name=name)
            found[node] = entry.SerializeToString()
        return found

    def variables(self) -> list[tuple[str, VariableNode]]:
        """Every variable with its checkpoint key, in the order of their numbers."""
        return [(self.checkpoint_key(n), n) for n in self.nodes if isinstance(n, VariableNode)]

    def checkpoint_key(self, node: SavedNode) -> str:
        """The key under which the checkpoint holds a variable."""
        path = "/".join(escape(name) for name in self.paths[node])
        return f"{path}/.ATTRIBUTES/{layout.VALUE_ATTRIBUTE}"


def escape(name: str) -> str:
    """A child's name as a part of a checkpoint key.

    Source: tensorflow/python/trackable/trackable_utils.py, escape_local_name.
    """
    return name.replace(".", "..").replace("/", ".S")


def checkpoint_proto(graph: ObjectGraph) -> protos.TrackableObjectGraph:
    """The object graph as the checkpoint holds it."""
    proto = protos.TrackableObjectGraph()
    saved = _with_checkpoint_values(graph)
    for node in graph.nodes:
        entry = proto.nodes.add()
        entry.MergeFromString(graph.references[node])
        if isinstance(node, VariableNode):
            entry.attributes.add(
                name=layout.VALUE_ATTRIBUTE,
                full_name=readable(node.weight.name),
                checkpoint_key=graph.checkpoint_key(node),
            )
        if node in saved:
            entry.has_checkpoint_values.value = True
        else:
            entry.has_checkpoint_values.SetInParent()
    return proto


def _with_checkpoint_values(graph: ObjectGraph) -> set[SavedNode]:
    """Nodes that are, or from which one reaches, a variable."""
    parents: dict[SavedNode, list[SavedNode]] = {}
    for node in graph.nodes:
        for _, child in node.children:
            parents.setdefault(child, []).append(node)
    found: set[SavedNode] = set()
    reached: list[SavedNode] = [n for n in graph.nodes if isinstance(n, VariableNode)]
    while reached:
        node = reached.pop()
        if node not in found:
            found.add(node)
            reached.extend(parents.get(node, ()))
    return found


def write_object_graph(
    proto: protos.SavedObjectGraph,
    graph: ObjectGraph,
    functions: FunctionWriter,
    variables: dict[Weight, VariableNode],
) -> None:
    """Writes every node, and the table of concrete functions that they name."""
    specs = FunctionSpecs()
    for node in graph.nodes:
        entry = proto.nodes.add()
        entry.MergeFromString(graph.references[node])
        if isinstance(node, UserObject):
            entry.user_object.identifier = node.identifier
            entry.user_object.version.producer = node.producer
            entry.user_object.version.min_consumer = layout.MIN_CONSUMER
        elif isinstance(node, VariableNode):
            _write_variable(entry.variable, node.weight)
        elif isinstance(node, FunctionNode):
            _write_function(entry, node, functions, specs)
            for name, child in node.children:
                entry.dependencies.add(node_id=graph.ids[child], local_name=name)
        elif isinstance(node, ConcreteNode):
            name = _write_concrete(entry, node, functions, specs)
            table = proto.concrete_functions[name]
            table.bound_inputs.extend(
                graph.ids[variables[v]] for v in node.function.variables if isinstance(v, Weight)
            )
            table.canonicalized_input_signature.CopyFrom(encode(node.inputs))
            table.output_signature.CopyFrom(encode(node.outputs))


def _write_variable(proto: protos.SavedVariable, weight: Weight) -> None:
    proto.dtype = weight.dtype.enum
    proto.shape.CopyFrom(encode_shape(weight.shape))
    proto.trainable = weight.trainable
    proto.synchronization = weight.synchronization
    proto.aggregation = weight.aggregation
    proto.name = readable(weight.name)


def _write_function(
    entry: protos.SavedObject, node: FunctionNode, functions: FunctionWriter, specs: FunctionSpecs
) -> None:
    entry.function.concrete_functions.extend(functions.name_of(t.function, t.name) for t in node.traces)
    spec = entry.function.function_spec
    spec.CopyFrom(specs.encode(node.arg_spec, node.input_signature))
    if node.jit_compile is not None:
        spec.jit_compile = 1 if node.jit_compile else 2


def _write_concrete(
    entry: protos.SavedObject, node: ConcreteNode, functions: FunctionWriter, specs: FunctionSpecs
) -> str:
    bare = entry.bare_concrete_function
    bare.concrete_function_name = functions.name_of(node.function, node.name)
    bare.argument_keywords.extend(node.keywords)
    bare.allowed_positional_arguments = node.positional
    bare.function_spec.CopyFrom(specs.encode(node.arg_spec, node.input_signature))
    return bare.concrete_function_name
