"""Masks that pass revived layers: a SavedModel does not hold `compute_mask`, so they end there.

That matters only where a later layer takes a mask in the file. Its functions say whether it does.

Source: tf_keras/src/engine/base_layer.py, compute_mask; Keras itself refuses to call a revived layer on masked inputs
"""

from __future__ import annotations

from collections.abc import Mapping

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.saved_model.bindings import Bindings
from kerasfmt.formats.saved_model.layer_functions import ALL_LOSSES
from kerasfmt.formats.saved_model.stored import Place
from kerasfmt.graph import Spec
from kerasfmt.ir import Layer, Model
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.revived import RevivedLayer, custom_class_hint
from kerasfmt.ir.structure import flatten
from kerasfmt.ir.tensor import Tensor

MASK = "mask"


def refuse_lost_masks(model: Model, places: Mapping[Layer, Place], bindings: Bindings) -> None:
    """Refuses a model in which a layer takes a mask that would have passed a revived layer.

    Args:
      model: the model.
      places: the place of each layer.
      bindings: the functions of the file.

    Raises:
      UnsupportedLayerError: there is such a layer.
    """
    for each in every_layer(model):
        if isinstance(each, Model) and each.is_network:
            _check(each, places, bindings)


def _check(model: Model, places: Mapping[Layer, Place], bindings: Bindings) -> None:
    lost: dict[Tensor, RevivedLayer] = {}
    for call in model.network:
        inputs = call.tensor_inputs
        passed = next((lost[tensor] for tensor in inputs if tensor in lost), None)
        if isinstance(call.layer, RevivedLayer):
            if passed is not None or any(tensor.masked for tensor in inputs):
                lost.update(dict.fromkeys(call.flat_outputs, call.layer))
            continue
        if passed is None:
            continue
        layer = call.layer
        place = places.get(layer)
        if (layer.takes_mask or layer.joins_masks) and (place is None or _takes_mask(place, bindings)):
            raise UnsupportedLayerError(
                f"{passed.record.where}: layer {passed.name!r} of class {passed.class_name!r}: the SavedModel does not "
                f"hold the mask of its outputs (compute_mask), which layer {layer.name!r} takes; "
                f"{custom_class_hint(passed.class_name)}"
            )
        if layer.supports_masking:
            lost.update(dict.fromkeys(call.flat_outputs, passed))


def _takes_mask(place: Place, bindings: Bindings) -> bool:
    """Whether a function of a layer takes a mask; a layer without functions may."""
    at = place.child(ALL_LOSSES)
    if at is None:
        return True
    function = bindings.function(at)
    index = function.arg_spec.args.index(MASK) if MASK in function.arg_spec.args else None
    given = [
        trace.arguments[1].get(MASK) if index is None else (*trace.arguments[0], *[None] * index)[index]
        for trace in function.traces
    ]
    return not given or any(isinstance(leaf, Spec) for each in given for leaf in flatten(each))
