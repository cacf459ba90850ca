"""The object graph of saved_model.pb, encoded from its numbers.

Source: tensorflow/core/protobuf/saved_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kerasfmt import protos
from kerasfmt.formats.checkpoint.layout import TABLE_ATTRIBUTE
from kerasfmt.formats.checkpoint.messages import ChildrenBytes
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import ConcreteFunction
from kerasfmt.formats.saved_model.main_graph import MainGraph
from kerasfmt.formats.saved_model.nodes import (
    AssetNode,
    ConcreteNode,
    ConstantNode,
    FunctionNode,
    InnerTensorNode,
    TableNode,
)
from kerasfmt.graph import Capture, Function
from kerasfmt.graph.attr_values import encode_shape
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.graphdef.structured_value import FunctionSpecs, encode


def encode_object_graph(
    proto: protos.SavedObjectGraph,
    graph: ObjectGraph,
    children: ChildrenBytes,
    names: FunctionNames,
    main: MainGraph,
    gradients: Iterable[ConcreteFunction] = (),
) -> None:
    """Encodes every node, and the table of the concrete functions that the nodes name, and of gradients."""
    specs = FunctionSpecs()
    ids = graph.ids
    capture_ids = {captured: ids[node] for captured, node in graph.captures.items()}
    add = proto.nodes.add
    for node in graph.nodes:
        entry = add()
        if children[node]:
            entry.MergeFromString(children[node])
        for name, child in graph.dependencies(node):
            entry.dependencies.add(node_id=ids[child], local_name=name)
        if isinstance(node, UserObject):
            entry.user_object.identifier = node.identifier
            entry.user_object.version.producer = node.producer
            entry.user_object.version.min_consumer = layout.MIN_CONSUMER
        elif isinstance(node, VariableNode):
            _encode_variable(entry.variable, node)
        elif isinstance(node, FunctionNode):
            _encode_function(entry, node, names, specs)
        elif isinstance(node, ConcreteNode):
            _encode_concrete(entry.bare_concrete_function, node.concrete, names, specs)
            table = proto.concrete_functions[names[node.concrete.function]]
            _encode_table(table, node.concrete, capture_ids)
        elif isinstance(node, TableNode):
            entry.resource.SetInParent()
            if not node.table.mutable:
                entry.registered_name = layout.STATIC_TABLE
            if node in graph.savers:
                save, restore = graph.savers[node]
                saveable = entry.saveable_objects[TABLE_ATTRIBUTE]
                saveable.save_function, saveable.restore_function = ids[save], ids[restore]
        elif isinstance(node, ConstantNode):
            entry.constant.operation = main.constants[node.constant]
            entry.registered_name = layout.CONSTANT
        elif isinstance(node, AssetNode):
            entry.asset.asset_file_def_index = list(main.assets).index(node.asset)
        elif isinstance(node, InnerTensorNode):
            holder = node.tensor.holder
            assert isinstance(holder, Function)
            entry.captured_tensor.name = node.tensor.name
            entry.captured_tensor.concrete_function = names[holder]
    for gradient in gradients:
        _encode_table(proto.concrete_functions[names[gradient.function]], gradient, capture_ids)


def _encode_variable(proto: protos.SavedVariable, node: VariableNode) -> None:
    weight = node.weight
    proto.dtype = weight.dtype.enum
    proto.shape.CopyFrom(encode_shape(weight.declared_shape))
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
    proto: protos.SavedConcreteFunction, concrete: ConcreteFunction, capture_ids: Mapping[Capture, int]
) -> None:
    proto.bound_inputs.extend([capture_ids[captured] for captured in concrete.function.captured])
    proto.canonicalized_input_signature.CopyFrom(encode(concrete.inputs))
    proto.output_signature.CopyFrom(encode(concrete.outputs))
