"""What holds of every optimizer; the tests of one inherit from OptimizerTests and declare what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.checkpoint.optimizer import optimizer_node
from kerasfmt.ir import Model, Sequential, TrainingConfig
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.layers import Dense
from kerasfmt.optimizers.optimizer import Major, Optimizer, find_optimizer, named_optimizer
from kerasfmt.optimizers.state import slot_names

COMMON = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "jit_compile": False,
    "is_legacy_optimizer": False,
}
"""Options of every optimizer of Keras 2.15, in the order of its configs, behind the name."""

Rows = Sequence[Sequence[str]]
"""Names of slots; those of one row alternate."""


def compiled(optimizer: Optimizer, keras: Major = 2) -> Model:
    """A model of two layers in the middle of its training."""
    model = Sequential([Dense(4, input_shape=(3,), name="a"), Dense(2, name="b")], name="m")
    training = TrainingConfig({"loss": "mse", "optimizer_config": optimizer.entry()})
    names = slot_names(training, model.trainable_weights, keras)
    rng = np.random.default_rng(1)
    shapes = {weight.name: weight.shape for weight in model.trainable_weights}
    training.variables = [
        iteration_variable(np.asarray(7)),
        *(
            optimizer_variable(name, rng.normal(size=shapes[name.split("/", 2)[2]]).astype(np.float32))
            for name in names
        ),
    ]
    training.scalars = {
        scalar.attribute: optimizer_variable(scalar.name, np.asarray(0.25, np.float32))
        for scalar in optimizer.scalars
    }
    model.training_config = training
    model.made_by_keras = keras
    return model


def state(model: Model) -> list[tuple[str, Any]]:
    """Names and values of the optimizer's variables."""
    assert model.training_config is not None
    return [(weight.name, weight.numpy().tolist()) for weight in model.training_config.variables]


def expected_names(kind: str, rows: Rows) -> list[str]:
    weights = ("a/kernel", "a/bias", "b/kernel", "b/bias")
    return [f"{kind}/{slot}/{weight}" for row in rows for weight in weights for slot in row]


class OptimizerTests:
    """Declares itself by these attributes.

    Attributes:
      optimizer: the class.
      own: its own options with their defaults, in the order of Keras 2's config.
      common: options of every optimizer whose default is another one.
      kept: options -> the slots that they make, in Keras 2 and in Keras 3.
      attributes: slot -> the attribute of Keras 2 that lists it.
    """

    optimizer: ClassVar[type[Optimizer]]
    own: ClassVar[Mapping[str, Any]]
    common: ClassVar[Mapping[str, Any]] = {}
    kept: ClassVar[Sequence[tuple[Mapping[str, Any], Rows, Rows]]] = ()
    attributes: ClassVar[Mapping[str, str]] = {}

    def test_it_is_found_by_name(self) -> None:
        name = self.optimizer.__name__
        assert getattr(kerasfmt.optimizers, name) is self.optimizer
        assert find_optimizer(name) is self.optimizer
        assert named_optimizer(name.lower()) == name

    def test_config(self) -> None:
        config = {"name": self.optimizer.__name__, **COMMON, **self.common, **self.own}
        made = self.optimizer()
        assert made.get_config() == config
        assert list(made.get_config()) == list(config)
        assert self.optimizer.from_config(config) == made
        assert made.entry() == {"class_name": f"Custom>{self.optimizer.__name__}", "config": config}

    def test_options_are_options(self) -> None:
        made = self.optimizer(0.5, weight_decay=0.1, loss_scale_factor=2.0, name="other")
        config = made.get_config()
        assert (config["name"], config["learning_rate"], config["weight_decay"]) == ("other", 0.5, 0.1)
        assert config["loss_scale_factor"] == 2.0
        schedule = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1}}
        assert self.optimizer(schedule).get_config()["learning_rate"] == schedule
        for wrong in ("x", -1.0, {"config": {}}, True):
            with pytest.raises(kerasfmt.KerasfmtError, match=r"option learning_rate: expected a .*number"):
                self.optimizer(wrong)  # type: ignore[arg-type]

    def test_slots(self) -> None:
        kind = self.optimizer.__name__
        for options, *rows_of in self.kept:
            for keras, rows in zip((2, 3), rows_of, strict=True):
                for averages in (False, True):
                    made = self.optimizer(**options, use_ema=averages)
                    training = TrainingConfig({"optimizer_config": made.entry()})
                    weights = compiled(made).trainable_weights
                    expected = expected_names(kind, [["average"], *rows] if averages else rows)
                    assert slot_names(training, weights, keras) == expected  # type: ignore[arg-type]

    @pytest.mark.parametrize("use_ema", [False, True])
    @pytest.mark.parametrize("name", ["m.h5", "m.keras", "tf_keras"])
    def test_its_state_goes_through_files(self, tmp_path: Path, name: str, use_ema: bool) -> None:
        for options, *_ in self.kept:
            keras: Major = 3 if name == "m.keras" else 2
            model = compiled(self.optimizer(**options, use_ema=use_ema), keras)
            save_format = "tf_keras" if name == "tf_keras" else None
            if keras == self.optimizer.facts.absent_in:
                with pytest.raises(UnsupportedLayerError, match="Keras 2 has no such optimizer"):
                    kerasfmt.save_model(model, tmp_path / name, save_format=save_format)
                assert not (tmp_path / name).exists()
                kerasfmt.save_model(model, tmp_path / name, save_format=save_format, include_optimizer=False)
                return
            kerasfmt.save_model(model, tmp_path / name, save_format=save_format)
            loaded = kerasfmt.load_model(tmp_path / name)
            assert state(loaded) == state(model)
            assert loaded.training_config is not None
            held = loaded.training_config.scalars
            counted = self.optimizer.scalars if name == "m.keras" else ()
            assert {key: float(weight.numpy()) for key, weight in held.items()} == {
                scalar.attribute: 0.25 for scalar in counted
            }
            if self.optimizer.facts.absent_in != 2:
                kerasfmt.save_model(loaded, tmp_path / "saved_model")
                continue
            with pytest.raises(UnsupportedLayerError, match="Keras 2 has no such optimizer"):
                kerasfmt.save_model(loaded, tmp_path / "saved_model")

    def test_the_attributes_of_a_saved_model(self) -> None:
        for options, rows, _ in self.kept:
            model = compiled(self.optimizer(**options, use_ema=True))
            assert model.training_config is not None
            found = lists_of(model)
            listed = {**self.attributes, "average": "_model_variables_moving_average"}
            slots = ["average", *(slot for row in rows for slot in row)]
            assert found == {
                "_iterations": ["iteration"],
                "_learning_rate": ["learning_rate"],
                **{listed[slot]: expected_names(self.optimizer.__name__, [[slot]]) for slot in slots},
                **{s.attribute: [f"{self.optimizer.__name__}/{s.name}"] for s in self.optimizer.scalars},
            }


def lists_of(model: Model) -> dict[str, list[str]]:
    """The names of the variables below each attribute of an optimizer's node, but for the list of all."""
    assert model.training_config is not None
    node = optimizer_node(
        model.training_config, model.trainable_weights, lambda weight: VariableNode(weight=weight)
    )
    assert node is not None
    found: dict[str, list[str]] = {}
    for attribute, child in node.children:
        inner = [child] if isinstance(child, VariableNode) else [c for _, c in child.children]
        names = [c.weight.name for c in inner if isinstance(c, VariableNode)]
        if names and attribute != "_variables":
            found[attribute] = names
    return found
