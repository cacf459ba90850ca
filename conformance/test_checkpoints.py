"""Checkpoints against the installed TensorFlow and Keras 2: the same bytes, and each reads what the other writes."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.case import Case
from conformance.cases import CASES
from conformance.installed import keras2
from conformance.live_models import MODELS, keras2_optimizers, stir
from kerasfmt.containers.tensorbundle import table
from tests.containers.tensorbundle.packing import compressed

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

tf = pytest.importorskip("tensorflow")

pytestmark = pytest.mark.filterwarnings(
    "ignore",
    "error:.*(left out|skipped).*:UserWarning",  # Keras warns of much, kerasfmt only of what it loses
)

KERAS: Any = keras2()
if KERAS is None:
    pytest.skip("no Keras 2 is installed", allow_module_level=True)
FILES = ("ckpt.index", "ckpt.data-00000-of-00001", "checkpoint")
FORGOTTEN = ("compiled_loss_scale", "compiled_loss_scale_fixed")
"""Keras makes the optimizer of these cases anew when it loads an HDF5 file: the values differ."""


def _reset() -> None:
    KERAS.backend.clear_session()
    KERAS.utils.set_random_seed(3)


def _optimizers() -> dict[str, Any]:
    o = KERAS.optimizers
    scaled = KERAS.mixed_precision.LossScaleOptimizer
    return {
        **keras2_optimizers(KERAS),
        "adafactor": o.Adafactor(),
        "adam": o.Adam(0.25),
        "legacy_adam": o.legacy.Adam(0.25, decay=0.5),
        "legacy_adam_amsgrad": o.legacy.Adam(amsgrad=True),
        "legacy_adagrad": o.legacy.Adagrad(),
        "legacy_nadam": o.legacy.Nadam(),
        "legacy_rmsprop": o.legacy.RMSprop(centered=True, momentum=0.5),
        "scaled": scaled(o.Adam(), initial_scale=8.0),
        "scaled_fixed": scaled(o.SGD(momentum=0.9), dynamic=False, initial_scale=8.0),
        "scaled_legacy": scaled(o.legacy.SGD(momentum=0.9)),
    }


def _compiled(optimizer: Any) -> Any:
    """A model with several outputs, losses and metrics, and a layer that is not trained."""
    entry = KERAS.Input((4,), name="entry")
    first = KERAS.layers.Dense(3, name="a")(entry)
    frozen = KERAS.layers.BatchNormalization(name="n", trainable=False)(first)
    model = KERAS.Model(entry, [first, KERAS.layers.Dense(2, name="b", activation="softmax")(frozen)])
    model.compile(
        optimizer,
        ["mse", KERAS.losses.CategoricalCrossentropy()],
        metrics=[["mae"], ["accuracy", KERAS.metrics.AUC()]],
    )
    return model


def _fit(model: Any, steps: int = 2) -> None:
    for _ in range(steps):
        model.fit(np.ones((4, 4)), [np.zeros((4, 3)), np.ones((4, 2))], verbose=0)


def _state(optimizer: Any) -> list[np.ndarray]:
    """Every variable of an optimizer, the scale of its loss too."""
    variables = optimizer.variables if isinstance(optimizer.variables, list) else optimizer.variables()
    own = [optimizer._loss_scale] if hasattr(optimizer, "_loss_scale") else []
    scale = [v for one in own if hasattr(one, "_current_loss_scale") for v in (one(), one.counter)]
    return [np.asarray(v) for v in (*variables, *scale)]


def _assert_equal(ours: Path, theirs: Path, case: Case) -> None:
    """The same bytes; of forgotten values, the same names, shapes and objects."""
    if case.name not in FORGOTTEN:
        for name in FILES:
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
        return
    stored = [kerasfmt.open_checkpoint(directory) for directory in (ours, theirs)]
    names, others = ({name: (one[name].dtype, one[name].shape) for name in one} for one in stored)
    assert names == others
    graph, other = (one["_CHECKPOINTABLE_OBJECT_GRAPH"][()] for one in stored)
    assert graph == other


def _check(tmp_path: Path, case: Case) -> None:
    """Of a model in an HDF5 file, we write the checkpoint that Keras writes, and we load Keras's."""
    _reset()
    model = case.build(KERAS)
    stir(model)
    model.save(tmp_path / "model.h5")
    KERAS.backend.clear_session()
    loaded = KERAS.models.load_model(tmp_path / "model.h5", custom_objects=case.objects(KERAS))
    loaded.save_weights(tmp_path / "theirs" / "ckpt", save_format="tf")
    ours = kerasfmt.load_model(tmp_path / "model.h5", case.objects(kerasfmt))
    kerasfmt.save_weights(ours, tmp_path / "ours" / "ckpt", save_format="tf")
    _assert_equal(tmp_path / "ours", tmp_path / "theirs", case)
    expected = ours.get_weights()
    ours.set_weights([np.zeros_like(value) for value in expected])
    if ours.training_config is not None:
        ours.training_config.variables = []
    kerasfmt.load_weights(ours, tmp_path / "theirs" / "ckpt")
    for ours_now, value in zip(ours.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(ours_now, value)
    kerasfmt.save_weights(ours, tmp_path / "again" / "ckpt", save_format="tf")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes(), name
    tf.train.Checkpoint(root=loaded).read(str(tmp_path / "ours" / "ckpt")).assert_existing_objects_matched()


@pytest.mark.sweep
@pytest.mark.parametrize("case", [c for c in CASES.values() if not c.slow], ids=str)
def test_every_layer(tmp_path: Path, case: Case) -> None:
    _check(tmp_path, case)


@pytest.mark.parametrize("case", MODELS, ids=str)
def test_models(tmp_path: Path, case: Case) -> None:
    _check(tmp_path, case)


@pytest.mark.parametrize("name", _optimizers())
def test_optimizers(tmp_path: Path, name: str) -> None:
    """The state of a trained optimizer, from a live model to us and back."""
    _reset()
    model = _compiled(_optimizers()[name])
    _fit(model)
    model.save_weights(tmp_path / "theirs", save_format="tf")
    fresh = _compiled(_optimizers()[name])
    ours = kerasfmt.from_keras(fresh)
    kerasfmt.load_weights(ours, tmp_path / "theirs")
    kerasfmt.save_weights(ours, tmp_path / "ours", save_format="tf")
    theirs, written = (kerasfmt.open_checkpoint(tmp_path / name) for name in ("theirs", "ours"))
    assert set(written) == set(theirs)
    for key in set(theirs) - {"_CHECKPOINTABLE_OBJECT_GRAPH"}:
        np.testing.assert_array_equal(written[key], theirs[key], err_msg=key)
    again = _compiled(_optimizers()[name])
    _fit(again, steps=1)
    again.load_weights(tmp_path / "ours").assert_existing_objects_matched()
    assert len(_state(again.optimizer)) == len(_state(model.optimizer)) > 1
    for got, expected in zip(_state(again.optimizer), _state(model.optimizer), strict=True):
        np.testing.assert_array_equal(got, expected)
    for got, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", ["adam", "legacy_sgd", "scaled"])
def test_what_keras_tracks_of_a_live_model(tmp_path: Path, name: str) -> None:
    """The same objects in the same order. Keras also tracks the functions with which it has trained."""
    _reset()
    model = _compiled(_optimizers()[name])
    _fit(model)
    model.save_weights(tmp_path / "theirs", save_format="tf")
    kerasfmt.save_weights(model, tmp_path / "ours", save_format="tf")
    theirs, ours = (_structure(kerasfmt.open_checkpoint(tmp_path / name)) for name in ("theirs", "ours"))
    assert ours == theirs


def _structure(checkpoint: kerasfmt.Checkpoint) -> list[Any]:
    assert checkpoint.root is not None
    return [
        (
            node.path,
            [(name, child.path) for name, child in node.children.items() if not name.endswith("_function")],
            dict(node.keys),
            sorted((slot.original.path, slot.name) for slot in node.slots),
        )
        for node in checkpoint.root.walk()
        if not node.path.endswith("_function")
    ]


def test_saved_models(tmp_path: Path) -> None:
    _reset()
    model = _compiled(KERAS.optimizers.Adam())
    _fit(model)
    model.save(tmp_path / "saved", save_format="tf")
    ours = kerasfmt.from_keras(_compiled(KERAS.optimizers.Adam()))
    kerasfmt.load_weights(ours, tmp_path / "saved")
    for weight, value in zip(ours.weights, model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    assert ours.training_config is not None
    state = [np.asarray(variable) for variable in model.optimizer.variables]
    for variable, value in zip(ours.training_config.variables, state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    names = {name for name, _ in tf.train.list_variables(str(tmp_path / "saved/variables/variables"))}
    assert set(kerasfmt.open_checkpoint(tmp_path / "saved")) == names


def _net() -> Any:
    return KERAS.Sequential(
        [
            KERAS.Input((4,)),
            KERAS.layers.Dense(3, name="a"),
            KERAS.layers.BatchNormalization(name="n"),
            KERAS.layers.Dense(2, name="b"),
        ],
        name="net",
    )


def test_checkpoints_of_training_loops(tmp_path: Path) -> None:
    """`tf.train.CheckpointManager`: the model is a child, and the state file names several checkpoints."""
    _reset()
    model, optimizer, step = _net(), KERAS.optimizers.Adam(0.25), tf.Variable(5)
    held = tf.train.Checkpoint(step=step, optimizer=optimizer, net=model)
    manager = tf.train.CheckpointManager(held, str(tmp_path), max_to_keep=2)
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(np.ones((2, 4), np.float32)) ** 2)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        manager.save()
    found = kerasfmt.open_checkpoint(tmp_path)
    assert found.state is not None
    assert found.prefix == found.state.latest == tf.train.latest_checkpoint(str(tmp_path))
    theirs = tf.train.get_checkpoint_state(str(tmp_path))
    assert list(found.state.all) == list(theirs.all_model_checkpoint_paths)
    assert list(found.state.timestamps) == list(theirs.all_model_checkpoint_timestamps)
    other = _net()
    other.compile(KERAS.optimizers.Adam(), "mse")
    ours = kerasfmt.from_keras(other)
    with pytest.warns(UserWarning, match="other variables are left out: step/"):
        kerasfmt.load_weights(ours, tmp_path)
    for weight, value in zip(ours.weights, model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    assert ours.training_config is not None
    state = [np.asarray(variable) for variable in optimizer.variables]
    assert int(state[0]) == 3
    for variable, value in zip(ours.training_config.variables, state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert ours.training_config.optimizer_config["learning_rate"] == 0.25


def test_checkpoints_by_names(tmp_path: Path) -> None:
    """`tf.compat.v1.train.Saver`, with a variable in slices, and the slots of an optimizer of TensorFlow 1."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        for name, shape in (("a/kernel", (4, 3)), ("a/bias", (3,)), ("b/kernel", (3, 2)), ("b/bias", (2,))):
            parts = v1.fixed_size_partitioner(2) if name == "a/kernel" else None
            v1.get_variable(name, shape, partitioner=parts, initializer=v1.glorot_uniform_initializer())
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            v1.get_variable(f"n/{name}", (3,), initializer=v1.random_uniform_initializer())
        steps = v1.train.get_or_create_global_step()
        variables = v1.trainable_variables()
        v1.train.MomentumOptimizer(0.1, 0.9).minimize(
            tf.add_n([tf.reduce_sum(v**2) for v in variables]), global_step=steps
        )
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver(save_relative_paths=True)
        prefix = saver.save(session, str(tmp_path / "model.ckpt"), global_step=7)
    found = kerasfmt.open_checkpoint(tmp_path)
    assert found.prefix == prefix
    assert found.root is None
    reader = tf.train.load_checkpoint(prefix)
    assert {name: list(found[name].shape) for name in found} == reader.get_variable_to_shape_map()
    ours = kerasfmt.from_keras(_net())
    with pytest.warns(UserWarning, match=r"left out: .*kernel/Momentum.* global_step"):
        kerasfmt.load_weights(ours, prefix)
    for weight in ours.weights:
        np.testing.assert_array_equal(weight.numpy(), reader.get_tensor(weight.name))


def test_absolute_paths_in_a_state_file(tmp_path: Path) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("v", (2,))
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt"))
    assert str(tmp_path) in (tmp_path / "checkpoint").read_text()
    assert list(kerasfmt.open_checkpoint(tmp_path)) == ["v"]
    tmp_path.rename(tmp_path.with_name("moved"))
    with pytest.raises(kerasfmt.errors.UnsafeFileError, match="open a checkpoint by its prefix"):
        kerasfmt.open_checkpoint(tmp_path.with_name("moved"))


def test_compressed_blocks(tmp_path: Path) -> None:
    """An index of blocks of snappy is read as TensorFlow reads it."""
    model = _net()
    model.save_weights(tmp_path / "ckpt", save_format="tf")
    index = tmp_path / "ckpt.index"
    before = {name: np.asarray(value) for name, value in kerasfmt.open_checkpoint(tmp_path / "ckpt").items()}
    plain = index.read_bytes()
    index.write_bytes(compressed(list(table.decode_table(memoryview(plain), "index"))))
    assert index.read_bytes() != plain
    reader = tf.train.load_checkpoint(str(tmp_path / "ckpt"))
    after = kerasfmt.open_checkpoint(tmp_path / "ckpt")
    assert list(after) == list(before)
    for name, value in before.items():
        assert np.array_equal(after[name], value)
        assert np.array_equal(reader.get_tensor(name), value)


def test_models_that_differ(tmp_path: Path) -> None:
    """What TensorFlow says is missing or unused, we say too."""
    _net().save_weights(tmp_path / "ckpt", save_format="tf")
    larger = kerasfmt.from_keras(
        KERAS.Sequential([KERAS.Input((4,)), *_net().layers, KERAS.layers.Dense(1, name="c")])
    )
    with pytest.raises(kerasfmt.errors.InvalidModelError, match="got none for"):
        kerasfmt.load_weights(larger, tmp_path / "ckpt")
    smaller = kerasfmt.from_keras(KERAS.Sequential([KERAS.Input((4,)), KERAS.layers.Dense(3)]))
    with pytest.raises(kerasfmt.errors.InvalidModelError, match="expected no more variables"):
        kerasfmt.load_weights(smaller, tmp_path / "ckpt")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        kerasfmt.load_weights(smaller, tmp_path / "ckpt", skip_mismatch=True)
    assert len(told) == 1
