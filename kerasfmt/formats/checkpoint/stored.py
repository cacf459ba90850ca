"""The object graph of a checkpoint as a tree to walk: which object holds which variables, under which names.

Objects may reach each other on many paths, and in circles. What stands under the keys is checked by whoever reads it.

Source: tensorflow/core/protobuf/trackable_object_graph.proto; tensorflow/python/checkpoint/restore.py
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from kerasfmt import limits
from kerasfmt.formats.checkpoint.layout import VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.object_graph import escape
from kerasfmt.formats.checkpoint.object_records import ObjectRecord
from kerasfmt.typing import override

_OBJECT_COST: Final = 1 << 10
"""Bytes of a StoredObject and of its message."""
_MEMBER_COST: Final = 1 << 8
"""Bytes of a child, an attribute or a slot."""


class StoredSlot(NamedTuple):
    """A variable that an optimizer keeps for another variable.

    Attributes:
      original: the variable for which it is kept.
      name: the kind of slot, `momentum`.
      variable: the variable that is kept.
    """

    original: StoredObject
    name: str
    variable: StoredObject


class StoredObject:
    """An object in a checkpoint.

    Attributes:
      number: its place in the graph; the root is 0.
      children: the objects that it holds, by the names of its attributes.
      keys: the names in the checkpoint of the values that it holds itself, by attribute: a variable has
        `VARIABLE_VALUE`.
      full_names: the names that its variables have in TensorFlow, by the same attributes.
      slots: what it keeps for variables, if it is an optimizer of `keras.optimizers.legacy`.
    """

    __slots__ = ("_parent", "children", "full_names", "keys", "number", "slots")

    def __init__(self, number: int) -> None:
        self.number = number
        self.children: Mapping[str, StoredObject] = MappingProxyType({})
        self.keys: Mapping[str, str] = MappingProxyType({})
        self.full_names: Mapping[str, str] = MappingProxyType({})
        self.slots: tuple[StoredSlot, ...] = ()
        self._parent: tuple[StoredObject, str] | None = None

    @property
    def path(self) -> str:
        """The shortest path from the root to it: `layer_with_weights-0/kernel`.

        It is "" for the root, and for an object that is reached as a slot only.
        """
        names: list[str] = []
        node = self
        while node._parent is not None:
            node, name = node._parent
            names.append(escape(name))
        return "/".join(reversed(names))

    @property
    def value_key(self) -> str | None:
        """The name in the checkpoint of the value of a variable; None if it is something else."""
        return self.keys.get(VALUE_ATTRIBUTE)

    @override
    def __repr__(self) -> str:
        held = ", ".join([*self.children, *self.keys][:8])
        return f"StoredObject({self.path!r}: {held})"

    def walk(self) -> Iterator[StoredObject]:
        """It and every object that can be reached from it, breadth first, each once."""
        met = {self.number}
        queue = deque([self])
        while queue:
            node = queue.popleft()
            yield node
            for child in node.children.values():
                if child.number not in met:
                    met.add(child.number)
                    queue.append(child)


def linked(records: Sequence[ObjectRecord], where: str) -> list[StoredObject]:
    """The objects of a graph in the order of their numbers, the root first; each leads to the others.

    Args:
      records: the objects as the file states them.
      where: what errors begin with: the file.

    Raises:
      UnsafeFileError: they take more memory than they may.
    """
    members = sum(len(r.children) + len(r.message.attributes) + len(r.slots) for r in records)
    limits.spend(_OBJECT_COST * len(records) + _MEMBER_COST * members, where)
    objects = [StoredObject(record.number) for record in records]
    for record, found in zip(records, objects, strict=True):
        if record.children:
            found.children = MappingProxyType({name: objects[n] for name, n in record.children.items()})
        if record.message.attributes:
            found.keys = MappingProxyType(record.keys)
            found.full_names = MappingProxyType({a.name: a.full_name for a in record.message.attributes})
        found.slots = tuple(
            StoredSlot(objects[original], name, objects[variable])
            for (original, name), variable in record.slots.items()
        )
    _find_paths(objects[0])
    return objects


def _find_paths(root: StoredObject) -> None:
    met = {root.number}
    queue = deque([root])
    while queue:
        node = queue.popleft()
        for name, child in node.children.items():
            if child.number not in met:
                met.add(child.number)
                child._parent = node, name
                queue.append(child)
