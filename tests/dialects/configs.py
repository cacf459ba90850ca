"""Configs of models in the words of Keras 2 and of Keras 3."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from kerasfmt.ir import Model

Config = dict[str, Any]


def layer(kind: str, name: str, *inbound: Any, **options: Any) -> Config:
    entry = {"class_name": kind, "config": {"name": name, **options}, "name": name}
    return {**entry, "inbound_nodes": list(inbound)}


def entry_layer(name: str, *shape: int | None) -> Config:
    return layer("InputLayer", name, batch_input_shape=[None, *shape], dtype="float32")


def ref(name: str, node: int = 0, tensor: int = 0, **kwargs: Any) -> list[Any]:
    return [name, node, tensor, kwargs]


def functional(name: str, layers: list[Config], inputs: Any, outputs: Any) -> Config:
    config = {"name": name, "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def keras_tensor(name: str, node: int = 0, tensor: int = 0) -> Config:
    history = {"shape": [None, 3], "dtype": "float32", "keras_history": [name, node, tensor]}
    return {"class_name": "__keras_tensor__", "config": history}


def keras3_call(*args: Any, **kwargs: Any) -> Config:
    return {"args": list(args), "kwargs": kwargs}


def keras3_dense(name: str, *inbound: Any, units: int = 3) -> Config:
    dtype = {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": "float32"},
        "registered_name": None,
    }
    init = {
        "module": "keras.initializers",
        "class_name": "GlorotUniform",
        "config": {"seed": None},
        "registered_name": None,
    }
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
    options = {
        "trainable": True,
        "dtype": dtype,
        "units": units,
        "activation": "relu",
        "use_bias": True,
        "kernel_initializer": init,
        "bias_initializer": zeros,
        "kernel_regularizer": None,
        "bias_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
    }
    return {
        **layer("Dense", name, *inbound, **options),
        "module": "keras.layers",
        "registered_name": None,
        "build_config": {"input_shape": [None, 3]},
    }


def keras3_input(name: str, *shape: int | None) -> Config:
    options = {"batch_shape": [None, *shape], "dtype": "float32", "sparse": False, "ragged": False}
    return {**layer("InputLayer", name, **options), "module": "keras.layers", "registered_name": None}


MLP = functional(
    "mlp",
    [
        entry_layer("x", 3),
        layer("Dense", "a", [ref("x")], units=3),
        layer("Dense", "b", [ref("a")], units=3),
        layer("Add", "sum", [ref("a"), ref("b")]),
    ],
    [["x", 0, 0]],
    [["sum", 0, 0]],
)


MLP3 = functional(
    "mlp",
    [
        keras3_input("x", 3),
        keras3_dense("a", keras3_call(keras_tensor("x"))),
        keras3_dense("b", keras3_call(keras_tensor("a"))),
        layer("Add", "sum", keras3_call([keras_tensor("a"), keras_tensor("b")])),
    ],
    [["x", 0, 0]],
    [["sum", 0, 0]],
)


STACK = {
    "class_name": "Sequential",
    "config": {"name": "stack", "layers": [entry_layer("x", 3), layer("Dense", "d", units=2)]},
}


def predict(model: Model) -> Any:
    return model.predict(np.arange(6, dtype=np.float32).reshape(2, 3))


def flow(model: Model) -> dict[str, list[str]]:
    """Layer -> the layers that its calls take."""
    return {c.layer.name: [t.origin.layer.name for t in c.tensor_inputs] for c in model.network}


# Keras counts a nested model's own making as its first call, but Keras 3 only in output_layers, and Keras 2 only
# of models that know their input.

INNER2 = functional(
    "inner", [entry_layer("y", 3), layer("Dense", "d", [ref("y")], units=3)], [["y", 0, 0]], [["d", 0, 0]]
)


INNER3 = functional(
    "inner",
    [keras3_input("y", 3), keras3_dense("d", keras3_call(keras_tensor("y")))],
    [["y", 0, 0]],
    [["d", 0, 0]],
)


def nested(config: Config, *inbound: Any) -> Config:
    return {**copy.deepcopy(config), "name": config["config"]["name"], "inbound_nodes": list(inbound)}


NESTED: dict[str, tuple[list[Config], list[Any]]] = {
    "Keras 2": ([entry_layer("x", 3), nested(INNER2, [ref("x")], [ref("inner", 1)])], ["inner", 2, 0]),
    "Keras 3": (
        [
            keras3_input("x", 3),
            nested(INNER3, keras3_call(keras_tensor("x")), keras3_call(keras_tensor("inner", 0))),
        ],
        ["inner", 2, 0],
    ),
    "Keras 2, Sequential": ([entry_layer("x", 3), nested(STACK, [ref("x")])], ["stack", 1, 0]),
    "Keras 3, Sequential": (
        [keras3_input("x", 3), nested(STACK, keras3_call(keras_tensor("x")))],
        ["stack", 0, 0],
    ),
    "Keras 2, Sequential without input": (
        [
            entry_layer("x", 3),
            nested(
                {
                    "class_name": "Sequential",
                    "config": {
                        "name": "late",
                        "layers": [layer("Dense", "d", units=3)],
                        "build_input_shape": [None, 3],
                    },
                },
                [ref("x")],
            ),
        ],
        ["late", 0, 0],
    ),
}


def with_layers(*layers: Any) -> Config:
    return functional("m", [entry_layer("x", 3), *layers], [["x", 0, 0]], [["d", 0, 0]])
