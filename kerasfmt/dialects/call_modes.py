"""The training mode that a call of a layer states, `base(x, training=False)`, in both dialects.

| | in Keras 2 | in Keras 3 |
|---|---|---|
| it holds | always, whatever the mode of the model | where a call of the model states none; fit and predict do |
| here it is | `Call.kwargs["training"]` | `Call.default_training` |

Neither dialect has a word for what the other means.

Source: tf_keras/src/engine/base_layer.py, Layer._set_training_mode; keras/src/models/functional.py, operation_fn (3.0
to 3.15)
"""

from __future__ import annotations

import warnings

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Function
from kerasfmt.graph.function import callees_of
from kerasfmt.ir import InputLayer, Model
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.held_layers import every_call
from kerasfmt.ir.tensor import Call
from kerasfmt.printable import printable


def keep_modes_in_keras3(model: Model, to_train: bool = True) -> None:
    """Refuses calls whose mode Keras 3 would override, if they compute something else in the other mode.

    Args:
      model: the model.
      to_train: whether it is to be trained. Otherwise a call that never trains is written, with a warning.

    Raises:
      UnsupportedLayerError: it names the call.
    """
    for call in every_call(model):
        mode = call.kwargs.get("training")
        if mode is None or not _differs(call):
            continue
        layer = call.layer
        text = f"layer {layer.name} ({type(layer).__name__}): it is called with training={bool(mode)}"
        if mode:
            raise UnsupportedLayerError(
                f"{text} and so computes as in training when the model predicts; in Keras 3 predict overrides that; "
                'leave training out of the call, or write the model for Keras 2 with save_format="tf_keras", "h5" or '
                '"tf"'
            )
        if to_train:
            raise UnsupportedLayerError(
                f"{text}, which Keras 3 overrides when the model is trained; freeze its layers with trainable=False "
                "and set the rates of those that drop to 0; or save with include_optimizer=False for a model that only "
                'predicts; or write it for Keras 2 with save_format="tf_keras", "h5" or "tf"'
            )
        warnings.warn(
            printable(f"model {model.name}: {text}, which Keras 3 overrides when the model is trained"),
            stacklevel=2,
        )


def warn_of_default_modes(model: Model) -> None:
    """Warns of calls that are in training where a call of the model states no mode: Keras 2 has none."""
    calls = (
        call for call in every_call(model) if call.default_training and call.kwargs.get("training") is None
    )
    names = list(dict.fromkeys(call.layer.name for call in calls if _differs(call)))
    if names:
        warnings.warn(
            printable(
                f"model {model.name}: training=True is left out of the calls of {', '.join(names)[:200]}: Keras 3 "
                "means it where the model is called and no mode is stated, and Keras 2 predicts there"
            ),
            stacklevel=2,
        )


def _differs(call: Call) -> bool:
    """Whether a call computes something else in training, apart from calls inside that state a mode of their own."""
    layer = call.layer
    if isinstance(layer, Model) and layer.is_network:
        inside = (c for c in layer.network if not isinstance(c.layer, InputLayer))
        return any(_differs(c) for c in inside if c.kwargs.get("training") is None)
    if not layer.takes_training:
        return False
    context = CallContext(call.flat_outputs[0].shared_traces)
    inputs, kwargs = layer.argument_specs(call.inputs, call.kwargs)
    texts = {_text(layer.traces.exact(inputs, kwargs, mode, context).function) for mode in (False, True)}
    return len(texts) > 1


def _text(function: Function) -> str:
    inside = (callee for node in function.nodes for callee in callees_of(node))
    return "\n".join((str(function), *map(_text, inside)))
