"""The state of optimizers in checkpoints: written, and taken by a model that is compiled alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.optimizers import Adam, LossScaleOptimizer, Nadam, RMSprop
from kerasfmt.optimizers.legacy import legacy_slots
from tests.formats.checkpoint.saved import VALUE, graph, put, same_weights, small, state, trained

SCHEDULE = {
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": False},
}
OPTIMIZERS: dict[str, Any] = {
    "adam": lambda: Adam(0.25),
    "amsgrad": lambda: Adam(amsgrad=True),
    "average": lambda: Adam(use_ema=True),
    "schedule": lambda: Adam(SCHEDULE),
    "nadam": Nadam,
    "rmsprop": lambda: RMSprop(centered=True, momentum=0.5),
    "sgd": lambda: "sgd",
    "scaled": lambda: LossScaleOptimizer(Adam(0.25)),
}


def fresh(optimizer: Any) -> Model:
    model = small()
    model.compile(optimizer, "mse")
    return model


def save(model: Model, path: Path) -> Path:
    kerasfmt.save_weights(model, path, save_format="tf")
    return path


def legacy(rate: float = 0.001, steps: int | None = 7, **options: Any) -> Model:
    """A model compiled with `keras.optimizers.legacy.Adam`."""
    model = small()
    config = {"name": "Adam", "learning_rate": rate, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, **options}
    training = TrainingConfig({"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": config}})
    rng = np.random.default_rng(5)
    if steps is not None:
        values = [np.asarray(steps, np.int64)]
        values += [
            rng.normal(size=weight.shape).astype(np.float32)
            for weight, _ in legacy_slots(training, model.trainable_weights)
        ]
        training.variables = [optimizer_variable(f"v{n}", value) for n, value in enumerate(values)]
    model.training_config = training
    return model


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_round_trip(tmp_path: Path, name: str) -> None:
    model = trained(OPTIMIZERS[name]())
    assert model.training_config is not None
    for variable in model.training_config.scalars.values():
        variable.value = np.asarray(3, variable.dtype.numpy)
    other = fresh(OPTIMIZERS[name]())
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    assert state(other.training_config) == state(model.training_config)
    assert state(other.training_config)[0] == ((), 7)
    save(other, tmp_path / "again")
    for suffix in (".index", ".data-00000-of-00001"):
        first, again = (Path(f"{tmp_path / name}{suffix}").read_bytes() for name in ("ckpt", "again"))
        assert first == again


def test_the_learning_rate_is_that_of_the_checkpoint(tmp_path: Path) -> None:
    save(trained(Adam(0.25)), tmp_path / "ckpt")
    other = fresh("adam")
    kerasfmt.load_weights(other, tmp_path / "ckpt")
    assert other.training_config is not None
    assert other.training_config.optimizer_config["learning_rate"] == 0.25
    equal = fresh(Adam(0.25))
    before = dict(equal.training_config.config) if equal.training_config else {}
    kerasfmt.load_weights(equal, tmp_path / "ckpt")
    assert equal.training_config is not None
    assert equal.training_config.config == before


def test_the_scale_of_the_loss(tmp_path: Path) -> None:
    model = trained(LossScaleOptimizer(Adam(), initial_scale=8.0))
    found = dict(kerasfmt.open_checkpoint(save(model, tmp_path / "ckpt")))
    for name, value in (("current_loss_scale", np.float32(32)), ("good_steps", np.int64(5))):
        found[f"optimizer/loss_scale/{name}{VALUE}"] = value  # type: ignore[assignment]
    put(tmp_path / "later", {key: np.asarray(value) for key, value in found.items()})
    other = fresh(LossScaleOptimizer(Adam()))
    kerasfmt.load_weights(other, tmp_path / "later")
    training = other.training_config
    assert training is not None
    assert {name: float(weight.numpy()) for name, weight in training.scalars.items()} == {
        "step_counter": 5,
        "dynamic_scale": 32,
    }
    assert state(training) == state(model.training_config)
    assert training.optimizer_class == "LossScaleOptimizerV3"


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}], ids=["plain", "amsgrad"])
def test_legacy_optimizers(tmp_path: Path, options: dict[str, Any]) -> None:
    model, other = legacy(0.25, **options), legacy(steps=None, **options)
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    assert state(other.training_config) == state(model.training_config)
    assert other.training_config is not None
    assert other.training_config.optimizer_config["learning_rate"] == 0.25
    assert other.training_config.optimizer_config["beta_2"] == 0.999


def test_a_legacy_optimizer_takes_the_state_of_its_successor(tmp_path: Path) -> None:
    model, other = trained(Adam()), legacy(steps=None)
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    count = len(model.trainable_weights)
    stored, taken = state(model.training_config), state(other.training_config)
    assert taken == [stored[0], *stored[1::2], *stored[2::2]]
    assert len(taken) == 1 + 2 * count


def test_a_state_that_does_not_fit(tmp_path: Path) -> None:
    other = fresh(RMSprop(momentum=0.5))
    before = state(other.training_config)
    with pytest.warns(UserWarning, match="its optimizer are not those of the model's RMSprop"):
        kerasfmt.load_weights(other, save(trained(Adam(amsgrad=True)), tmp_path / "ckpt"))
    assert state(other.training_config) == before


def test_a_legacy_state_for_a_current_optimizer(tmp_path: Path) -> None:
    save(legacy(), tmp_path / "ckpt")
    other = fresh(Adam())
    with pytest.warns(
        UserWarning, match="its optimizer are not those of the model's Adam; they are left out"
    ):
        kerasfmt.load_weights(other, tmp_path / "ckpt")
    assert same_weights(other.weights, small().weights)


def test_an_optimizer_beside_the_model(tmp_path: Path) -> None:
    """As `tf.train.Checkpoint(optimizer=optimizer, net=model)` stores it."""
    model = trained(Adam(0.25))
    found = dict(kerasfmt.open_checkpoint(save(model, tmp_path / "ckpt")))
    message = kerasfmt.protos.TrackableObjectGraph.FromString(found.pop("_CHECKPOINTABLE_OBJECT_GRAPH")[()])
    for node in message.nodes:
        for child in node.children:
            child.node_id += 1
    (place,) = [n for n, child in enumerate(message.nodes[0].children) if child.local_name == "optimizer"]
    outer = kerasfmt.protos.TrackableObjectGraph()
    outer.nodes.add()
    outer.nodes.extend(message.nodes)
    outer.nodes[0].children.add(local_name="net", node_id=1)
    outer.nodes[0].children.add(local_name="optimizer", node_id=message.nodes[0].children[place].node_id)
    del outer.nodes[1].children[place]
    put(tmp_path / "outer", found, outer.SerializeToString())
    other = fresh(Adam())
    kerasfmt.load_weights(other, tmp_path / "outer")
    assert state(other.training_config) == state(model.training_config)


def one_variable(path: Path, listed: dict[str, int], value: Any) -> Path:
    """A checkpoint of a Dense layer and of an optimizer whose list holds object 3, a variable of this value."""
    names = {"children": {"optimizer": 1, "layer-0": 4}}
    nodes: list[Any] = [names, {"children": {"_variables": 2}}, {"children": listed}]
    nodes += [{"keys": {"VARIABLE_VALUE": "v"}}, {"children": {"kernel": 5, "bias": 6}}]
    nodes += [{"keys": {"VARIABLE_VALUE": name}} for name in ("kernel", "bias")]
    tensors = {"v": value, "kernel": np.ones((2, 3), np.float32), "bias": np.ones(3, np.float32)}
    return put(path, tensors, graph(*nodes))


def dense() -> Model:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(3, input_shape=(2,))])
    model.compile("adam", "mse")
    return model


def test_the_number_of_steps_alone(tmp_path: Path) -> None:
    """Keras 2 makes the slots with the first step."""
    kerasfmt.load_weights(
        model := dense(), one_variable(tmp_path / "ckpt", {"0": 3}, np.asarray(5, np.int64))
    )
    assert state(model.training_config) == [((), 5)]


@pytest.mark.parametrize(
    ("listed", "value"),
    [
        ({}, np.zeros(())),
        ({"1": 3}, np.zeros(())),
        ({"0": 3}, np.zeros(3)),
        ({"0": 3}, np.array(b"text", object)),
        ({"0": 0}, np.zeros(())),
    ],
    ids=["empty", "another number", "a vector", "a string", "no variable"],
)
def test_hostile_lists_of_variables(tmp_path: Path, listed: dict[str, int], value: Any) -> None:
    model = dense()
    one_variable(tmp_path / "ckpt", listed, value)
    with pytest.warns(UserWarning, match="they are left out"):
        kerasfmt.load_weights(model, tmp_path / "ckpt")
    assert model.weights[0].numpy().all()
