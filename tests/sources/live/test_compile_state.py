"""Compile states of live models, in Keras 2's terms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt import from_keras, save_model
from kerasfmt.errors import UnsupportedLayerError
from tests.sources.live.live_models import KERNEL, Optimizer, Sequential3, Variable2, model2, model3


def compile_config(**options: Any) -> dict[str, Any]:
    loss = {
        "module": "keras.losses",
        "class_name": "Huber",
        "config": {"delta": 1.0},
        "registered_name": None,
    }
    metric = {"module": "builtins", "class_name": "function", "config": "mae", "registered_name": "function"}
    return {"loss": loss, "metrics": [metric], "optimizer": {}, "jit_compile": True, **options}


def compiled(**options: Any) -> Sequential3:
    live = model3()
    live.optimizer = Optimizer(live, **options)
    live.get_compile_config = compile_config  # type: ignore[attr-defined]
    return live


def test_optimizer_of_keras3() -> None:
    found = from_keras(compiled()).training_config
    assert found is not None
    assert found.config == {
        "loss": {"class_name": "Huber", "config": {"delta": 1.0}},
        "metrics": ["mae"],
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {
            "class_name": "Custom>Adam",
            "config": {
                "name": "Adam",
                "learning_rate": 0.5,
                "jit_compile": False,
                "is_legacy_optimizer": False,
            },
        },
    }
    assert [(v.name, v.dtype.name, float(v.numpy().max())) for v in found.variables] == [
        ("iteration", "int64", 4),
        ("Adam/m/dense/kernel", "float32", 1),
        ("Adam/v/dense/kernel", "float32", 2),
        ("Adam/m/dense/bias", "float32", 1),
        ("Adam/v/dense/bias", "float32", 2),
    ]
    assert from_keras(compiled(), compile=False).training_config is None


def test_what_keras_2_lacks_is_kept_for_keras_3(tmp_path: Path) -> None:
    found = from_keras(compiled(gradient_accumulation_steps=2))
    assert found.training_config is not None
    assert found.training_config.optimizer_config["gradient_accumulation_steps"] == 2
    with pytest.raises(
        UnsupportedLayerError, match="gradient_accumulation_steps=2: Keras 2 has no such option"
    ):
        save_model(found, tmp_path / "m.h5")
    save_model(found, tmp_path / "m.keras")


def test_an_optimizer_without_known_slots_has_its_variables_by_number(tmp_path: Path) -> None:
    live = compiled()
    live.optimizer.__class__ = type("Muon", (Optimizer,), {"__module__": "keras.src.optimizers.muon"})
    found = from_keras(live)
    assert found.training_config is not None
    assert found.training_config.optimizer_class == "Muon"
    assert len(found.training_config.variables) > 1
    with pytest.raises(UnsupportedLayerError, match=r"optimizer Muon: Keras 2 .*include_optimizer=False"):
        save_model(found, tmp_path / "m.h5")
    save_model(found, tmp_path / "m.keras")


def test_an_optimizer_of_the_users_own(tmp_path: Path) -> None:
    live = compiled()
    live.optimizer.__class__ = type("Mine", (Optimizer,), {"__module__": "mine.optimizers"})
    found = from_keras(live).training_config
    assert found is not None
    entry = found.config["optimizer_config"]
    assert (entry["class_name"], entry["module"]) == ("Mine", "mine.optimizers")
    assert [variable.name for variable in found.variables[:2]] == ["iteration", "Mine/vars/0"]


def test_optimizer_of_keras2() -> None:
    class Loss:
        def get_config(self) -> dict[str, Any]:
            return {"name": "huber", "fn": max}

    live = model2()
    live.optimizer = type("SGD", (), {"__module__": "keras.src.optimizers.sgd"})()
    live.optimizer.get_config = lambda: {"name": "SGD", "learning_rate": np.float32(0.5)}
    live.optimizer.variables = [Variable2("iteration", np.array(4)), Variable2("SGD/m/dense/kernel", KERNEL)]
    arguments = {"optimizer": live.optimizer, "loss": {"b": "mse", "a": Loss()}, "metrics": [max]}
    live._get_compile_args = lambda user_metrics: arguments  # type: ignore[attr-defined]
    found = from_keras(live).training_config
    assert found is not None
    assert found.config == {
        "loss": {
            "a": {"class_name": "Loss", "config": {"name": "huber", "fn": "max"}, "module": __name__},
            "b": "mse",
        },
        "metrics": ["max"],
        "optimizer_config": {"class_name": "SGD", "config": {"name": "SGD", "learning_rate": 0.5}},
    }
    assert [v.name for v in found.variables] == ["iteration", "SGD/m/dense/kernel"]


class TFOptimizer:
    __module__ = "keras.src.optimizers.optimizer_v1"
    optimizer = object()


def test_optimizers_of_tensorflow_1_are_named() -> None:
    live: Any = model2()
    live.optimizer = TFOptimizer()
    with pytest.warns(
        UserWarning, match="optimizer object is one of tf.compat.v1, which neither kerasfmt nor Keras"
    ):
        assert from_keras(live).training_config is None


def test_what_the_code_of_losses_raises() -> None:
    live: Any = compiled()

    def get_compile_config() -> Any:
        raise NotImplementedError("no config")

    live.get_compile_config = get_compile_config
    with pytest.raises(UnsupportedLayerError, match=r"how it is compiled: .*: no config; leave it out"):
        from_keras(live)
    assert from_keras(live, compile=False).training_config is None
