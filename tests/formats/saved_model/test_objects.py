"""A model as a tree of objects: children, shared nodes, lists, losses, what save_traces leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from kerasfmt.ir import Model
from kerasfmt.layers import Dense, Dropout
from tests.formats.saved_model.saved import Saved, save, small

ENDPOINTS = ["variables", "trainable_variables", "regularization_losses", "keras_api"]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return save(small(), tmp_path / "model")


def identifier(saved: Saved, *path: str) -> str:
    return str(saved.nodes[saved.at(*path)].user_object.identifier)


def listed(saved: Saved, *path: str) -> list[str]:
    """Names of the variables in a list."""
    return [saved.nodes[c.node_id].variable.name for c in saved.nodes[saved.at(*path)].children]


def test_the_root(saved: Saved) -> None:
    children = list(saved.children())
    assert children[:8] == [
        "layer-0",
        "layer_with_weights-0",
        "layer-1",
        "layer_with_weights-1",
        "layer-2",
        "layer-3",
        "layer_with_weights-2",
        "layer-4",
    ]
    assert [c for c in children if c in ENDPOINTS] == ENDPOINTS
    assert "_default_save_signature" in children
    assert children[-1] == "signatures"
    assert identifier(saved) == "_tf_keras_network"


def test_kinds(saved: Saved) -> None:
    kinds = [identifier(saved, f"layer-{i}") for i in range(5)]
    assert kinds == ["_tf_keras_input_layer", "_tf_keras_network", *["_tf_keras_layer"] * 3]
    assert identifier(saved, "variables") == "trackable_list_wrapper"
    assert identifier(saved, "signatures") == "signature_map"
    assert identifier(saved, "keras_api", "layer_metrics") == "trackable_dict_wrapper"


def test_layers_with_weights_are_the_layers(saved: Saved) -> None:
    assert saved.at("layer_with_weights-0") == saved.at("layer-1")
    assert saved.at("layer_with_weights-0", "layer_with_weights-0") == saved.at("layer-1", "layer-1")
    assert saved.at("keras_api", "layers", "2") == saved.at("layer-2")


def test_an_input_layer_has_no_children(saved: Saved) -> None:
    assert saved.children(saved.at("layer-0")) == {}


def test_lists_of_variables(saved: Saved) -> None:
    model = small()
    assert listed(saved, "variables") == [w.name for w in model.weights]
    assert listed(saved, "trainable_variables") == [w.name for w in model.trainable_weights]
    assert listed(saved, "keras_api", "non_trainable_variables") == [
        "norm/moving_mean",
        "norm/moving_variance",
    ]
    assert saved.at("layer-4", "kernel") == saved.at("variables", "6")


def test_a_shared_weight_is_one_variable(saved: Saved) -> None:
    names = [n.variable.name for n in saved.nodes if n.HasField("variable")]
    assert len(names) == len(set(names)) == 8
    keys = [k for k in saved.variables if k.endswith("VARIABLE_VALUE")]
    assert len(keys) == 8


def test_a_weight_of_two_layers_is_one_variable(tmp_path: Path) -> None:
    x = kerasfmt.Input((3,))
    first, second = Dense(3, name="first"), Dense(3, name="second")
    model = Model(x, second(first(x)))
    second.kernel = first.kernel
    second._attributes["kernel"] = second._weights[0] = first.kernel
    second.traces.clear()
    saved = save(model, tmp_path / "m")
    assert saved.at("layer-1", "kernel") == saved.at("layer-2", "kernel")
    assert len([k for k in saved.variables if k.endswith("VARIABLE_VALUE")]) == 3


def test_losses(saved: Saved) -> None:
    (loss,) = saved.nodes[saved.at("regularization_losses")].children
    node = saved.nodes[loss.node_id].function
    assert [saved.functions[f].signature.name for f in node.concrete_functions]
    assert saved.at("layer-2", "keras_api", "layer_regularization_losses", "0") == loss.node_id
    assert "activity_regularizer_fn" in saved.children(saved.at("layer-2", "keras_api"))
    assert "activity_regularizer_fn" not in saved.children(saved.at("layer-4", "keras_api"))


def test_a_random_generator(saved: Saved) -> None:
    assert "_random_generator" in saved.children(saved.at("layer-3"))
    assert "_random_generator" not in saved.children(saved.at("layer-2"))


def test_traced_functions(saved: Saved) -> None:
    dropout = saved.nodes[saved.at("layer-3", "__call__")].function
    dense = saved.nodes[saved.at("layer-4", "__call__")].function
    assert len(dropout.concrete_functions) == 2 * len(dense.concrete_functions) == 2
    for name in ("__call__", "call_and_return_all_conditional_losses"):
        assert name in saved.children(saved.at("layer-1"))
    all_losses = saved.at("layer-4", "call_and_return_all_conditional_losses")
    assert all_losses == saved.at("layer-4", "keras_api", "call_and_return_conditional_losses")
    with_penalty = saved.at("layer-2", "call_and_return_all_conditional_losses")
    assert with_penalty != saved.at("layer-2", "keras_api", "call_and_return_conditional_losses")


def test_functions_are_bound_to_variables(saved: Saved) -> None:
    graph = saved.meta.object_graph_def
    for name, table in graph.concrete_functions.items():
        arguments = saved.functions[name].signature.input_arg
        resources = [a for a in arguments if a.type == 20]
        assert len(table.bound_inputs) == len(resources)
        assert all(graph.nodes[i].HasField("variable") for i in table.bound_inputs)


def test_without_traces(tmp_path: Path) -> None:
    saved = save(small(), tmp_path / "m", save_traces=False)
    kinds = {n.WhichOneof("kind") for n in saved.nodes}
    assert kinds == {"user_object", "variable"}
    assert saved.meta.object_graph_def.concrete_functions == {}
    assert {name.rpartition("_")[0] for name in saved.functions} == {
        "__inference__traced_save",
        "__inference__traced_restore",
    }
    assert set(saved.meta.signature_def) == {"__saved_model_init_op"}
    assert "keras_api" not in saved.children()
    assert len([k for k in saved.variables if k.endswith("VARIABLE_VALUE")]) == 8
    assert saved.metadata.keys() == save(small(), tmp_path / "with").metadata.keys()


def test_checkpoint_keys_follow_the_first_path(saved: Saved) -> None:
    keys = {k for k in saved.variables if k.endswith("VARIABLE_VALUE")}
    nested = {f"variables/{i}" for i in range(4)}
    own = {f"layer_with_weights-{i}/{name}" for i in (1, 2) for name in ("kernel", "bias")}
    assert keys == {f"{path}/.ATTRIBUTES/VARIABLE_VALUE" for path in nested | own}
    assert "_CHECKPOINTABLE_OBJECT_GRAPH" in set(saved.variables)


def test_keys_without_traces_name_the_layers(tmp_path: Path) -> None:
    kerasfmt.clear_session()
    x = kerasfmt.Input((3,))
    model = Model(x, Dense(2, name="d")(Dropout(0.5)(x)))
    saved = save(model, tmp_path / "m", save_traces=False)
    assert {k for k in saved.variables if k.endswith("VALUE")} == {
        "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE",
        "layer_with_weights-0/bias/.ATTRIBUTES/VARIABLE_VALUE",
    }
