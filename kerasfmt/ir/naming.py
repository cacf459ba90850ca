"""Layer names: snake case of the class name, numbered per process as Keras numbers them.

Source: tf_keras/src/backend.py, unique_object_name; tf_keras/src/utils/generic_utils.py, to_snake_case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol

_counts: Counter[str] = Counter()


def to_snake_case(name: str) -> str:
    """`ConvLSTM2D` -> `conv_lstm2d`, `BatchNormalization` -> `batch_normalization`."""
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()
    return "private" + snake if snake.startswith("_") else snake


def unique_name(class_name: str) -> str:
    """The next free name for a layer of this class: `dense`, `dense_1`, ..."""
    base = to_snake_case(class_name)
    count = _counts[base]
    _counts[base] += 1
    return f"{base}_{count}" if count else base


def unique_input_name() -> str:
    """The next free name for an input layer: `input_1`, `input_2`, ..."""
    _counts["input_"] += 1
    return f"input_{_counts['input_']}"


def located(path: str, text: str) -> str:
    """An error's text with the path of the model in front: `model outer/inner: layer dense: ...`."""
    inner, found, rest = text.removeprefix("model ").partition(": ")
    if not found or not text.startswith("model "):
        return f"model {path}: {text}"
    last = path.rpartition("/")[2]
    return (
        f"model {path}: {rest}" if inner == last else f"model {path}/{inner.removeprefix(last + '/')}: {rest}"
    )


def clear_session() -> None:
    """Restarts the numbering of layer names, so that a script that builds a model twice gives it the same names.

    Example:
      >>> [kerasfmt.layers.Dense(2).name for _ in range(2)]
      ['dense', 'dense_1']
      >>> kerasfmt.clear_session()
      >>> kerasfmt.layers.Dense(2).name
      'dense'
    """
    _counts.clear()


class Named(Protocol):
    """What has a name: a layer."""

    name: str


class LayerNames:
    """The names of layers in traces and in written files; by default each layer's own name.

    Args:
      others: the layers that have another name there.
    """

    def __init__(self, others: Mapping[Named, str] | None = None) -> None:
        self._others = dict(others or {})

    def __getitem__(self, layer: Named) -> str:
        return self._others.get(layer) or layer.name


OWN_NAMES: Final = LayerNames()
"""Every layer has its own name."""
