"""The Keras modules of the environment that a test runs in."""

from __future__ import annotations

import importlib

from conformance.case import Keras


def kerases() -> list[Keras]:
    """Every Keras that can be imported: tf_keras, then `keras`, whichever Keras that is."""
    found = []
    for name in ("tf_keras", "keras"):
        try:
            found.append(importlib.import_module(name))
        except ImportError:
            continue
    return found


def keras2() -> Keras | None:
    """The Keras 2 that is installed: tf_keras, or the `keras` that belongs to TensorFlow up to 2.15."""
    return next((keras for keras in kerases() if keras.__version__.startswith("2.")), None)


def is_keras3(keras: Keras) -> bool:
    """Whether it is Keras 3 or later."""
    return int(keras.__version__.split(".")[0]) >= 3
