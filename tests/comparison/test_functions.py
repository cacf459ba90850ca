"""Functions, compared node by node."""

from __future__ import annotations

from typing import Any

from kerasfmt import protos
from kerasfmt.comparison.functions import GRAPH, compare_functions, plain_name
from kerasfmt.comparison.records import CHANGED, ONLY_A, ONLY_B, Change, FunctionChange


def graph(*functions: tuple[str, list[tuple[str, str]]], nodes: list[tuple[str, str]] | None = None) -> Any:
    """A graph with functions of nodes, each a name and an op."""
    made = protos.GraphDef()
    for name, op in nodes or []:
        made.node.add(name=name, op=op)
    for function, held in functions:
        message = made.library.function.add()
        message.signature.name = function
        for name, op in held:
            message.node_def.add(name=name, op=op)
    return made


def test_numbers_of_functions_do_not_count() -> None:
    assert plain_name("__inference_dense_layer_call_fn_12") == "__inference_dense_layer_call_fn"
    a = graph(("f_1", [("x", "Add")]), ("f_2", [("y", "Mul")]), ("g_3", [("call", "PartitionedCall")]))
    b = graph(("f_7", [("y", "Mul")]), ("f_8", [("x", "Add")]), ("g_9", [("call", "PartitionedCall")]))
    a.library.function[2].node_def[0].attr["f"].func.name = "f_2"
    b.library.function[2].node_def[0].attr["f"].func.name = "f_7"
    a.library.function[2].node_def[0].attr["branches"].list.func.add(name="f_1")
    b.library.function[2].node_def[0].attr["branches"].list.func.add(name="f_8")
    assert list(compare_functions(a, b)) == []


def test_numbers_of_arguments_do_not_count() -> None:
    a, b = (graph(("f_1_2", [("x", "Add")]), ("f_3", [("x", "Add")])) for _ in range(2))
    for made, number in ((a, 7), (b, 9)):
        for function in made.library.function:
            function.signature.input_arg.add(name=f"in_{number}", type=1)
            function.node_def[0].input.extend([f"in_{number}", "other"])
    assert list(compare_functions(a, b)) == []
    b.library.function[0].node_def[0].input[0] = "other"
    assert list(compare_functions(a, b)) == [FunctionChange("f", CHANGED, {}, (), 1)]


def test_inferred_shapes_do_not_count() -> None:
    a, b = graph(("f_1", [("x", "Add")])), graph(("f_1", [("x", "Add")]))
    a.library.function[0].node_def[0].attr["_output_shapes"].list.shape.add()
    assert list(compare_functions(a, b)) == []


def test_ops() -> None:
    a = graph(("f_1", [("x", "Relu"), ("y", "Add")]), ("a_1", [("x", "Mul"), ("y", "Mul")]))
    b = graph(("f_1", [("x", "Tanh"), ("y", "Add"), ("z", "Add")]), ("b_1", [("x", "Sub")]))
    assert list(compare_functions(a, b)) == [
        FunctionChange("f", CHANGED, {"Add": (0, 1), "Relu": (1, 0), "Tanh": (0, 1)}),
        FunctionChange("a", ONLY_A, {"Mul": (2, 0)}),
        FunctionChange("b", ONLY_B, {"Sub": (0, 1)}),
    ]


def test_more_functions_of_one_name() -> None:
    one = ("f_1", [("x", "Relu")])
    found = list(compare_functions(graph(one, ("f_2", [("x", "Relu")])), graph(one)))
    assert found == [FunctionChange("f", ONLY_A, {"Relu": (1, 0)})]
    assert list(compare_functions(graph(one), graph(one, ("f_2", [("y", "Abs")])))) == [
        FunctionChange("f", ONLY_B, {"Abs": (0, 1)})
    ]


def test_attributes_inputs_and_arguments() -> None:
    a, b = (graph(("f_1", [("x", "Conv2D")])) for _ in range(2))
    for made, stride, argument in ((a, 1, 1), (b, 2, 7)):
        (function,) = made.library.function
        (node,) = function.node_def
        node.attr["strides"].list.i.extend([1, stride, stride, 1])
        node.attr["T"].type = 1
        node.input.append(f"in{stride}")
        function.signature.input_arg.add(name="in", type=argument)
    a.library.function[0].node_def[0].attr["_old"].b = True
    b.library.function[0].node_def[0].attr["_new"].type = 3
    (found,) = compare_functions(a, b)
    assert (found.name, found.kind, found.ops, found.rewired) == ("f", CHANGED, {}, 1)
    assert found.attributes == (
        Change("arguments", CHANGED, "[float32]", "[string]"),
        Change("x._new", ONLY_B, None, "int32"),
        Change("x._old", ONLY_A, "True", None),
        Change("x.strides", CHANGED, "[1, 1, 1, 1]", "[1, 2, 2, 1]"),
    )


def test_constants_and_the_main_graph() -> None:
    a, b = graph(nodes=[("c", "Const"), ("d", "Const")]), graph(nodes=[("c", "Const"), ("d", "Const")])
    for made, value in ((a, 0.5), (b, 0.25)):
        tensor = made.node[0].attr["value"].tensor
        tensor.dtype = 1
        tensor.float_val.append(value)
        large = made.node[1].attr["value"].tensor
        large.dtype = 1
        large.tensor_shape.dim.add(size=1 << 30)  # a few bytes that stand for a gigabyte
        large.float_val.append(value)
    (found,) = compare_functions(a, b)
    assert found.name == GRAPH
    assert found.attributes == (
        Change("c.value", CHANGED, "0.5", "0.25"),
        Change("d.value", CHANGED, "a tensor [1073741824] of 18 bytes", "a tensor [1073741824] of 18 bytes"),
    )


def test_what_cannot_be_decoded_is_told_by_its_size() -> None:
    a, b = graph(nodes=[("c", "Const")]), graph(nodes=[("c", "Const")])
    a.node[0].attr["T"].type = 99
    b.node[0].attr["T"].type = 1
    (found,) = compare_functions(a, b)
    assert found.attributes == (Change("c.T", CHANGED, "2 bytes", "float32"),)
