"""What the functions of a SavedModel capture, as nodes of its main graph, and how the init op fills the tables.

Source: tensorflow/python/saved_model/save.py, _SaveableView.map_resources; tensorflow/python/trackable/asset.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model.nodes import AssetNode, ConstantNode, TableNode
from kerasfmt.formats.saved_model.saver import emit_node
from kerasfmt.formats.saved_model.tables import emit_export, emit_table
from kerasfmt.graph import Builder, Capture, EagerConstant, Function, Node, Table, Value
from kerasfmt.ir.asset import Asset


class AssetFile(NamedTuple):
    """A file of the model.

    Attributes:
      filename: its name below `assets`.
      placeholder: the node that a loader feeds with its path.
    """

    filename: str
    placeholder: str


class Captures:
    """The value in the main graph of everything that functions capture.

    Args:
      graph: the main graph.
      variables: the variables.

    Attributes:
      constants: the name of the node of each constant.
      assets: the file of each asset.
    """

    def __init__(self, graph: Builder, variables: Iterable[VariableNode]) -> None:
        self._graph = graph
        self._values: dict[Capture, Value] = {node.weight: _variable(graph, node) for node in variables}
        self._assignments: dict[Asset, Node] = {}
        self.constants: dict[EagerConstant, str] = {}
        self.assets: dict[Asset, AssetFile] = {}

    def __getitem__(self, captured: Capture) -> Value:
        """The value: a handle, or the tensor of a constant."""
        return self._values[captured]

    def add_all(self, objects: ObjectGraph) -> None:
        """Adds every constant, asset and table, in TensorFlow's order."""
        if len(objects.captures) == len(self._values):
            return
        for node in objects.by_dependency():
            if isinstance(node, ConstantNode):
                self._add_constant(node.constant)
            elif isinstance(node, AssetNode):
                self._add_asset(node.asset)
            elif isinstance(node, TableNode):
                handle = emit_table(self._graph, node.table, node.functions.shared_name)
                self._values[node.table] = handle

    def _add_constant(self, constant: EagerConstant) -> None:
        (value,) = self._graph.emit("Const", value=constant.value, dtype=constant.dtype)
        self._values[constant] = value
        self.constants[constant] = value.node.name

    def _add_asset(self, asset: Asset) -> None:
        """A variable of the path, which a loader feeds."""
        graph, string = self._graph, dtypes.string
        (path,) = graph.emit("Placeholder", dtype=string, shape=(), name="asset_path_initializer")
        name = graph.unique_name("Variable")
        graph.free_name(name)
        (variable,) = graph.emit(
            "VarHandleOp", dtype=string, shape=(), shared_name=name, debug_name=f"{name}/", name=name
        )
        graph.emit("VarIsInitializedOp", variable, name=f"{name}/IsInitialized/VarIsInitializedOp")
        assign = emit_node(graph, "AssignVariableOp", variable, path, dtype=string, name=f"{name}/Assign")
        graph.emit("ReadVariableOp", variable, dtype=string, name=f"{name}/Read/ReadVariableOp")
        self._values[asset] = variable
        self._assignments[asset] = assign
        self.assets[asset] = AssetFile(self._filename(asset), path.node.name)

    def _filename(self, asset: Asset) -> str:
        """The asset's own name, with a number if another file has it."""
        taken = {file.filename: other for other, file in self.assets.items()}
        name, number = asset.name, 0
        while name in taken and taken[name].data != asset.data:
            number += 1
            name = f"{asset.name}_{number}"
        return name

    def initialize(self, objects: ObjectGraph) -> Node:
        """The init op; it waits for the functions that fill the tables."""
        calls = []
        for node in objects.nodes:
            if isinstance(node, TableNode):
                (trace,) = node.functions.initialize.traces
                captured = [self._operand(c) for c in trace.function.captured]
                calls.append(emit_call(self._graph, trace.function, captured))
        init = emit_node(self._graph, "NoOp")
        init.controls.extend([*calls, *self._assignments.values()])
        return init

    def exported(self, stored: Iterable[Capture]) -> list[Value]:
        """The keys and the values of each table among what a checkpoint holds."""
        found: list[Value] = []
        for one in stored:
            if isinstance(one, Table):
                handle = self._values[one]
                found += emit_export(self._graph, handle, one, handle.node.name)
        return found

    def _operand(self, captured: Capture) -> Value:
        value = self._values[captured]
        if not isinstance(captured, Asset):
            return value
        (path,) = self._graph.emit("ReadVariableOp", value, dtype=dtypes.string)
        path.node.controls[:] = [self._assignments[captured]]
        return path


def _variable(graph: Builder, node: VariableNode) -> Value:
    weight = node.weight
    name = graph.unique_name(node.name)
    graph.free_name(name)
    (handle,) = graph.emit(
        "VarHandleOp",
        dtype=weight.dtype,
        shape=weight.declared_shape,
        shared_name=name,
        debug_name=f"{name}/",
        name=name,
    )
    graph.emit("ReadVariableOp", handle, dtype=weight.dtype, name=f"{name}/Read/ReadVariableOp")
    return handle


def emit_call(graph: Builder, function: Function, inputs: Sequence[Value]) -> Node:
    """The node that calls a function.

    Args:
      graph: the graph.
      function: the callee.
      inputs: its arguments, what it captures included.
    """
    op = "StatefulPartitionedCall" if function.stateful else "PartitionedCall"
    types = {"Tin": [v.dtype for v in inputs], "Tout": [v.dtype for v in function.outputs]}
    return emit_node(graph, op, list(inputs), f=function, **types)
