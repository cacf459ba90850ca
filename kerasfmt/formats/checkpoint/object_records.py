"""The object graph of a checkpoint as its message states it: objects by number, and the tensor of each variable.

    _CHECKPOINTABLE_OBJECT_GRAPH    a tensor of the checkpoint: a string, TrackableObjectGraph
    nodes[0]                        the root
    children                        (name, number of the child)
    slot_variables                  (number of a variable, name of the slot, number of the slot's variable)
    attributes                      (VARIABLE_VALUE, name of the tensor); an object may have others

A SavedModel states its objects in the same way, without attributes. Objects may be reached by several paths, and
paths may form cycles.

Source: tensorflow/core/protobuf/trackable_object_graph.proto; tensorflow/python/trackable/base.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from kerasfmt import dtypes, limits, protos
from kerasfmt.containers.tensorbundle.reader import Bundle
from kerasfmt.errors import CorruptFileError
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY

_NO_SLOTS: Final[Mapping[tuple[int, str], int]] = MappingProxyType({})


@dataclass(frozen=True, eq=False, slots=True)
class ObjectRecord:
    """An object as a file states it.

    Attributes:
      number: its place among the objects.
      children: numbers of other objects, by name.
      slots: numbers of the variables that it keeps for other variables, by the other's number and the slot's name.
      message: the whole message.
    """

    number: int
    children: Mapping[str, int]
    slots: Mapping[tuple[int, str], int]
    message: Any

    @property
    def keys(self) -> dict[str, str]:
        """The names of its tensors in the checkpoint, by attribute."""
        return {attribute.name: attribute.checkpoint_key for attribute in self.message.attributes}


def decode_records(nodes: Iterable[Any], where: str) -> Sequence[ObjectRecord]:
    """The objects of a file in their order, each with children that exist.

    Args:
      nodes: messages SavedObject or TrackableObjectGraph.TrackableObject.
      where: what errors begin with.

    Raises:
      CorruptFileError: there is no object, or an object names one that is not there, or gives a name twice.
      UnsafeFileError: there are more than reading the file may cost.
    """
    messages = list(nodes)
    count = len(messages)
    if not count:
        raise CorruptFileError(f"{where}: expected an object graph with a root, got no objects")
    edges = sum(len(message.children) + len(message.slot_variables) for message in messages)
    limits.spend(limits.EDGE_COST * (count + edges), where)
    found = []
    for number, message in enumerate(messages):
        children = {child.local_name: child.node_id for child in message.children}
        if len(children) < len(message.children):
            raise _twice(number, where)
        slots = _slots(message) if message.slot_variables else _NO_SLOTS
        numbers = [*children.values(), *slots.values(), *(original for original, _ in slots)]
        if numbers and not (min(numbers) >= 0 and max(numbers) < count):
            wrong = next(named for named in numbers if not 0 <= named < count)
            raise CorruptFileError(
                f"{where}: object {number}: expected the number of one of {count} objects, got {wrong}; the file is "
                "damaged"
            )
        found.append(ObjectRecord(number, children, slots, message))
    return found


def _twice(number: int, where: str) -> CorruptFileError:
    return CorruptFileError(
        f"{where}: object {number}: two of its members have one name; the file is damaged"
    )


def _slots(message: Any) -> dict[tuple[int, str], int]:
    return {
        (slot.original_variable_node_id, slot.slot_name): slot.slot_variable_node_id
        for slot in message.slot_variables
    }


def read_records(bundle: Bundle) -> Sequence[ObjectRecord] | None:
    """The objects of a checkpoint; None for a checkpoint that names its tensors only.

    Raises:
      CorruptFileError: the object graph is damaged.
      UnsafeFileError: it is larger than reading the file may cost.
    """
    stored = bundle.get(OBJECT_GRAPH_KEY)
    if stored is None:
        return None
    where = f"{bundle.prefix}: {OBJECT_GRAPH_KEY}"
    if stored.shape or stored.tensor_dtype is not dtypes.string:
        raise CorruptFileError(
            f"{where}: expected one string, got {stored.tensor_dtype} {list(stored.shape)}; the file is damaged"
        )
    data: bytes = stored[()]
    limits.allowance_for(len(data))
    return parse_records(data, where)


def parse_records(data: bytes, where: str) -> Sequence[ObjectRecord]:
    """The objects of a serialized TrackableObjectGraph.

    Args:
      data: the bytes.
      where: what errors begin with.

    Raises:
      CorruptFileError: it is not an object graph, or contradicts itself.
      UnsafeFileError: it is larger than reading the file may cost.
    """
    nodes = protos.parse(protos.TrackableObjectGraph, data, where).nodes
    for number, node in enumerate(nodes):
        if len({attribute.name for attribute in node.attributes}) < len(node.attributes):
            raise _twice(number, where)
    return decode_records(nodes, where)
