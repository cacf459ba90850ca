"""The two messages that hold the object graph, encoded from its numbers.

`SavedObjectGraph` goes into saved_model.pb; `TrackableObjectGraph` goes into the checkpoint under the key
`_CHECKPOINTABLE_OBJECT_GRAPH`.

Source: tensorflow/core/protobuf/saved_object_graph.proto, trackable_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Mapping

from kerasfmt import protos
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import ConcreteFunction
from kerasfmt.formats.saved_model.nodes import (
    ConcreteNode,
    FunctionNode,
    SavedNode,
    UserObject,
    VariableNode,
)
from kerasfmt.formats.saved_model.object_graph import ObjectGraph
from kerasfmt.graph.attr_values import encode_shape
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.graphdef.structured_value import FunctionSpecs, encode
from kerasfmt.ir import Weight

ChildrenBytes = Mapping[SavedNode, bytes]


def children_bytes(graph: ObjectGraph) -> ChildrenBytes:
    """The fields `children` and `slot_variables` of each node, which are the same in both messages."""
    found: dict[SavedNode, bytes] = {}
    ids = graph.ids
    for node in graph.nodes:
        found[node] = b""
        if node.children:
            entry = protos.TrackableObjectGraph.TrackableObject()
            add = entry.children.add
            for name, child in node.children:
                add(node_id=ids[child], local_name=name)
            for slot in node.slots if isinstance(node, UserObject) else ():
                entry.slot_variables.add(
                    original_variable_node_id=ids[slot.original],
                    slot_name=slot.name,
                    slot_variable_node_id=ids[slot.variable],
                )
            found[node] = entry.SerializeToString()
    return found


def encode_checkpoint_graph(graph: ObjectGraph, children: ChildrenBytes) -> protos.TrackableObjectGraph:
    """The object graph as the checkpoint holds it."""
    proto = protos.TrackableObjectGraph()
    for node in graph.nodes:
        entry = proto.nodes.add()
        entry.MergeFromString(children[node])
        if isinstance(node, VariableNode):
            entry.attributes.add(
                name=layout.VALUE_ATTRIBUTE,
                full_name=node.name,
                checkpoint_key=graph.checkpoint_keys[node],
            )
        if node in graph.restorable:
            entry.has_checkpoint_values.value = True
        else:
            entry.has_checkpoint_values.SetInParent()
    return proto


def encode_object_graph(
    proto: protos.SavedObjectGraph, graph: ObjectGraph, children: ChildrenBytes, names: FunctionNames
) -> None:
    """Encodes every node, and the table of the concrete functions that the nodes name."""
    specs = FunctionSpecs()
    for node in graph.nodes:
        entry = proto.nodes.add()
        entry.MergeFromString(children[node])
        if isinstance(node, UserObject):
            entry.user_object.identifier = node.identifier
            entry.user_object.version.producer = node.producer
            entry.user_object.version.min_consumer = layout.MIN_CONSUMER
        elif isinstance(node, VariableNode):
            _encode_variable(entry.variable, node)
        elif isinstance(node, FunctionNode):
            _encode_function(entry, node, names, specs)
            for name, child in node.children:
                entry.dependencies.add(node_id=graph.ids[child], local_name=name)
        elif isinstance(node, ConcreteNode):
            _encode_concrete(entry.bare_concrete_function, node.concrete, names, specs)
            table = proto.concrete_functions[names[node.concrete.function]]
            _encode_table(table, node.concrete, graph.weight_ids)


def _encode_variable(proto: protos.SavedVariable, node: VariableNode) -> None:
    weight = node.weight
    proto.dtype = weight.dtype.enum
    proto.shape.CopyFrom(encode_shape(weight.shape))
    proto.trainable = weight.trainable
    proto.synchronization = weight.synchronization
    proto.aggregation = weight.aggregation
    proto.name = node.name


def _encode_function(
    entry: protos.SavedObject, node: FunctionNode, names: FunctionNames, specs: FunctionSpecs
) -> None:
    function = node.polymorphic
    entry.function.concrete_functions.extend(names[trace.function] for trace in function.traces)
    spec = entry.function.function_spec
    spec.CopyFrom(specs.encode(function.arg_spec, function.input_signature))
    if function.jit_compile is not None:
        spec.jit_compile = 1 if function.jit_compile else 2


def _encode_concrete(
    proto: protos.SavedBareConcreteFunction,
    concrete: ConcreteFunction,
    names: FunctionNames,
    specs: FunctionSpecs,
) -> None:
    proto.concrete_function_name = names[concrete.function]
    proto.argument_keywords.extend(concrete.keywords)
    proto.allowed_positional_arguments = concrete.positional
    proto.function_spec.CopyFrom(specs.encode(concrete.arg_spec, concrete.input_signature))


def _encode_table(
    proto: protos.SavedConcreteFunction, concrete: ConcreteFunction, weight_ids: Mapping[Weight, int]
) -> None:
    proto.bound_inputs.extend(weight_ids[v] for v in concrete.function.variables if isinstance(v, Weight))
    proto.canonicalized_input_signature.CopyFrom(encode(concrete.inputs))
    proto.output_signature.CopyFrom(encode(concrete.outputs))
