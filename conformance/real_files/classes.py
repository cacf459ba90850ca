"""What files name and Keras does not have, once for a Keras and once for kerasfmt, as `custom_objects` take them.

They compute what the packages' classes compute; what those of a package are is in its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

Objects = Mapping[str, Any]


def _capped_of_keras() -> Objects:
    import tensorflow as tf

    return {"<lambda>": lambda x: tf.minimum(tf.nn.relu(x), 20.0)}


def _capped_of_kerasfmt() -> Objects:
    from kerasfmt.graph import ops

    return {"<lambda>": lambda x: ops.minimum(ops.relu(x), 20.0)}


def _squeeze_of_keras() -> Objects:
    import keras
    import tensorflow as tf

    class SqueezeLayer(keras.layers.Layer):  # type: ignore[misc, name-defined]
        """Without an axis of size 1."""

        def __init__(self, axis: int = -1, **options: Any) -> None:
            super().__init__(**options)
            self.axis = axis

        def call(self, inputs: Any) -> Any:
            return tf.squeeze(inputs, self.axis)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "axis": self.axis}

    return {"SqueezeLayer": SqueezeLayer}


def _squeeze_of_kerasfmt() -> Objects:
    import kerasfmt
    from kerasfmt.graph import Value, ops

    class SqueezeLayer(kerasfmt.layers.Layer):
        """Without an axis of size 1."""

        axis: int = -1

        def call(self, inputs: Value) -> Value:
            return ops.squeeze(inputs, [self.axis])

    return {"SqueezeLayer": SqueezeLayer}


def spline_bases(positions: int, bases: int, degree: int) -> Any:
    """The values of B-spline bases at 0, 1, ...: float32 (positions, bases).

    The knots are evenly spaced over the positions and a thousandth beyond, as many as mgcv places.

    Source: mmsplice/layers.py, get_knots and get_X_spline; de Boor's recurrence
    """
    inner = bases - degree + 1
    low, high = -0.001 * (positions - 1), 1.001 * (positions - 1)
    step = (high - low) / (inner - 1)
    knots = np.linspace(low - step * degree, high + step * degree, inner + 2 * degree).astype(np.float32)
    knots, x = knots.astype(np.float64), np.arange(positions, dtype=np.float64)[:, None]
    found = ((x >= knots[:-1]) & (x < knots[1:])).astype(np.float64)
    for order in range(1, degree + 1):
        rising = (x - knots[: -order - 1]) / (knots[order:-1] - knots[: -order - 1])
        falling = (knots[order + 1 :] - x) / (knots[order + 1 :] - knots[1:-order])
        found = rising * found[:, :-1] + falling * found[:, 1:]
    return found[:, :bases].astype(np.float32)


def _splicing_of_keras() -> Objects:
    import keras
    import tensorflow as tf

    class ConvDNA(keras.layers.Conv1D):  # type: ignore[misc, name-defined]
        """A convolution over letters."""

        def __init__(self, seq_length: Any = None, **options: Any) -> None:
            super().__init__(**options)
            self.seq_length = seq_length

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "seq_length": self.seq_length}

    class GlobalAveragePooling1D_Mask0(keras.layers.Layer):  # type: ignore[misc, name-defined]
        """The mean over the steps where the model's input is not zero."""

        def __init__(self, data_format: str = "channels_last", **options: Any) -> None:
            super().__init__(**options)
            self.data_format = data_format

        def call(self, inputs: Any) -> Any:
            mask = tf.reduce_max(inputs[1], 2, keepdims=True)
            return tf.reduce_sum(inputs[0] * mask, 1) / tf.maximum(tf.reduce_sum(mask, 1), 1e-7)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "data_format": self.data_format}

    class SplineWeight1D(keras.layers.Layer):  # type: ignore[misc, name-defined]
        """The inputs, weighted by a spline over their positions."""

        def __init__(
            self, n_bases: int = 10, spline_degree: int = 3, share_splines: bool = False, **options: Any
        ) -> None:
            self.rest = {
                name: options.pop(name, None) for name in ("l2_smooth", "l2", "use_bias", "bias_initializer")
            }
            assert not self.rest["use_bias"], "no file has a bias"
            super().__init__(**options)
            self.n_bases, self.spline_degree, self.share_splines = n_bases, spline_degree, share_splines

        def build(self, shape: Any) -> None:
            self.bases = spline_bases(int(shape[1]), self.n_bases, self.spline_degree)
            tracks = 1 if self.share_splines else int(shape[2])
            self.kernel = self.add_weight(shape=(self.n_bases, tracks), initializer="zeros", name="kernel")
            super().build(shape)

        def call(self, inputs: Any) -> Any:
            return inputs * (tf.matmul(self.bases, tf.convert_to_tensor(self.kernel)) + 1.0)

        def get_config(self) -> dict[str, Any]:
            own = {name: getattr(self, name) for name in ("n_bases", "spline_degree", "share_splines")}
            return {**super().get_config(), **own, **self.rest}

    return {
        "ConvDNA": ConvDNA,
        "GlobalAveragePooling1D_Mask0": GlobalAveragePooling1D_Mask0,
        "SplineWeight1D": SplineWeight1D,
    }


def _splicing_of_kerasfmt() -> Objects:
    import kerasfmt
    from kerasfmt.graph import Spec, Value, ops

    class ConvDNA(kerasfmt.layers.Conv1D):
        """A convolution over letters."""

        seq_length: Any = None

    class GlobalAveragePooling1D_Mask0(kerasfmt.layers.Layer):
        """The mean over the steps where the model's input is not zero."""

        data_format: str = "channels_last"

        def call(self, inputs: list[Value]) -> Value:
            mask = ops.reduce_max(inputs[1], [2], keepdims=True)
            counted = ops.maximum(ops.reduce_sum(mask, [1]), 1e-7)
            return ops.reduce_sum(inputs[0] * mask, [1]) / counted

    class SplineWeight1D(kerasfmt.layers.Layer):
        """The inputs, weighted by a spline over their positions."""

        n_bases: int = 10
        spline_degree: int = 3
        share_splines: bool = False
        l2_smooth: float = 0.0
        l2: float = 0.0
        use_bias: bool = False
        bias_initializer: Any = "zeros"

        def build(self, inputs: Spec) -> None:
            tracks = 1 if self.share_splines else self.last_dim(inputs)
            zeros = kerasfmt.initializers.get("zeros")
            self.kernel = self.add_weight("kernel", (self.n_bases, tracks), initializer=zeros)

        def call(self, inputs: Value) -> Value:
            steps = inputs.shape[1]
            assert steps is not None and not self.use_bias
            bases = spline_bases(steps, self.n_bases, self.spline_degree)
            return inputs * (ops.matmul(inputs.graph.constant(bases), self.kernel) + 1.0)

    return {
        "ConvDNA": ConvDNA,
        "GlobalAveragePooling1D_Mask0": GlobalAveragePooling1D_Mask0,
        "SplineWeight1D": SplineWeight1D,
    }


def _waves_of_keras() -> Objects:
    import keras

    class mlgw_NN(keras.Sequential):  # type: ignore[misc, name-defined]
        """A stack of layers; what else it does, it does outside of the graph."""

        def __init__(
            self, layers: Any = None, name: Any = None, features: Any = None, **options: Any
        ) -> None:
            super().__init__(layers, name=name)

    return {"mlgw_NN": mlgw_NN}


def _waves_of_kerasfmt() -> Objects:
    import kerasfmt

    return {"mlgw_NN": kerasfmt.Model}


OBJECTS: Final[Mapping[str, tuple[Callable[[], Objects], Callable[[], Objects]]]] = {
    "": (dict, dict),
    "capped": (_capped_of_keras, _capped_of_kerasfmt),
    "squeeze": (_squeeze_of_keras, _squeeze_of_kerasfmt),
    "splicing": (_splicing_of_keras, _splicing_of_kerasfmt),
    "waves": (_waves_of_keras, _waves_of_kerasfmt),
}
"""The custom objects for a Keras, and for kerasfmt."""
