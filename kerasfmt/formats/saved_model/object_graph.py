"""Numbers a tree of objects: ids, paths and checkpoint keys, and the names of its functions.

Nodes are numbered breadth first from the root, children in order. A variable's checkpoint key is the first path that
leads to it, `child/child/.ATTRIBUTES/VARIABLE_VALUE`, with '/' escaped as '.S' and '.' as '..'. The slots of
optimizers come after all other nodes; the key of one is `variable/.OPTIMIZER_SLOT/optimizer/slot/.ATTRIBUTES/...`.

Source: tensorflow/python/checkpoint/trackable_view.py and util.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.nodes import (
    ConcreteNode,
    FunctionNode,
    SavedNode,
    SavedSlot,
    UserObject,
    VariableNode,
)
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.ir import Weight


@dataclass(frozen=True, eq=False)
class ObjectGraph:
    """The nodes in the order of their numbers.

    Attributes:
      nodes: the nodes, the root first.
      ids: the number of each.
      paths: the names on the first path that leads to each, but to slots.
      slots: the optimizer and the slot of each variable that is one.
    """

    nodes: Sequence[SavedNode]
    ids: Mapping[SavedNode, int]
    paths: Mapping[SavedNode, tuple[str, ...]]
    slots: Mapping[SavedNode, tuple[SavedNode, SavedSlot]]

    @classmethod
    def of(cls, root: SavedNode) -> ObjectGraph:
        """Numbers every node below `root`, breadth first."""
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
        return cls(nodes, ids, paths, slots)

    @cached_property
    def variables(self) -> Mapping[str, VariableNode]:
        """Every variable by its checkpoint key, in the order of their numbers."""
        return {self._key(node): node for node in self.nodes if isinstance(node, VariableNode)}

    @cached_property
    def checkpoint_keys(self) -> Mapping[SavedNode, str]:
        """The checkpoint key of every variable."""
        return {node: key for key, node in self.variables.items()}

    @cached_property
    def weight_ids(self) -> Mapping[Weight, int]:
        """The node number of each weight's variable."""
        return {node.weight: self.ids[node] for node in self.variables.values()}

    def _key(self, node: SavedNode) -> str:
        if node in self.slots:
            optimizer, slot = self.slots[node]
            path = f"{self._path(slot.original)}/.OPTIMIZER_SLOT/{self._path(optimizer)}/{escape(slot.name)}"
        else:
            path = self._path(node)
        return f"{path}/.ATTRIBUTES/{layout.VALUE_ATTRIBUTE}"

    def _path(self, node: SavedNode) -> str:
        return "/".join([escape(name) for name in self.paths[node]])

    @cached_property
    def restorable(self) -> frozenset[SavedNode]:
        """The variables, and the nodes from which a variable can be reached."""
        parents: dict[SavedNode, list[SavedNode]] = {}
        for node in self.nodes:
            for _, child in node.children:
                parents.setdefault(child, []).append(node)
        found: set[SavedNode] = set()
        reached: list[SavedNode] = list(self.variables.values())
        while reached:
            node = reached.pop()
            if node not in found:
                found.add(node)
                reached.extend(parents.get(node, ()))
        return frozenset(found)

    def name_functions(self) -> FunctionNames:
        """A name for every function of the nodes, in their order."""
        names = FunctionNames()
        for node in self.nodes:
            if isinstance(node, FunctionNode):
                for trace in node.polymorphic.traces:
                    names.add(trace.function, trace.name)
            elif isinstance(node, ConcreteNode):
                names.add(node.concrete.function, node.concrete.name)
        return names


def escape(name: str) -> str:
    """A child's name as a part of a checkpoint key.

    Source: tensorflow/python/trackable/trackable_utils.py, escape_local_name.
    """
    return name.replace(".", "..").replace("/", ".S")
