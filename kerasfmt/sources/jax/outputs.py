"""The outputs of a traced function: the structure in which TensorFlow gives them, and their names in a signature.

Source: jax/_src/tree_util.py, key_paths; tensorflow/python/saved_model/signature_serialization.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.structure import flatten
from kerasfmt.sources.jax.parameters import key_names


@dataclass(frozen=True)
class Outputs:
    """The outputs of a function.

    Attributes:
      structure: lists, tuples and dicts; a leaf is the place of an output among those of the jaxpr.
      names: the name of each output, in the order of the jaxpr.
    """

    structure: Any
    names: Sequence[str]

    @property
    def order(self) -> list[int]:
        """The places of the outputs in TensorFlow's order."""
        return [place for place in flatten(self.structure) if place is not None]


def outputs_of(jax: Any, tree: Any, given: Sequence[str] | None) -> Outputs:
    """The outputs of a function that gives a pytree.

    Args:
      jax: the module.
      tree: the pytree.
      given: the names, in JAX's order; by default the keys on the path to each, else `output_0`, `output_1`, ...

    Raises:
      InvalidModelError: there is no output, two have one name, or other many names are given.
    """
    flat = jax.tree_util.tree_flatten_with_path(tree)[0]
    if not flat:
        raise InvalidModelError("the function gives no array")
    names = [_name(path) for path, _ in flat]
    if given is not None:
        if isinstance(given, str) or len(given) != len(names):
            raise InvalidModelError(f"outputs: expected {len(names)} names, for {names}, got {given!r:.200}")
        names = [str(name) for name in given]
    if len(set(names)) < len(names):
        raise InvalidModelError(f"outputs: two have one name among {names}; name them with outputs=[...]")
    places = iter(range(len(flat)))
    return Outputs(_structured(jax, tree, places), names)


def _name(path: Sequence[Any]) -> str:
    """Its keys, joined."""
    text = re.sub(r"[^A-Za-z0-9_.\-]", "_", "_".join(key_names(path)))
    return f"output_{text or 0}" if not text or text[0].isdigit() else text


def _structured(jax: Any, tree: Any, places: Any) -> Any:
    if tree is None:
        return None
    if type(tree) is dict and all(isinstance(key, str) for key in tree):
        return {key: _structured(jax, tree[key], places) for key in sorted(tree)}
    if type(tree) in (list, tuple):
        return type(tree)(_structured(jax, item, places) for item in tree)
    children = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: node is not tree)[0]
    if len(children) == 1 and not children[0][0]:
        return next(places)
    found = {_name(path): _structured(jax, child, places) for path, child in children}
    if len(found) < len(children):
        raise InvalidModelError(
            f"outputs: a {type(tree).__name__} has two parts of one name among {list(found)}"
        )
    return found
