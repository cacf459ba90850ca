"""Stage 1, in a process with TensorFlow: builds each case as HDF5, as a SavedModel, and in numbers."""

from __future__ import annotations

import contextlib
import shutil
import warnings
from typing import Any

import numpy as np

from conformance.artefacts import cache_key, directory, read_json, stored, write_json
from conformance.case import BATCH, DYNAMIC, Case
from conformance.closeness import norms
from conformance.nested import fill, leaves, template


def build(line: str, case: Case, tf: Any, keras: Any) -> None:
    """Writes the artefacts of one case, unless they are there."""
    where = directory(line, case)
    if read_json(where / "expected.json").get("key") == cache_key(case):
        return
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model = case.build(keras)
    disturb(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(stored(line, case))
        if line not in case.unsaved:
            # TensorFlow gets what kerasfmt gets: the file, not the object that was saved to it.
            keras.backend.clear_session()
            loaded = keras.models.load_model(stored(line, case), custom_objects=case.objects(keras))
            loaded.save(where / "theirs", **case.save)
    arrays, names = _measure(case, model, tf)
    if case.runs and case.trains and line not in case.unsaved:
        arrays |= _train(stored(line, case), case, arrays, names, keras)
    np.savez(where / "expected.npz", **arrays)
    write_json(where / "expected.json", {**names, "key": cache_key(case), "tensorflow": tf.__version__})


def disturb(model: Any) -> None:
    """Gives weights that start as zeros or ones other values, so that mixing them up shows."""
    rng = np.random.default_rng(2)
    new = []
    for variable, value in zip(model.weights, model.get_weights(), strict=True):
        name = getattr(variable, "name", "")  # the vocabulary of an adapted lookup has none
        last = name.rsplit("/", 1)[-1].partition(":")[0]
        if last in ("bias", "beta", "moving_mean", "renorm_mean"):
            value = (value + rng.normal(size=value.shape) * 0.1).astype(value.dtype)
        elif last in ("gamma", "moving_variance", "renorm_stddev"):
            value = (value * rng.uniform(0.5, 1.5, value.shape)).astype(value.dtype)
        new.append(value)
    model.set_weights(new)


def _measure(case: Case, model: Any, tf: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What the model computes (named arrays), and its names and structures."""
    x = case.sample(model)
    assert all(len(array) == BATCH for array in x) and DYNAMIC
    structure = model._nested_inputs
    names = {
        "inputs": template(structure, model.inputs),
        "outputs": template(model._nested_outputs, model.outputs),
        "input_names": list(model.input_names),
        "output_names": list(model.output_names),
    }
    arrays = {f"x{i}": array for i, array in enumerate(x)}
    if not case.runs:
        return arrays, names
    tensors = [tf.constant(array) for array in x]
    given = fill(names["inputs"], tensors)
    with tf.GradientTape() as tape:
        tape.watch([t for t in tensors if t.dtype.is_floating])
        y = leaves(names["outputs"], model(given, training=False))
        total = weighted_sum(tf, y)
    losses = sum((float(loss) for loss in model.losses), 0.0)
    arrays |= {f"y{i}": array.numpy() for i, array in enumerate(y)}
    arrays["losses"] = np.array(losses)
    if case.trains:
        arrays |= gradients(tf, tape, total, tensors, model.trainable_variables)
    if not case.random:
        model.reset_states()
        y = leaves(names["outputs"], model(given, training=True))
        arrays |= {f"t{i}": array.numpy() for i, array in enumerate(y)}
        arrays["moved"] = np.sort(norms(v.numpy() for v in model.weights if hasattr(v, "numpy")))
    return arrays, names


def weighted_sum(tf: Any, outputs: list[Any]) -> Any:
    """A scalar that depends on every element of every output, each in its own measure."""
    total = tf.constant(0.0)
    for output in outputs:
        if output.dtype == tf.string:
            continue
        flat = tf.cast(tf.reshape(output, [-1]), tf.float32)
        total += tf.reduce_sum(flat * tf.cos(tf.range(tf.cast(tf.size(flat), tf.float32))))
    return total


GRADIENT_ELEMENTS = 100_000
"""Gradients are kept by value as long as they have no more elements than this together, else by `norms`."""


def gradients(tf: Any, tape: Any, total: Any, inputs: list[Any], variables: Any) -> dict[str, np.ndarray]:
    """The gradients of `total` by each floating input (`dx0`, ...) and each variable (`dv0`, ...).

    None, the gradient of what `total` does not depend on, stays out.
    """
    sources = {f"dx{i}": x for i, x in enumerate(inputs) if x.dtype.is_floating}
    sources |= {f"dv{i}": v for i, v in enumerate(variables)}
    found = tape.gradient(total, sources)
    values = {name: tf.convert_to_tensor(g).numpy() for name, g in found.items() if g is not None}
    if sum(value.size for value in values.values()) > GRADIENT_ELEMENTS:
        return {name: norms([value]) for name, value in values.items()}
    return values


def step(model: Any, case: Case, x: list[np.ndarray], y: list[np.ndarray], names: dict[str, Any]) -> Any:
    """One training step towards half of the outputs; returns the loss and the weights' norms."""
    if getattr(model, "optimizer", None) is None:
        model.compile("sgd", "mse")
    given = fill(names["inputs"], x)
    wanted = fill(names["outputs"], [(array * 0.5).astype(array.dtype) for array in y])
    loss = np.ravel(model.train_on_batch(given, wanted))[0]
    return float(loss), norms(model.get_weights())


def _train(
    stored: Any, case: Case, arrays: dict[str, Any], names: dict[str, Any], keras: Any
) -> dict[str, Any]:
    keras.backend.clear_session()
    compiled = case.save.get("include_optimizer", True)
    model = keras.models.load_model(stored, custom_objects=case.objects(keras), compile=compiled)
    x = [arrays[f"x{i}"] for i in range(len(names["input_names"]))]
    y = [arrays[f"y{i}"] for i in range(len(names["output_names"]))]
    loss, after = step(model, case, x, y, names)
    return {"step_loss": np.array(loss), "step_weights": after}


@contextlib.contextmanager
def quiet() -> Any:
    """Keeps Keras's and TensorFlow's advice out of the output."""
    import logging

    import absl.logging

    absl.logging.set_verbosity(absl.logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
