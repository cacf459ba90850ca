"""What stands in other places while code of live layers runs, and is put back afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

LOCK: Final = threading.RLock()
"""Code of live layers runs in one thread at a time, while what it calls is replaced."""


@contextmanager
def replaced(holder: dict[str, Any], key: str, value: Any) -> Iterator[None]:
    """Another value for a key, or for a new key, until the block ends."""
    missing = object()
    before = holder.get(key, missing)
    holder[key] = value
    try:
        yield
    finally:
        if before is missing:
            del holder[key]
        else:
            holder[key] = before


@contextmanager
def mode_of_call(live: Any, training: bool | None) -> Iterator[None]:
    """The mode of the layers that a live layer of Keras 3 calls, until the block ends: they ask the call under way.

    The losses that the layer holds stay, which the begin of a call takes away.

    Source: keras/src/layers/layer.py, _get_call_context (3.x)
    """
    context = getattr(live, "_get_call_context", None)
    if context is None:
        yield
        return
    with replaced(vars(live), "_clear_losses", _nothing):
        found = context()
    try:
        if hasattr(found, "set_value"):
            found.set_value("training", training)
        else:
            found.training = training
        yield
    finally:
        live._maybe_reset_call_context()


def _nothing() -> None: ...


@contextmanager
def attribute_replaced(holder: Any, name: str, value: Any) -> Iterator[None]:
    """Another value for an attribute of a class or a module, until the block ends; an inherited one shows again."""
    missing = object()
    before = vars(holder).get(name, missing)
    setattr(holder, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(holder, name)
        else:
            setattr(holder, name, before)
