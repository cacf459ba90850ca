"""Layers that mix images, or mix changes of them, while training, and leave them unchanged at inference.

Source: keras/src/layers/preprocessing/image_preprocessing (3.x), a module for each.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.layers.augmentation_base import Augmentation, Bounds, Range, image_range, pair
from kerasfmt.layers.augmentation_changes import COLOURS, GEOMETRY_AND_TONES, SEEDS, change_function
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
    """Some random changes, one after the other; all images of the batch have the same ones.

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

    @override
    def vary(self, x: Value) -> Value:
        changes = (*GEOMETRY_AND_TONES, *COLOURS)
        function = change_function(self, x.spec, changes)
        # A change that is chosen twice has the same random numbers again.
        seed = ops.generator_seed(self.state, x)
        for number in self.numbers(x, self.num_ops, len(changes)):
            (x,) = x.graph.call(function, [x, number, seed])
        return x


class AugMix(Augmentation):
    """Images mixed with chains of random changes of themselves.

    Keras chooses the changes where it traces a function, once; here, as in Keras without a function, each call chooses.

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
    alpha: float = fields.number(default=1.0, above=0)
    all_ops: bool = True
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        changes = (*GEOMETRY_AND_TONES, *(COLOURS if self.all_ops else ()))
        function = change_function(self, x.spec, changes)
        alphas = x.graph.constant(np.full(self.num_chains, self.alpha, np.float32))
        gammas = self.gamma(alphas)
        shares = ops.cast(gammas / ops.reduce_sum(gammas, [0], keepdims=True), x.dtype)
        share = ops.cast(ops.getitem(self.beta(ops.getitem(alphas, slice(0, 1))), 0), x.dtype)
        seed = ops.generator_seed(self.state, x)
        numbers = iter(enumerate(self.numbers(x, self.num_chains * self.chain_depth, len(changes) + 1)))
        total = None
        for chain in range(self.num_chains):
            changed = x
            for _ in range(self.chain_depth):
                place, number = next(numbers)
                (changed,) = x.graph.call(function, [changed, number, seed + place * SEEDS])
            part = changed * ops.getitem(shares, chain)
            total = part if total is None else total + part
        assert total is not None
        return ops.clip_by_value(share * x + (1.0 - share) * total, *map(float, self.value_range))
