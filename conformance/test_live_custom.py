"""Live models with code of their own, saved by kerasfmt: with Keras 3 by `keras.ops`, with Keras 2 by its TensorFlow.

What is saved loads without the classes: in kerasfmt, in Keras 2, and with `tf.saved_model.load`. Runs with the Python
of any environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.closeness import assert_close
from conformance.custom_control import CONTROL
from conformance.custom_models import CUSTOM
from conformance.installed import is_keras3, keras2, kerases
from conformance.revived_models import CASES, Revived
from kerasfmt.ir.structure import flatten

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

KERAS2 = keras2()
KERAS3: Any = next(filter(is_keras3, kerases()), None)
pytestmark = pytest.mark.filterwarnings("ignore")
of_keras3 = pytest.mark.skipif(KERAS3 is None, reason="needs Keras 3")
of_keras2 = pytest.mark.skipif(KERAS2 is None, reason="needs Keras 2")


def _outputs(model: Any, inputs: Any) -> list[Any]:
    return [np.asarray(leaf) for leaf in flatten(model.predict(inputs, verbose=0))]


def _compare(what: str, got: list[Any], expected: list[Any], tolerance: float) -> None:
    assert len(got) == len(expected), what
    for one, other in zip(got, expected, strict=True):
        assert_close(what, one, other, tolerance)


@of_keras3
@pytest.mark.parametrize("name", [*CUSTOM, *CONTROL])
def test_keras3(name: str, tmp_path: Path) -> None:
    case = CUSTOM.get(name) or CONTROL[name]
    KERAS3.backend.clear_session()
    KERAS3.utils.set_random_seed(7)
    model = case.build(KERAS3)
    expected = [np.asarray(KERAS3.ops.convert_to_numpy(y)) for y in KERAS3.tree.flatten(model(case.inputs))]
    found = kerasfmt.from_keras(model)
    _compare("in NumPy", _outputs(found, case.inputs), expected, case.tolerance)
    kerasfmt.save_model(model, tmp_path / "m")
    loaded = kerasfmt.load_model(tmp_path / "m")
    _compare("loaded", _outputs(loaded, case.inputs), expected, case.tolerance)
    assert sorted(w.name for w in loaded.weights) == sorted(w.name for w in found.weights)
    if KERAS2 is not None:
        _load_in_tensorflow(tmp_path / "m", case.inputs, expected, case.tolerance)


def _load_in_tensorflow(path: Path, inputs: Any, expected: list[Any], tolerance: float) -> None:
    import tensorflow as tf

    keras: Any = KERAS2
    model = keras.models.load_model(path)
    _compare("Keras 2", _outputs(model, inputs), expected, max(tolerance, 1e-4))
    model.compile("sgd", "mse")
    model.fit(inputs, tf.nest.map_structure(np.asarray, model.predict(inputs, verbose=0)), verbose=0)
    restored = tf.saved_model.load(str(path))
    given = tf.nest.map_structure(tf.constant, inputs)
    try:
        called = restored(given)
    except ValueError:  # traced for either mode, as a model of Keras 2 with such layers is
        called = restored(given, training=False)
    results = tf.nest.flatten(called)
    _compare("tf.saved_model.load", [y.numpy() for y in results], expected, max(tolerance, 1e-4))


def _live(case: Revived) -> Any:
    import tensorflow as tf

    keras: Any = KERAS2
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model = case.build(tf, keras)
    if case.labels is not None:
        model.fit(case.inputs, case.labels, verbose=0)
    return model


@of_keras2
@pytest.mark.parametrize("name", CASES)
def test_keras2(name: str, tmp_path: Path) -> None:
    case, keras = CASES[name], KERAS2
    assert keras is not None
    model = _live(case)
    kerasfmt.save_model(model, tmp_path / "ours")
    model.save(tmp_path / "theirs", save_format="tf")
    expected = _outputs(model, case.inputs)
    _compare("kerasfmt", _outputs(kerasfmt.load_model(tmp_path / "ours"), case.inputs), expected, 1e-5)
    if not case.keras_loads:
        return
    ours, theirs = (keras.models.load_model(tmp_path / part) for part in ("ours", "theirs"))
    _compare("Keras", _outputs(ours, case.inputs), expected, 1e-5)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert [w.name for w in ours.trainable_weights] == [w.name for w in theirs.trainable_weights]
    assert len(ours.losses) == len(theirs.losses)
    assert [type(each).__name__ for each in ours.layers] == [type(each).__name__ for each in theirs.layers]
    assert [m.name for m in ours.metrics] == [m.name for m in theirs.metrics]
    if case.labels is not None:
        for each in (ours, theirs):
            each.fit(case.inputs, case.labels, verbose=0, shuffle=False)
        for got, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def _with_attached(tf: Any, keras: Any) -> Any:
    """A network with what no config states: a metric, variables, functions, losses, a regularizer, weights."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    dense = keras.layers.Dense(4, activation="relu", name="first")
    model = keras.Sequential([keras.layers.Input((3,)), dense, keras.layers.Dense(2, name="second")])
    dense.add_weight(name="more", shape=[2], initializer="ones", trainable=False)
    dense.add_loss(lambda: tf.reduce_sum(dense.kernel))
    model.meter = keras.metrics.Mean(name="meter")
    model.meter(2.0)
    model.extra = tf.Variable([1.0, 2.0], name="extra")
    model.box = {"value": tf.Variable(3.0), "layer": dense}
    model.add_weight(name="late", shape=[2], initializer="ones")
    model.add_loss(lambda: tf.reduce_sum(model.extra))
    model.activity_regularizer = keras.regularizers.L2(0.1)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="rows")])
    def serve(rows: Any) -> Any:
        return {"scores": model(rows) + model.extra, "rows": rows}

    model.serve = serve
    return model


@of_keras2
def test_what_is_attached_to_a_network(tmp_path: Path) -> None:
    import tensorflow as tf

    keras: Any = KERAS2
    model = _with_attached(tf, keras)
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    kerasfmt.save_model(model, tmp_path / "m")
    model.save(tmp_path / "theirs", save_format="tf")
    loaded, theirs = (keras.models.load_model(tmp_path / part) for part in ("m", "theirs"))
    np.testing.assert_allclose(loaded(x), model(x), rtol=1e-5)
    _ = theirs(x)
    np.testing.assert_allclose(
        sorted(map(float, loaded.losses)), sorted(map(float, theirs.losses)), rtol=1e-5
    )
    assert float(loaded.meter.result()) == 2.0
    assert [m.name for m in loaded.metrics] == [m.name for m in model.metrics]
    assert [w.name for w in loaded.weights] == [w.name for w in model.weights]
    for got, wanted in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert loaded.box["layer"] is loaded.layers[0]
    for holder in (loaded, tf.saved_model.load(str(tmp_path / "m"))):
        np.testing.assert_allclose(holder.serve(x)["scores"], model.serve(x)["scores"], rtol=1e-5)
    with pytest.warns(UserWarning, match="attribute meter holds a metric; it is left out"):
        kerasfmt.save_model(model, tmp_path / "m.h5")


@of_keras2
def test_signatures_that_are_functions_of_tensorflow(tmp_path: Path) -> None:
    import tensorflow as tf

    model = _with_attached(tf, KERAS2)
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    scaled = tf.function(lambda rows, factor: [model(rows) * factor, rows])
    concrete = scaled.get_concrete_function(
        tf.TensorSpec([None, 3], tf.float32, name="rows"), tf.TensorSpec([], tf.float32, name="factor")
    )
    given = {"serving_default": model.serve, "scaled": concrete}
    kerasfmt.save_model(model, tmp_path / "ours", signatures=given)
    model.save(tmp_path / "theirs", save_format="tf", signatures=given)
    ours, theirs = (tf.saved_model.load(str(tmp_path / part)).signatures for part in ("ours", "theirs"))
    assert ours.keys() == theirs.keys()
    for key, further in (("serving_default", {}), ("scaled", {"factor": tf.constant(2.0)})):
        assert ours[key].structured_input_signature == theirs[key].structured_input_signature
        got, wanted = (signatures[key](rows=tf.constant(x), **further) for signatures in (ours, theirs))
        assert got.keys() == wanted.keys()
        for name in got:
            np.testing.assert_allclose(got[name], wanted[name], rtol=1e-5)
    other = tf.Variable(1.0)
    stranger = tf.function(lambda x: x * other, input_signature=[tf.TensorSpec([], tf.float32)])
    with pytest.raises(kerasfmt.KerasfmtError, match="uses variable"):
        kerasfmt.save_model(model, tmp_path / "no", signatures={"other": stranger})


@of_keras2
def test_metrics_and_generators_of_custom_layers(tmp_path: Path) -> None:
    import tensorflow as tf

    keras: Any = KERAS2

    class Measured(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="measured")
            self.sum = keras.metrics.Sum(name="sum")
            self.drop = keras.layers.Dropout(0.5, rng_type="stateful")

        def call(self, x: Any, **kwargs: Any) -> Any:
            self.add_metric(self.sum(x))
            self.add_metric(x, aggregation="mean", name="mean")
            return self.drop(x, **kwargs)

    keras.backend.clear_session()
    model = keras.Sequential([keras.layers.Input((3,)), Measured()])
    x = np.ones((2, 3), np.float32)
    model(x)
    kerasfmt.save_model(model, tmp_path / "ours")
    model.save(tmp_path / "theirs", save_format="tf")
    ours, theirs = (keras.models.load_model(tmp_path / part) for part in ("ours", "theirs"))
    assert [m.name for m in ours.metrics] == [m.name for m in theirs.metrics]
    for loaded in (ours, theirs):
        np.testing.assert_array_equal(loaded(x), x)
        assert set(np.unique(loaded(x, training=True))) <= {0.0, 2.0}
    assert [float(m.result()) for m in ours.metrics] == [float(m.result()) for m in theirs.metrics]
    assert tf.is_tensor(ours(x))


@of_keras2
def test_a_sequential_model_without_an_input_takes_any_batch(tmp_path: Path) -> None:
    import tensorflow as tf

    keras: Any = KERAS2
    keras.backend.clear_session()
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(2)])
    model(np.ones((10, 3), np.float32))
    kerasfmt.save_model(model, tmp_path / "m")
    x = np.ones((2, 3), np.float32)
    expected = model(x).numpy()
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "m")(x), expected, rtol=1e-5)
    serve = tf.saved_model.load(str(tmp_path / "m")).signatures["serving_default"]
    (served,) = serve(tf.constant(x)).values()
    np.testing.assert_allclose(served, expected, rtol=1e-5)


@of_keras2
def test_a_functional_subclass_with_a_config_of_its_own(tmp_path: Path) -> None:
    keras: Any = KERAS2

    class Scorer(keras.Model):  # type: ignore[misc]
        def __init__(self, units: int) -> None:
            x = keras.Input((3,))
            super().__init__(x, keras.layers.Dense(units)(x))
            self.units = units

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units}

    keras.backend.clear_session()
    model = Scorer(2)
    x = np.ones((2, 3), np.float32)
    kerasfmt.save_model(model, tmp_path / "m")
    read = kerasfmt.load_model(tmp_path / "m")
    np.testing.assert_allclose(read.predict(x), model(x), rtol=1e-5)
    assert [layer.class_label for layer in read.layers] == ["InputLayer", "Dense"]
    kerasfmt.save_model(read, tmp_path / "again")
    for part in ("m", "again"):
        with keras.utils.custom_object_scope({"Scorer": Scorer}):
            loaded = keras.models.load_model(tmp_path / part)
        assert (type(loaded), loaded.units) == (Scorer, 2)
        np.testing.assert_allclose(loaded(x), model(x), rtol=1e-5)


@of_keras2
def test_subclassed_models_in_hdf5_and_without_traces(tmp_path: Path) -> None:
    keras: Any = KERAS2

    class Tower(keras.Model):  # type: ignore[misc]
        def __init__(self, units: int) -> None:
            super().__init__()
            self.units = units
            self.hidden = keras.layers.Dense(5, name="hidden")
            self.last = keras.layers.Dense(units, name="last")

        def call(self, x: Any) -> Any:
            return self.last(self.hidden(x))

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units}

    keras.backend.clear_session()
    one, two, tower = keras.Input((3,)), keras.Input((3,)), Tower(2)
    model = keras.Model([one, two], keras.layers.add([tower(one), tower(two)]))
    x = [np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)]
    kerasfmt.save_model(model, tmp_path / "m.h5")
    kerasfmt.save_model(model, tmp_path / "m", save_traces=False)
    for part in ("m.h5", "m"):
        loaded = keras.models.load_model(tmp_path / part, custom_objects={"Tower": Tower}, compile=False)
        np.testing.assert_allclose(loaded(x), model(x), rtol=1e-5)
    with pytest.raises(kerasfmt.KerasfmtError, match="HDF5 file holds no functions"):
        kerasfmt.save_model(tower, tmp_path / "tower.h5")


@of_keras2
def test_an_optimizer_without_compile(tmp_path: Path) -> None:
    keras: Any = KERAS2
    for optimizer in (keras.optimizers.legacy.RMSprop(0.1), keras.optimizers.Adam(0.1)):
        keras.backend.clear_session()
        model = keras.Sequential([keras.layers.Dense(1, input_shape=(3,))])
        model.optimizer = optimizer
        kerasfmt.save_model(model, tmp_path / "m")
        model.save(tmp_path / "theirs", save_format="tf")
        ours, theirs = (keras.models.load_model(tmp_path / part) for part in ("m", "theirs"))
        assert type(ours.optimizer) is type(theirs.optimizer)
        assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    slots = keras.optimizers.legacy.Adam(0.1)
    model.optimizer = slots
    slots.apply_gradients([(np.ones_like(v), v) for v in model.trainable_variables])
    with pytest.warns(UserWarning, match="is not compiled; the optimizer is left out"):
        kerasfmt.save_model(model, tmp_path / "slots")


@of_keras2
def test_models_in_a_session_and_in_a_strategy(tmp_path: Path) -> None:
    import tensorflow as tf

    keras: Any = KERAS2
    x = np.ones((2, 3), np.float32)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = keras.Sequential(
            [keras.layers.Dense(2, input_shape=(3,)), keras.layers.Lambda(lambda y: y + 1)]
        )
    kerasfmt.save_model(model, tmp_path / "strategy")
    np.testing.assert_allclose(kerasfmt.load_model(tmp_path / "strategy").predict(x), model(x), rtol=1e-5)
    keras.backend.clear_session()
    with tf.Graph().as_default():
        model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
        expected, weights = model.predict(x), model.get_weights()
        kerasfmt.save_model(model, tmp_path / "session")
    read = kerasfmt.load_model(tmp_path / "session")
    np.testing.assert_allclose(read.predict(x), expected, rtol=1e-5)
    np.testing.assert_array_equal(read.layers[0].weights[0].numpy(), weights[0])
    keras.backend.clear_session()


@of_keras2
def test_what_no_subclassed_model_may_take(tmp_path: Path) -> None:
    import tensorflow as tf

    keras: Any = KERAS2

    class Two(keras.Model):  # type: ignore[misc]
        def call(self, x: Any, y: Any) -> Any:
            return x + y

    class Sparse(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return tf.sparse.to_dense(x)

    two, sparse = Two(), Sparse()
    two(tf.ones((1, 2)), tf.ones((1, 2)))
    sparse(tf.sparse.from_dense(np.ones((1, 2), np.float32)))
    for model, match in (
        (two, "2 arguments that are tensors"),
        (sparse, "sparse and ragged inputs are not supported"),
    ):
        with pytest.raises(kerasfmt.KerasfmtError, match=match):
            kerasfmt.save_model(model, tmp_path / "no")


@of_keras2
def test_a_layer_that_two_custom_layers_share(tmp_path: Path) -> None:
    keras: Any = KERAS2

    class Inner(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.value = self.add_weight(name="value", shape=[], initializer="ones")

        def call(self, x: Any) -> Any:
            return x + self.value

    class Outer(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, inner: Any, **options: Any) -> None:
            super().__init__(**options)
            self.inner = inner

        def call(self, x: Any) -> Any:
            return self.inner(x)

        def get_config(self) -> dict[str, Any]:
            stated = keras.utils.legacy.serialize_keras_object(self.inner)
            return {**super().get_config(), "inner": stated}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            inner = keras.utils.legacy.deserialize_keras_object(config.pop("inner"))
            return cls(inner, **config)

    keras.backend.clear_session()
    x, inner = keras.Input((1,)), Inner()
    model = keras.Model(x, [Outer(inner, name="one")(x), Outer(inner, name="two")(x)])
    kerasfmt.save_model(model, tmp_path / "m.h5")
    kerasfmt.save_model(model, tmp_path / "m")
    for part in ("m.h5", "m"):
        with keras.utils.custom_object_scope({"Inner": Inner, "Outer": Outer}):
            loaded = keras.models.load_model(tmp_path / part)
        one, two = loaded.get_layer("one"), loaded.get_layer("two")
        assert one.inner is two.inner
        one.inner.value.assign(5.0)
        for got in loaded(np.ones((1, 1), np.float32)):
            np.testing.assert_array_equal(got, [[6.0]])


@of_keras2
def test_a_layer_in_a_wrapper_and_in_the_model() -> None:
    keras: Any = KERAS2
    keras.backend.clear_session()
    x, dense = keras.Input((4, 3)), keras.layers.Dense(2, name="shared")
    model = keras.Model(x, [dense(x), keras.layers.TimeDistributed(dense, name="each")(x)])
    with pytest.warns(UserWarning, match=r"layer each \(TimeDistributed\): layer shared in it is elsewhere"):
        kerasfmt.from_keras(model)
