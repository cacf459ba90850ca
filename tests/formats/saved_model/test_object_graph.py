"""The object graph: numbers, paths, checkpoint keys, and the two messages."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes, protos
from kerasfmt.formats.saved_model.object_graph import (
    ConcreteNode,
    FunctionNode,
    ObjectGraph,
    UserObject,
    VariableNode,
    checkpoint_proto,
    dict_wrapper,
    escape,
    list_wrapper,
    write_object_graph,
)
from kerasfmt.graph import Builder, Spec
from kerasfmt.graphdef.functions import FunctionWriter
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Weight


def weight(name: str = "d/kernel", **options: int) -> Weight:
    return Weight(name, (2, 3), dtypes.float32, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("kernel", "kernel"),
        ("a/b", "a.Sb"),
        ("a.b", "a..b"),
        ("a.Sb", "a..Sb"),
        ("/", ".S"),
        (".", ".."),
        ("é x", "é x"),
    ],
)
def test_escape(name: str, key: str) -> None:
    assert escape(name) == key


def test_escaping_keeps_names_apart() -> None:
    names = ["a/b", "a.Sb", "a.b", "a..b", "a...b", "a./b", "a/.b"]
    assert len({escape(n) for n in names}) == len(names)


def test_numbers_go_breadth_first() -> None:
    leaf, left, right = UserObject(), UserObject(), UserObject()
    left.add("leaf", leaf)
    right.add("again", leaf)
    right.add("self", right)
    root = UserObject([("l", left), ("r", right), ("l2", left)])
    graph = ObjectGraph.of(root)
    assert graph.nodes == [root, left, right, leaf]
    assert [graph.ids[n] for n in graph.nodes] == [0, 1, 2, 3]
    assert graph.paths[leaf] == ("l", "leaf")
    assert graph.paths[root] == ()


def test_a_deep_graph() -> None:
    root = node = UserObject()
    for _ in range(5000):
        node.add("next", child := UserObject())
        node = child
    assert len(ObjectGraph.of(root).paths[node]) == 5000


def test_variables_have_the_key_of_their_first_path() -> None:
    variable = VariableNode(weight=weight())
    root = UserObject()
    root.add("layer/1", UserObject([("dot.kernel", variable)]))
    root.add("variables", list_wrapper([variable]))
    graph = ObjectGraph.of(root)
    ((key, node),) = graph.variables()
    assert node is variable
    assert key == "layer.S1/dot..kernel/.ATTRIBUTES/VARIABLE_VALUE"


def test_the_checkpoint_graph() -> None:
    variable = VariableNode(weight=weight())
    root = UserObject([("empty", UserObject()), ("layer", UserObject([("kernel", variable)]))])
    proto = checkpoint_proto(ObjectGraph.of(root))
    assert [[(c.local_name, c.node_id) for c in n.children] for n in proto.nodes] == [
        [("empty", 1), ("layer", 2)],
        [],
        [("kernel", 3)],
        [],
    ]
    (attribute,) = proto.nodes[3].attributes
    assert (attribute.name, attribute.full_name) == ("VARIABLE_VALUE", "d/kernel")
    assert attribute.checkpoint_key == "layer/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert all(n.HasField("has_checkpoint_values") for n in proto.nodes)
    assert [n.has_checkpoint_values.value for n in proto.nodes] == [True, False, True, True]


def test_lists_and_dicts() -> None:
    a, b = UserObject(), UserObject()
    wrapper = list_wrapper([a, b])
    assert wrapper.children == [("0", a), ("1", b)]
    assert (wrapper.identifier, dict_wrapper().identifier) == (
        "trackable_list_wrapper",
        "trackable_dict_wrapper",
    )
    assert dict_wrapper().children == []


def test_nodes_of_each_kind() -> None:
    kernel = weight(trainable=False, synchronization=3, aggregation=2)
    variable = VariableNode(weight=kernel)
    graph = Builder()
    x = graph.input(Spec((2, 3), dtypes.float32), "x")
    function = graph.finish([x + kernel])
    concrete = ConcreteNode(
        function=function,
        inputs=((x.spec.with_name("x"),), {}),
        outputs=x.spec.with_name("out"),
        keywords=("x",),
        positional=1,
        name="call",
    )
    traced = FunctionNode([("trace_0", concrete)], arg_spec=ArgSpec(("x",)), jit_compile=True)
    root = UserObject([("v", variable), ("f", traced)], identifier="_tf_keras_layer", producer=2)
    proto, library = protos.SavedObjectGraph(), protos.FunctionDefLibrary()
    write_object_graph(proto, ObjectGraph.of(root), FunctionWriter(library), {kernel: variable})
    top, stored, call, trace = proto.nodes
    assert (top.user_object.identifier, top.user_object.version.producer) == ("_tf_keras_layer", 2)
    assert (stored.variable.name, stored.variable.dtype, stored.variable.trainable) == ("d/kernel", 1, False)
    assert [d.size for d in stored.variable.shape.dim] == [2, 3]
    assert (stored.variable.synchronization, stored.variable.aggregation) == (3, 2)
    name = library.function[0].signature.name
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
