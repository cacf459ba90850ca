"""Numbers a tree of objects: ids, paths and checkpoint keys.

Nodes are numbered breadth first from the root, children in order. A variable's checkpoint key is the first path that
leads to it, `child/child/.ATTRIBUTES/VARIABLE_VALUE`, with '/' escaped as '.S' and '.' as '..'. The slots of
optimizers come after all other nodes; the key of one is `variable/.OPTIMIZER_SLOT/optimizer/slot/.ATTRIBUTES/...`.

Source: tensorflow/python/checkpoint/trackable_view.py and util.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property

from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.nodes import SavedNode, SavedSlot, UserObject, VariableNode
from kerasfmt.graph import Capture
from kerasfmt.typing import record


@record(frozen=True, eq=False)
class ObjectGraph:
    """The nodes in the order of their numbers.

    Attributes:
      nodes: the nodes, the root first.
      ids: the number of each.
      paths: the names on the first path that leads to each, but to slots.
      slots: the optimizer and the slot of each variable that is one.
      savers: the functions that save and restore each node that has some of its own.
      unnamed: the number of nodes at the end that no object leads to.
    """

    nodes: Sequence[SavedNode]
    ids: Mapping[SavedNode, int]
    paths: Mapping[SavedNode, tuple[str, ...]]
    slots: Mapping[SavedNode, tuple[SavedNode, SavedSlot]]
    savers: Mapping[SavedNode, Sequence[SavedNode]]
    unnamed: int = 0

    @classmethod
    def of(cls, root: SavedNode, unnamed: Sequence[SavedNode] = ()) -> ObjectGraph:
        """Numbers every node below `root`, breadth first.

        Args:
          root: the root.
          unnamed: further nodes, which no object leads to.
        """
        nodes, ids = [root], {root: 0}
        paths: dict[SavedNode, tuple[str, ...]] = {root: ()}
        queue = deque([root])
        while queue:
            node = queue.popleft()
            for name, child in node.children:
                if child not in ids:
                    ids[child] = len(nodes)
                    paths[child] = (*paths[node], name)
                    nodes.append(child)
                    queue.append(child)
        optimizers = [node for node in nodes if isinstance(node, UserObject) and node.slots]
        slots: dict[SavedNode, tuple[SavedNode, SavedSlot]] = {
            slot.variable: (optimizer, slot) for optimizer in optimizers for slot in optimizer.slots
        }
        for variable in slots:
            ids[variable] = len(nodes)
            nodes.append(variable)
        savers = {node: node.savers for node in nodes if node.savers}
        last = [*(saver for both in savers.values() for saver in both), *unnamed]
        for node in last:
            ids[node] = len(nodes)
            nodes.append(node)
        return cls(nodes, ids, paths, slots, savers, len(last))

    @property
    def trackables(self) -> Sequence[SavedNode]:
        """The nodes that a checkpoint lists: all but the savers and those that no object leads to."""
        return self.nodes[: len(self.nodes) - self.unnamed]

    @cached_property
    def variables(self) -> Mapping[str, VariableNode]:
        """Every variable by its checkpoint key, in the order of their numbers."""
        return {key: node for key, node in self.stored.items() if isinstance(node, VariableNode)}

    @cached_property
    def stored(self) -> Mapping[str, SavedNode]:
        """Every node whose content a checkpoint holds, by its checkpoint key, in the order of their numbers."""
        return {self._key(node): node for node in self.nodes if node.stored_as is not None}

    @cached_property
    def checkpoint_keys(self) -> Mapping[SavedNode, str]:
        """The checkpoint key of every such node."""
        return {node: key for key, node in self.stored.items()}

    @cached_property
    def captures(self) -> Mapping[Capture, SavedNode]:
        """The node of each variable, table, constant and asset."""
        return {node.captured: node for node in self.nodes if node.captured is not None}

    def dependencies(self, node: SavedNode) -> Sequence[tuple[str, SavedNode]]:
        """The children without which a node cannot be loaded: of a function its traces, of a trace its constants."""
        return node.children if node.loaded_after_children else ()

    def by_dependency(self) -> list[SavedNode]:
        """The nodes in the order in which TensorFlow exports them: each after those that it depends on.

        Source: tensorflow/python/trackable/trackable_utils.py, order_by_dependency, which fixes the order of sets too.
        """
        needs = {
            self.ids[node]: [self.ids[child] for _, child in self.dependencies(node)] for node in self.nodes
        }
        needed_by: dict[int, set[int]] = {}
        for number, children in needs.items():
            for child in children:
                needed_by.setdefault(child, set()).add(number)
        queue = deque(number for number in needs if number not in needed_by)
        found = []
        while queue:
            number = queue.popleft()
            found.append(number)
            for child in set(needs[number]):
                needed_by[child].remove(number)
                if not needed_by[child]:
                    queue.append(child)
        return [self.nodes[number] for number in reversed(found)]

    def _key(self, node: SavedNode) -> str:
        if node in self.slots:
            optimizer, slot = self.slots[node]
            path = f"{self._path(slot.original)}/{layout.SLOT}/{self._path(optimizer)}/{escape(slot.name)}"
        else:
            path = self._path(node)
        return f"{path}/{layout.ATTRIBUTES}/{node.stored_as}"

    def _path(self, node: SavedNode) -> str:
        return "/".join([escape(name) for name in self.paths[node]])

    @cached_property
    def restorable(self) -> frozenset[SavedNode]:
        """What a checkpoint holds, and the nodes from which that can be reached."""
        parents: dict[SavedNode, list[SavedNode]] = {}
        for node in self.nodes:
            for _, child in node.children:
                parents.setdefault(child, []).append(node)
        found: set[SavedNode] = set()
        reached: list[SavedNode] = list(self.stored.values())
        while reached:
            node = reached.pop()
            if node not in found:
                found.add(node)
                reached.extend(parents.get(node, ()))
        return frozenset(found)


def escape(name: str) -> str:
    """A child's name as a part of a checkpoint key.

    Source: tensorflow/python/trackable/trackable_utils.py, escape_local_name.
    """
    return name.replace(".", "..").replace("/", ".S")
