"""Which modules belong to Keras, where a config, an identifier or a live object names one.

Every other module is custom code. It is never imported; the user has to pass a replacement.
"""

from __future__ import annotations

from typing import Final

_KERAS: Final = frozenset({"keras", "tf_keras", "keras_core"})
_NAMED: Final = _KERAS | {"builtins", "tensorflow"}
_OPERATIONS: Final = ("keras.src.ops", "keras.ops", "keras_core.src.ops")


def is_own(module: str) -> bool:
    """Whether a module that a config names belongs to Keras, TensorFlow or Python."""
    return module.partition(".")[0] in _NAMED


def defines_keras(module: str) -> bool:
    """Whether a module is part of Keras, so that the classes in it are Keras's own."""
    return module.partition(".")[0] in _KERAS or f"{module}.".startswith("tensorflow.python.keras.")


def holds_operations(module: str) -> bool:
    """Whether a module has the operations that are stored among the layers of a model."""
    return module.startswith(_OPERATIONS)
