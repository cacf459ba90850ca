"""The main graph: variables, signatures, the init op and the saver."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.formats.saved_model.saved import Saved, save, small


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return save(small(), tmp_path / "model")


def test_names_are_unique_and_inputs_exist(saved: Saved) -> None:
    nodes = saved.meta.graph_def.node
    names = [n.name for n in nodes]
    assert len({n.lower() for n in names}) == len(names)
    for at, node in enumerate(nodes):
        for given in node.input:
            assert given.lstrip("^").partition(":")[0] in names[:at]


def test_names_inside_functions_exist(saved: Saved) -> None:
    for function in saved.functions.values():
        known = {a.name for a in function.signature.input_arg}
        nodes = {n.name for n in function.node_def}
        for node in function.node_def:
            for given in node.input:
                assert given in known or given.lstrip("^").partition(":")[0] in nodes
        for value in function.ret.values():
            assert value.partition(":")[0] in nodes
        assert {a.name for a in function.signature.output_arg} == set(function.ret)
        assert set(function.control_ret.values()) <= nodes


def test_called_functions_exist(saved: Saved) -> None:
    functions = saved.functions
    called = [n.attr["f"].func.name for f in functions.values() for n in f.node_def if "f" in n.attr]
    called += [n.attr["f"].func.name for n in saved.meta.graph_def.node if "f" in n.attr]
    assert called
    assert set(called) <= set(functions)
    bodies = [f.SerializeToString(deterministic=True) for f in functions.values()]
    assert len(set(bodies)) == len(bodies)


def test_variables(saved: Saved) -> None:
    handles = {n.name: n for n in saved.meta.graph_def.node if n.op == "VarHandleOp"}
    assert set(handles) == {w.name for w in small().weights}
    kernel = handles["out/kernel"]
    assert kernel.attr["shared_name"].s == b"out/kernel"
    assert [d.size for d in kernel.attr["shape"].shape.dim] == [3, 2]


def test_the_default_signature(saved: Saved) -> None:
    signature = saved.meta.signature_def["serving_default"]
    assert signature.inputs["x"].name == "serving_default_x:0"
    assert [d.size for d in signature.inputs["x"].tensor_shape.dim] == [-1, 3]
    output = signature.outputs["out"]
    assert output.name == "StatefulPartitionedCall:0"
    assert [d.size for d in output.tensor_shape.dim] == [-1, 2]


def test_the_init_op(saved: Saved) -> None:
    name = saved.meta.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"].name
    assert [n.op for n in saved.meta.graph_def.node if n.name == name] == ["NoOp"]
    assert list(saved.meta.collection_def["saved_model_main_op"].node_list.value) == [name]


def test_the_saver(saved: Saved) -> None:
    saver = saved.meta.saver_def
    nodes = {n.name: n for n in saved.meta.graph_def.node}
    assert nodes[saver.filename_tensor_name.removesuffix(":0")].op == "Placeholder"
    save_node = nodes[saver.save_tensor_name.removesuffix(":0")]
    restore_node = nodes[saver.restore_op_name]
    assert saver.version == 2
    assert save_node.attr["f"].func.name.startswith("__inference__traced_save_")
    assert restore_node.attr["f"].func.name.startswith("__inference__traced_restore_")
    restore = saved.functions[restore_node.attr["f"].func.name]
    assigned = [n for n in restore.node_def if n.op == "AssignVariableOp"]
    assert len(assigned) == len(small().weights)
    assert {n.name for n in assigned} <= set(restore.control_ret.values())


def test_what_is_saved_is_what_the_checkpoint_holds(saved: Saved) -> None:
    (function,) = [f for n, f in saved.functions.items() if "_traced_save_" in n]
    (names,) = [n for n in function.node_def if n.name == "SaveV2/tensor_names"]
    assert [s.decode() for s in names.attr["value"].tensor.string_val] == [
        *(k for k in saved_order(saved)),
        "_CHECKPOINTABLE_OBJECT_GRAPH",
    ]
    assert {s.decode() for s in names.attr["value"].tensor.string_val} == set(saved.variables)


def saved_order(saved: Saved) -> list[str]:
    """Keys in the order of the variables' numbers."""
    from kerasfmt import protos

    (text,) = np.asarray(saved.variables["_CHECKPOINTABLE_OBJECT_GRAPH"]).reshape(-1)
    nodes = protos.TrackableObjectGraph.FromString(text).nodes
    return [a.checkpoint_key for n in nodes for a in n.attributes]
