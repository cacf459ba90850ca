"""Where in the user's code something happens, and what an error there says."""

from __future__ import annotations

import inspect
import linecache
import re
import traceback
from typing import Final

from kerasfmt.ir.own_modules import defines_keras

_BOLD: Final = re.compile(r"\x1b\[1m(.*?)\x1b\[0m", re.DOTALL)
"""What a layer raised, in the error of Keras's that says with which arguments it was called."""


def _is_users(module: str) -> bool:
    return not defines_keras(module) and module.partition(".")[0] not in (
        "kerasfmt", "jax", "jaxlib", "flax", "numpy", "torch", "tensorflow", "optree", "contextlib", "inspect",
    )  # fmt: skip


def reason_of(error: BaseException) -> str:
    """What an error says, without what Keras puts around it."""
    text = str(error).strip()
    found = _BOLD.search(text)
    return found.group(1).strip() if found else text or type(error).__name__


def running_line() -> str:
    """The line of the user's code that is running."""
    frame = inspect.currentframe()
    while frame is not None and not _is_users(str(frame.f_globals.get("__name__"))):
        frame = frame.f_back
    return "" if frame is None else _located(frame.f_code.co_filename, frame.f_lineno)


def raising_line(error: BaseException) -> str:
    """The line of the user's code in which an error was raised."""
    found = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        if _is_users(str(frame.f_globals.get("__name__"))):
            found = _located(frame.f_code.co_filename, number)
    return found


def _located(path: str, number: int) -> str:
    text = linecache.getline(path, number).strip()
    return f"{path}:{number}" + (f" ({text:.120})" if text else "")
