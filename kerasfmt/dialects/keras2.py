"""The calls of a functional model in the dialect of Keras 2.

`inbound_nodes` of a layer is a list with one entry per call. An entry is a structure of
`[layer name, number of the call, number of the output, keyword arguments]`. An input that is a constant has
`_CONSTANT_VALUE` in place of a layer's name.

Source: tf_keras/src/engine/functional.py, reconstruct_from_config; tf_keras/src/engine/node.py, serialize
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.dialects.call_modes import warn_of_default_modes
from kerasfmt.dialects.calls import CallWords, FindTensor, is_reference
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import InputLayer, Model
from kerasfmt.ir.held_layers import every_call, every_layer
from kerasfmt.ir.json_values import BYTES, WRAPPED_LISTS, holds_numbers, unwrap
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.ir.tensor import Constant
from kerasfmt.ir.topology import CONSTANT
from kerasfmt.printable import printable


def read_call(node: Any, tensor: FindTensor, exact: bool) -> tuple[Structure, dict[str, Any]]:
    """The inputs and the keyword arguments of a call.

    Args:
      node: an entry of `inbound_nodes`.
      tensor: finds the tensor of a reference.
      exact: whether a list of one input differs from the input itself.

    Raises:
      InvalidModelError: it is not a call.
    """
    kwargs: dict[str, Any] = {}
    return _argument(node, tensor, kwargs, exact), kwargs


def _argument(node: Any, tensor: FindTensor, kwargs: dict[str, Any], exact: bool) -> Structure:
    """The first argument of a call; adds the others to `kwargs`."""
    if is_reference(node) or _is_constant(node):
        if len(node) == 4:
            given = {k: _keyword(v, tensor, exact) for k, v in node[3].items()}
            kwargs.update({k: v for k, v in given.items() if exact or v is not None})
        return _constant(node[2]) if _is_constant(node) else tensor(node)
    node = _list(node)
    if isinstance(node, Mapping):
        return {k: _argument(v, tensor, kwargs, exact) for k, v in node.items()}
    if not isinstance(node, list):
        raise InvalidModelError(f"config: expected a call of a layer in inbound_nodes, got {str(node)[:80]}")
    items = [_argument(item, tensor, kwargs, exact) for item in node]
    return items[0] if len(items) == 1 and not exact else items


def _list(value: Any) -> Any:
    """A list in the place of a tuple's or a shape's wrapper, which SavedModels have; HDF5 has lists."""
    if isinstance(value, Mapping) and value.get("class_name") in WRAPPED_LISTS:
        return value.get("items")
    return value


def _constant(value: Any) -> Constant:
    if isinstance(value, list) and value[:1] == [_COMPOSITE]:
        raise UnsupportedLayerError(
            "config: a constant that is a ragged or sparse tensor is not supported; use a dense one"
        )
    return Constant(unwrap(value))


def _is_constant(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and value[0] == CONSTANT


def _keyword(value: Any, tensor: FindTensor, exact: bool) -> Any:
    if is_reference(value):
        return tensor(value)
    value = _list(value)
    if isinstance(value, list):
        if not exact and holds_numbers(value):
            return Constant(value)
        return [_keyword(v, tensor, exact) for v in value]
    if isinstance(value, Mapping):
        if value.get("class_name") == BYTES:
            return unwrap(value)
        return {k: _keyword(v, tensor, exact) for k, v in value.items()}
    return value


_COMPOSITE: Final = {"_TYPE": "COMPOSITE"}
"""What Keras puts before the text of a ragged or sparse tensor.

Source: tf_keras/src/engine/node.py, Node.serialize
"""

CALLS: Final = CallWords(
    read=read_call,
    calls_before=lambda layer, top: layer.own_calls,
    check=lambda layer, node, inputs: None,
    default_training=lambda node: None,
)


def refuse_constants(model: Model) -> None:
    """Refuses arrays among the arguments of layers, of which Keras 2 writes lists and then reads each number alone.

    SavedModels hold such calls in functions too. Functions of TensorFlow take lists.

    Args:
      model: the model that is to be written as a config alone.

    Raises:
      UnsupportedLayerError: there is such a call.
    """
    for call in every_call(model):
        leaves = flatten([call.inputs, list(call.kwargs.values())])
        if not call.layer.facts.preserves_structure and any(isinstance(x, Constant) for x in leaves):
            raise UnsupportedLayerError(
                f"layer {call.layer.name} ({type(call.layer).__name__}): an array is among its inputs, which Keras "
                '2 does not read from such a file; write the model with save_format="tf", or for Keras 3 with '
                'save_format="keras"'
            )


def warn_of_words_of_keras3(model: Model) -> None:
    """Warns of what only Keras 3 has words for: modes by default, and inputs that may be None."""
    warn_of_default_modes(model)
    names = [x.name for x in every_layer(model) if isinstance(x, InputLayer) and x.optional]
    if names:
        warnings.warn(
            printable(
                f"model {model.name}: inputs that may be None are written as such that are always given: "
                f"{', '.join(names)[:200]}"
            ),
            stacklevel=2,
        )
