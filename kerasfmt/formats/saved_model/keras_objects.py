"""A Keras model as a tree of trackable objects: layers, weights, functions, and the attributes Keras adds.

Children of a layer: its sublayers (models: `layer_with_weights-i`, `layer-i`), the common endpoints (`variables`,
`trainable_variables`, `regularization_losses`, `__call__`, ...), `keras_api` with all endpoints, and what its class
tracks (weights, lists, a random generator). The model that is saved has `_default_save_signature`, the optimizer
and `signatures` besides.

Source: tf_keras/src/saving/legacy/saved_model/serialized_attributes.py and save_impl.py;
tf_keras/src/engine/base_layer.py, _trackable_children.
"""

from __future__ import annotations

from collections.abc import Iterable

from kerasfmt.formats.saved_model.object_graph import (
    ConcreteNode,
    FunctionNode,
    SavedNode,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.formats.saved_model.optimizer import optimizer_node
from kerasfmt.formats.saved_model.traces import LayerTraces, function_nodes
from kerasfmt.graph import Builder, Function
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import InputLayer, Layer, Model, Weight

_ENDPOINTS = ("__call__", "call_and_return_all_conditional_losses")
_API_FUNCTIONS = (
    "__call__",
    "_default_save_signature",
    "activity_regularizer_fn",
    "call_and_return_all_conditional_losses",
    "call_and_return_conditional_losses",
)


class KerasObjects:
    """The object tree of one model.

    Args:
      model: the model that is saved.
      save_traces: whether layers carry their traced functions and the attributes that go with them.
    """

    def __init__(self, model: Model, save_traces: bool) -> None:
        self.model = model
        self.layers: dict[SavedNode, Layer] = {}
        self.variables: dict[Weight, VariableNode] = {}
        self._nodes: dict[Layer, UserObject] = {}
        self._losses: dict[Weight, FunctionNode] = {}
        self._traces = LayerTraces(model) if save_traces else None

    def root(
        self, default_signature: ConcreteNode | None, signatures: SavedNode, include_optimizer: bool
    ) -> UserObject:
        """The node of the model."""
        node = self._node(self.model)
        self._fill(self.model, node, default_signature)
        config = self.model.training_config
        if include_optimizer and config is not None and config.variables:
            node.add("optimizer", optimizer_node(config, self.variable))
        node.add("signatures", signatures)
        return node

    def variable(self, weight: Weight) -> VariableNode:
        """The node of a weight."""
        node = self.variables.get(weight)
        if node is None:
            node = self.variables[weight] = VariableNode(weight=weight)
        return node

    def _node(self, layer: Layer) -> UserObject:
        node = self._nodes.get(layer)
        if node is None:
            node = self._nodes[layer] = UserObject(identifier=layer.facts.identifier)
            self.layers[node] = layer
            if layer is not self.model:
                self._fill(layer, node, None)
        return node

    def _fill(self, layer: Layer, node: UserObject, default_signature: ConcreteNode | None) -> None:
        if isinstance(layer, Model):
            count = 0
            for index, child in enumerate(layer.layers):
                if child.weights:
                    node.add(f"layer_with_weights-{count}", self._node(child))
                    count += 1
                node.add(f"layer-{index}", self._node(child))
        if self._traces is not None and not isinstance(layer, InputLayer):
            if layer.facts.restored_from_config:
                node.add("keras_api", UserObject())
            else:
                self._add_endpoints(layer, node, self._traces, default_signature)
        if layer.random_generator():
            node.add("_random_generator", self._random_generator(layer))
        held: dict[str, SavedNode] = {}
        for name in layer.tracked_lists():
            is_dict = isinstance(getattr(layer, name, None), dict)
            held[name] = dict_wrapper() if is_dict else list_wrapper(())
        if not isinstance(layer, Model):
            held |= {name: self._node(child) for name, child in layer.sublayers.items()}
        held |= {name: self.variable(weight) for name, weight in layer.weight_attributes.items()}
        for name in layer.facts.tracked_order or held:
            node.add(name, held[name])
        for name, functions in layer.tracked_functions().items():
            node.add(name, compiled_node(name, functions if self._traces is not None else ()))

    def _random_generator(self, layer: Layer) -> UserObject:
        if layer.generator_state is None:
            return UserObject()
        return UserObject(
            [("_generator", UserObject([("_state_var", self.variable(layer.generator_state))]))]
        )

    def _add_endpoints(
        self, layer: Layer, node: UserObject, traces: LayerTraces, default_signature: ConcreteNode | None
    ) -> None:
        functions: dict[str, SavedNode] = dict(function_nodes(layer, traces.of(layer)))
        if default_signature is not None:
            functions["_default_save_signature"] = default_signature
        common = {
            "variables": self._list(layer.weights),
            "trainable_variables": self._list(layer.trainable_weights),
            "regularization_losses": list_wrapper(self._all_losses(layer)),
        }
        children = layer.layers if isinstance(layer, Model) else list(layer.sublayers.values())
        api = UserObject()
        api.add("non_trainable_variables", self._list(layer.non_trainable_weights))
        api.add("layers", list_wrapper(self._node(child) for child in children))
        api.add("metrics", list_wrapper(()))
        api.add("layer_regularization_losses", list_wrapper(self._own_losses(layer)))
        api.add("layer_metrics", dict_wrapper())
        for name, item in common.items():
            node.add(name, item)
            api.add(name, item)
        node.add("keras_api", api)
        for name in (*_ENDPOINTS, "_default_save_signature"):
            if name in functions:
                node.add(name, functions[name])
        for name in _API_FUNCTIONS:
            if name in functions:
                api.add(name, functions[name])

    def _list(self, weights: Iterable[Weight]) -> UserObject:
        return list_wrapper(self.variable(w) for w in weights)

    def _all_losses(self, layer: Layer) -> list[FunctionNode]:
        children = layer.layers if isinstance(layer, Model) else list(layer.sublayers.values())
        return [*self._own_losses(layer), *(loss for child in children for loss in self._own_losses(child))]

    def _own_losses(self, layer: Layer) -> list[FunctionNode]:
        nested = {w for child in layer.sublayers.values() for w in child.weights}
        own = dict.fromkeys(w for w in layer.weight_attributes.values() if w not in nested)
        return [self._loss(w) for w in own if w.regularizer is not None]

    def _loss(self, weight: Weight) -> FunctionNode:
        """The penalty on a weight, as a function without arguments."""
        node = self._losses.get(weight)
        if node is None:
            assert weight.regularizer is not None
            graph = Builder()
            loss = weight.regularizer.loss(graph.read(weight))
            name = f"loss_fn_{len(self._losses)}"
            trace = ConcreteNode(
                function=graph.finish([loss]),
                name=name,
                inputs=((), {}),
                outputs=loss.spec.with_name("unknown"),
                input_signature=(),
            )
            node = self._losses[weight] = FunctionNode([("trace_0", trace)], input_signature=())
        return node


def compiled_node(name: str, functions: Iterable[Function]) -> FunctionNode:
    """A tf.function of (inputs, kernel) that XLA compiles, with the functions that were traced."""
    spec = ArgSpec(("inputs", "kernel"))
    node = FunctionNode(arg_spec=spec, jit_compile=True)
    for index, function in enumerate(functions):
        inputs = [v.spec.with_name(n) for v, n in zip(function.inputs, function.input_names, strict=True)]
        trace = ConcreteNode(
            function=function,
            name=name,
            inputs=(tuple(inputs), {}),
            outputs=function.outputs[0].spec.with_name("unknown"),
            arg_spec=spec,
            keywords=function.input_names,
            positional=len(inputs),
        )
        node.add(f"trace_{index}", trace)
    return node
