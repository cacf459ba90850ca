"""The object graph as messages."""

from __future__ import annotations

from typing import Any

from kerasfmt import dtypes, protos
from kerasfmt.formats.checkpoint.messages import children_bytes
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.main_graph import build_main_graph
from kerasfmt.formats.saved_model.nodes import FunctionNode, name_functions
from kerasfmt.formats.saved_model.object_messages import encode_object_graph
from kerasfmt.graph import Builder, Spec
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir.weight import Aggregation, Synchronization, Weight


def weight(name: str = "d/kernel", **options: Any) -> Weight:
    return Weight(name, (2, 3), dtypes.float32, **options)


def test_nodes_of_each_kind() -> None:
    kernel = weight(trainable=False, synchronization=Synchronization.ON_READ, aggregation=Aggregation.MEAN)
    variable = VariableNode(kernel)
    graph = Builder()
    x = graph.input(Spec((2, 3), dtypes.float32), "x")
    function = graph.finish([x + kernel])
    concrete = ConcreteFunction(
        function=function,
        inputs=((x.spec.with_name("x"),), {}),
        outputs=x.spec.with_name("out"),
        keywords=("x",),
        positional=1,
        name="call",
    )
    traced = FunctionNode(PolymorphicFunction((concrete,), ArgSpec(("x",)), jit_compile=True))
    root = UserObject("_tf_keras_layer", 2, children=[("v", variable), ("f", traced)])
    proto, numbered = protos.SavedObjectGraph(), ObjectGraph.of(root)
    names = name_functions(numbered)
    encode_object_graph(proto, numbered, children_bytes(numbered), names, build_main_graph({}, numbered, b""))
    top, stored, call, trace = proto.nodes
    assert (top.user_object.identifier, top.user_object.version.producer) == ("_tf_keras_layer", 2)
    assert (stored.variable.name, stored.variable.dtype, stored.variable.trainable) == ("d/kernel", 1, False)
    assert [d.size for d in stored.variable.shape.dim] == [2, 3]
    assert (stored.variable.synchronization, stored.variable.aggregation) == (3, 2)
    name = names[function]
    assert list(call.function.concrete_functions) == [name]
    assert call.function.function_spec.jit_compile == 1
    assert [(d.local_name, d.node_id) for d in call.dependencies] == [("trace_0", 3)]
    assert trace.bare_concrete_function.concrete_function_name == name
    assert list(trace.bare_concrete_function.argument_keywords) == ["x"]
    assert trace.bare_concrete_function.allowed_positional_arguments == 1
    table = proto.concrete_functions[name]
    assert list(table.bound_inputs) == [1]
    spec = table.canonicalized_input_signature.tuple_value.values[0].tuple_value.values[0].tensor_spec_value
    assert (spec.name, [d.size for d in spec.shape.dim]) == ("x", [2, 3])
    assert table.output_signature.tensor_spec_value.name == "out"
