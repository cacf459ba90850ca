"""Live layers whose code is JAX's: from the live model to NumPy, and to files that load without the class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes, from_keras
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Spec
from kerasfmt.graph.run import run
from kerasfmt.ir.structure import flatten
from tests.sources.live import keras3_stand_in
from tests.sources.live.jax_layers import X, gate, layer_of, modules, network

pytestmark = pytest.mark.filterwarnings("ignore")


def ops_in(function: Any) -> set[str]:
    """The ops of a function and of all that it calls."""
    found, pending = set(), [function]
    while pending:
        each = pending.pop()
        found |= {node.op for node in each.nodes}
        pending += [site.callee for site in each.call_sites]
    return found


def assert_as_keras(model: Any, live: Any, x: Any, tolerance: float = 1e-5) -> None:
    """Compares what a model predicts with the live one."""
    keras, _ = modules()
    found, expected = flatten(model.predict(x)), keras.tree.flatten(live(x))
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, np.asarray(wanted), tolerance, tolerance)


@pytest.mark.parametrize("opaque", [None, "stablehlo"])
def test_a_layer(opaque: Any, tmp_path: Path) -> None:
    live = network(gate())
    model = from_keras(live, opaque=opaque)
    for rows in (1, 3):
        assert_as_keras(model, live, X[:rows])
    layer = model.get_layer("gate")
    assert [w.name.rpartition("/")[2] for w in model.trainable_weights] == [
        "scale",
        "kernel",
        "bias",
        "gamma",
        "beta",
    ]
    assert {w.name.rpartition("/")[2] for w in model.non_trainable_weights} == {
        "steps", "moving_mean", "moving_variance"
    }  # fmt: skip
    still, moving = (
        layer.traces.exact(layer.cast_spec(model.input_specs), {}, mode) for mode in (False, True)
    )
    assert (still.losses, moving.losses) == (1, 1)
    assert not still.function.written
    assert {w.name.rpartition("/")[2] for w in moving.function.written} == {
        "steps",
        "moving_mean",
        "moving_variance",
    }
    assert ("XlaCallModule" in ops_in(still.function)) == (opaque is not None)
    assert "RandomUniformInt" in ops_in(moving.function)
    assert "RandomUniformInt" not in ops_in(still.function)
    assert len(still.function.captured) == 7  # all but the steps
    assert [value.shape for value in flatten(still.outputs)] == [(None, 4), (None,)]
    kerasfmt.save_model(model, tmp_path / "m")
    loaded = kerasfmt.load_model(tmp_path / "m")
    assert_as_keras(loaded, live, X)
    assert [w.name for w in loaded.weights] == [w.name for w in model.weights]


def test_while_it_trains_it_counts_and_draws_anew() -> None:
    live = network(gate())
    trace = from_keras(live).get_layer("gate").traces.exact(Spec((None, 4), dtypes.float32), {}, True)
    state = {weight: weight.numpy() for weight in trace.function.captured}
    first, second = (run(trace.function, [X], state) for _ in range(2))
    steps, moving = (next(w for w in state if w.name.endswith(end)) for end in ("steps", "moving_mean"))
    assert int(state[steps]) == 2
    assert np.abs(state[moving]).max() > 0
    assert np.abs(first[1] - second[1]).min() > 1e-3  # the sums of rows, with noise
    assert first[-1] == second[-1]  # the loss is added before the noise


def test_masks_and_sizes_that_are_not_known() -> None:
    keras, jax = modules()

    class Pool(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any, mask: Any = None) -> Any:
            weight = jax.numpy.ones(x.shape[:2]) if mask is None else mask.astype(x.dtype)
            return (x * weight[..., None]).sum(1) / weight.sum(1, keepdims=True) + x.shape[1]

    rows = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(10, 4, mask_zero=True)(rows)
    live = keras.Model(rows, Pool()(embedded))
    model = from_keras(live)
    assert_as_keras(model, live, np.array([[1, 2, 0, 0], [3, 4, 5, 6]]))
    assert_as_keras(model, live, np.array([[1, 0, 0]]))


def test_layers_that_the_code_calls() -> None:
    keras, jax = modules()

    class Attending(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="attending")
            self.embedding = keras.layers.Embedding(10, 6, mask_zero=True)
            self.attention = keras.layers.MultiHeadAttention(2, 3)
            self.recurrent = keras.layers.Bidirectional(keras.layers.GRU(3))
            self.gate = layer_of(jax.nn.silu)
            self.inner = network(keras.layers.Dense(2), (6,))

        def call(self, x: Any) -> Any:
            embedded = self.embedding(x)
            y = self.gate(jax.numpy.tanh(self.attention(embedded, embedded)))
            return {"inner": self.inner(self.recurrent(y)), "mean": y.mean(1)}

    x = np.array([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    live = Attending()
    live(x)
    model = from_keras(live)
    assert_as_keras(model, live, x)
    assert len(model.weights) == len(live.weights)


def test_a_derivative_that_the_user_states_is_kept(tmp_path: Path) -> None:
    _, jax = modules()

    @jax.custom_vjp
    def clipped(x: Any) -> Any:
        return jax.numpy.clip(x, -1, 1)

    clipped.defvjp(lambda x: (clipped(x), None), lambda _, g: (g * 0.5,))
    live = network(layer_of(clipped))
    kerasfmt.save_model(live, tmp_path / "m")
    assert_as_keras(kerasfmt.load_model(tmp_path / "m"), live, X)
    message = (tmp_path / "m" / "saved_model.pb").read_bytes()
    assert b"CustomGradient-" in message
    kerasfmt.save_model(kerasfmt.load_model(tmp_path / "m"), tmp_path / "again")
    assert b"CustomGradient-" in (tmp_path / "again" / "saved_model.pb").read_bytes()


def test_large_arrays_become_constants() -> None:
    _, jax = modules()
    table = np.random.default_rng(1).normal(size=(4, 500)).astype(np.float32)
    live = network(layer_of(lambda x: jax.numpy.sin(x) @ table))
    model = from_keras(live)
    assert_as_keras(model, live, X)
    assert not model.weights


def test_layers_of_keras_that_hold_functions(tmp_path: Path) -> None:
    keras, jax = modules()
    nn = pytest.importorskip("flax.linen")

    def call(params: Any, state: Any, rng: Any, inputs: Any, training: bool) -> Any:
        y = inputs * params["w"]
        if training:
            return y + jax.random.normal(rng, y.shape), {"n": state["n"] + 1}
        return y - state["n"], state

    params, state = {"w": np.full(4, 2, np.float32)}, {"n": np.int32(3)}
    live = network(keras.layers.JaxLayer(call, params=params, state=state))
    model = from_keras(live)
    assert_as_keras(model, live, X)
    trace = model.layers[1].traces.exact(model.input_specs, {}, True)
    assert len(trace.function.written) == 1
    assert "RandomUniformInt" in ops_in(trace.function)

    class Module(nn.Module):  # type: ignore[misc]
        @nn.compact
        def __call__(self, inputs: Any, training: bool) -> Any:
            y = nn.BatchNorm(use_running_average=not training)(nn.Dense(5)(inputs))
            return nn.relu(nn.Dropout(0.5, deterministic=not training)(y))

    variables = Module().init(jax.random.PRNGKey(0), X, False)
    live = network(keras.layers.FlaxLayer(Module(), variables=variables))
    kerasfmt.save_model(live, tmp_path / "m")
    loaded = kerasfmt.load_model(tmp_path / "m")
    assert_as_keras(loaded, live, X)
    assert len(loaded.weights) == len(live.weights)
    with pytest.raises(UnsupportedLayerError, match=r"flax_layer.*an HDF5 file holds no functions"):
        kerasfmt.save_model(live, tmp_path / "m.h5")


def test_further_arguments() -> None:
    keras, jax = modules()

    class Two(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any, other: Any = None, scale: float = 1.0) -> Any:
            y = jax.numpy.tanh(x) * scale
            return y if other is None else y + other["a"][0]

    x, other = keras.Input((None, 4)), keras.Input((None, 4))
    live = keras.Model([x, other], Two()(Two()(x), other={"a": [other]}, scale=3.0))
    model = from_keras(live)
    arrays = [np.stack([X, X]), np.stack([X, -X])]
    keras_gives = np.asarray(live(arrays))
    np.testing.assert_allclose(model.predict(arrays), keras_gives, 1e-5, 1e-6)


def test_losses_of_layers_inside_and_of_the_layer_itself() -> None:
    keras, jax = modules()

    class Penalized(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(activity_regularizer="l2")
            self.dense = keras.layers.Dense(3, activity_regularizer="l1", kernel_regularizer="l2")

        def build(self, shape: Any) -> None:
            self.dense.build(shape)

        def call(self, x: Any) -> Any:
            return jax.numpy.tanh(self.dense(x))

    live = network(Penalized())
    trace = from_keras(live).default_trace(training=False)
    found = run(trace.function, [X], {w: w.numpy() for w in trace.function.captured})
    live(X)
    own = [float(loss) for loss in live.losses]
    assert len(own) == 3  # the penalty on the kernel is not one of the call
    assert all(min(abs(loss - each) for each in own) < 1e-6 for loss in found[1:])
    assert len(found[1:]) == 2


def refusing(make: Any, **options: Any) -> str:
    """What the error says about a layer whose call is a function."""
    keras, jax = modules()
    live = network(layer_of(make(keras, jax)))
    with pytest.raises(UnsupportedLayerError) as caught:
        from_keras(live, **options)
    return str(caught.value)


def test_what_stands_in_the_way_is_named_with_its_line() -> None:
    keras, _ = modules()

    def callback(keras: Any, jax: Any) -> Any:
        def call(x: Any) -> Any:
            x = jax.numpy.tanh(x)
            return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

        return call

    said = refusing(callback)
    assert "layer raw" in said
    assert "no rule for pure_callback" in said
    assert "test_jax_code.py" in said
    assert 'opaque="stablehlo"' in said
    said = refusing(callback, opaque="stablehlo")
    assert "JAX cannot export it" in said
    assert "write its call with other functions of JAX" in said
    other = keras.Variable(np.ones(4, np.float32), name="other")
    said = refusing(lambda keras, jax: lambda x: jax.numpy.tanh(x) * other)
    assert "variable other: no layer of the model holds it; make it with add_weight" in said
    assert "test_jax_code.py" in said
    seed = keras.random.SeedGenerator(1)
    said = refusing(lambda keras, jax: lambda x: jax.numpy.tanh(x) + keras.random.normal(x.shape, seed=seed))
    assert "make the SeedGenerator an attribute of the layer" in said


def test_an_option_for_models_on_jax_alone(keras3: None) -> None:
    live = keras3_stand_in.Model("net")
    with pytest.raises(InvalidModelError, match="expected a model of Keras 3 on the JAX backend"):
        from_keras(live, opaque="stablehlo")
    with pytest.raises(InvalidModelError, match='expected "stablehlo" or None'):
        from_keras(live, opaque="xla")  # type: ignore[arg-type]
