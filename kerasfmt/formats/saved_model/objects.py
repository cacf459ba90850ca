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
    ConcreteNode,
    FunctionNode,
    SavedNode,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.formats.saved_model.optimizer import optimizer_node
from kerasfmt.formats.saved_model.plan import Plan, children_of, own_penalized_weights, penalized_weights
from kerasfmt.ir import InputLayer, Layer, Model, TrainingConfig, Weight
from kerasfmt.ir.compile_state import CompiledMetric

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
        for name in layer.facts.tracked_order or held:
            if name in held:
                node.add(name, held[name])
        for name, function in self._plan.compiled.get(layer, {}).items():
            node.add(name, self._function(function))

    def _wrapper(self, value: Any) -> UserObject:
        """What Keras tracks of a list or a dict: the dicts in a dict, the lists and the weights in a list."""
        if isinstance(value, dict):
            node = dict_wrapper()
            for key, item in value.items():
                if isinstance(item, dict):
                    node.add(key, self._wrapper(item))
            return node
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
            if child.weights:
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
            "variables": self._list(layer.weights),
            "trainable_variables": self._list(layer.trainable_weights),
            "regularization_losses": self._losses(penalized_weights(layer)),
        }
        api = UserObject()
        states = layer.saved_states()
        if states is not None:
            api.add("states", self._wrapper(states))
        api.add("non_trainable_variables", self._list(layer.non_trainable_weights))
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

    def _list(self, weights: Iterable[Weight]) -> UserObject:
        return list_wrapper(self._variable(w) for w in weights)

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
