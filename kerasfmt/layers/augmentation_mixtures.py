"""Layers that mix images, or mix changes of them, while training, and leave them unchanged at inference.

What they do in training is not written: they predict, and every format without traced functions holds them.

Source: keras/src/layers/preprocessing/image_preprocessing (3.x), a module for each.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.layers.augmentation_base import Augmentation, Bounds, Range, image_range, pair
from kerasfmt.layers.image_random import batch_size
from kerasfmt.typing import override


class MixUp(Augmentation):
    """Images mixed with others of the batch.

    Args:
      alpha: parameter of the distribution of the shares.
      seed: makes the choice repeatable.
    """

    alpha: float = fields.number(default=0.2, above=0)
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        others = self.shuffled(x)
        share = self.beta(ops.fill(ops.pack([batch_size(x)]), np.float32(self.alpha)))
        share = ops.cast(ops.reshape(share, [-1, 1, 1, 1]), x.dtype)
        return share * x + (1.0 - share) * others


class CutMix(Augmentation):
    """Images with a rectangle of others of the batch.

    Args:
      factor: parameters of the distribution of the sizes, a number f, for [0, f], or a pair.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1, default=1.0)
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        one = x.graph.constant(np.array([1], np.int32))
        alpha = ops.generator_uniform(self.state, one, *map(float, self.factor)) + 1e-6
        shares = self.beta(ops.broadcast_to(alpha, ops.pack([batch_size(x)])))
        inside = self.rectangle(x, [ops.sqrt(1.0 - ops.expand_dims(shares, 1))] * 2)
        return ops.where(inside, self.shuffled(x), x)


class RandAugment(Augmentation):
    """Some random changes, one after the other; its training is not written.

    Args:
      value_range: least and greatest value of the images.
      num_ops: number of changes.
      factor: how strong they are, a number f, for [0, f], or a pair of bounds.
      interpolation: "nearest" or "bilinear".
      seed: makes the choice repeatable.
    """

    value_range: Range = image_range()
    num_ops: int = fields.positive_integer(default=2)
    factor: Bounds = pair(0, 1, default=0.5)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    seed: int | None = None


class AugMix(Augmentation):
    """Images mixed with chains of random changes of themselves; its training is not written.

    Args:
      value_range: least and greatest value of the images.
      num_chains: number of chains.
      chain_depth: number of changes in a chain.
      factor: how strong they are, a number f, for [0, f], or a pair of bounds.
      alpha: parameter of the distribution of the shares.
      all_ops: whether brightness, contrast and saturation are among the changes.
      interpolation: "nearest" or "bilinear".
      seed: makes the choice repeatable.
    """

    value_range: Range = image_range()
    num_chains: int = fields.positive_integer(default=3)
    chain_depth: int = fields.positive_integer(default=3)
    factor: Bounds = pair(0, 1, default=0.3)
    alpha: float = fields.number(default=1.0)
    all_ops: bool = True
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    seed: int | None = None
