"""JAX itself, imported when a function of it is traced."""

from __future__ import annotations

from typing import Any


def jax() -> Any:
    """The module `jax`, with `jax.export`.

    Raises:
      ImportError: it is not installed.
    """
    try:
        import jax as module
        import jax.export
    except ImportError as error:
        raise ImportError(
            "from_jax traces functions with JAX, which cannot be imported; install it with `pip install kerasfmt[jax]`"
        ) from error
    return module
