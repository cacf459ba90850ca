"""Layers that vary images at random while training, and leave them unchanged at inference.

Every layer draws from its own generator. A SavedModel holds the state of the generator, although it is not a weight.
Keras seeds the generator at random if the layer has no seed; here the name of the layer is the seed, so that equal
models give equal files.

Source: tf_keras/src/layers/preprocessing/image_preprocessing.py; tf_keras/src/engine/base_layer.py,
BaseRandomLayer.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.image import ImageLayer, crop, enlarged
from kerasfmt.layers.upsampling import METHODS, resize
from kerasfmt.typing import override

_f32 = dtypes.float32
_Number = (int, float)

Factor: TypeAlias = Field[Any, float | Sequence[float]]
"""The type of an option that is a number, or a pair of bounds."""
Bounds: TypeAlias = Field[list[float], float | Sequence[float]]
"""The type of an option that is held as a pair of bounds."""


def factor(low: float, high: float, *, default: Any = fields.REQUIRED, optional: bool = False) -> Any:
    """An option: a number f, for [-f, f], or a pair of bounds; the bounds are in [low, high]."""

    def convert(value: Any) -> Any:
        if value is None and optional:
            return None
        pair = isinstance(value, list | tuple)
        bounds = list(value) if pair else [value, value]
        if len(bounds) != 2 or not all(isinstance(b, _Number) and not isinstance(b, bool) for b in bounds):
            raise ValueError(f"expected a number or a pair of numbers, got {value!r}")
        lower, upper = map(float, (bounds[0], bounds[1]) if pair else (-bounds[0], bounds[0]))
        if not low <= lower <= upper <= high:
            raise ValueError(f"expected lower <= upper in [{low}, {high}], got {value!r}: {lower} to {upper}")
        return value

    return fields.option(default=default, convert=convert)


def bounds(value: float | Sequence[float]) -> tuple[float, float]:
    """The bounds for which a factor stands."""
    return (value[0], value[1]) if isinstance(value, Sequence) else (-value, value)


class RandomImageLayer(ImageLayer, register=False):
    """Base of the random image layers; a subclass defines in `vary` what happens while training.

    Attributes:
      seeds: int64 (2,) each: what `uniform` draws with, one after the other, in place of the generator.
    """

    seeds: Iterator[Value] | None = fields.state(default=None)

    @override
    def random_generator(self) -> bool:
        """It has one, with a state."""
        return True

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """The options that are lists: pairs from a file are."""
        return self.facts.tracked_lists or tuple(
            name for name in self.fields if isinstance(vars(self).get(name), list)
        )

    @override
    def build(self, inputs: Any) -> None:
        """Makes the state of the generator; the seed is its initial counter."""
        seed = vars(self)["seed"]  # every subclass has the option
        seed = zlib.crc32(self.name.encode()) if seed is None else seed
        self.generator_state = Weight(
            f"{self.scope}{self.name}/StateVar", (3,), dtypes.int64, trainable=False, autocast=False
        )
        self.generator_state.value = np.array([seed, 0, 0], np.int64)

    @property
    def state(self) -> Weight:
        """The state of the generator."""
        assert self.generator_state is not None
        return self.generator_state

    def prepared(self, inputs: Value) -> Value:
        """The inputs in the compute dtype."""
        self.check_rank(inputs)
        return ops.cast(inputs, self.compute_dtype)

    @override
    def call(self, inputs: Value, training: bool = True) -> Value:
        x = self.prepared(inputs)
        if not training:
            return self.left_alone(x)
        y = self.vary(x if x.rank == 4 else ops.expand_dims(x, 0))
        return y if x.rank == 4 else ops.squeeze(y, [0])

    def left_alone(self, x: Value) -> Value:
        """The outputs at inference."""
        return x

    def vary(self, x: Value) -> Value:
        """The outputs for a batch of images while training."""
        raise NotImplementedError

    def uniform(self, shape: Sequence[int | Value], limits: tuple[float, float]) -> Value:
        """Random float32 numbers between limits, of a shape."""
        values = [d for d in shape if isinstance(d, Value)]
        packed = ops.pack(list(shape)) if values else None
        assert packed is not None
        if self.seeds is not None:
            return ops.seeded_uniform(next(self.seeds), packed, *limits)
        return ops.generator_uniform(self.state, packed, *limits)


def batch_size(x: Value) -> Value:
    """The size of the first axis, an int32 scalar."""
    return ops.getitem(ops.shape(x), 0)


def sides(x: Value) -> tuple[Value, Value]:
    """Height and width of images, as float32 scalars."""
    shape = ops.shape(x)
    height, width = (ops.cast(ops.getitem(shape, axis), _f32) for axis in (-3, -2))
    return height, width


class RandomFlip(RandomImageLayer):
    """Images flipped at random.

    Args:
      mode: "horizontal", "vertical" or "horizontal_and_vertical".
      seed: makes the choice repeatable.
    """

    config_order = ("mode", "seed")
    mode: str = fields.choice(
        "horizontal", "vertical", "horizontal_and_vertical", default="horizontal_and_vertical"
    )
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        """Flips each image or not. Source: tf.image.stateless_random_flip_left_right."""
        for axis, word in ((2, "horizontal"), (1, "vertical")):
            if word in self.mode:
                x = self._flip(x, axis)
        return x

    def _flip(self, x: Value, axis: int) -> Value:
        batch = batch_size(x)
        seed = ops.generator_seed(self.state, x)
        drawn = ops.seeded_uniform(seed, ops.pack([batch]), 0.0, 1.0)
        flips = ops.cast(ops.round(ops.reshape(drawn, ops.pack([batch, 1, 1, 1]))), x.dtype)
        return flips * ops.reverse(x, [axis]) + (1 - flips) * x


class RandomCrop(RandomImageLayer):
    """A random window of the images, the same for the whole batch.

    At inference, and if they are smaller than the window, images are resized instead.

    Args:
      height: height of the outputs.
      width: width of the outputs.
      seed: makes the choice repeatable.
    """

    autocast = False
    config_order = ("height", "width", "seed")
    height: int = fields.positive_integer()
    width: int = fields.positive_integer()
    seed: int | None = None

    @override
    def call(self, inputs: Value, training: bool = True) -> Value:
        x = self.prepared(inputs)
        shape = ops.shape(x)
        spare = [ops.getitem(shape, -3) - self.height, ops.getitem(shape, -2) - self.width]
        enough = ops.reduce_all(ops.pack([training, *(ops.greater_equal(s, 0) for s in spare)]))
        return ops.cond(enough, self._cut, self._enlarge, [x, *spare])

    def _cut(self, x: Value, rows: Value, columns: Value) -> Value:
        two = x.graph.constant(np.array([2], np.int32))
        drawn = ops.generator_integers(self.state, two, 0, np.iinfo(np.int32).max)
        top, left = (ops.floor_mod(ops.getitem(drawn, i), s + 1) for i, s in enumerate((rows, columns)))
        return crop(x, top, left, self.height, self.width)

    def _enlarge(self, x: Value, rows: Value, columns: Value) -> Value:
        return enlarged(x, self.height, self.width, self.compute_dtype)


class RandomContrast(RandomImageLayer):
    """Images with their contrast changed at random, equally for the whole batch; the outputs are in [0, 255].

    Args:
      factor: how much lower and how much higher the contrast may be, a number or a pair.
      seed: makes the choice repeatable.
    """

    facts = KerasFacts(implied_by_keras2={"value_range": ([0, 255],)})
    config_order = ("factor", "seed")
    factor: Factor
    seed: int | None = None

    @override
    def validate(self) -> None:
        """Checks that contrast does not become negative."""
        value = self.factor
        lower, upper = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
        if not all(isinstance(b, _Number) for b in (lower, upper)) or not (0 <= lower <= 1 and upper >= 0):
            raise self.fail(
                f"option factor: expected numbers of at least 0, the first at most 1, got {value!r}"
            )

    @override
    def vary(self, x: Value) -> Value:
        """Changes the contrast. Source: tf.image.stateless_random_contrast."""
        value = self.factor
        lower, upper = value if isinstance(value, list | tuple) else (value, value)
        scalar = x.graph.constant(np.zeros(0, np.int32))
        seed = ops.generator_seed(self.state, x)
        drawn = ops.seeded_uniform(seed, scalar, 1.0 - lower, 1.0 + upper)
        half = x.dtype is dtypes.float16
        y = ops.adjust_contrast(x if half else ops.cast(x, _f32), drawn)
        return ops.clip_by_value(ops.cast(y, x.dtype), 0.0, 255.0)


def _brightness(value: Any) -> list[Any]:
    pair = list(value) if isinstance(value, list | tuple) else [value, value]
    if len(pair) != 2 or not all(isinstance(b, _Number) and -1 <= b <= 1 for b in pair):
        raise ValueError(f"expected a number in [-1, 1] or a pair of them, got {value!r}")
    return sorted(pair) if isinstance(value, list | tuple) else [-abs(value), abs(value)]


def _range(value: Any) -> list[Any]:
    if (
        not isinstance(value, list | tuple)
        or len(value) != 2
        or not all(isinstance(b, _Number) and not isinstance(b, bool) for b in value)
    ):
        raise ValueError(f"expected a pair of numbers, got {value!r}")
    return sorted(value)


class RandomBrightness(RandomImageLayer):
    """Images made brighter or darker at random.

    Args:
      factor: a number f, for [-f, f], or a pair of bounds, between -1 and 1.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    facts = KerasFacts(tracked_lists=("_factor", "_value_range"))
    config_order = ("factor", "value_range", "seed")
    factor: Bounds = fields.option(convert=_brightness)
    value_range: Bounds = fields.option(default=(0, 255), convert=_range)
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        low, high = self.value_range
        delta = self.uniform([batch_size(x), 1, 1, 1], (self.factor[0], self.factor[1]))
        delta = ops.cast(delta * float(high - low), x.dtype)
        return ops.clip_by_value(x + delta, float(low), float(high))


class RandomSide(RandomImageLayer, register=False):
    """Base of layers that resize images to a random height or width, the same for the whole batch.

    Args:
      factor: by which share the side grows: a number f, for [-f, f], or a pair of bounds.
      interpolation: as for `Resizing`.
      seed: makes the choice repeatable.
    """

    facts = KerasFacts(absent_in=3)
    config_order = ("factor", "interpolation", "seed")
    axis: ClassVar[int]
    """The axis whose size changes, counted from the end."""
    factor: Factor = factor(-1.0, math.inf)
    interpolation: str = fields.choice(*METHODS, default="bilinear")
    seed: int | None = None

    @override
    def prepared(self, inputs: Value) -> Value:
        self.check_rank(inputs)
        return inputs

    @override
    def left_alone(self, x: Value) -> Value:
        """The inputs with an unknown size: the shapes of a model are the shapes of training."""
        shape = tuple(None if axis == x.rank + self.axis else size for axis, size in enumerate(x.dims))
        return emit_one("Identity", x, shapes=[shape])

    @override
    def vary(self, x: Value) -> Value:
        sizes = [ops.getitem(ops.shape(x), i) for i in (1, 2)]
        lower, upper = bounds(self.factor)
        scalar = x.graph.constant(np.zeros(0, np.int32))
        drawn = ops.generator_uniform(self.state, scalar, 1.0 + lower, 1.0 + upper)
        side = self.axis + 3
        sizes[side] = ops.cast(drawn * ops.cast(sizes[side], _f32), "int32")
        return ops.cast(resize(x, ops.pack(sizes), self.interpolation), self.compute_dtype)


class RandomHeight(RandomSide):
    """Images resized to a random height; see `RandomSide`."""

    axis = -3


class RandomWidth(RandomSide):
    """Images resized to a random width; see `RandomSide`."""

    axis = -2
