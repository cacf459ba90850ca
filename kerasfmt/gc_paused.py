"""Building a graph makes many objects that all stay; Python's cyclic collector would walk them over and over."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """A context, or a decorator, without the cyclic collector; objects are still freed by their counts.

    It takes a quarter off the time to convert ResNet50.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
