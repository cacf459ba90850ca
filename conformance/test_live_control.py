"""Gradients of live Keras 3 layers that run functions of the user's: kerasfmt's own, and TensorFlow's of its files.

They are compared with those of Keras on its backend, JAX or TensorFlow. Runs with the Python of any environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.closeness import assert_close
from conformance.custom_control import CONTROL, WITHOUT_GRADIENT_IN_JAX
from conformance.installed import is_keras3, kerases
from kerasfmt.gradient import forward_backward
from kerasfmt.graph.run import run
from kerasfmt.ir.structure import flatten

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

KERAS3: Any = next(filter(is_keras3, kerases()), None)
BACKEND = None if KERAS3 is None else KERAS3.backend.backend()
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(BACKEND not in ("jax", "tensorflow"), reason="needs Keras 3 on JAX or TensorFlow"),
]


def _of_keras(model: Any, x: Any) -> dict[str, Any]:
    """The gradient of the sum of the sines of all outputs, by variable."""
    names = [v.path for v in model.trainable_variables]
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = sum(tf.reduce_sum(tf.sin(tf.cast(y, tf.float32))) for y in flatten(model(tf.constant(x))))
        found = tape.gradient(loss, [v.value for v in model.trainable_variables])
        return {name: np.asarray(tf.convert_to_tensor(g)) for name, g in zip(names, found, strict=True)}
    import jax
    import jax.numpy as jnp

    fixed = [v.value for v in model.non_trainable_variables]

    def loss_of(values: Any) -> Any:
        outputs, _ = model.stateless_call(values, fixed, jnp.asarray(x))
        return sum(jnp.sum(jnp.sin(y.astype("float32"))) for y in flatten(outputs))

    found = jax.grad(loss_of)([v.value for v in model.trainable_variables])
    return {name: np.asarray(g) for name, g in zip(names, found, strict=True)}


def _of_kerasfmt(model: Any, x: Any) -> dict[str, Any]:
    function = model.default_trace(training=False).function
    pair = forward_backward(function)
    state = {v: np.asarray(v.numpy()) for v in function.variables}
    forward = run(pair.forward, [x], state)
    seeds = [np.cos(forward[i].astype(np.float32)).astype(forward[i].dtype) for i in pair.seeds]
    given = run(pair.backward, [*seeds, *(forward[i] for i in pair.taken)], state)
    places = pair.given[len(function.inputs) :]
    return {
        v.name: given[place]
        for v, place in zip(function.captured, places, strict=True)
        if isinstance(place, int)
    }


@pytest.mark.parametrize("name", [name for name in CONTROL if name != "functional_control"])
def test_gradients(name: str, tmp_path: Path) -> None:
    case = CONTROL[name]
    KERAS3.backend.clear_session()
    KERAS3.utils.set_random_seed(7)
    live = case.build(KERAS3)
    model = kerasfmt.from_keras(live)
    ours = _of_kerasfmt(model, case.inputs)
    if BACKEND == "jax" and name.removeprefix("control_") in WITHOUT_GRADIENT_IN_JAX:
        with pytest.raises(ValueError, match="Reverse-mode differentiation does not work"):
            _of_keras(live, case.inputs)
        return
    expected = _of_keras(live, case.inputs)
    _compare("in NumPy", ours, expected)
    if BACKEND == "tensorflow":
        kerasfmt.save_model(model, tmp_path / "m")
        _compare("in TensorFlow", _of_tensorflow(tmp_path / "m", case.inputs), expected)


def _of_tensorflow(path: Path, x: Any) -> dict[str, Any]:
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(model(tf.constant(x)))
        loss = sum(tf.reduce_sum(tf.sin(tf.cast(y, tf.float32))) for y in outputs)
    found = tape.gradient(loss, model.trainable_variables)
    return {
        v.name.removesuffix(":0"): tf.convert_to_tensor(g).numpy()
        for v, g in zip(model.trainable_variables, found, strict=True)
    }


def _compare(what: str, got: dict[str, Any], expected: dict[str, Any]) -> None:
    """Compares by the last part of the name, of which each variable has another."""
    found, wanted = ({name.rpartition("/")[2]: g for name, g in some.items()} for some in (got, expected))
    assert found.keys() == wanted.keys(), what
    for name, gradient in wanted.items():
        assert_close(f"{what}: {name}", found[name], gradient, 2e-5)
