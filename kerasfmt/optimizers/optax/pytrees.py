"""Nested parameters: mappings, lists, tuples, named tuples and dataclasses, with arrays as leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Model, Weight

Path: TypeAlias = tuple[object, ...]
"""The keys, indices or attributes that lead to a leaf."""

_MASKED = "MaskedNode"
"""The class of what optax puts in the place of a parameter that a transformation does not see."""


def is_named_tuple(node: object) -> bool:
    """Whether it is a tuple whose fields have names."""
    return isinstance(node, tuple) and hasattr(node, "_fields")


def class_name(node: object) -> str:
    """The name of the class of a node; the classes of optax are known by name, as optax is not imported."""
    return type(node).__name__


def is_array(node: object) -> bool:
    """Whether it has a shape and a dtype."""
    return hasattr(node, "shape") and hasattr(node, "dtype")


def children(node: Any) -> dict[object, Any] | None:
    """What a node of a pytree holds, by key; None for a leaf."""
    if isinstance(node, Weight) or is_array(node):
        return None
    if isinstance(node, Mapping):
        return dict(node)
    if is_named_tuple(node):
        return {name: getattr(node, name) for name in node._fields}
    if isinstance(node, list | tuple):
        return dict(enumerate(node))
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return {part.name: getattr(node, part.name) for part in dataclasses.fields(node)}
    return None


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every array of a pytree, with its path.

    Raises:
      InvalidModelError: a leaf is neither an array nor None; a field of a dataclass may be anything.
    """
    held = children(tree)
    if held is not None:
        static = dataclasses.is_dataclass(tree)
        for key, child in held.items():
            if not static or is_array(child) or children(child) is not None:
                yield from leaves(child, (*path, key))
    elif is_array(tree):
        yield path, tree
    elif tree is not None:
        raise InvalidModelError(
            f"from_optax: params{shown(path)}: expected an array, got {type(tree).__name__}"
        )


def find(tree: Any, path: Path, what: str) -> Any:
    """The leaf at a path; None where optax has left the parameter out.

    Args:
      tree: a pytree of the structure of the parameters.
      path: the path of a parameter.
      what: what the tree is, for the error.

    Raises:
      InvalidModelError: the tree has another structure.
    """
    for place, key in enumerate(path):
        if class_name(tree) == _MASKED:
            return None
        held = children(tree)
        if held is None or key not in held:
            raise InvalidModelError(
                f"from_optax: {what}{shown(path[:place])}: expected {key!r} as in params, "
                f"got {type(tree).__name__}; params and {what} do not belong together"
            )
        tree = held[key]
    return None if class_name(tree) == _MASKED else tree


def shown(path: Path) -> str:
    """A path as it stands in an error: `['dense']['kernel']`."""
    return "".join(f"[{key!r}]" for key in path)


def assigned(params: Any, weights: Any) -> dict[Path, Weight | str | None]:
    """The weight of each parameter, by path; None for a parameter that has none.

    Args:
      params: the parameters.
      weights: a pytree of their structure, or a model that holds the very arrays.

    Raises:
      InvalidModelError: the structures differ; a leaf is no weight; two parameters have one weight; no weight of the
        model holds a parameter, or more than one does.
    """
    found: dict[Path, Weight | str | None] = {}
    for path, array in leaves(params):
        if isinstance(weights, Model):
            found[path] = _holder(weights, array, path)
        else:
            found[path] = _weight(find(weights, path, "weights"), path)
        weight = found[path]
        if isinstance(weight, Weight) and weight.shape != tuple(array.shape):
            raise InvalidModelError(
                f"from_optax: params{shown(path)}: expected shape {weight.shape} of weight {weight.name}, "
                f"got {tuple(array.shape)}"
            )
    if not found:
        raise InvalidModelError("from_optax: params: expected a pytree of arrays, got none")
    taken: set[Weight | str] = set()
    for weight in found.values():
        if weight in taken:
            name = weight.name if isinstance(weight, Weight) else weight
            raise InvalidModelError(f"from_optax: weights: two parameters have the weight {name}")
        if weight is not None:
            taken.add(weight)
    return found


def _weight(leaf: Any, path: Path) -> Weight | str | None:
    if leaf is None or isinstance(leaf, Weight | str):
        return leaf
    raise InvalidModelError(
        f"from_optax: weights{shown(path)}: expected a Weight, its name or None, got {type(leaf).__name__}"
    )


def _holder(model: Model, array: Any, path: Path) -> Weight:
    """The weight of a model that holds an array: this object, or else the same content."""
    fitting = [weight for weight in model.weights if weight.shape == tuple(array.shape)]
    same = [weight for weight in fitting if weight.value is array]
    if not same:
        content = np.asarray(array)
        same = [weight for weight in fitting if np.array_equal(weight.numpy(), content)]
    if len(same) != 1:
        got = f"{len(same)} that do ({', '.join(weight.name for weight in same)})" if same else "none"
        raise InvalidModelError(
            f"from_optax: params{shown(path)}: expected one weight of model {model.name} with this content, got {got}; "
            "give weights as a pytree of the structure of params with the names of the weights"
        )
    return same[0]
