"""Subclasses of Keras's Model whose class nobody has, and what cannot hold them.

Source: tf_keras/src/saving/legacy/saved_model/load.py, RevivedNetwork
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Spec
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import Model
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.revived import Record, RevivedLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.ir.trace_sharing import SharedTraces
from kerasfmt.ir.weight_owner import Listed
from kerasfmt.typing import override


class RevivedModel(RevivedLayer, Model, register=False):
    """A subclass of Keras's Model, which calls its layers in code of its own, as a file holds it."""

    def __init__(self, record: Record, **options: Any) -> None:
        Layer.__init__(self, **options)
        self.training_config = None
        vars(self)["keras2_version"] = None
        self.inputs_structure = self.outputs_structure = []
        self.inputs, self.outputs = [], []
        self._trainable_state = None
        self._begin(record)

    @property
    @override
    def is_network(self) -> bool:
        return False

    def connect(self, inputs: Structure) -> None:
        """Makes it a model on inputs of these Specs.

        Raises:
          UnsupportedLayerError: the file has no function for them.
        """
        shared = SharedTraces()
        names: set[str] = set()

        def tensor(spec: Spec) -> Tensor:
            name = base = (spec.name or "input_1").replace("/", "_").replace(":", "_")
            count = 0
            while name in names:
                count += 1
                name = f"{base}_{count}"
            names.add(name)
            if spec.shape is None:
                raise UnsupportedLayerError(
                    f"{self.record.where}: model {self.name!r} of class {self.class_name!r}: input {name}: expected a "
                    "tensor of known rank, got one of any rank; load_graph_model runs its signatures"
                )
            layer = InputLayer(batch_input_shape=spec.shape, dtype=spec.dtype.name, name=name)
            layer.outputs.shared_traces = shared
            return layer.outputs

        self.inputs_structure = map_structure(tensor, inputs)
        self.inputs = flatten(self.inputs_structure)
        specs = map_structure(lambda t: t.spec, self.inputs_structure)
        found = self.output_specs(specs, {}, False, CallContext(shared))
        self.outputs_structure = map_structure(lambda spec: Tensor(spec.with_name(None), shared), found)
        self.outputs = flatten(self.outputs_structure)
        call = Call(self, self.inputs_structure, {}, self.outputs_structure, 0)
        for index, output in enumerate(self.outputs):
            output.call, output.index = call, index
        self.build_input = map_structure(lambda t: t.shape, self.inputs_structure)

    @property
    @override
    def network(self) -> list[Call]:
        """No calls: its functions are all that is known of them."""
        return []

    @property
    @override
    def layers(self) -> list[Layer]:
        """The layers, in Keras's order."""
        return list(self.record.layers)

    @property
    @override
    def own_calls(self) -> int:
        return 0

    @override
    def listed_weights(self) -> list[Listed]:
        found = dict.fromkeys(self.listed_trainable_weights() + self.listed_non_trainable_weights())
        return sorted(found, key=self._place)

    @override
    def output_names_in(self, names: LayerNames) -> list[str]:
        """One name per output: `output_1`, or its keys in the structure of the outputs.

        Source: tf_keras/src/engine/compile_utils.py, create_pseudo_output_names
        """
        return [_output_name(path) for path in _paths(self.outputs_structure)]

    @override
    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure:
        if not self.inputs:
            return None
        return super(RevivedLayer, self).keras_signature(names)

    @override
    def apply(
        self, inputs: Structure, training: bool = False, context: CallContext | None = None
    ) -> Structure:
        return self.run(inputs, {}, training, context or CallContext(self.shared_traces))

    @override
    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: its functions are called by `run`."""
        raise self.fail("it has no code; its functions run instead")

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        return None

    @property
    @override
    def starts_mask(self) -> bool:
        return False

    @override
    def input_spec(self) -> None:
        return None


def _paths(structure: Structure) -> Iterator[tuple[int | str, ...]]:
    """The path of each leaf."""
    if isinstance(structure, Mapping):
        items: Iterable[tuple[int | str, Any]] = ((key, structure[key]) for key in sorted(structure))
    elif isinstance(structure, list | tuple):
        items = enumerate(structure)
    else:
        yield ()
        return
    for key, item in items:
        yield from ((key, *path) for path in _paths(item))


def _output_name(path: tuple[int | str, ...]) -> str:
    if not path:
        return "output_1"
    parts = [part + 1 if isinstance(part, int) else part for part in path]
    name = "_".join(map(str, parts))
    return f"output_{name}" if isinstance(path[0], int) else name


def revived_layers(model: Model) -> list[RevivedLayer]:
    """The revived layers of a model, itself included."""
    return [layer for layer in every_layer(model) if isinstance(layer, RevivedLayer)]


def refuse_revived(model: Model, what: str, with_configs: bool = False, with_models: bool = False) -> None:
    """Refuses a model with revived layers.

    Args:
      model: the model.
      what: what cannot hold functions.
      with_configs: whether it can hold a layer whose class, if a reader has it, makes the layer of its config.
      with_models: whether that is so for models inside of the model too.

    Raises:
      UnsupportedLayerError: there is such a layer.
    """
    found: list[RevivedLayer] = sorted(revived_layers(model), key=lambda layer: layer.name != model.name)
    for layer in found:
        if (
            with_configs
            and layer.known_by_config
            and layer.record.has_config
            and (not isinstance(layer, Model) or (with_models and layer is not model))
        ):
            continue
        raise UnsupportedLayerError(
            f"layer {layer.name!r} of class {layer.class_name!r}: {what} holds no functions, and they are all that is "
            f"known of this layer; save the model as a SavedModel with save_traces=True, or load it with "
            f"custom_objects={{{layer.class_name!r}: YourLayer}}"
        )
