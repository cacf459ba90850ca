"""Every case through each format of kerasfmt and back, without TensorFlow: the same config, weights, compile state.

TensorFlow wrote model.h5. kerasfmt reads it, writes a file of the format, and reads a second model from that file.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.artefacts import stored as stored_file
from conformance.case import Case
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.optimizers.loss_scale import unwrapped

FORMATS: dict[str, tuple[str, str]] = {
    "hdf5": ("model.h5", "h5"),
    "keras3": ("model.keras", "keras"),
    "tf_keras": ("model.keras", "tf_keras"),
    "saved_model": ("model", "tf"),
    "weights": ("only.h5", "h5"),
    "paths_keras3": ("only.weights.h5", "keras"),
    "paths_tf_keras": ("only.weights.h5", "tf_keras"),
}
"""Format -> file name and `save_format`; files called only hold weights."""


class NotInDialectError(Exception):
    """A Keras has no such layer or option, or makes other masks, so that the model cannot be written for it."""


def round_trip(line: str, case: Case, kind: str, scratch: Path) -> None:
    """Sends one case through one format.

    Raises:
      AssertionError: it came back as another model.
      NotInDialectError: it cannot be written in this dialect, and kerasfmt says so.
    """
    stored = stored_file(line, case)
    kerasfmt.clear_session()
    model = kerasfmt.load_model(stored, custom_objects=case.objects(kerasfmt))
    name, save_format = FORMATS[kind]
    path = scratch / name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "optimizer Nadam: the momentum follows another schedule")
        warnings.filterwarnings("ignore", ".*Keras 2 does not restore what it learned")
        if not name.startswith("only"):
            options = case.save if kind == "saved_model" else {}
            _write(lambda: kerasfmt.save_model(model, path, save_format=save_format, **options), kind)
            again = kerasfmt.load_model(path, custom_objects=case.objects(kerasfmt))
            if kind == "keras3" and (learned := learned_bins(model)):
                assert learned_bins(again, given=True) == learned
                return
            assert_same_config(again, model, kind)
            kept = model.training_config if options.get("include_optimizer", True) else None
            assert_same_training(again.training_config, kept, kind)
        else:
            if beside_weights(model, kind):
                with pytest.warns(
                    UserWarning, match=r"do not hold the vocabularies|keeps what these layers learned"
                ):
                    kerasfmt.save_weights(model, path, save_format=save_format)
                return
            kerasfmt.save_weights(model, path, save_format=save_format)
            again = kerasfmt.load_model(stored, custom_objects=case.objects(kerasfmt))
            for weight in again.weights:
                weight.value = np.zeros(weight.shape, weight.dtype.numpy)
            kerasfmt.load_weights(again, path)
    assert_same_weights(again.weights, model.weights, names=kind != "keras3")


def learned_bins(model: Model, given: bool = False) -> list[tuple[float, ...]]:
    """The boundaries that Discretizations have learned, or been given.

    Keras 3 keeps them in the config, as if they were given, and does not keep what they were learned from.
    """
    layers = [layer for layer in model.layers if isinstance(layer, kerasfmt.layers.Discretization)]
    return [layer.boundaries for layer in layers if layer.boundaries and layer.learns is not given]


def beside_weights(model: Model, kind: str) -> bool:
    """Whether a layer has learned what the weights of this format do not hold."""
    return any(layer.assets() for layer in model.layers) or (
        kind == "paths_keras3" and bool(learned_bins(model))
    )


def _write(write: Any, kind: str) -> None:
    try:
        write()
    except kerasfmt.errors.UnsupportedLayerError as error:
        refused = {"keras3": "Keras 3", "tf_keras": "an Ellipsis"}.get(kind)
        if refused and refused in str(error):
            raise NotInDialectError(str(error)) from error
        raise


def assert_same_config(got: Model, expected: Model, kind: str) -> None:
    """Fails unless the models are of one class and of equal configs, as far as the format can say."""
    assert type(got).__name__ == type(expected).__name__
    ours, theirs = got.get_config(), expected.get_config()
    if kind == "keras3":
        ours, theirs = meant_in_both(ours), meant_in_both(theirs)
    assert ours == theirs


def meant_in_both(value: Any, of: str = "") -> Any:
    """A config of Keras 2 without what Keras 3 has no words for.

    That is the batch shape of a layer that is no InputLayer, which the model's inputs say; the `input_length` of
    an Embedding, which they say too; of which module the function of a Lambda is; the integer dtype of a
    Discretization, to which Keras 3 would cast its inputs; whether a dtype is a policy or its name; and the mode of a
    call, which is refused where it changes something.
    """
    if isinstance(value, list | tuple):
        return [meant_in_both(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        if key == "batch_input_shape" and of != "InputLayer":
            continue
        if key == "input_length" and of == "Embedding":
            continue
        if key == "dtype" and of == "Discretization":
            continue
        if (key == "module" and of == "Lambda") or (key == "training" and isinstance(item, bool)):
            continue
        if key == "dtype" and isinstance(item, dict) and "name" in item.get("config", {}):
            item = item["config"]["name"]
        found[key] = meant_in_both(item, str(value.get("class_name", "")) if key == "config" else "")
    return found


def assert_same_weights(got: Sequence[Any], expected: Sequence[Any], names: bool) -> None:
    """Fails unless the weights have the same values, bit by bit, shapes, dtypes and, if asked, names, in order."""
    if names:
        assert [w.name for w in got] == [w.name for w in expected]
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected, strict=True):
        a, b = ours.numpy(), theirs.numpy()
        where = f"weight {theirs.name}"
        assert (a.dtype, a.shape, ours.trainable) == (b.dtype, b.shape, theirs.trainable), where
        assert a.tobytes() == b.tobytes(), where


def assert_same_training(got: TrainingConfig | None, expected: TrainingConfig | None, kind: str) -> None:
    """Fails unless both are compiled alike, with the same state of the optimizer."""
    assert (got is None) == (expected is None)
    if got is None or expected is None:
        return
    named = expected
    if kind == "keras3" and not expected.optimizer_config.get("dynamic", True):
        named = unwrapped(expected)  # Keras 3 has a fixed scale as an option of every optimizer
    assert got.optimizer_class == named.optimizer_class
    if kind == "hdf5":
        assert got.config == expected.config
    held, variables = list(got.variables), list(expected.variables)
    if kind == "saved_model" and len(variables) == 1:
        held = held[:1]  # in SavedModels, a model that was loaded has its slots before the first step
    if kind == "keras3":
        by_words = {_words(variable): variable for variable in variables}
        assert len(by_words) == len(variables)
        if len(held) < len(variables):
            held += got.scalars.values()
        unused = {*by_words} - {_words(variable) for variable in held}
        # Keras 3 has no slots for SGD without momentum; Keras 2 fills them, and uses them for nothing.
        assert not unused or (got.optimizer_class == "SGD" and not got.optimizer_config["momentum"])
        variables = [by_words[_words(variable)] for variable in held]
    assert_same_weights(held, variables, names=False)


_IN_KERAS3 = {"velocity": "rms", "average_gradient": "mg", "Variable": "momentum_cache", "iteration": "iter"}
"""Word in the name of an optimizer's variable -> the word of `keras.optimizers.legacy`."""


def _words(variable: Any) -> frozenset[str]:
    """What the name of an optimizer's variable says, in any order: Keras 3 has other orders of slots than legacy ones.

    `Adam/dense/kernel/m`, `Adam/m/dense/kernel` and `m/dense/kernel` are one variable, and so are `Adam/iter` and
    `iteration`.
    """
    parts = variable.name.split("/")
    words = frozenset(
        _IN_KERAS3.get(word, word) for word in parts[len(parts) > 1 and parts[0][:1].isupper() :]
    )
    once = words & {"iter", "momentum_cache"}
    return once or words
