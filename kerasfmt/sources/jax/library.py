"""JAX itself, imported when a function of it is traced."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
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


def applied(equation: Any, *operands: Any) -> list[Any]:
    """The results of an equation of JAX for other operands.

    Args:
      equation: a jax.extend.core.JaxprEqn.
      operands: as many as it has.

    Source: jax/_src/core.py, eval_jaxpr.
    """
    primitive = equation.primitive
    given = primitive.get_bind_params(equation.params)
    functions, params = given if isinstance(given, tuple) else ((), given)  # JAX gave a pair before 0.9
    found = primitive.bind(*functions, *operands, **params)
    return list(found) if primitive.multiple_results else [found]


def own_function(*places: str) -> Callable[..., Any] | None:
    """A function of JAX's that is no part of its interface; None if this JAX has none of that name.

    Args:
      places: where versions of JAX have it, each as `module:name`.
    """
    for place in places:
        try:
            found: Callable[..., Any] = resolve_name(place)
        except (ImportError, AttributeError):
            continue
        return found
    return None
