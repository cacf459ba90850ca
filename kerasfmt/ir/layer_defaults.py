"""What a layer may override, with the answers of a layer that does not: masks, demands, and what files hold of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from kerasfmt.graph import Function, Value
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.weight import ArrayLike, Weight
from kerasfmt.ir.weight_owner import WeightOwner

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer


class LayerDefaults(WeightOwner, kw_only=True):
    """What a subclass of `Layer` may override beside its options and weights."""

    supports_masking: ClassVar[bool] = False

    @property
    def stateful(self) -> bool:
        """Whether one call starts with what the call before left."""
        return False

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the outputs (bool Values or None), given the mask of the inputs."""
        return mask if self.supports_masking else None

    @property
    def starts_mask(self) -> bool:
        """Whether outputs are masked although the inputs are not."""
        return False

    def join_mask_arguments(
        self, inputs: Any, mask: Any, kwargs: dict[str, Any], masks: Mapping[str, Value]
    ) -> dict[str, Any]:
        """The call arguments, completed or changed by the masks of the inputs.

        Args:
          inputs: the inputs, before the automatic cast.
          mask: the masks of the inputs, None where there is none.
          kwargs: the further arguments.
          masks: the masks of the further arguments, by name.
        """
        return kwargs

    def adopt(self, stored: Sequence[ArrayLike]) -> Sequence[ArrayLike]:
        """The arrays of `weights`, from those that another class or an older Keras stored for such a layer.

        Args:
          stored: the arrays, in the order of the file.

        Raises:
          ValueError: they are of a layer that computes something else.
        """
        return stored

    def arranged(self, inputs: Structure, kwargs: dict[str, Any]) -> tuple[Structure, dict[str, Any]]:
        """The arguments of a symbolic call, as the layer's `call` gets them."""
        return inputs, kwargs

    def input_spec(self) -> InputSpec | list[InputSpec] | None:
        """What the built layer demands of its inputs, as Keras stores it."""
        return None

    def random_generator(self) -> bool:
        """Whether Keras gives the layer a random generator object."""
        return False

    def tracked_lists(self) -> tuple[str, ...]:
        """The attributes that Keras tracks as lists with these options; by default, as the facts state."""
        return self.facts.tracked_lists

    def tracked_layers(self) -> Mapping[str, Sequence[Layer]]:
        """The attributes that Keras tracks as lists of sublayers."""
        return {}

    def numbered_objects(self) -> Mapping[str, Collection[str]]:
        """Of options that hold layers: the options of these whose objects Keras numbers even in a model's config."""
        return {}

    def saved_states(self) -> Structure | None:
        """The states of a recurrent layer: a structure of weights, or of None without any; None for other layers."""
        return None

    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """Attributes that Keras tracks as separately compiled functions, with the traced functions."""
        return {}

    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure | None:
        """Specs as wide as the input spec allows, for which Keras traces the layer first; None where it has none.

        Args:
          names: the names of layers.

        Source: tf_keras/src/saving/legacy/saved_model/save_impl.py, LayerCallCollection._get_layer_inputs.
        """
        demands = self.input_spec() if self.facts.traced_by_input_spec else None
        if demands is None:
            return None
        specs = map_structure(lambda demand: demand.general(self.compute_dtype), demands)
        return None if any(spec.shape is None for spec in flatten(specs)) else specs

    @property
    def activity_penalty(self) -> Regularizer | None:
        """The activity regularizer, if the layer has that option and it is set."""
        return getattr(self, "activity_regularizer", None)

    @property
    def penalizes_outputs(self) -> bool:
        """Whether its outputs add to the loss, by `traces.penalty`."""
        return self.activity_penalty is not None

    def learned_options(self) -> Mapping[str, Any]:
        """The options that state what the layer learned from data, where a config holds that; by name."""
        return {}

    def archive_variables(self) -> Mapping[str, Weight] | None:
        """The weights that `.keras` archives keep under names of their own; None where they are numbered."""
        return None

    @property
    def weights_are_given(self) -> bool:
        """Whether the config states what its weights hold; HDF5 files of Keras 3 do not hold them then."""
        return False

    def assets(self, *, named: bool = False) -> Mapping[str, bytes]:
        """The files, by name, with what the layer knows and neither its config nor its weights hold.

        Args:
          named: whether those that the config names by a path are among them.
        """
        return {}

    def take_assets(self, files: Mapping[str, bytes]) -> None:
        """Takes what `assets` gave.

        Raises:
          InvalidModelError: they are not such files.
        """
        if files:
            raise self.fail(f"expected no files that belong to it, got {sorted(files)}")

    def config_beside_graph(self, config: dict[str, Any]) -> dict[str, Any]:
        """The config as Keras 2 stores it where the graph of the file holds what the layer's tables map.

        Args:
          config: the whole config.
        """
        return config
