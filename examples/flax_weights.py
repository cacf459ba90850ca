"""A checkpoint of Flax becomes a Keras model, and that a SavedModel, with no TensorFlow installed.

    python examples/flax_weights.py network.msgpack served

`network.msgpack` is `flax.serialization.to_bytes(variables)` of a network of two convolutions and a Dense layer.
Without it, this script makes one, if Flax is installed. Flax and Keras keep kernels in the same order of axes, so
nothing is transposed here; torch does not: map its `fc.weight` to `("dense/kernel", (1, 0))`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import kerasfmt
from kerasfmt import layers


def make_checkpoint(path: Path) -> None:
    """Writes the variables of a Flax network that was not trained."""
    import flax.linen as nn
    import jax
    from flax.serialization import to_bytes

    class Network(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            x = nn.relu(nn.Conv(8, (3, 3))(x))
            x = nn.BatchNorm(use_running_average=True)(x)
            x = nn.relu(nn.Conv(16, (3, 3))(x))
            return nn.Dense(10)(x.mean(axis=(1, 2)))

    variables = Network().init(jax.random.PRNGKey(0), np.zeros((1, 8, 8, 3), np.float32))
    path.write_bytes(to_bytes(variables))


def main(checkpoint: Path, target: Path) -> None:
    """Writes the SavedModel."""
    if not checkpoint.exists():
        make_checkpoint(checkpoint)
    for name, array in kerasfmt.open_weights(checkpoint).items():
        print(name, array.shape, array.dtype)

    model = kerasfmt.Sequential(
        [
            layers.Conv2D(8, 3, padding="same", activation="relu", input_shape=(8, 8, 3), name="conv_0"),
            layers.BatchNormalization(epsilon=1e-5, name="norm_0"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv_1"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, name="dense_0"),
        ]
    )
    rules = {
        r"params/Conv_(\d)/(\w+)": r"conv_\1/\2",
        r"params/Dense_(\d)/(\w+)": r"dense_\1/\2",
        "params/BatchNorm_0/scale": "norm_0/gamma",
        "params/BatchNorm_0/bias": "norm_0/beta",
        "batch_stats/BatchNorm_0/mean": "norm_0/moving_mean",
        "batch_stats/BatchNorm_0/var": "norm_0/moving_variance",
    }
    kerasfmt.load_weights(model, checkpoint, mapping=rules)
    kerasfmt.save_model(model, target)
    print(model.predict(np.ones((1, 8, 8, 3), np.float32)).round(4))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
