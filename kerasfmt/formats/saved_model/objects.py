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

from collections.abc import Iterable
from typing import Final

from kerasfmt.formats.checkpoint.layout import LIST_WRAPPER, OPTIMIZER
from kerasfmt.formats.checkpoint.nodes import SavedNode, UserObject, dict_wrapper, list_wrapper
from kerasfmt.formats.checkpoint.objects import ObjectTree
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.given_functions import as_stored, concrete_as_stored
from kerasfmt.formats.saved_model.gradient_functions import gradient_functions
from kerasfmt.formats.saved_model.layer_functions import ALL_LOSSES, LOSSES, OUTPUTS, PENALTY
from kerasfmt.formats.saved_model.nodes import (
    ConcreteNode,
    FunctionNode,
    InnerTensorNode,
)
from kerasfmt.formats.saved_model.plan import Penalty, Plan, own_penalties, penalties
from kerasfmt.formats.saved_model.shared_nodes import SharedNodes
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import InputLayer, Layer, Model, TrainingConfig, Weight
from kerasfmt.ir.compile_state import CompiledMetric
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.held_layers import attached_weights, children_of, every_layer
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.tracked import TrackedItem
from kerasfmt.ir.weight_owner import Listed
from kerasfmt.typing import override

DEFAULT: Final = "_default_save_signature"
_ENDPOINTS: Final = (OUTPUTS, ALL_LOSSES, DEFAULT)
_API_FUNCTIONS: Final = (OUTPUTS, DEFAULT, PENALTY, ALL_LOSSES, LOSSES)


class Objects(ObjectTree):
    """The object tree of a plan.

    Args:
      plan: the plan.
      compiled: the compile state of the model as Keras 2 has built it; None where it is not compiled.
      include_optimizer: whether the tree has the optimizer.

    Attributes:
      metrics: the metric of each node that stands for one.
      gradients: the gradients that nodes in functions have of their own.
    """

    def __init__(self, plan: Plan, compiled: TrainingConfig | None, include_optimizer: bool) -> None:
        super().__init__(plan.model)
        self._plan = plan
        self._compiled = compiled
        self.metrics: dict[SavedNode, CompiledMetric] = {}
        self._shared = SharedNodes()
        self._given: dict[GivenFunction, PolymorphicFunction] = {}
        self.build()
        if include_optimizer and compiled is not None:
            self._add_optimizer(compiled)
        if compiled is not None:
            self.add_losses(compiled)
        self.root.add("signatures", self._signatures())
        functions = self._shared.add_captures(self.root)
        self.gradients = gradient_functions(functions, every_layer(plan.model))

    @property
    def unnamed(self) -> list[SavedNode]:
        """The nodes that no object leads to: what gradients capture."""
        captured = [each for gradient in self.gradients for each in gradient.function.captured]
        found = dict.fromkeys(each for each in captured if isinstance(each, InnerTensor))
        return [InnerTensorNode(each) for each in found]

    @override
    def of_table(self, layer: Layer, table: Table) -> SavedNode:
        return self._shared.table(table, self._plan.tables[table])

    @override
    def of_other(self, item: TrackedItem) -> SavedNode:
        if isinstance(item, GivenFunction):
            function = self._given.get(item)
            if function is None:
                known = self._plan.losses.get(item)
                function = self._given[item] = known or as_stored(item)
            return self._shared.function(function)
        if isinstance(item, GivenTrace):
            return ConcreteNode(concrete_as_stored(item))
        if isinstance(item, EagerConstant):
            return self._shared.constant(item)
        return super().of_other(item)

    def _add_optimizer(self, compiled: TrainingConfig) -> None:
        optimizer = self.optimizer(compiled)
        if optimizer is None:
            return
        if optimizer.identifier == OPTIMIZER:
            arguments = ArgSpec(("gradient", "variable", "key"))
            step = PolymorphicFunction(arg_spec=arguments, jit_compile=True)
            optimizer.add("_update_step_xla", FunctionNode(step))
        self.root.add("optimizer", optimizer)

    def _signatures(self) -> UserObject:
        children: list[tuple[str, SavedNode]] = [
            (key, ConcreteNode(signature.concrete)) for key, signature in self._plan.signatures.items()
        ]
        return UserObject(layout.SIGNATURE_MAP, children=children)

    @override
    def fill(self, layer: Layer, node: UserObject) -> None:
        if isinstance(layer, Model) and layer.is_network:
            self.add_layers(layer, node)
        if layer in self._plan.layers:
            self._add_endpoints(layer, node)
        elif self._plan.traced and not isinstance(layer, InputLayer):
            node.add("keras_api", UserObject())
        if layer.random_generator():
            node.add("_random_generator", self._random_generator(layer))
        self.add_tracked(layer, node)
        for name, function in self._plan.compiled.get(layer, {}).items():
            node.add(name, self._shared.function(function))

    def _random_generator(self, layer: Layer) -> UserObject:
        if layer.generator_state is None:
            return UserObject()
        state = UserObject(children=[("_state_var", self.of_weight(layer.generator_state))])
        return UserObject(children=[("_generator", state)])

    def _add_endpoints(self, layer: Layer, node: UserObject) -> None:
        functions: dict[str, SavedNode] = {
            name: self._shared.function(function) for name, function in self._plan.layers[layer].items()
        }
        if layer is self._plan.model and self._plan.default is not None:
            functions[DEFAULT] = ConcreteNode(self._plan.default)
        further = attached_weights(layer)
        trained = [weight for weight in further if weight.trainable]
        fixed = [weight for weight in further if not weight.trainable]
        common = {
            "variables": self._list([*layer.listed_weights(), *further]),
            "trainable_variables": self._list([*layer.listed_trainable_weights(), *trained]),
            "regularization_losses": self._losses(penalties(layer)),
        }
        api = UserObject()
        self._add_states(layer, api)
        api.add(
            "non_trainable_variables",
            self._list([*layer.listed_non_trainable_weights(), *fixed]),
        )
        api.add("layers", list_wrapper(self.of_layer(child) for child in children_of(layer)))
        api.add("metrics", list_wrapper(self._metrics(layer)))
        api.add("layer_regularization_losses", self._losses(own_penalties(layer)))
        named = dict_wrapper()
        if isinstance(layer, RevivedLayer):
            for name, metric in layer.record.layer_metrics.items():
                named.add(name, self.of_tracked(metric))
        elif layer.attached is not None:
            for metric in layer.attached.metrics:
                named.add(str((metric.description or {}).get("name")), self.of_tracked(metric))
        api.add("layer_metrics", named)
        for name, item in common.items():
            node.add(name, item)
            api.add(name, item)
        node.add("keras_api", api)
        for names, holder in ((_ENDPOINTS, node), (_API_FUNCTIONS, api)):
            for name in names:
                if name in functions:
                    holder.add(name, functions[name])

    def _add_states(self, layer: Layer, api: UserObject) -> None:
        """Adds the states of a recurrent layer."""
        states = layer.saved_states()
        if isinstance(layer, RevivedLayer):
            if layer.record.states is not None:
                api.add("states", self.of_tracked(layer.record.states))
        elif states is not None:
            api.add("states", self.wrapper(states))

    def _metrics(self, layer: Layer) -> list[SavedNode]:
        found: list[SavedNode] = []
        if layer is self._plan.model and self._compiled is not None:
            from kerasfmt.formats.saved_model.metrics import metric_node

            for metric in self._compiled.metrics or ():
                node = metric_node(metric, self.of_weight)
                self.metrics[node] = metric
                found.append(node)
        root = self._plan.model
        holders = list(every_layer(root)) if layer is root else [layer]
        revived = [each for each in holders if isinstance(each, RevivedLayer)]
        tracked = dict.fromkeys(metric for each in revived for metric in each.record.metrics)
        attached = (each.attached for each in holders if each.attached is not None)
        tracked |= dict.fromkeys(metric for each in attached for metric in each.metrics)
        return [*found, *map(self.of_tracked, tracked)]

    def _list(self, weights: Iterable[Listed]) -> UserObject:
        places = enumerate(weights)
        found = [(str(place), self.of_weight(w)) for place, w in places if isinstance(w, Weight)]
        return UserObject(LIST_WRAPPER, children=[*found])

    def _losses(self, found: Iterable[Penalty]) -> UserObject:
        return list_wrapper(self._shared.function(self._plan.losses[penalty]) for penalty in found)
