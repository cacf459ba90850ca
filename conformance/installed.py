"""The Kerases of the environment that a test runs in."""

from __future__ import annotations

import importlib
from typing import Any

Keras = Any


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
