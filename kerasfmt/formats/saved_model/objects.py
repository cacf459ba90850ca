"""A Keras model as a tree of trackable objects: layers, weights, functions, and the attributes Keras adds.

Children of a layer: its sublayers (models: `layer_with_weights-i`, `layer-i`), the common endpoints (`variables`,
`trainable_variables`, `regularization_losses`, `__call__`, ...), `keras_api` with all endpoints, and what its class
tracks (weights, lists, a random generator). The saved model itself also has `_default_save_signature`, the optimizer
and `signatures`.

Nothing is traced while the tree is built: all functions come from the plan.

Source: tf_keras/src/saving/legacy/saved_model/serialized_attributes.py and save_impl.py;
tf_keras/src/engine/base_layer.py, _trackable_children.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.layer_functions import ALL_LOSSES, LOSSES, OUTPUTS, PENALTY
from kerasfmt.formats.saved_model.metrics import metric_node
from kerasfmt.formats.saved_model.nodes import (
    AssetNode,
    ConcreteNode,
    ConstantNode,
    FunctionNode,
    SavedNode,
    TableNode,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.formats.saved_model.optimizer import optimizer_node
from kerasfmt.formats.saved_model.plan import Plan, children_of, own_penalized_weights, penalized_weights
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.ir import InputLayer, Layer, Model, TrainingConfig, Weight
from kerasfmt.ir.asset import Asset, TextFile
from kerasfmt.ir.compile_state import CompiledMetric
from kerasfmt.ir.weight_owner import Listed

DEFAULT: Final = "_default_save_signature"
_ENDPOINTS: Final = (OUTPUTS, ALL_LOSSES, DEFAULT)
_API_FUNCTIONS: Final = (OUTPUTS, DEFAULT, PENALTY, ALL_LOSSES, LOSSES)


class Objects:
    """The object tree of a plan.

    Args:
      plan: the plan.
      compiled: the compile state of the model as Keras 2 has built it; None where it is not compiled.
      include_optimizer: whether the tree has the optimizer.

    Attributes:
      root: the node of the model.
      layers: the layer of each node that stands for one.
      metrics: the metric of each node that stands for one.
    """

    def __init__(self, plan: Plan, compiled: TrainingConfig | None, include_optimizer: bool) -> None:
        self._plan = plan
        self._compiled = compiled
        self.layers: dict[SavedNode, Layer] = {}
        self.metrics: dict[SavedNode, CompiledMetric] = {}
        self._nodes: dict[Layer, UserObject] = {}
        self._variables: dict[Weight, VariableNode] = {}
        self._functions: dict[PolymorphicFunction, FunctionNode] = {}
        self._tables: dict[Table, TableNode] = {}
        self._constants: dict[EagerConstant, SavedNode] = {}
        self.root = self._of_layer(plan.model)
        self._fill(plan.model, self.root)
        if include_optimizer and compiled is not None:
            optimizer = optimizer_node(compiled, plan.model.trainable_weights, self._variable)
            if optimizer is not None:
                self.root.add("optimizer", optimizer)
        loss = None if compiled is None else _loss_container(compiled.config.get("loss"))
        if loss is not None:
            self.root.add("loss", loss)
        self.root.add("signatures", self._signatures())
        self._add_captures()

    def _add_captures(self) -> None:
        """Gives each function the constants and the files that it captures, by their places among its captures."""
        met: set[SavedNode] = {self.root}
        found: list[SavedNode] = [self.root]
        for node in found:
            if isinstance(node, ConcreteNode):
                for place, captured in enumerate(node.concrete.function.captured):
                    if isinstance(captured, EagerConstant):
                        node.add(f"capture_{place}", self._constant(captured))
            for _, child in node.children:
                if child not in met:
                    met.add(child)
                    found.append(child)

    def _constant(self, constant: EagerConstant) -> SavedNode:
        node = self._constants.get(constant)
        if node is None:
            made = AssetNode(constant) if isinstance(constant, Asset) else ConstantNode(constant)
            node = self._constants[constant] = made
        return node

    def _table(self, table: Table) -> TableNode:
        node = self._tables.get(table)
        if node is None:
            functions = self._plan.tables[table]
            node = self._tables[table] = TableNode(table, functions)
            if not table.mutable:
                initializer = UserObject()
                if isinstance(table.initializer, TextFile):
                    initializer.add("_filename", self._constant(table.initializer.file))
                node.add("_initializer", initializer)
            node.add("_create_resource", self._function(functions.create))
            node.add("_initialize", self._function(functions.initialize))
            node.add("_destroy_resource", self._function(functions.destroy))
        return node

    def _variable(self, weight: Weight) -> VariableNode:
        node = self._variables.get(weight)
        if node is None:
            node = self._variables[weight] = VariableNode(weight)
        return node

    def _function(self, function: PolymorphicFunction) -> FunctionNode:
        node = self._functions.get(function)
        if node is None:
            node = self._functions[function] = FunctionNode(function)
        return node

    def _signatures(self) -> UserObject:
        children: list[tuple[str, SavedNode]] = [
            (key, ConcreteNode(signature.concrete)) for key, signature in self._plan.signatures.items()
        ]
        return UserObject(layout.SIGNATURE_MAP, children=children)

    def _of_layer(self, layer: Layer) -> UserObject:
        node = self._nodes.get(layer)
        if node is None:
            node = self._nodes[layer] = UserObject(layer.facts.identifier)
            self.layers[node] = layer
            if layer is not self._plan.model:
                self._fill(layer, node)
        return node

    def _fill(self, layer: Layer, node: UserObject) -> None:
        if isinstance(layer, Model):
            self._add_layers(layer, node)
        if layer in self._plan.layers:
            self._add_endpoints(layer, node)
        elif self._plan.traced and not isinstance(layer, InputLayer):
            node.add("keras_api", UserObject())
        if layer.random_generator():
            node.add("_random_generator", self._random_generator(layer))
        held: dict[str, SavedNode] = {}
        for name in layer.tracked_lists():
            held[name] = self._wrapper(getattr(layer, name, ()))
        listed = layer.tracked_layers()
        held |= {name: list_wrapper(map(self._of_layer, layers)) for name, layers in listed.items()}
        if not isinstance(layer, Model):
            apart = {name: child for name, child in layer.sublayers.items() if not listed}
            held |= {name: self._of_layer(child) for name, child in apart.items()}
        held |= {name: self._variable(weight) for name, weight in layer.weight_attributes.items()}
        held |= {name: self._table(table) for name, table in layer.tables.items()}
        for name in layer.facts.tracked_order or held:
            if name in held:
                node.add(name, held[name])
        for name, function in self._plan.compiled.get(layer, {}).items():
            node.add(name, self._function(function))

    def _wrapper(self, value: Any) -> UserObject:
        """What Keras tracks of a list or a dict: the lists and the weights in a list."""
        if isinstance(value, dict):
            return dict_wrapper()
        node = list_wrapper(())
        for index, item in enumerate(value if isinstance(value, list | tuple) else ()):
            if isinstance(item, Weight):
                node.add(str(index), self._variable(item))
            elif isinstance(item, list):
                node.add(str(index), self._wrapper(item))
        return node

    def _add_layers(self, model: Model, node: UserObject) -> None:
        count = 0
        for index, child in enumerate(model.layers):
            if child.listed_weights():
                node.add(f"layer_with_weights-{count}", self._of_layer(child))
                count += 1
            node.add(f"layer-{index}", self._of_layer(child))

    def _random_generator(self, layer: Layer) -> UserObject:
        if layer.generator_state is None:
            return UserObject()
        state = UserObject(children=[("_state_var", self._variable(layer.generator_state))])
        return UserObject(children=[("_generator", state)])

    def _add_endpoints(self, layer: Layer, node: UserObject) -> None:
        functions: dict[str, SavedNode] = {
            name: self._function(function) for name, function in self._plan.layers[layer].items()
        }
        if layer is self._plan.model and self._plan.default is not None:
            functions[DEFAULT] = ConcreteNode(self._plan.default)
        common = {
            "variables": self._list(layer.listed_weights()),
            "trainable_variables": self._list(layer.listed_trainable_weights()),
            "regularization_losses": self._losses(penalized_weights(layer)),
        }
        api = UserObject()
        states = layer.saved_states()
        if states is not None:
            api.add("states", self._wrapper(states))
        api.add("non_trainable_variables", self._list(layer.listed_non_trainable_weights()))
        api.add("layers", list_wrapper(self._of_layer(child) for child in children_of(layer)))
        api.add("metrics", list_wrapper(self._metrics(layer)))
        api.add("layer_regularization_losses", self._losses(own_penalized_weights(layer)))
        api.add("layer_metrics", dict_wrapper())
        for name, item in common.items():
            node.add(name, item)
            api.add(name, item)
        node.add("keras_api", api)
        for names, holder in ((_ENDPOINTS, node), (_API_FUNCTIONS, api)):
            for name in names:
                if name in functions:
                    holder.add(name, functions[name])

    def _metrics(self, layer: Layer) -> list[UserObject]:
        if layer is not self._plan.model or self._compiled is None:
            return []
        found = []
        for metric in self._compiled.metrics or ():
            node = metric_node(metric, self._variable)
            self.metrics[node] = metric
            found.append(node)
        return found

    def _list(self, weights: Iterable[Listed]) -> UserObject:
        places = enumerate(weights)
        found = [(str(place), self._variable(w)) for place, w in places if isinstance(w, Weight)]
        return UserObject(layout.LIST_WRAPPER, children=[*found])

    def _losses(self, weights: Iterable[Weight]) -> UserObject:
        return list_wrapper(self._function(self._plan.losses[w]) for w in weights)


def _loss_container(loss: Any) -> UserObject | None:
    """The node of the losses of several outputs: a list, or a dict, which stands for no loss too; None for one loss.

    Source: tf_keras/src/engine/training.py, Model.compile
    """
    if isinstance(loss, list):
        return list_wrapper(())
    return (
        dict_wrapper() if loss is None or (isinstance(loss, Mapping) and "class_name" not in loss) else None
    )
