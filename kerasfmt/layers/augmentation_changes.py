"""The changes of images among which RandAugment and AugMix choose: a graph function makes the one of a number.

Each change is the training of a layer, whose random numbers follow from a seed here instead of a generator.

Source: keras/src/layers/preprocessing/image_preprocessing/rand_augment.py, aug_mix.py (3.x)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Spec, Value, ops
from kerasfmt.layers.augmentation import (
    AutoContrast,
    Equalization,
    RandomColorDegeneration,
    RandomPosterization,
    Solarization,
    contrasted,
)
from kerasfmt.layers.augmentation_base import Augmentation, Bounds, Range, image_range, pair
from kerasfmt.layers.augmentation_filters import RandomSharpness, RandomShear
from kerasfmt.layers.image_random import RandomBrightness
from kerasfmt.layers.image_warp import RandomRotation, RandomTranslation
from kerasfmt.typing import override

GEOMETRY_AND_TONES: Final = (
    *("shear", "translation", "rotation", "posterization", "solarization"),
    *("auto_contrast", "equalization"),
)
"""The changes that AugMix always has."""
COLOURS: Final = ("brightness", "color_degeneration", "contrast", "sharpness")
"""The others, which AugMix has with `all_ops`."""

_APART: Final = 100
"""How far the seeds of two changes lie apart: no change draws as often."""
SEEDS: Final = 10_000
"""How far the seeds of two calls of the function lie apart: no function has as many changes."""


class _EachContrast(Augmentation, register=False):
    """Images with their contrast changed, each by a number of its own."""

    factor: Bounds = pair(0, 1)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        less, more = self.factor
        return contrasted(x, self.share(x, (1.0 - less, 1.0 + more)), self.value_range)


_MAKERS: Final[Mapping[str, Callable[..., Any]]] = {
    "auto_contrast": lambda bounds, limits, method, **named: AutoContrast(limits, **named),
    "brightness": lambda bounds, limits, method, **named: RandomBrightness(bounds, limits, **named),
    "color_degeneration": lambda bounds, limits, method, **named: RandomColorDegeneration(
        bounds, limits, **named
    ),
    "contrast": lambda bounds, limits, method, **named: _EachContrast(bounds, limits, **named),
    "equalization": lambda bounds, limits, method, **named: Equalization(limits, **named),
    "posterization": lambda bounds, limits, method, **named: RandomPosterization(
        max(1, int(8 * bounds[1])), limits, **named
    ),
    "rotation": lambda bounds, limits, method, **named: RandomRotation(bounds, interpolation=method, **named),
    "sharpness": lambda bounds, limits, method, **named: RandomSharpness(bounds, limits, **named),
    "shear": lambda bounds, limits, method, **named: RandomShear(bounds, bounds, method, **named),
    "solarization": lambda bounds, limits, method, **named: Solarization(bounds, bounds, limits, **named),
    "translation": lambda bounds, limits, method, **named: RandomTranslation(
        height_factor=bounds, width_factor=bounds, interpolation=method, **named
    ),
}
"""A change -> the layer that makes it, of the bounds of its strength, the range of the images and the interpolation."""


def change_function(layer: Any, images: Spec, changes: Sequence[str]) -> Function:
    """A function of images, the number of a change, int32 (), and a seed, int64 (2,): the changed images.

    Equal seeds draw equal numbers. A number beyond the changes leaves the images as they are.

    Args:
      layer: has the options `factor`, `value_range` and `interpolation`.
      images: (batch, height, width, channels).
      changes: names of changes.
    """
    graph = Builder("change_images")
    x = graph.input(images, "images")
    number = graph.input(Spec((), dtypes.int32), "number")
    seed = graph.input(Spec((2,), dtypes.int64), "seed")
    for place, change in enumerate(changes):
        x = ops.cond(
            ops.equal(number, np.int32(place)),
            lambda x, seed, change=change, place=place: _changed(layer, change, x, seed + place * _APART),
            lambda x, seed: ops.identity(x),
            [x, seed],
        )
        x.set_shape(images.shape)
    return graph.finish([x])


def _changed(layer: Any, change: str, x: Value, seed: Value) -> Value:
    named = {"name": f"{layer.name}_{change}", "dtype": layer.compute_dtype.name}
    made = _MAKERS[change](layer.factor, layer.value_range, layer.interpolation, **named)
    if isinstance(made, AutoContrast):
        return made.call(x)
    made.seeds = (seed + draw for draw in range(_APART))
    return ops.cast(made.vary(x), x.dtype)
