"""Whole models whose calls are no chain: structures, shared layers and models, inputs that nothing uses."""

from __future__ import annotations

from typing import Any

from conformance.case import Case, Input, Keras, KerasModel, registering, vector

MODELS: list[Case] = []
model = registering(MODELS)


def _inner(keras: Keras, name: str = "inner") -> Any:
    entry = keras.Input((5,), name=f"{name}_entry")
    return keras.Model(entry, keras.layers.Dense(5, name=f"{name}_dense")(entry), name=name)


@model()
def topology_tuples(keras: Keras) -> KerasModel:
    a, b = keras.Input((5,), name="a"), keras.Input((3,), name="b")
    return keras.Model((a, b), (keras.layers.Dense(2, name="y")(a), b), name="topology_tuples")


@model()
def topology_unused_input(keras: Keras) -> KerasModel:
    a, b = keras.Input((5,), name="a"), keras.Input((3,), name="b")
    inner = keras.Model([a, b], keras.layers.Dense(2, name="y")(a), name="inner")
    p, q = keras.Input((5,), name="p"), keras.Input((3,), name="q")
    return keras.Model([p, q], inner([p, q]), name="topology_unused_input")


@model()
def topology_model_called_often(keras: Keras) -> KerasModel:
    x = y = keras.Input((5,), name="x")
    inner = _inner(keras)
    inner(keras.Input((5,), name="elsewhere"))
    for _ in range(4):
        y = inner(y)
    return keras.Model(x, [y, inner(x)], name="topology_model_called_often")


@model()
def topology_shared_loop(keras: Keras) -> KerasModel:
    x = y = keras.Input((5,), name="x")
    first, second = keras.layers.Dense(5, name="first"), keras.layers.Dense(5, name="second")
    for _ in range(3):
        y = second(first(y))
    return keras.Model(x, [y, first(second(x))], name="topology_shared_loop")


@model()
def topology_deep(keras: Keras) -> KerasModel:
    found = _inner(keras, "level0")
    for number in range(1, 6):
        entry = keras.Input((5,), name=f"entry{number}")
        y = keras.layers.Dense(5, name=f"dense{number}")(entry)
        found = keras.Model(entry, found(y), name=f"level{number}")
    return found


@model()
def topology_output_is_input(keras: Keras) -> KerasModel:
    entry = keras.Input((5,), name="entry")
    inner = keras.Model(entry, [entry, keras.layers.Dense(2, name="dense")(entry)], name="inner")
    x = keras.Input((5,), name="x")
    y, z = inner(keras.layers.Dense(5, name="before")(x))
    return keras.Model(x, [x, y, z], name="topology_output_is_input")


@model()
def topology_on_outputs_of_models(keras: Keras) -> KerasModel:
    base = _inner(keras, "base")
    y = keras.layers.Dense(3, name="head")(base.output)
    return keras.Model(base.input, [base.output, y], name="topology_on_outputs_of_models")


@model(inputs=(*vector(4, dtype="int32", high=5), Input((4,), "bool", high=2)))
def topology_masks_as_arguments(keras: Keras) -> KerasModel:
    layers = keras.layers
    words, mask = keras.Input((4,), dtype="int32", name="words"), keras.Input((4,), dtype="bool", name="mask")
    x = layers.Embedding(5, 3, name="table")(words)
    y = layers.LSTM(2, return_sequences=True, name="lstm")(x, mask=mask)
    z = layers.Attention(name="attention")([y, y], mask=[mask, mask])
    both = layers.Concatenate(name="both")([y, z])
    mean = layers.GlobalAveragePooling1D(name="mean")(both, mask=mask)
    return keras.Model([words, mask], mean, name="topology_masks_as_arguments")
