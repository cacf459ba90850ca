"""A classifier of Flax becomes a SavedModel, with no TensorFlow: `python examples/flax_classifier.py`."""

from __future__ import annotations

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

import kerasfmt


class Classifier(nn.Module):
    """One convolution and one dense layer on images (batch, 28, 28, 1)."""

    @nn.compact
    def __call__(self, images: Any) -> Any:
        """The scores of ten classes."""
        x = nn.relu(nn.Conv(8, (3, 3))(images))
        x = nn.max_pool(x, (2, 2), (2, 2)).mean((1, 2))
        return {"scores": nn.softmax(nn.Dense(10)(x))}


model = Classifier()
params = model.init(jax.random.key(0), jnp.zeros((1, 28, 28, 1)))
served = kerasfmt.from_jax(model.apply, params, inputs={"images": "float32[b, 28, 28, 1]"})
scores = served.signatures["serving_default"](images=jnp.ones((2, 28, 28, 1)))["scores"]
print(scores.shape)  # computed in NumPy: (2, 10)
kerasfmt.save_model(served, "classifier")
