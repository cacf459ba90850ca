"""What a revived layer tracks by its attributes: weights, layers, functions, and objects that hold them.

Source: tensorflow/core/protobuf/saved_object_graph.proto
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from kerasfmt import limits
from kerasfmt.graph import EagerConstant
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.weight import Weight

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer


@dataclass(eq=False)
class TrackedObject:
    """An object of a file that is no layer: a list, a dict, a module, a metric, or anything else.

    Attributes:
      identifier: by what TensorFlow restores it.
      producer: the version of the object.
      children: what it holds, by name.
      description: what Keras says of it; None where it says nothing.
    """

    identifier: str
    producer: int
    children: dict[str, TrackedItem] = field(default_factory=dict)
    description: Mapping[str, Any] | None = None


@dataclass(eq=False)
class UnreadObject:
    """An object of a kind that kerasfmt does not read, such as a table.

    Attributes:
      where: the place of the object in its file.
      kind: what it is.
    """

    where: str
    kind: str


TrackedItem: TypeAlias = Union[
    "Layer", Weight, EagerConstant, GivenFunction, GivenTrace, TrackedObject, UnreadObject
]


def walk(tracked: Mapping[str, TrackedItem]) -> Iterator[tuple[str, TrackedItem]]:
    """Each item once, by its path, `blocks/0`; what layers hold is left to them."""
    pending: list[Iterator[tuple[str, TrackedItem]]] = [_paths("", tracked.items())]
    met: set[TrackedItem] = set()
    while pending:
        found = next(pending[-1], None)
        if found is None:
            pending.pop()
        elif found[1] not in met:
            limits.spend(limits.EDGE_COST, found[0])  # several layers may track one object that holds many
            met.add(found[1])
            yield found
            if isinstance(found[1], TrackedObject):
                pending.append(_paths(f"{found[0]}/", found[1].children.items()))


def _paths(prefix: str, items: Iterable[tuple[str, TrackedItem]]) -> Iterator[tuple[str, TrackedItem]]:
    return ((prefix + name, item) for name, item in items)
