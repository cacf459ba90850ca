"""Compiled models: every optimizer of Keras 2 after two steps and before the first one, losses, metrics, schedules."""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import numpy as np

from conformance.case import Case, Keras, KerasModel, registering

MODELS: list[Case] = []
model = registering(MODELS)

ROWS = 16


def _small(keras: Keras, train: bool = True, **options: Any) -> KerasModel:
    """Two layers, after one epoch of two steps."""
    layers = keras.layers
    hidden, last = layers.Dense(4, activation="relu", input_shape=(3,)), layers.Dense(1, activation="sigmoid")
    net = keras.Sequential([hidden, last], name="small")
    net.compile(loss="mse", **options)
    if train:
        rng = np.random.default_rng(11)
        net.fit(
            rng.normal(size=(ROWS, 3)),
            rng.integers(0, 2, (ROWS, 1)).astype("float32"),
            batch_size=8,
            verbose=0,
        )
    return net


_OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "adam_amsgrad": ("Adam", {"amsgrad": True}),
    "adam_ema": ("Adam", {"use_ema": True}),
    "adamw": ("AdamW", {"weight_decay": 0.1}),
    "adamax": ("Adamax", {"clipnorm": 1.0}),
    "adadelta": ("Adadelta", {}),
    "adagrad": ("Adagrad", {}),
    "adafactor": ("Adafactor", {}),
    "ftrl": ("Ftrl", {}),
    "lion": ("Lion", {}),
    "nadam": ("Nadam", {}),
    "rmsprop": ("RMSprop", {}),
}


def _of_optimizer(name: str, kind: str, options: dict[str, Any]) -> Case:
    def build(keras: Keras) -> KerasModel:
        return _small(keras, optimizer=getattr(keras.optimizers, kind)(**options))

    text = inspect.getsource(_small) + repr((kind, options))
    return Case(
        f"compiled_{name}", "model", build, hashlib.sha256(text.encode()).hexdigest()[:12], forgets=True
    )


MODELS += [_of_optimizer(name, kind, options) for name, (kind, options) in _OPTIMIZERS.items()]


@model(forgets=True)
def compiled_untrained(keras: Keras) -> KerasModel:
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [0.5, 0.25, 0.125])
    return _small(
        keras, train=False, optimizer=keras.optimizers.RMSprop(rate, centered=True), metrics=["mae"]
    )


@model(forgets=True)
def compiled_loss_scale(keras: Keras) -> KerasModel:
    inner = keras.optimizers.Adam(0.01)
    return _small(keras, optimizer=keras.mixed_precision.LossScaleOptimizer(inner))


@model(forgets=True)
def compiled_loss_scale_fixed(keras: Keras) -> KerasModel:
    inner = keras.optimizers.Adam(0.01)
    scaled = keras.mixed_precision.LossScaleOptimizer(inner, dynamic=False, initial_scale=8.0)
    return _small(keras, optimizer=scaled)


def _two_outputs(keras: Keras, **options: Any) -> KerasModel:
    """One input, two outputs, one of them for classes."""
    entry = keras.Input((3,), name="entry")
    hidden = keras.layers.Dense(4, name="hidden")(entry)
    value = keras.layers.Dense(1, name="value")(hidden)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    net = keras.Model(entry, [value, kind], name="two")
    net.compile(optimizer="adam", **options)
    rng = np.random.default_rng(11)
    labels = [rng.normal(size=(ROWS, 1)), np.eye(3)[rng.integers(0, 3, ROWS)]]
    net.fit(rng.normal(size=(ROWS, 3)), labels, batch_size=8, verbose=0)
    return net


@model(forgets=True)
def compiled_outputs(keras: Keras) -> KerasModel:
    metrics = keras.metrics
    return _two_outputs(
        keras,
        loss=["mse", keras.losses.CategoricalCrossentropy(label_smoothing=0.1)],
        loss_weights=[1.0, 0.5],
        metrics=[["mae", metrics.RootMeanSquaredError()], ["accuracy"]],
        weighted_metrics=[["mae"], ["accuracy"]],
    )


@model(forgets=True)
def compiled_one_loss_of_two(keras: Keras) -> KerasModel:
    return _two_outputs(keras, loss={"kind": "categorical_crossentropy"}, metrics={"kind": ["acc"]})


@model(forgets=True)
def compiled_metrics(keras: Keras) -> KerasModel:
    metrics = keras.metrics
    return _small(
        keras,
        optimizer="sgd",
        metrics=[
            metrics.AUC(thresholds=[0.25, 0.5]),
            metrics.Precision(thresholds=[0.25]),
            metrics.Recall(),
            metrics.FalsePositives(),
            metrics.SensitivityAtSpecificity(0.5, num_thresholds=5),
            metrics.BinaryIoU(target_class_ids=[1]),
            metrics.MeanIoU(num_classes=2),
            metrics.TopKCategoricalAccuracy(k=1),
            metrics.BinaryAccuracy(threshold=0.25),
            metrics.CosineSimilarity(),
            metrics.LogCoshError(),
        ],
        weighted_metrics=["mse", metrics.R2Score()],
    )
