"""Models with layers of the user's own, which every Keras 2 saves and kerasfmt revives without their classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.case import Keras

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
IDS = np.array([[1, 2, 0], [3, 0, 0], [4, 5, 6]], np.int32)
SEQUENCE = np.linspace(-1, 1, 3 * 5 * 4, dtype=np.float32).reshape(3, 5, 4)


@dataclass(frozen=True)
class Revived:
    """A model whose classes no reader has.

    Attributes:
      build: makes the model, with TensorFlow and a Keras 2.
      inputs: what it is called on.
      classes: the classes of the layers that are revived, by the names of the layers.
      labels: what it is trained on for one epoch; None for a model that is not compiled.
      keras_loads: whether Keras itself loads it without the classes.
      same_in_training: whether a call for training is the same every time.
    """

    build: Callable[[Any, Keras], Any]
    inputs: Any = field(default_factory=lambda: X)
    classes: tuple[str, ...] = ()
    labels: Any = None
    keras_loads: bool = True
    same_in_training: bool = True


def _layers(tf: Any, keras: Keras) -> Any:
    """Layers of the user's own."""

    class Own:
        class Scale(keras.layers.Layer):
            def __init__(self, factor: float = 2.0, **options: Any) -> None:
                super().__init__(**options)
                self.factor = factor

            def build(self, shape: Any) -> None:
                self.scale = self.add_weight(
                    name="scale", shape=(shape[-1],), initializer="ones", regularizer="l2"
                )
                self.offset = self.add_weight(name="offset", shape=(shape[-1],), trainable=False)

            def call(self, inputs: Any) -> Any:
                return tf.math.sin(inputs) * self.scale * self.factor + self.offset

            def get_config(self) -> Any:
                return {**super().get_config(), "factor": self.factor}

        class Doubling(keras.layers.Layer):
            def call(self, inputs: Any, training: Any = None) -> Any:
                return inputs * 2.0 if training else inputs

        class Noise(keras.layers.Layer):
            def call(self, inputs: Any, training: Any = False) -> Any:
                return tf.nn.dropout(inputs, 0.5) if training else inputs

        class Moving(keras.layers.Layer):
            def build(self, shape: Any) -> None:
                self.mean = self.add_weight(name="mean", shape=(shape[-1],), trainable=False)

            def call(self, inputs: Any, training: Any = False) -> Any:
                if training:
                    self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(inputs, axis=0))
                return inputs - self.mean

        class Counting(keras.layers.Layer):
            def build(self, shape: Any) -> None:
                self.calls = self.add_weight(name="calls", shape=(), dtype="int64", trainable=False)

            def call(self, inputs: Any) -> Any:
                return inputs + tf.cast(self.calls.assign_add(1), inputs.dtype)

        class Losing(keras.layers.Layer):
            def call(self, inputs: Any, training: Any = False) -> Any:
                self.add_loss(tf.reduce_mean(inputs**2) * (3.0 if training else 0.5))
                return inputs + 1.0

        class Block(keras.layers.Layer):
            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                self.first = keras.layers.Dense(4, activation="relu")
                self.norm = keras.layers.BatchNormalization()
                self.scales = [Own.Scale(), Own.Scale(3.0)]
                self.named = {"a": Own.Doubling(), "b": keras.layers.Dense(4, kernel_regularizer="l1")}

            def call(self, inputs: Any, training: Any = False) -> Any:
                x = self.norm(self.first(inputs), training=training)
                for layer in self.scales:
                    x = layer(x)
                return self.named["b"](self.named["a"](x, training=training))

        class Joining(keras.layers.Layer):
            def build(self, shape: Any) -> None:
                self.kernel = self.add_weight(name="kernel", shape=(4, 4))

            def call(self, inputs: Any, other: Any = None, *, sign: float = 1.0) -> Any:
                first, second = inputs
                found = tf.matmul(first, self.kernel) + sign * second
                return {"sum": found if other is None else found * other, "pair": (first, [second])}

        class Kept(keras.layers.Layer):
            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                self.table = tf.constant(np.arange(4, dtype=np.float32))
                self.weights_by_name = {
                    "a": tf.Variable(2.0, name="a"),
                    "b": [tf.Variable([1.0] * 4, name="b")],
                }
                self.module = tf.Module()
                self.module.inner = tf.Variable(np.full(4, 0.5, np.float32), name="inner")

            @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])  # type: ignore[misc]
            def helped(self, x: Any) -> Any:
                return x * self.module.inner

            def call(self, inputs: Any) -> Any:
                x = inputs * self.weights_by_name["a"] + self.weights_by_name["b"][0]
                return self.helped(x) + self.table

        class Looping(keras.layers.Layer):
            def build(self, shape: Any) -> None:
                self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

            def call(self, inputs: Any) -> Any:
                _, x = tf.while_loop(
                    lambda i, _: i < 3, lambda i, x: (i + 1, tf.tanh(x) * self.scale + 1.0), (0, inputs)
                )
                return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: x - self.scale)

        class Gradient(keras.layers.Layer):
            def build(self, shape: Any) -> None:
                self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

            def call(self, inputs: Any) -> Any:
                @tf.custom_gradient
                def clipped(x: Any) -> Any:
                    return tf.nn.relu(x), lambda dy: dy * 0.5

                return clipped(inputs * self.scale) + tf.nn.silu(inputs)

        class Masked(keras.layers.Layer):
            supports_masking = True

            def call(self, inputs: Any, mask: Any = None) -> Any:
                weights = tf.cast(mask, tf.float32)[..., None]
                return tf.reduce_sum(inputs * weights, axis=1) / tf.reduce_sum(weights, axis=1)

            def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
                return None

        class Cell(keras.layers.Layer):
            units = state_size = output_size = 2

            def build(self, shape: Any) -> None:
                self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 2))

            def call(self, inputs: Any, states: Any) -> Any:
                state = tf.tanh(tf.matmul(inputs, self.kernel) + states[0])
                return state, [state]

        class Recurring(keras.layers.Layer):
            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                self.lstm = keras.layers.LSTM(3, return_sequences=True)
                self.out = keras.layers.TimeDistributed(keras.layers.Dense(2))

            def call(self, inputs: Any) -> Any:
                return self.out(self.lstm(inputs))

        class Tied(keras.layers.Layer):
            def __init__(self, embedding: Any, **options: Any) -> None:
                super().__init__(**options)
                self.embedding = embedding

            def call(self, inputs: Any) -> Any:
                return tf.matmul(inputs, self.embedding.embeddings, transpose_b=True)

            def get_config(self) -> Any:
                return {"name": self.name}

        class Net(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.block = Own.Block()
                self.stack = keras.Sequential([keras.layers.Dense(3), Own.Scale()])
                self.out = keras.layers.Dense(2)
                self.extra = tf.Variable(3.0, name="extra")
                self.tracker = keras.metrics.Mean("tracker")

            def call(self, inputs: Any, training: Any = False) -> Any:
                return self.out(self.stack(self.block(inputs, training=training))) * self.extra

        class Pairs(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.dense = keras.layers.Dense(4)

            def call(self, inputs: Any) -> Any:
                return {"y": self.dense(inputs["b"]), "z": [inputs["a"], inputs["b"] + 1.0]}

        class Made(keras.Model):
            pass

    return Own


def _single(name: str, shape: Any = (4,), **options: Any) -> Callable[[Any, Keras], Any]:
    def build(tf: Any, keras: Keras) -> Any:
        x = keras.Input(shape)
        layer = getattr(_layers(tf, keras), name)(name="own", **options)
        return keras.Model(x, keras.layers.Dense(2, name="last")(layer(x)))

    return build


def _twice(tf: Any, keras: Keras) -> Any:
    own = _layers(tf, keras)
    scale, double = own.Scale(name="own"), own.Doubling(name="double")
    x, z = keras.Input((4,)), keras.Input((5, 4))
    return keras.Model([x, z], [scale(scale(x)), double(scale(z)), double(x)])


def _several(tf: Any, keras: Keras) -> Any:
    x, y, z = keras.Input((4,), name="x"), keras.Input((4,), name="y"), keras.Input((4,), name="z")
    layer = _layers(tf, keras).Joining(name="own")
    found, again = layer([x, y], z), layer([x, y], sign=-2.0)
    return keras.Model([x, y, z], [found["sum"], again["sum"], again["pair"][1][0]])


def _stack(tf: Any, keras: Keras) -> Any:
    own = _layers(tf, keras)
    return keras.Sequential(
        [keras.Input((4,)), own.Scale(name="own"), keras.layers.Dense(3), own.Doubling(name="double")]
    )


def _nested(tf: Any, keras: Keras) -> Any:
    own = _layers(tf, keras)
    x = keras.Input((4,))
    inner = keras.Model(x, own.Block(name="own")(own.Scale(name="scale")(x)), name="inner")
    stack = keras.Sequential([keras.Input((4,)), own.Moving(name="moving")], name="stack")
    y = keras.Input((4,))
    return keras.Model(y, keras.layers.Dense(2)(inner(stack(inner(y)))))


def _made(tf: Any, keras: Keras) -> Any:
    own = _layers(tf, keras)
    x = keras.Input((4,))
    return own.Made(inputs=x, outputs=own.Scale(name="own")(keras.layers.Dense(3)(x)))


def _subclass(name: str, inputs: Any) -> Callable[[Any, Keras], Any]:
    def build(tf: Any, keras: Keras) -> Any:
        model = getattr(_layers(tf, keras), name)()
        model(inputs)
        return model

    return build


def _subclass_inside(tf: Any, keras: Keras) -> Any:
    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Dense(2)(_layers(tf, keras).Net()(x)))


def _compiled(build: Callable[[Any, Keras], Any], **arguments: Any) -> Callable[[Any, Keras], Any]:
    def compiled(tf: Any, keras: Keras) -> Any:
        model = build(tf, keras)
        model.compile(keras.optimizers.Adam(0.01), "mse", **arguments)
        return model

    return compiled


def _masked(tf: Any, keras: Keras) -> Any:
    x = keras.Input((3,), dtype="int32")
    y = keras.layers.Embedding(7, 4, mask_zero=True)(x)
    return keras.Model(x, keras.layers.Dense(2)(_layers(tf, keras).Masked(name="own")(y)))


def _cells(tf: Any, keras: Keras) -> Any:
    x = keras.Input((5, 4))
    own = _layers(tf, keras)
    return keras.Model(x, keras.layers.RNN(own.Cell(), name="own")(x))


def _distributed(tf: Any, keras: Keras) -> Any:
    x = keras.Input((5, 4))
    return keras.Model(x, keras.layers.TimeDistributed(_layers(tf, keras).Scale(), name="own")(x))


def _activation(tf: Any, keras: Keras) -> Any:
    def own_activation(x: Any) -> Any:
        return tf.nn.relu(x) ** 2

    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Dense(3, activation=own_activation, name="own")(x))


def _tied(tf: Any, keras: Keras) -> Any:
    x = keras.Input((3,), dtype="int32")
    embedding = keras.layers.Embedding(7, 4, name="embedding")
    return keras.Model(x, _layers(tf, keras).Tied(embedding, name="own")(embedding(x)))


def _half(tf: Any, keras: Keras) -> Any:
    x = keras.Input((4,))
    return keras.Model(x, _layers(tf, keras).Scale(name="own", dtype="mixed_float16")(x))


def _penalized(tf: Any, keras: Keras) -> Any:
    x = keras.Input((4,))
    layer = _layers(tf, keras).Losing(name="own", activity_regularizer=keras.regularizers.L2(0.25))
    return keras.Model(x, layer(x))


CASES: dict[str, Revived] = {
    "plain": Revived(_single("Scale"), classes=("own:Scale",)),
    "other in training": Revived(_single("Doubling"), classes=("own:Doubling",)),
    "random in training": Revived(_single("Noise"), classes=("own:Noise",), same_in_training=False),
    "state in training": Revived(_single("Moving"), classes=("own:Moving",)),
    "state in inference": Revived(_single("Counting"), classes=("own:Counting",)),
    "losses": Revived(_single("Losing"), classes=("own:Losing",)),
    "activity regularizer": Revived(_penalized, classes=("own:Losing",)),
    "layers inside": Revived(_single("Block"), classes=("own:Block",)),
    "compiled": Revived(
        _compiled(_single("Block"), metrics=["mae"]), classes=("own:Block",), labels=X[:, :2]
    ),
    "several inputs": Revived(_several, [X, X + 1, X - 1], classes=("own:Joining",)),
    "called twice": Revived(_twice, [X, SEQUENCE], classes=("own:Scale", "double:Doubling")),
    "objects": Revived(_single("Kept"), classes=("own:Kept",)),
    "control flow": Revived(_single("Looping"), classes=("own:Looping",)),
    "gradient of its own": Revived(
        _compiled(_single("Gradient")), classes=("own:Gradient",), labels=X[:, :2]
    ),
    "Sequential": Revived(_stack, classes=("own:Scale", "double:Doubling")),
    "nested models": Revived(_nested),
    "made of inputs and outputs": Revived(_made, classes=("own:Scale",)),
    "mixed precision": Revived(_half, classes=("own:Scale",)),
    "mask": Revived(_masked, IDS, classes=("own:Masked",), keras_loads=False),
    "cell": Revived(_cells, SEQUENCE, classes=("own:RNN",), keras_loads=False),
    "wrapper": Revived(_distributed, SEQUENCE, classes=("own:TimeDistributed",)),
    "activation": Revived(_activation, classes=("own:Dense",)),
    "shared weight": Revived(_tied, IDS, classes=("own:Tied",)),
    "recurrence inside": Revived(_single("Recurring", (5, 4)), SEQUENCE, classes=("own:Recurring",)),
    "subclass": Revived(_subclass("Net", X), classes=("block:Block",)),
    "subclass, compiled": Revived(
        _compiled(_subclass("Net", X), metrics=["mae"]), classes=("block:Block",), labels=X[:, :2]
    ),
    "subclass, structures": Revived(_subclass("Pairs", {"a": X, "b": X * 2}), {"a": X, "b": X * 2}),
    "subclass inside": Revived(_subclass_inside, classes=("net:Net",)),
}
