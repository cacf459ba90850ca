"""Whole models in which calls state the training mode, as in transfer learning."""

from __future__ import annotations

from typing import Any

from conformance.case import Case, Keras, KerasModel, registering

MODELS: list[Case] = []
model = registering(MODELS)


def _base(keras: Keras) -> Any:
    layers = keras.layers
    x = keras.Input((5,), name="entry")
    y = layers.BatchNormalization(name="norm")(layers.Dense(4, name="dense")(x))
    return keras.Model(x, layers.Dropout(0.5, name="drop")(y), name="base")


@model()
def modes_base_in_inference(keras: Keras) -> KerasModel:
    x = keras.Input((5,), name="x")
    y = _base(keras)(x, training=False)
    return keras.Model(x, keras.layers.Dense(2, name="head")(y), name="modes_base_in_inference")


@model()
def modes_inside(keras: Keras) -> KerasModel:
    layers = keras.layers
    entry = keras.Input((5,), name="entry")
    inner = keras.Model(entry, layers.BatchNormalization(name="norm")(entry, training=False), name="inner")
    base = keras.Sequential([keras.Input((5,)), inner, layers.Dense(5, name="dense")], name="base")
    x = keras.Input((3, 5), name="x")
    each = layers.TimeDistributed(layers.BatchNormalization(name="inside"), name="each")(x, training=False)
    y = base(layers.GlobalMaxPooling1D(name="most")(each))
    return keras.Model(x, layers.BatchNormalization(name="last")(y), name="modes_inside")


@model()
def modes_that_change_nothing(keras: Keras) -> KerasModel:
    layers = keras.layers
    x = keras.Input((5,), name="x")
    frozen = layers.BatchNormalization(trainable=False, name="frozen")
    y = layers.Dropout(0.0, name="kept")(frozen(x, training=False), training=True)
    return keras.Model(x, y, name="modes_that_change_nothing")
