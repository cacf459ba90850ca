"""The optimizer of a compiled model as trackable objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasfmt import protos
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.optimizers.loss_scale import wrap
from tests.formats.saved_model.saved import Saved, compiled, save


def test_the_optimizer(tmp_path: Path) -> None:
    saved = save(compiled(), tmp_path / "m")
    node = saved.at("optimizer")
    assert saved.nodes[node].user_object.identifier == "experimentalOptimizer"
    children = saved.children(node)
    assert list(children) == [
        "_variables",
        "_iterations",
        "_learning_rate",
        "_index_dict",
        "_momentums",
        "_velocities",
        "_update_step_xla",
    ]
    assert saved.at("optimizer", "_variables", "0") == children["_iterations"]
    assert saved.at("optimizer", "_momentums", "0") == saved.at("optimizer", "_variables", "1")
    stored = saved.variables
    key = {n.variable.name: i for i, n in enumerate(saved.nodes) if n.HasField("variable")}
    assert key["learning_rate"] == children["_learning_rate"]
    rate = [np.asarray(stored[k]) for k in stored if k.startswith("optimizer/_learning_rate/")]
    assert [float(r) for r in rate] == [0.25]
    steps = [np.asarray(stored[k]) for k in stored if k.startswith("optimizer/_iterations/")]
    assert [int(s) for s in steps] == [7]


def legacy(*, variables: bool = True) -> Model:
    """A model compiled with `keras.optimizers.legacy.Adam`, whose variables have the names of an old file."""
    model = compiled()
    config = {"name": "Adam", "lr": 0.25, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    rng = np.random.default_rng(3)
    values = [np.asarray(7, np.int64)]
    values += [rng.normal(size=w.shape).astype(np.float32) for _ in "mv" for w in model.trainable_weights]
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": config}},
        [optimizer_variable(f"training/Adam/Variable_{n}", v) for n, v in enumerate(values)] * variables,
    )
    return model


def loss_scaled(dynamic: bool, legacy_one: bool = False) -> Model:
    model = legacy() if legacy_one else compiled()
    assert model.training_config is not None
    model.training_config = wrap(model.training_config, dynamic=dynamic, initial_scale=8.0)
    return model


def test_a_loss_scale_optimizer_has_the_children_of_the_inner_one_and_its_scale(tmp_path: Path) -> None:
    plain = save(compiled(), tmp_path / "plain")
    names = list(plain.children(plain.at("optimizer")))
    fixed = save(loss_scaled(False), tmp_path / "fixed")
    assert list(fixed.children(fixed.at("optimizer"))) == names
    saved = save(loss_scaled(True), tmp_path / "m")
    place = names.index("_index_dict")
    assert list(saved.children(saved.at("optimizer"))) == [*names[:place], "loss_scale", *names[place:]]
    assert list(saved.children(saved.at("optimizer", "loss_scale"))) == ["current_loss_scale", "good_steps"]
    stored = saved.variables
    key = "optimizer/loss_scale/{}/.ATTRIBUTES/VARIABLE_VALUE"
    scale, steps = (np.asarray(stored[key.format(name)]) for name in ("current_loss_scale", "good_steps"))
    assert (scale.dtype.name, float(scale), steps.dtype.name, int(steps)) == ("float32", 8.0, "int64", 0)


def test_a_loss_scale_optimizer_around_a_legacy_one(tmp_path: Path) -> None:
    saved = save(loss_scaled(True, legacy_one=True), tmp_path / "m")
    node = saved.at("optimizer")
    assert saved.nodes[node].user_object.identifier == "optimizer"
    assert list(saved.children(node))[:3] == ["loss_scale", "base_optimizer", "iter"]
    assert saved.nodes[node].slot_variables


def checkpoint_graph(saved: Saved) -> protos.TrackableObjectGraph:
    text = np.asarray(saved.variables["_CHECKPOINTABLE_OBJECT_GRAPH"]).item()
    return protos.TrackableObjectGraph.FromString(text)


def test_a_legacy_optimizer_is_tied_to_the_weights(tmp_path: Path) -> None:
    model = legacy()
    saved = save(model, tmp_path / "m")
    node = saved.at("optimizer")
    assert saved.nodes[node].user_object.identifier == "optimizer"
    assert list(saved.children(node)) == ["iter", "beta_1", "beta_2", "decay", "learning_rate"]
    slots = saved.nodes[node].slot_variables
    count = len(model.trainable_weights)
    assert [slot.slot_name for slot in slots] == ["m"] * count + ["v"] * count
    assert [slot.slot_variable_node_id for slot in slots] == list(range(len(saved.nodes)))[-2 * count :]
    names = [saved.nodes[slot.original_variable_node_id].variable.name for slot in slots]
    assert names == [weight.name for weight in model.trainable_weights] * 2
    stored = saved.variables
    assert np.asarray(stored["optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE"]) == 7
    assert np.asarray(stored["optimizer/learning_rate/.ATTRIBUTES/VARIABLE_VALUE"]) == 0.25
    assert model.training_config is not None
    graph = checkpoint_graph(saved)
    for slot, kept in zip(slots, model.training_config.variables[1:], strict=True):
        (original,) = graph.nodes[slot.original_variable_node_id].attributes
        (bound,) = graph.nodes[slot.slot_variable_node_id].attributes
        path = original.checkpoint_key.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")
        key = f"{path}/.OPTIMIZER_SLOT/optimizer/{slot.slot_name}/.ATTRIBUTES/VARIABLE_VALUE"
        assert bound.checkpoint_key == key
        np.testing.assert_array_equal(stored[key], kept.numpy())


def test_every_checkpoint_key_is_bound_and_every_bound_key_is_there(tmp_path: Path) -> None:
    for name, model in (("new", compiled()), ("old", legacy()), ("untrained", legacy(variables=False))):
        saved = save(model, tmp_path / name)
        stored = saved.variables
        graph = checkpoint_graph(saved)
        bound = {attribute.checkpoint_key for node in graph.nodes for attribute in node.attributes}
        assert bound == set(stored) - {"_CHECKPOINTABLE_OBJECT_GRAPH"}
        assert [list(n.children) for n in graph.nodes] == [list(n.children) for n in saved.nodes]
        assert [list(n.slot_variables) for n in graph.nodes] == [list(n.slot_variables) for n in saved.nodes]
        reached = {0}
        for node in graph.nodes:
            reached |= {child.node_id for child in node.children}
            reached |= {slot.slot_variable_node_id for slot in node.slot_variables}
        assert reached == set(range(len(graph.nodes)))


def test_an_untrained_legacy_optimizer_has_no_variables(tmp_path: Path) -> None:
    saved = save(legacy(variables=False), tmp_path / "m")
    node = saved.at("optimizer")
    assert saved.nodes[node].user_object.identifier == "optimizer"
    assert not saved.children(node)
    assert not saved.nodes[node].slot_variables


def test_a_state_that_does_not_fit_is_left_out_with_a_warning(tmp_path: Path) -> None:
    model = legacy()
    assert model.training_config is not None
    del model.training_config.variables[-1]
    with pytest.warns(UserWarning, match="optimizer Adam: its .* variables do not fit .* is left out"):
        saved = save(model, tmp_path / "m")
    assert not saved.children(saved.at("optimizer"))


def test_compiled_models_give_the_same_bytes(tmp_path: Path) -> None:
    model = compiled()
    first = save(model, tmp_path / "a").files()
    assert save(model, tmp_path / "b").files() == first
    assert save(compiled(), tmp_path / "c").files() == first
