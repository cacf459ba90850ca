"""Nodes that several objects lead to: functions, and what functions capture beside variables, each once.

Source: tensorflow/python/saved_model/save.py, _AugmentedGraphView; tensorflow/python/ops/lookup_ops.py
"""

from __future__ import annotations

from kerasfmt.formats.checkpoint.nodes import SavedNode, UserObject
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.nodes import AssetNode, ConcreteNode, ConstantNode, FunctionNode, TableNode
from kerasfmt.formats.saved_model.tables import TableFunctions
from kerasfmt.graph import EagerConstant, Function, Table
from kerasfmt.ir.asset import Asset, TextFile


class SharedNodes:
    """Makes the nodes of functions, constants, files and tables, each once."""

    def __init__(self) -> None:
        self._functions: dict[PolymorphicFunction, FunctionNode] = {}
        self._constants: dict[EagerConstant, SavedNode] = {}
        self._tables: dict[Table, TableNode] = {}

    def function(self, function: PolymorphicFunction) -> FunctionNode:
        """The node of a function."""
        node = self._functions.get(function)
        if node is None:
            node = self._functions[function] = FunctionNode(function)
        return node

    def constant(self, constant: EagerConstant) -> SavedNode:
        """The node of a constant or of a file."""
        node = self._constants.get(constant)
        if node is None:
            made = AssetNode(constant) if isinstance(constant, Asset) else ConstantNode(constant)
            node = self._constants[constant] = made
        return node

    def table(self, table: Table, functions: TableFunctions) -> TableNode:
        """The node of a table, with its initializer and its functions."""
        node = self._tables.get(table)
        if node is None:
            node = self._tables[table] = TableNode(table, functions)
            if not table.mutable:
                initializer = UserObject()
                if isinstance(table.initializer, TextFile):
                    initializer.add("_filename", self.constant(table.initializer.file))
                node.add("_initializer", initializer)
            node.add("_create_resource", self.function(functions.create))
            node.add("_initialize", self.function(functions.initialize))
            node.add("_destroy_resource", self.function(functions.destroy))
        return node

    def add_captures(self, root: SavedNode) -> list[Function]:
        """Gives each function the constants and the files that it captures, by their places among its captures.

        Args:
          root: the object whose functions, and those of all objects below it, are meant.

        Returns:
          Those functions, one for each signature.
        """
        met: set[SavedNode] = {root}
        found: list[SavedNode] = [root]
        functions: list[Function] = []
        for node in found:
            if isinstance(node, ConcreteNode):
                functions.append(node.concrete.function)
                for place, captured in enumerate(node.concrete.function.captured):
                    if isinstance(captured, EagerConstant):
                        node.add(f"capture_{place}", self.constant(captured))
            for _, child in node.children:
                if child not in met:
                    met.add(child)
                    found.append(child)
        return functions
