"""A call of a function or an operation: what it takes, and the model that is made of one call or of several."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from conformance.case import Case, Input, Keras, KerasModel
from conformance.nested import flat

Call = Callable[..., Any]
"""A function of the module that is called (`tf` or `keras.ops`) and of tensors; the names of its parameters are
those of `INPUTS`."""


def _probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.05, 0.95, shape)


def _indices(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(-2, 4, shape)


def _labels(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(1, 4, shape)


def _wild(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    found = rng.normal(size=shape)
    found.ravel()[[1, 4, 8, 15, 21]] = [np.nan, np.inf, -np.inf, np.nan, 0]
    return found


INPUTS: dict[str, Input] = {
    **dict.fromkeys("xy", Input((6,))),
    **dict.fromkeys("nk", Input((6,), "int32", 5)),
    **dict.fromkeys("ab", Input((5, 2, 4))),
    "p": Input((6,), draw=_probabilities),
    "w": Input((6,), draw=_wild),
    "c": Input((6,), "bool", 2),
    "h": Input((6,), "float16"),
    "t": Input((), "int32", 5),
    "s": Input((5, 4)),
    "g": Input((5, 4), "int32", draw=_indices),
    "e": Input((3, 4)),
    "d": Input((None, 4)),
    "i": Input((8, 9, 3)),
    "r": Input((8, 12, 3), draw=_probabilities),
    "j": Input((3, 8, 12), draw=_probabilities),
    "m": Input((5,), batch=4),
    "v": Input((), batch=5),
    "q": Input((24,)),
    "f": Input((2,), "int32", draw=_labels),
}
"""The inputs of calls by name, floats where nothing else is said.

    x, y   (6,)                       n, k   int32 (6,), 0 ... 4
    p      (6,), positive, below 1    w      (6,), with not-a-number and infinities
    c      bool (6,)                  h      float16 (6,)
    s      (5, 4)                     g      int32 (5, 4), -2 ... 3
    e      (3, 4)                     d      (open, 4)
    a, b   (5, 2, 4)                  t      int32 (), 0 ... 4
    i      (8, 9, 3)                  r, j   images (8, 12, 3), (3, 8, 12), positive, below 1
    m      (4, 5) with the batch      v      (5,) with the batch
    q      (24,)                      f      int32 (2,), 1 ... 3
"""


def taken(call: Call) -> list[str]:
    """The names of the inputs that a call takes."""
    return [name for name in inspect.signature(call).parameters if name in INPUTS]


def case_of(
    name: str, about: str, calls: Mapping[str, Call], module: Callable[[Keras], Any], **options: Any
) -> Case:
    """The model whose outputs are those of some calls.

    Args:
      name: of the case.
      about: what the case is about.
      calls: the calls by name.
      module: gives the module that is called, for a Keras.
      **options: further fields of the case.
    """
    names = sorted({name for call in calls.values() for name in taken(call)})

    def build(keras: Keras) -> KerasModel:
        given = {name: INPUTS[name].tensor(keras, name) for name in names}
        functions = module(keras)
        outputs = [call(functions, *(given[name] for name in taken(call))) for call in calls.values()]
        return keras.Model(list(given.values()), flat(outputs), name="model")

    return Case(name, about, build, inputs=tuple(INPUTS[name] for name in names), **options)
