"""A Keras model as a tree of trackable objects: its layers, its weights and its optimizer.

Each is a child under the name of the attribute that tracks it:

    model            layer_with_weights-i, layer-i, then optimizer and loss if it is compiled; in a checkpoint also
                     `root`, the model itself
    layer            what its class tracks: weights, layers inside it, lists of options

A SavedModel has more children: functions, and lists of variables.

Source: tf_keras/src/engine/functional.py, _layer_checkpoint_dependencies; tf_keras/src/engine/training.py, Model
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.checkpoint.nodes import (
    CountsNode,
    SavedNode,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.graph import Table
from kerasfmt.ir import Layer, Model, TrainingConfig, Weight
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.tracked import TrackedItem, TrackedObject, UnreadObject
from kerasfmt.typing import override

ROOT: Final = "root"
"""The name under which Keras's checkpoint of a model tracks the model itself."""


class ObjectTree(ABC):
    """The objects of a model.

    Args:
      model: the model.

    Attributes:
      root: the node of the model; `build` gives it its children.
      layers: the layer of each node that stands for one.
      tracked: the node of each object that revived layers track.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.layers: dict[SavedNode, Layer] = {}
        self.tracked: dict[TrackedObject, UserObject] = {}
        self._nodes: dict[Layer, UserObject] = {}
        self._variables: dict[Weight, VariableNode] = {}
        self.root = self.new_node(model)

    def build(self) -> None:
        """Adds the layers, the weights, and what is tracked with them."""
        self.fill(self.model, self.root)

    @abstractmethod
    def fill(self, layer: Layer, node: UserObject) -> None:
        """Adds the children of a layer to its node."""

    @abstractmethod
    def of_table(self, layer: Layer, table: Table) -> SavedNode:
        """The node of a table of a layer."""

    def new_node(self, layer: Layer) -> UserObject:
        """The node of a layer that has none yet, without children."""
        node = self._nodes[layer] = UserObject(layer.facts.identifier)
        self.layers[node] = layer
        return node

    def of_layer(self, layer: Layer) -> UserObject:
        """The node of a layer, with its children if it is not the model."""
        node = self._nodes.get(layer)
        if node is None:
            node = self.new_node(layer)
            self.fill(layer, node)
        return node

    def of_weight(self, weight: Weight) -> VariableNode:
        """The node of a weight, or of a variable of the optimizer."""
        node = self._variables.get(weight)
        if node is None:
            node = self._variables[weight] = VariableNode(weight)
        return node

    def add_layers(self, model: Model, node: UserObject) -> None:
        """Adds the layers of a model; those that have weights are counted too."""
        count = 0
        for index, child in enumerate(model.layers):
            if child.listed_weights():
                node.add(f"layer_with_weights-{count}", self.of_layer(child))
                count += 1
            node.add(f"layer-{index}", self.of_layer(child))

    def add_tracked(self, layer: Layer, node: UserObject) -> None:
        """Adds the attributes that the class of a layer tracks."""
        if isinstance(layer, RevivedLayer):
            for name, item in layer.record.tracked.items():
                node.add(name, self.of_tracked(item))
            return
        held: dict[str, SavedNode] = {}
        for name in layer.tracked_lists():
            held[name] = self.wrapper(getattr(layer, name, ()))
        listed = layer.tracked_layers()
        held |= {name: list_wrapper(map(self.of_layer, layers)) for name, layers in listed.items()}
        if not isinstance(layer, Model) and not listed:
            held |= {name: self.of_layer(child) for name, child in layer.sublayers.items()}
        held |= {name: self.of_weight(weight) for name, weight in layer.weight_attributes.items()}
        held |= {name: self.of_table(layer, table) for name, table in layer.tables.items()}
        for name in layer.facts.tracked_order or held:
            if name in held:
                node.add(name, held[name])
        for name, item in layer.attached.tracked.items() if layer.attached is not None else ():
            node.add(name, self.of_tracked(item))

    def of_tracked(self, item: TrackedItem) -> SavedNode:
        """The node of what a revived layer tracks."""
        if isinstance(item, Layer):
            return self.of_layer(item)
        if isinstance(item, Weight):
            return self.of_weight(item)
        if not isinstance(item, TrackedObject):
            return self.of_other(item)
        node = self.tracked.get(item)
        if node is None:
            node = self.tracked[item] = UserObject(item.identifier, item.producer)
            for name, child in item.children.items():
                node.add(name, self.of_tracked(child))
        return node

    def of_other(self, item: TrackedItem) -> SavedNode:
        """The node of a function or a constant that a revived layer tracks.

        Raises:
          UnsupportedLayerError: it was not read.
        """
        if isinstance(item, UnreadObject):
            raise UnsupportedLayerError(
                f"{item.where}: expected what kerasfmt reads and writes, got a {item.kind}; take the SavedModel as a "
                "graph, which is saved whole: kerasfmt.load_graph_model; or give the class of the layer that holds it "
                "as custom_objects"
            )
        return UserObject()

    def wrapper(self, value: Any) -> UserObject:
        """What Keras tracks of a list or a dict: the dicts in a dict, the lists and the weights in a list."""
        if isinstance(value, dict):
            node = dict_wrapper()
            for key, item in value.items():
                if isinstance(item, dict):
                    node.add(key, self.wrapper(item))
            return node
        node = list_wrapper(())
        for index, item in enumerate(value if isinstance(value, list | tuple) else ()):
            if isinstance(item, Weight):
                node.add(str(index), self.of_weight(item))
            elif isinstance(item, list):
                node.add(str(index), self.wrapper(item))
        return node

    def optimizer(self, compiled: TrainingConfig) -> UserObject | None:
        """The node of the optimizer; None where it has no variables that Keras would look for."""
        from kerasfmt.formats.checkpoint.optimizer import optimizer_node

        return optimizer_node(compiled, self.model.trainable_weights, self.of_weight)

    def add_losses(self, compiled: TrainingConfig) -> None:
        """Adds the losses, if the model has several."""
        loss = _loss_container(compiled.config.get("loss"))
        if loss is not None:
            self.root.add("loss", loss)


class CheckpointObjects(ObjectTree):
    """The objects of a model as a checkpoint of Keras 2 has them.

    Args:
      model: the model.
      compiled: its compile state as Keras 2 has built it; None where it is not compiled.
    """

    def __init__(self, model: Model, compiled: TrainingConfig | None) -> None:
        super().__init__(model)
        self.build()
        if compiled is not None:
            optimizer = self.optimizer(compiled)
            if optimizer is not None:
                self.root.add("optimizer", optimizer)
            self.add_losses(compiled)
        self.root.add(ROOT, self.root)

    @override
    def fill(self, layer: Layer, node: UserObject) -> None:
        if isinstance(layer, Model) and layer.is_network:
            self.add_layers(layer, node)
        self.add_tracked(layer, node)

    @override
    def of_table(self, layer: Layer, table: Table) -> SavedNode:
        return CountsNode(table) if table.mutable else UserObject()


def _loss_container(loss: Any) -> UserObject | None:
    """The node of the losses of several outputs: a list, or a dict, which stands for no loss too; None for one loss.

    Source: tf_keras/src/engine/training.py, Model.compile
    """
    if isinstance(loss, list):
        return list_wrapper(())
    return (
        dict_wrapper() if loss is None or (isinstance(loss, Mapping) and "class_name" not in loss) else None
    )
