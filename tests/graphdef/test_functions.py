"""Functions as FunctionDef messages: names of tensors, captures, side effects, each function once."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.graph import Builder, Function, Spec, Value, Variable, emit, emit_one, ops
from kerasfmt.graphdef.binding import bind
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.graphdef.functions import CALL_CONFIG, FunctionEncoder, output_label
from kerasfmt.limits import Allowance

VECTOR = Spec((None, 2), dtypes.float32)


def dense(name: str = "dense") -> Function:
    graph = Builder(name)
    x = graph.input(VECTOR, "Inputs")
    kernel = Variable(f"{name}/kernel", Spec((2, 3), dtypes.float32))
    return graph.finish([emit_one("MatMul", x, kernel)])


def counter(step: Variable) -> Function:
    graph = Builder("count")
    old = graph.read(step)
    graph.assign(step, old + 1.0)
    return graph.finish([old])


def written(*functions: Function) -> list[protos.FunctionDef]:
    library, names = protos.FunctionDefLibrary(), FunctionNames()
    for function in functions:
        names.add(function)
    FunctionEncoder(names).encode_library(library)
    return list(library.function)


def node_of(proto: protos.FunctionDef, name: str) -> protos.NodeDef:
    (found,) = [n for n in proto.node_def if n.name == name]
    return found


def test_signature() -> None:
    (proto,) = written(dense())
    assert proto.signature.name == "__inference_dense_1"
    assert proto.signature.is_stateful
    assert [(a.name, a.type) for a in proto.signature.input_arg] == [
        ("inputs", dtypes.float32.enum),
        ("matmul_readvariableop_resource", dtypes.resource.enum),
    ]
    assert [(a.name, a.type) for a in proto.signature.output_arg] == [("identity", dtypes.float32.enum)]
    assert dict(proto.ret) == {"identity": "Identity:output:0"}
    assert list(proto.signature.control_output) == ["MatMul/ReadVariableOp"]
    assert dict(proto.control_ret) == {"MatMul/ReadVariableOp": "MatMul/ReadVariableOp"}


def test_arguments_have_shapes_and_names() -> None:
    (proto,) = written(dense())
    shapes = proto.attr["_input_shapes"].list.shape
    assert [[d.size for d in s.dim] for s in shapes] == [[-1, 2], []]
    names = [proto.arg_attr[i].attr["_user_specified_name"].s for i in range(2)]
    assert names == [b"Inputs", b"resource"]
    assert len(proto.arg_attr[0].attr["_output_shapes"].list.shape) == 1
    assert "_output_shapes" not in proto.arg_attr[1].attr
    assert proto.attr["_construction_context"].s == b"kEagerRuntime"
    assert "_XlaMustCompile" not in proto.attr


def test_inputs_are_named_by_node_and_output() -> None:
    (proto,) = written(dense())
    assert [n.op for n in proto.node_def] == ["ReadVariableOp", "MatMul", "Identity", "NoOp"]
    read, matmul, identity, barrier = proto.node_def
    assert list(read.input) == ["matmul_readvariableop_resource"]
    assert list(matmul.input) == ["inputs", "MatMul/ReadVariableOp:value:0"]
    assert list(identity.input) == ["MatMul:product:0", f"^{barrier.name}"]
    assert list(barrier.input) == ["^MatMul/ReadVariableOp"]
    assert [d.size for d in identity.attr["_output_shapes"].list.shape[0].dim] == [-1, 3]


def test_a_function_without_side_effects_has_no_barrier() -> None:
    graph = Builder("pure")
    x = graph.input(VECTOR, "x")
    (proto,) = written(graph.finish([emit_one("Relu", x), x]))
    assert not proto.signature.is_stateful
    assert [n.op for n in proto.node_def] == ["Relu", "Identity", "Identity"]
    assert [list(n.input) for n in proto.node_def] == [["x"], ["Relu:activations:0"], ["x"]]
    assert dict(proto.ret) == {"identity": "Identity:output:0", "identity_1": "Identity_1:output:0"}
    assert not proto.control_ret


def test_names_of_the_outputs_do_not_collide() -> None:
    graph = Builder()
    x = graph.input(VECTOR, "identity")
    step = Variable("noop", Spec((), dtypes.float32))
    y = emit_one("Relu", x, name="NoOp")
    graph.assign(step, 1.0)
    (proto,) = written(graph.finish([y]))
    names = [*(a.name for a in proto.signature.input_arg), *(n.name for n in proto.node_def)]
    assert len({n.lower() for n in names}) == len(names)
    assert "Identity_1" in names
    assert "NoOp_1" in names


def test_default_attributes_are_left_out() -> None:
    (proto,) = written(dense())
    assert set(node_of(proto, "MatMul").attr) == {"T"}
    graph = Builder()
    x = graph.input(Spec((2, 2), dtypes.float32))
    (proto,) = written(graph.finish([emit_one("MatMul", x, x, transpose_b=True)]))
    assert node_of(proto, "MatMul").attr["transpose_b"].b


def test_a_negative_zero_is_written() -> None:
    graph = Builder()
    x = graph.input(VECTOR)
    outputs = [emit_one("LeakyRelu", x, alpha=alpha) for alpha in (0.0, -0.0)]
    (proto,) = written(graph.finish(outputs))
    signs = [str(n.attr["alpha"].f) for n in proto.node_def if n.op == "LeakyRelu"]
    assert signs == ["0.0", "-0.0"]


def test_control_inputs_come_last() -> None:
    step = Variable("step", Spec((), dtypes.float32))
    (proto,) = written(counter(step))
    assign = node_of(proto, "AssignVariableOp")
    assert list(assign.input) == ["readvariableop_resource", "AddV2:z:0", "^ReadVariableOp"]
    assert list(proto.signature.control_output) == ["ReadVariableOp", "AssignVariableOp"]


def test_callees_come_first_and_once() -> None:
    inner = dense()
    graph = Builder("outer")
    x = graph.input(VECTOR, "x")
    a, b = graph.call(inner, [x])[0], graph.call(inner, [x])[0]
    outer = graph.finish([a + b])
    protos_ = written(outer, outer, inner)
    assert [p.signature.name for p in protos_] == ["__inference_dense_1", "__inference_outer_2"]
    calls = [n for n in protos_[1].node_def if n.op == "StatefulPartitionedCall"]
    assert [c.attr["f"].func.name for c in calls] == ["__inference_dense_1"] * 2
    assert list(calls[0].input) == ["x", "unknown"]


def test_a_call_says_which_captures_it_only_reads() -> None:
    step, scale = (Variable(n, Spec((), dtypes.float32)) for n in ("step", "scale"))
    inner = Builder("inner")
    x = inner.input(VECTOR)
    y = x * inner.read(scale)
    inner.assign(step, 1.0)
    function = inner.finish([y])
    assert function.captured == (scale, step)
    graph = Builder("outer")
    proto = written(graph.finish(graph.call(function, [graph.input(VECTOR)])))[1]
    (call,) = [n for n in proto.node_def if n.op == "StatefulPartitionedCall"]
    assert list(call.attr["_read_only_resource_inputs"].list.i) == [1]
    assert call.attr["config_proto"].s == CALL_CONFIG
    assert call.attr["_collective_manager_ids"].HasField("list")
    assert list(call.attr["Tin"].list.type) == [1, dtypes.resource.enum, dtypes.resource.enum]


def identity(name: str, scalar: Spec) -> Function:
    graph = Builder(name)
    return graph.finish([emit_one("Identity", graph.input(scalar))])


def test_branches_and_bodies_are_written_and_may_be_inlined() -> None:
    truth, count = Spec((), dtypes.bool_), Spec((), dtypes.int32)
    graph = Builder("outer")
    condition, number = graph.input(truth), graph.input(count)
    then, otherwise = identity("then", count), identity("otherwise", count)
    (chosen,) = graph.emit(
        "StatelessIf", condition, [number], then_branch=then, else_branch=otherwise, Tout=[dtypes.int32]
    )
    body = identity("body", truth)
    (looped,) = graph.emit("StatelessWhile", [condition], cond=identity("condition", truth), body=body)
    (called,) = graph.call(body, [condition])
    protos_ = written(graph.finish([chosen, looped, called]))
    attrs = {n.op: n.attr for p in protos_ for n in p.node_def}
    functions = [
        attrs["StatelessIf"]["then_branch"],
        attrs["StatelessWhile"]["body"],
        attrs["PartitionedCall"]["f"],
    ]
    assert [f.func.name for f in functions] == [
        "__inference_then_3",
        "__inference_body_1",
        "__inference_body_1",
    ]
    assert {p.signature.name for p in protos_} > {f.func.name for f in functions}
    lowered = [op for op, attr in attrs.items() if "_lower_using_switch_merge" in attr]
    assert lowered == ["StatelessIf", "StatelessWhile"]
    assert [op for op, attr in attrs.items() if "config_proto" in attr] == ["PartitionedCall"]


def test_compiled_functions_and_their_calls() -> None:
    inner = Builder("inner")
    function = inner.finish([emit_one("Relu", inner.input(VECTOR))], compiled=True)
    graph = Builder("outer")
    first, second = written(graph.finish(graph.call(function, [graph.input(VECTOR)])))
    assert first.attr["_XlaMustCompile"].b
    assert node_of(second, "PartitionedCall").attr["_XlaMustCompile"].b
    assert "_XlaMustCompile" not in second.attr


def test_labels_of_outputs() -> None:
    graph = Builder()
    x = graph.input(Spec((4, 6), dtypes.float32))
    parts = emit("Split", 1, x, num_split=2)
    both = emit("IdentityN", [x, parts[0]])
    norm = emit("FusedBatchNormV3", emit_one("Reshape", x, [1, 2, 2, 6]), *[np.ones(6, np.float32)] * 4)

    def labels(values: tuple[Value, ...]) -> list[str]:
        return [output_label(v) for v in values]

    assert labels(parts) == ["output:0", "output:1"]
    assert labels(both) == ["output:0", "output:1"]
    assert labels(norm)[:2] == ["y:0", "batch_mean:0"]


def test_the_same_function_gives_the_same_bytes() -> None:
    step = Variable("step", Spec((), dtypes.float32))
    first, second = (
        [protos.serialize(p) for p in written(dense(), counter(step), dense("b"))] for _ in range(2)
    )
    assert first == second


def counting(*variables: Variable) -> Function:
    """A function whose loop reads variables, and carries a number that no iteration changes."""
    graph = Builder("counting")
    limit = graph.input(Spec((), dtypes.int32), "Limit")

    def body(i: Value, limit: Value) -> list[Value]:
        for variable in variables:
            i.graph.read(variable)
        return [i + 1]

    start = [graph.constant(0)]
    made = ops.while_loop(lambda i, limit: ops.less(i, limit), body, start, [limit], name="steps")
    return graph.finish(made)


def test_the_body_of_a_loop_hands_its_parameters_on() -> None:
    step = Variable("step", Spec((), dtypes.float32))
    outer, condition, body = written(counting(step))
    assert [f.signature.name for f in (condition, body)] == [
        "__inference_steps_cond_2",
        "__inference_steps_body_3",
    ]
    arguments = [a.name for a in body.signature.input_arg]
    assert arguments[:4] == ["loop_counter", "maximum_iterations", "placeholder", "limit"]
    assert [a.name for a in condition.signature.input_arg][:4] == arguments[:4]
    results = [a.name for a in body.signature.output_arg]
    assert results == ["identity", "identity_1", "identity_2", *(f"{a}_out" for a in arguments[3:])]
    assert {body.ret[f"{a}_out"] for a in arguments[3:]} == set(arguments[3:])
    assert body.ret["identity_1"] == "Identity_1:output:0"
    (loop,) = [n for n in outer.node_def if n.op == "While"]
    assert loop.attr["_num_original_outputs"].i == len(loop.attr["T"].list.type) == len(results)
    assert loop.attr["_lower_using_switch_merge"].b
    assert loop.attr["body"].func.name == body.signature.name


def test_a_branch_does_not_count_its_outputs() -> None:
    graph = Builder("branch")
    x = graph.input(VECTOR)
    result = ops.cond(graph.input(Spec((), dtypes.bool_)), lambda v: v, lambda v: v, [x])
    (branch,) = [n for n in written(graph.finish([result]))[0].node_def if n.op == "StatelessIf"]
    assert branch.attr["_lower_using_switch_merge"].b
    assert "_num_original_outputs" not in branch.attr


def test_attributes_and_companions() -> None:
    graph = Builder("fast")
    fast = graph.finish([emit_one("Relu", graph.input(VECTOR))], attributes={"api_implements": "lstm_1"})
    graph = Builder("slow")
    attributes: dict[str, str | bool] = {
        "api_implements": "lstm_1",
        "api_preferred_device": "CPU",
        "go_backwards": False,
        "time": True,
    }
    result = emit_one("Relu", graph.input(VECTOR))
    slow = graph.finish([result], attributes=attributes, make_companions=lambda: [fast])
    graph = Builder("caller")
    caller = graph.finish(graph.call(slow, [graph.input(VECTOR)]))
    protos_by_name = {f.signature.name: f for f in written(caller)}
    assert list(protos_by_name) == ["__inference_slow_1", "__inference_fast_2", "__inference_caller_3"]
    found = protos_by_name["__inference_slow_1"].attr
    assert (found["api_implements"].s, found["api_preferred_device"].s) == (b"lstm_1", b"CPU")
    assert [(found[key].WhichOneof("value"), found[key].b) for key in ("go_backwards", "time")] == [
        ("b", False),
        ("b", True),
    ]
    assert protos_by_name["__inference_fast_2"].attr["api_implements"].s == b"lstm_1"
    assert "api_implements" not in protos_by_name["__inference_caller_3"].attr


def test_functions_name_each_other_in_their_attributes() -> None:
    facts: list[dict[str, str | bool | Function]] = [{}, {}]
    graph = Builder("__forward_it")
    forward = graph.finish([graph.input(VECTOR)], attributes=facts[0])
    graph = Builder("__backward_it")
    backward = graph.finish([graph.input(VECTOR)], attributes=facts[1])
    facts[0]["backward_function_name"], facts[1]["forward_function_name"] = backward, forward
    made: list[int] = []

    def pair() -> list[Function]:
        made.append(1)
        return [forward, backward]

    graph = Builder("it")
    function = graph.finish([graph.input(VECTOR)], make_companions=pair)
    assert not made
    protos_by_name = {f.signature.name: f for f in written(function)}
    assert list(protos_by_name) == ["__inference_it_1", "__forward_it_2", "__inference___backward_it_3"]
    assert protos_by_name["__forward_it_2"].attr["backward_function_name"].s == b"__inference___backward_it_3"
    assert protos_by_name["__inference___backward_it_3"].attr["forward_function_name"].s == b"__forward_it_2"
    assert (function.companions, made) == ((forward, backward), [1])


def test_another_function_on_other_variables_keeps_what_is_said_of_it() -> None:
    step, other = (Variable(name, Spec((), dtypes.float32)) for name in ("step", "other"))
    function = counting(step)
    body = next(callee for _, attr, callee in function.call_sites if attr == "body")
    again = body.with_captures({step: other}, "again")
    assert (again.handed_on, again.captured) == (2, (other,))
    graph = Builder("told")
    told = graph.finish([graph.input(VECTOR)], attributes={"key": True}, make_companions=lambda: [function])
    copy = told.with_captures({}, "copy")
    assert (copy.attributes, copy.companions) == ({"key": True}, (function,))


def test_decoded_functions_are_copied_under_their_new_names() -> None:
    first = library_of(calling(dense("inner")), dense("other"))
    for message in first.function:
        message.node_def[0].attr["_unknown"].s = b"kept"
        message.attr["forward_function_name"].s = first.function[-1].signature.name.encode()
    decoder = FunctionDecoder(first.function, (), Allowance(), "m")
    caller = next(m for m in first.function if "calling" in m.signature.name)
    second = library_of(dense("before"), decoder.function(caller.signature.name))
    names = [message.signature.name for message in second.function]
    assert len(names) == len(set(names)) == 4
    copied = next(m for m in second.function if "calling" in m.signature.name)
    assert copied.node_def[0].attr["_unknown"].s == b"kept"
    called = next(node.attr["f"].func.name for node in copied.node_def if node.attr["f"].func.name)
    assert called in names
    assert copied.attr["forward_function_name"].s.decode() in names
    assert caller.signature.name not in names


def test_a_body_that_is_bound_twice_is_written_once() -> None:
    messages = library_of(dense()).function
    decoder = FunctionDecoder(messages, (), Allowance(), "m")
    function = decoder.function(messages[0].signature.name)
    kernels = [Variable(name, Spec((2, 3), dtypes.float32)) for name in "ab"]
    library, names = protos.FunctionDefLibrary(), FunctionNames()
    bound = [bind(function, [kernel]) for kernel in kernels]
    for each in bound:
        names.add(each)
    FunctionEncoder(names).encode_library(library)
    assert len(library.function) == 1
    assert names[bound[0]] == names[bound[1]] == names[function] == library.function[0].signature.name


def library_of(*functions: Function) -> protos.FunctionDefLibrary:
    library, names = protos.FunctionDefLibrary(), FunctionNames()
    for function in functions:
        names.add(function)
    FunctionEncoder(names).encode_library(library)
    return library


def calling(callee: Function) -> Function:
    graph = Builder("calling")
    return graph.finish(graph.call(callee, [graph.input(VECTOR, "x")]))
