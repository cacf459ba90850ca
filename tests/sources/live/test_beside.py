"""What live models have beside their layers is named in warnings, and nothing of Keras's own is."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import from_keras
from kerasfmt.errors import UnsupportedLayerError
from tests.sources.live.live_models import (
    Dense2,
    Layer2,
    Optimizer,
    Sequential2,
    Sequential3,
    Variable2,
    Variable3,
    dense2,
    dense3,
    model2,
    model3,
)


class Assignable(Variable2):
    def assign(self, value: Any) -> None: ...


class Module:
    __module__ = "tensorflow.python.module.module"


class Metric(Layer2):
    __module__ = "keras.src.metrics.base_metric"


class Traced:
    def get_concrete_function(self) -> None: ...


def own_loss() -> float:
    return 1.0


def of_regularizer(variable: Any) -> float:
    return 0.0


of_regularizer.__module__ = "keras.src.engine.base_layer"


def tag(loss: Any) -> Any:
    return loss()


VARIABLE = Assignable("extra", np.ones(2, np.float32))


def attribute(name: str, value: Any, of_layer: bool = False) -> Callable[[], Any]:
    def make() -> Any:
        live = model2()
        setattr(live.layers[0] if of_layer else live, name, value)
        return live

    return make


class Holder(Sequential2):
    """Its config states the first layer only."""

    __module__ = "keras.src.engine.sequential"

    def get_config(self) -> dict[str, Any]:
        return model2().get_config()


Holder.__name__ = "Sequential"


def extra_layer() -> Any:
    live = Holder("live", [dense2(), dense2()])
    live.layers[1].name = "idle"
    return live


def own_weights() -> Any:
    live: Any = model3()
    live._trainable_variables = [Variable3("live/late", np.ones(2, np.float32))]
    return live


BESIDE: dict[str, tuple[Callable[[], Any], str]] = {
    "variable": (
        attribute("extra", VARIABLE),
        "model live: attribute extra holds a variable; it is left out",
    ),
    "list": (attribute("some", [1, VARIABLE]), "attribute some holds a variable"),
    "dict": (attribute("some", {"a": dense2()}), "attribute some holds a layer"),
    "model": (attribute("teacher", kerasfmt), ""),
    "layer": (attribute("side", Dense2({"name": "side"})), "attribute side holds a layer"),
    "of_layer": (
        attribute("extra", VARIABLE, True),
        r"layer dense \(Dense\): attribute extra holds a variable",
    ),
    "module": (attribute("mod", Module()), "attribute mod holds a module of TensorFlow"),
    "function": (attribute("f", Traced()), "attribute f holds a function of TensorFlow"),
    "loss": (
        attribute("_callable_losses", [functools.partial(tag, own_loss)], True),
        r"layer dense \(Dense\): add_loss was called with a function, .*own_loss",
    ),
    "activity": (attribute("activity_regularizer", object()), "model live: activity_regularizer adds a loss"),
    "idle": (extra_layer, "layer idle is part of it and never called"),
    "weights": (own_weights, "weight live/late belongs to no layer"),
    "optimizer": (
        lambda: _uncompiled(),
        "it has an optimizer, Adam, and is not compiled; the optimizer is left out",
    ),
    "plain": (attribute("note", {"text": "hello", "numbers": [1, 2]}), ""),
    "own": (attribute("train_function", Traced()), ""),
    "metric": (attribute("meter", Metric({"name": "meter"})), "attribute meter holds a metric"),
    "regularizer": (
        attribute("_callable_losses", [functools.partial(tag, functools.partial(of_regularizer, 1))], True),
        "",
    ),
}


def _uncompiled() -> Any:
    live: Any = model2()
    live.optimizer, live._compile_was_called = Optimizer(live), False
    return live


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_left_out_is_named(name: str) -> None:
    make, expected = BESIDE[name]
    live = make()
    if expected:
        with pytest.warns(UserWarning, match=expected):
            from_keras(live)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_keras(live)


class Trainer(Sequential3):
    """A class of the user's own."""

    __module__ = "their.code"


@pytest.mark.parametrize("live", [Trainer("live", [dense3()])], ids=["trainer"])
def test_the_class_of_a_model_is_kept(live: Any, tmp_path: Path) -> None:
    found = from_keras(live)
    assert found.own_class == "Trainer"
    kerasfmt.save_model(found, tmp_path / "m")
    assert kerasfmt.load_model(tmp_path / "m").own_class == "Trainer"
    assert from_keras(model3()).own_class is None


@pytest.mark.parametrize(
    ("file", "save_format"), [("m.h5", "h5"), ("a.keras", "keras"), ("b.keras", "tf_keras")]
)
def test_configs_hold_no_class_of_the_users_own(file: str, save_format: str, tmp_path: Path) -> None:
    live = Trainer("live", [dense3()])
    with pytest.warns(
        UserWarning, match="model live: its class, Trainer, is written as Sequential, which Keras reads"
    ):
        kerasfmt.save_model(live, tmp_path / file, save_format=save_format)
    assert kerasfmt.load_model(tmp_path / file).own_class is None


@pytest.mark.parametrize("error", [KeyError("units"), TypeError("no"), RuntimeError()])
def test_what_the_code_of_a_model_raises(error: Exception) -> None:
    live = model2()

    def get_config() -> Any:
        raise error

    live.layers[0].get_config = get_config
    with pytest.raises(UnsupportedLayerError, match=f"model live: its code raised {type(error).__name__}"):
        from_keras(live)
