"""Lambda: Keras gets the bytecode in its file, kerasfmt a function of graph values for it."""

from __future__ import annotations

from typing import Any

from conformance.case import Input, Keras, vector
from conformance.cases.layer import FLOAT64, MIXED_FLOAT16, Layer, Of


def _same(function: Any) -> dict[str, Of]:
    """A function that works on tensors and on graph values."""
    return {"function": Of(lambda k: function), "_objects": _Objects(function)}


class _Objects(Of):
    """The function under the layer's name and its own."""

    def __init__(self, function: Any) -> None:
        super().__init__(lambda k: {"layer": function, function.__name__: function})
        self.function = function

    def __repr__(self) -> str:
        return repr(self.function.__code__.co_code)


def _with_tensorflow(k: Keras) -> Any:
    """A function of TensorFlow, which Keras finds among the names of its own module again."""
    return eval(
        "lambda x: tf.nn.relu(x) + tf.reduce_mean(x, -1, keepdims=True)", {"tf": __import__("tensorflow")}
    )


def _with_ops(k: Any) -> Any:
    if k.__name__ != "kerasfmt":
        return {}
    from kerasfmt.graph import ops

    return {"layer": lambda x: ops.relu(x) + ops.reduce_mean(x, -1, keepdims=True)}


LAYERS: tuple[Layer, ...] = (
    Layer(
        "Lambda",
        vector(3, 5),
        {
            "default": _same(lambda x: x * 2.0 + 1.0),
            "tensorflow": {"function": Of(_with_tensorflow), "_objects": Of(_with_ops)},
            "arguments": {**_same(lambda x, by, to: x * by + to), "arguments": {"by": 3.0, "to": 0.5}},
            "training": _same(lambda x, training: x * (3.0 if training else 2.0)),
            "output_shape": {**_same(lambda x: x * 2.0), "output_shape": (3, 5)},
            "several": {**_same(lambda x: x[0] * 2.0 + x[1]), "_on": (Input((3, 5)), Input((1, 5)))},
            "outputs": _same(lambda x: [x * 2.0, x + 1.0]),
            "dynamic": {**_same(lambda x: x / 2.0), "_on": vector(None, None)},
            "float64": {**_same(lambda x: x / 2.0), **FLOAT64, "_on": vector(3, dtype="float64")},
            "mixed_float16": {**_same(lambda x: x / 2.0), **MIXED_FLOAT16},
        },
    ),
)
