"""Models of a live Keras 2, and kerasfmt's results in NumPy for the same models, in one process."""

from __future__ import annotations

import importlib
import json
from collections.abc import MutableMapping
from typing import Any

import numpy as np

import kerasfmt
from conformance.case import Case, Keras, batch_of
from conformance.closeness import assert_close
from conformance.nested import flat
from kerasfmt.graph.run import LazyState, run

ROUNDS = 2
"""Calls in training, one after the other: they change weights and the states of generators."""

LATER = ("rng_type", "softmax_robust_masking")
"""Options that came after Keras 2.15; left out, they mean the same."""

KNOWN_HERE = (*("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "DepthwiseConv2D", "UpSampling2D"),)
"""Layers of which kerasfmt may know a size that TensorFlow loses (behind BatchToSpaceND, say); never the other way."""


def from_json(model: Any) -> kerasfmt.Model:
    """A Keras model, as kerasfmt reads it from its JSON text."""
    return kerasfmt.model_from_config(json.loads(model.to_json())["config"])


def _content(variable: Any) -> Any:
    return variable.numpy()


def outputs_of(
    model: kerasfmt.Model, arrays: list[Any], training: bool, state: MutableMapping[Any, Any] | None = None
) -> list[Any]:
    """What the traced function of a model gives: its outputs, then its losses.

    Args:
      model: the model.
      arrays: an array for each input.
      training: the mode.
      state: the values of the weights, which change as the function says.
    """
    function = model.default_trace(training=training).function
    return run(function, arrays, LazyState(_content) if state is None else state)


def check_layer(case: Case, keras: Keras) -> None:
    """kerasfmt's model of one layer, made from Keras's config and weights, is what Keras's own is.

    Compares config, input spec, shapes, masks and weights; what both compute in inference and in training; and the
    weights after training.
    """
    keras.backend.clear_session()
    kerasfmt.clear_session()
    theirs = case.build(keras)
    _randomize(theirs)
    ours = kerasfmt.model_from_config(theirs.get_config())
    _check_weights(ours, theirs)
    ours.set_weights(theirs.get_weights())
    _check_stated(keras, ours.get_layer("layer"), theirs.get_layer("layer"))
    _check_outputs(case, ours, theirs)
    if not case.runs:
        return
    x = case.sample(theirs)
    # Without `training`, the random layers of Keras take True.
    wanted = flat(theirs(batch_of(x), training=False))
    for number, (mine, their) in enumerate(zip(flat(ours.predict(batch_of(x))), wanted, strict=True)):
        assert_close(f"output {number}", mine, their, case.tolerance)
    if not case.random:
        _check_training(case, ours, theirs, x)


def _randomize(model: Any) -> None:
    """Weights that no initializer makes; variances are positive."""
    rng = np.random.default_rng(5)
    made = []
    for variable, value in zip(model.weights, model.get_weights(), strict=True):
        new = (
            rng.uniform(0.5, 1.5, value.shape)
            if "variance" in variable.name
            else rng.normal(size=value.shape)
        )
        made.append(new.astype(value.dtype) if value.dtype.kind not in "iu" else value)
    model.set_weights(made)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _check_weights(ours: Any, theirs: Any) -> None:
    assert [(w.name + ":0", w.declared_shape, w.dtype.name, w.trainable) for w in ours.weights] == [
        (w.name, tuple(w.shape), w.dtype.name, w.trainable) for w in theirs.weights
    ]
    for mine, their in zip(ours.weights, theirs.weights, strict=True):
        assert (mine.constraint is None) == (getattr(their, "constraint", None) is None)


def _check_stated(keras: Keras, ours: Any, theirs: Any) -> None:
    """What a layer says of itself."""
    config = ours.get_config()
    assert _as_json(keras, config) == _as_json(keras, theirs.get_config())
    if not ours.sublayers:
        assert type(ours).from_config(config).get_config() == config
    mine, their = ours.input_spec(), theirs.input_spec
    assert (mine is None, isinstance(mine, list)) == (their is None, isinstance(their, list))
    for one, other in zip(flat(mine), flat(their), strict=True) if their is not None else ():
        fields = ("dtype", "shape", "ndim", "max_ndim", "min_ndim")
        assert {f: getattr(one, f) for f in fields} == {f: getattr(other, f) for f in fields}
        assert dict(one.axes or {}) == (other.axes or {})
    assert ours.supports_masking == theirs.supports_masking
    assert ours.takes_training == theirs._expects_training_arg
    assert ours.random_generator() == hasattr(theirs, "_random_generator")
    assert ours.facts.restored_from_config == theirs._must_restore_from_config
    children = theirs._trackable_children()
    kinds = ("ListWrapper", "_ListWrapper", "_DictWrapper")
    wrappers = [n for n, child in children.items() if type(child).__name__ in kinds]
    # As Keras has them when it read the layer from a file; called with a tuple, it has no list of these.
    assert [n for n in ours.tracked_lists() if n != "output_padding"] == wrappers
    variables = {n: child for n, child in children.items() if hasattr(child, "handle")}
    assert list(ours.weight_attributes) == list(variables)
    for name, weight in ours.weight_attributes.items():
        assert variables[name].name == f"{weight.name}:0"
    regularized = {id(w): w for w in ours.weight_attributes.values() if w.regularizer is not None}
    assert len(regularized) == len(theirs._callable_losses)


def _check_outputs(case: Case, ours: Any, theirs: Any) -> None:
    """Shapes, dtypes and masks of the symbolic outputs."""
    for mine, their in zip(flat(ours.outputs_structure), flat(theirs.outputs), strict=True):
        expected, got = tuple(their.shape), mine.shape
        if case.about in KNOWN_HERE:
            got = tuple(None if e is None else g for e, g in zip(expected, got, strict=True))
        assert got == expected
        assert mine.dtype.name == their.dtype.name
        # The scores of a MultiHeadAttention carry the mask of the softmax inside it, by accident.
        if mine.index == 0:
            assert mine.masked == (getattr(their, "_keras_mask", None) is not None)


def _check_training(case: Case, ours: Any, theirs: Any, x: list[np.ndarray]) -> None:
    state = LazyState(_content)
    for _ in range(ROUNDS):
        wanted = flat(theirs(batch_of(x), training=True))
        results = outputs_of(ours, x, training=True, state=state)
        outputs, losses = results[: len(wanted)], results[len(wanted) :]
        for number, (mine, their) in enumerate(zip(outputs, wanted, strict=True)):
            assert_close(f"output {number} in training", mine, their, case.tolerance)
        penalties = [loss() for layer in theirs._flatten_layers() for loss in layer._callable_losses]
        assert len(losses) == len(theirs.losses) - len(penalties)
        if losses:
            wanted = np.asarray(sum(theirs.losses)) - np.asarray(sum(penalties), "float32")
            assert_close("losses of activities", np.sum(losses, axis=0), wanted, case.tolerance)
    for weight, value in zip(ours.weights, theirs.get_weights(), strict=True):
        assert_close(f"weight {weight.name}", state.get(weight, weight.numpy()), value, case.tolerance)


def _as_json(keras: Keras, config: Any) -> str:
    """A config as Keras 2 stores it: tuples marked, and objects by class name only."""
    encoder = importlib.import_module(f"{keras.__name__}.src.saving.legacy.saved_model.json_utils").Encoder
    return json.dumps(_legacy(json.loads(json.dumps(config, cls=encoder))))


def _legacy(value: Any) -> Any:
    if isinstance(value, list):
        return [_legacy(v) for v in value]
    if isinstance(value, dict):
        dropped = ("module", "registered_name", "build_config") if "class_name" in value else LATER
        return {k: _legacy(v) for k, v in value.items() if k not in dropped}
    return value
