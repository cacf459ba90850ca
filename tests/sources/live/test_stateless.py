"""The code of live layers on JAX, run on given values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.sources.live.objects import JAX, backend_of
from kerasfmt.sources.live.stateless import StatelessCall, seed_states
from tests.sources.live import keras3_stand_in
from tests.sources.live.jax_layers import X, gate, layer_of, modules, network

pytestmark = pytest.mark.filterwarnings("ignore")


def test_what_the_code_did() -> None:
    keras, jax = modules()
    live = gate()
    network(live)
    before = [np.asarray(v) for v in live.variables]
    values = [jax.numpy.asarray(v) for v in before]
    values[live.variables.index(live.scale)] = jax.numpy.zeros(4)
    done = StatelessCall(live).run(live.variables, values, jax.numpy.asarray(X), {}, False)
    np.testing.assert_array_equal(done.outputs["some"][0], np.zeros(3))
    assert not done.assigned
    assert [float(loss) for loss in done.losses] == [0]
    done = StatelessCall(live).run(live.variables, values, jax.numpy.asarray(X), {}, True)
    changed = {variable.path.rpartition("/")[2]: value for variable, value in done.assigned.values()}
    assert set(changed) == {"steps", "seed_generator_state", "moving_mean", "moving_variance"}
    assert int(changed["steps"]) == 1
    assert {path.rpartition(".py")[0][-10:] for _, path in done.read.values()} == {"jax_layers"}
    for variable, value in zip(live.variables, before, strict=True):  # nothing changed
        np.testing.assert_array_equal(np.asarray(variable), value)
    assert not live.losses
    assert "add_loss" not in vars(live)
    assert list(seed_states(live)) == [id(live.seed.state)]
    assert keras.src.backend.common.global_state.get_global_attribute("current_call_ctx") is None


def test_layers_inside_get_the_mode_and_masks() -> None:
    keras, jax = modules()

    class Holder(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.drop, self.pool = keras.layers.Dropout(0.5), keras.layers.GlobalAveragePooling1D()

        def call(self, x: Any, mask: Any = None) -> Any:
            return self.drop(self.pool(x))

    live = Holder()
    live.build((None, 3, 4))
    x = jax.numpy.asarray(np.stack([X, X]))
    mask = jax.numpy.asarray([[True, False, False], [True, True, True]])
    values = [v.value for v in live.variables]
    still = StatelessCall(live).run(live.variables, values, x, {"mask": mask}, False).outputs
    np.testing.assert_allclose(still, [X[0], X.mean(0)], rtol=1e-5)
    dropped = StatelessCall(live).run(live.variables, values, x, {"mask": mask}, True).outputs
    assert 0 in np.asarray(dropped)


def test_variables_are_read_in_the_dtype_that_the_layer_computes_in() -> None:
    _, jax = modules()
    live = layer_of(lambda x: x * live.scale, dtype="mixed_bfloat16")
    live.scale = live.add_weight(shape=(4,), initializer="ones", name="scale")
    live.build((None, 4))
    done = StatelessCall(live).run([], [], jax.numpy.ones((1, 4), "bfloat16"), {}, None)
    assert str(done.outputs.dtype) == "bfloat16"
    assert [variable.path for variable, _ in done.read.values()] == ["raw/scale"]


def test_the_name_of_the_backend() -> None:
    assert backend_of(gate()) == JAX


def test_the_name_of_another_backend(keras3: None) -> None:
    assert backend_of(keras3_stand_in.Layer("plain")) == "numpy"
