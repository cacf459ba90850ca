"""A case of conformance: one record for all tables.

Nothing here imports TensorFlow or Keras; builders receive the `keras` module to build with.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

Keras = Any
KerasModel = Any

BATCH = 4
DYNAMIC = 7
"""Sample inputs have this size where a model's input leaves a dimension open."""

HALF = "float16 has 11 bits of mantissa, and the kernels round at different places"
DEEP = "the rounding of some hundred float32 convolutions and normalisations adds up"


@dataclass(frozen=True, repr=False)
class Input:
    """One input of a model: its shape without the batch, its dtype, and what fills a sample of it.

    Attributes:
      shape: without the batch; None leaves a dimension open.
      dtype: its name.
      high: integers in [0, high) fill the sample; None: normally distributed numbers.
      batch: the size of the batch where the model fixes it.
      draw: a function of (generator, shape) that fills the sample in another way.
    """

    shape: tuple[int | None, ...]
    dtype: str = "float32"
    high: int | None = None
    batch: int | None = None
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray] | None = None

    def __repr__(self) -> str:
        """The first three fields, and of the others those that are set: it is part of the keys of cached artefacts."""
        values = [(f.name, getattr(self, f.name)) for f in fields(self)]
        shown = [f"{name}={value!r}" for name, value in values[:3]]
        shown += [f"{name}={getattr(v, '__name__', v)!r}" for name, v in values[3:] if v is not None]
        return f"Input({', '.join(shown)})"

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """The sample array: (batch or BATCH, *shape), open dimensions DYNAMIC long."""
        shape = (self.batch or BATCH, *(DYNAMIC if n is None else n for n in self.shape))
        if self.draw is not None:
            drawn = self.draw(rng, shape)
            return drawn if self.dtype == "string" else drawn.astype(self.dtype)
        if self.high is not None:
            return rng.integers(0, self.high, shape).astype(self.dtype)
        return rng.normal(size=shape).astype(self.dtype)

    def tensor(self, keras: Keras, name: str, batch: int | None = None) -> Any:
        """The symbolic input."""
        return keras.Input(self.shape, self.batch or batch, dtype=self.dtype, name=name)


def vector(*shape: int | None, **kw: Any) -> tuple[Input, ...]:
    """One input of this shape."""
    return (Input(shape, **kw),)


@dataclass(frozen=True, eq=False)
class Case:
    """One model under test; equal to itself only.

    Attributes:
      name: unique in its table.
      about: the class of layer or operation that the case is about; "model" for whole models.
      build: makes the model with a Keras.
      key: names the definition: artefacts are cached under it. Empty where nothing is cached.
      inputs: in the order of `model.inputs`; () derives them from the model.
      tolerance: how far numbers may be off, relative to the largest magnitude of the output.
      why: the reason for the tolerance, or for `runs` being False, or for `unsaved`.
      runs: False where this machine's TensorFlow cannot execute the model. Such a model is loaded and its specs
        are compared, nothing more.
      random: whether the outputs differ from call to call in training.
      forgets: whether the next training step depends on the optimizer's slots, which Keras 2 makes anew when it loads a
        SavedModel, its own too.
      trains: False where integers or no gradient come out, so that no training step is tried.
      unsaved: lines on which Keras cannot trace the layer in training, so that it neither saves the model nor fits
        it. What kerasfmt saves is read all the same.
      slow: whether --fast leaves it out.
      suffix: of the file from which kerasfmt and TensorFlow load the model; Keras 2 saves some layers as `.keras` only.
      save: further arguments of `save_model`, TensorFlow's and ours.
      objects: the `custom_objects` of `load_model`, TensorFlow's and ours, of the module `keras` or `kerasfmt`.
    """

    name: str
    about: str
    build: Callable[[Keras], KerasModel]
    key: str = ""
    inputs: tuple[Input, ...] = ()
    tolerance: float = 1e-5
    why: str = ""
    runs: bool = True
    random: bool = False
    forgets: bool = False
    trains: bool = True
    unsaved: tuple[str, ...] = ()
    slow: bool = False
    suffix: str = "h5"
    save: Mapping[str, Any] = field(default_factory=dict)
    objects: Callable[[Any], Mapping[str, Any]] = lambda k: {}

    def __str__(self) -> str:
        return self.name

    def sample(self, model: Any) -> list[np.ndarray]:
        """One batch for each input, in the order of `model.inputs`."""
        rng = np.random.default_rng(3)
        given = self.inputs or [
            Input(tuple(t.shape[1:]), str(getattr(t.dtype, "name", t.dtype))) for t in model.inputs
        ]
        return [one.sample(rng) for one in given]


def batch_of(arrays: list[np.ndarray]) -> Any:
    """A batch as a model takes it: a list of arrays, or the one array."""
    return arrays if len(arrays) > 1 else arrays[0]


Builder = Callable[[Keras], KerasModel]


def registering(table: list[Case]) -> Callable[..., Callable[[Builder], Builder]]:
    """A decorator, called with fields of `Case`, which puts the case of a whole model into a table.

    The case has the name of the decorated builder, and its text for a key.
    """

    def model(**options: Any) -> Callable[[Builder], Builder]:
        def register(build: Builder) -> Builder:
            key = hashlib.sha256(inspect.getsource(build).encode()).hexdigest()[:12]
            table.append(Case(build.__name__, "model", build, key, **options))
            return build

        return register

    return model
