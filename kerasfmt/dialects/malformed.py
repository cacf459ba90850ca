"""Configs that describe no model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kerasfmt.errors import InvalidModelError, KerasfmtError, OutOfMemoryError
from kerasfmt.printable import printable


@contextlib.contextmanager
def malformed_config_errors(where: str) -> Iterator[None]:
    """Turns what Python raises over a malformed config into an InvalidModelError; every error says where.

    Args:
      where: the file, or the model, and what of it is read.
    """
    try:
        yield
    except KerasfmtError as error:
        if printable(where.partition(": ")[0]) in str(error):
            raise
        raise type(error)(f"{where}: {error}") from error
    except MemoryError as error:
        raise OutOfMemoryError(
            f"{where}: there is too little memory for the model: {error or 'none is left'}"
        ) from error
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise InvalidModelError(
            f"{where}: no model can be built from it: {type(error).__name__}: {error}"
        ) from error
