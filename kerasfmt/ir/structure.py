"""Nested structures of tensors: lists, tuples and dicts, flattened in Keras's order.

Dicts are walked by sorted key, as tf.nest walks them.
Source: tensorflow/python/util/nest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

Structure: TypeAlias = Any
"""A leaf, or a list, tuple or dict of structures."""
_SEQUENCES: Final = (list, tuple)  # an isinstance of a union takes twice as long


def flatten(structure: Structure) -> list[Any]:
    """The leaves, in order; None counts as a leaf."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, _SEQUENCES):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def map_structure(function: Callable[[Any], Any], structure: Structure) -> Structure:
    """The structure with `function` applied to each leaf, in the order of `flatten`; dicts keep their own order."""
    if isinstance(structure, dict):
        done = {key: map_structure(function, structure[key]) for key in sorted(structure)}
        return {key: done[key] for key in structure}
    if isinstance(structure, _SEQUENCES):
        return type(structure)(map_structure(function, item) for item in structure)
    return function(structure)


def map_to_lists(function: Callable[[Any], Any], structure: Structure) -> Structure:
    """As `map_structure`, with tuples as lists: a structure that JSON keeps."""
    if isinstance(structure, dict):
        return {key: map_to_lists(function, item) for key, item in structure.items()}
    if isinstance(structure, list | tuple):
        return [map_to_lists(function, item) for item in structure]
    return function(structure)


def pack_as(structure: Structure, leaves: list[Any]) -> Structure:
    """`leaves` in place of the leaves of `structure`."""
    it: Iterator[Any] = iter(leaves)
    packed = map_structure(lambda _: next(it), structure)
    assert next(it, None) is None, "more leaves than the structure holds"
    return packed
