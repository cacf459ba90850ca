"""Finds the objects of a model in the object graph of a checkpoint, as TensorFlow restores them.

The two roots belong together, then every two children of the same name, breadth first in the order of the file. A
stored object belongs to the object of the model that it meets first.

A model is the root itself where Keras's `save_weights` or a SavedModel stored it, and a child of the root where
`tf.train.Checkpoint(model=model)` did.

Source: tensorflow/python/checkpoint/restore.py, CheckpointPosition.bind_object and _queue_children_for_restoration
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.checkpoint.nodes import CountsNode, SavedNode, VariableNode
from kerasfmt.formats.checkpoint.stored import StoredObject

OPTIMIZER: Final = "optimizer"
NOT_WEIGHTS: Final = frozenset(
    (OPTIMIZER, "keras_api", "loss", "save_counter", "signatures", "_random_generator", "root")
)
"""Children that lead to no weights of layers."""
_MAX_MODELS: Final = 64
"""Children of the root that are tried as the model."""


@dataclass(frozen=True)
class Match:
    """The objects of a model, found below one stored object.

    Attributes:
      start: the stored object that is the model.
      bound: the object of the model for each stored object, by its number.
      stored: the stored objects with a value for each variable of the model.
    """

    start: StoredObject
    bound: dict[int, SavedNode]
    stored: dict[VariableNode, list[StoredObject]]

    @cached_property
    def missing(self) -> list[VariableNode]:
        """The variables of the model for which nothing is stored."""
        return [variable for variable, found in self.stored.items() if not found]


def match_below(model: SavedNode, variables: Sequence[VariableNode], start: StoredObject) -> Match:
    """Pairs the objects of a model with those below one stored object.

    Args:
      model: the node of the model.
      variables: the variables to be found.
      start: the stored object that stands for the model.
    """
    children: dict[SavedNode, dict[str, SavedNode]] = {}
    found: dict[VariableNode, list[StoredObject]] = {variable: [] for variable in variables}
    bound: dict[int, SavedNode] = {start.number: model}
    queue = deque([start])
    while queue:
        stored = queue.popleft()
        ours = bound[stored.number]
        if isinstance(ours, VariableNode):
            if ours in found and stored.value_key is not None:
                found[ours].append(stored)
            continue
        names = children.get(ours)
        if names is None:
            names = children[ours] = dict(ours.children)
        for name, child in stored.children.items():
            if name in names and name not in NOT_WEIGHTS and child.number not in bound:
                bound[child.number] = names[name]
                queue.append(child)
    return Match(start, bound, found)


def find_model(
    model: SavedNode, variables: Sequence[VariableNode], name: str, root: StoredObject, where: str
) -> Match:
    """The stored object that is the model, and what belongs together.

    Args:
      model: the node of the model.
      variables: the variables to be found.
      name: the name of the model; it decides where several objects fit.
      root: the root of the object graph.
      where: what errors begin with: the file.

    Returns:
      The root if every variable is below it, else a child of the root of which that holds; else the best one.

    Raises:
      InvalidModelError: several children of the root fit, and none has the name of the model.
    """
    best = match_below(model, variables, root)
    if not best.missing:
        return best
    fitting: dict[str, Match] = {}
    for child_name, child in _models(root):
        other = match_below(model, variables, child)
        if not other.missing:
            fitting[child_name] = other
        elif len(other.missing) < len(best.missing):
            best = other
    if len(fitting) > 1 and name not in fitting:
        raise InvalidModelError(
            f"{where}: model {name}: the weights of several objects fit it: {', '.join(fitting)}; "
            "give the model the name of the one that is meant"
        )
    return fitting.get(name) or next(iter(fitting.values()), best)


def _models(root: StoredObject) -> Iterator[tuple[str, StoredObject]]:
    """The children of the root that may be models."""
    met = {root.number}
    for name, child in root.children.items():
        if child.number not in met and child.children and name not in NOT_WEIGHTS:
            met.add(child.number)
            yield name, child
            if len(met) > _MAX_MODELS:
                return


def left_over(root: StoredObject, match: Match) -> Iterator[StoredObject]:
    """The stored variables that belong to no variable of the model, without those of optimizers and metrics."""
    used = {stored.number for found in match.stored.values() for stored in found[:1]}
    used |= {number for number, node in match.bound.items() if isinstance(node, CountsNode)}
    met = {root.number}
    queue = deque([root])
    while queue:
        stored = queue.popleft()
        if stored.keys and stored.number not in used:
            yield stored
        for name, child in stored.children.items():
            if name not in NOT_WEIGHTS and child.number not in met:
                met.add(child.number)
                queue.append(child)


def optimizers(root: StoredObject, match: Match) -> Iterator[StoredObject]:
    """The stored objects that may be the optimizer of the model: its own child first, then that of the root."""
    for holder in dict.fromkeys((match.start, root)):
        if OPTIMIZER in holder.children:
            yield holder.children[OPTIMIZER]
