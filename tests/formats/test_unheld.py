"""What files cannot hold of a compiled model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.formats import FORMATS, unheld
from kerasfmt.ir import Model, Weight
from kerasfmt.ir.compile_state import CompiledMetric, TrainingConfig, optimizer_variable


def model() -> Model:
    kerasfmt.clear_session()
    return kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="d")], name="m")


def compiled(**options: object) -> tuple[Model, TrainingConfig]:
    found = model()
    found.compile(kerasfmt.optimizers.Adam(), **options)
    assert found.training_config is not None
    return found, found.training_config


@pytest.mark.parametrize(
    "ask",
    [
        unheld.state_of_metrics,
        unheld.scalars_of_optimizer,
        unheld.options_of_compile,
        unheld.state_in_keras3,
        unheld.state_of_legacy,
        unheld.learned_beside_weights,
        unheld.learned_in_configs,
    ],
)
def test_nothing_is_said_of_what_is_not_there(ask: Callable[[Model], Iterable[str]]) -> None:
    assert list(ask(model())) == []
    fresh, training = compiled(steps_per_execution=1, run_eagerly=False)
    training.metrics = [CompiledMetric("Mean", {"name": "loss"}, [metric_variable(0)])]
    assert list(ask(fresh)) == []


def metric_variable(value: float) -> Weight:
    found = Weight("total", (), dtypes.float32)
    found.value = np.asarray(value, np.float32)
    return found


def test_metrics_that_have_seen_data() -> None:
    found, training = compiled()
    training.metrics = [
        CompiledMetric("Mean", {"name": "loss"}, [metric_variable(0)]),
        CompiledMetric("Mean", {"name": "mae"}, [metric_variable(0), metric_variable(3)]),
    ]
    assert list(unheld.state_of_metrics(found)) == ["model m: the state of its metrics is left out: mae"]


def test_scalars() -> None:
    found, training = compiled()
    training.scalars["_u_product"] = optimizer_variable("u_product", np.asarray(0.5, np.float32))
    (said,) = unheld.scalars_of_optimizer(found)
    assert said.startswith("model m: optimizer Adam: some of its variables are left out: u_product; ")


def test_options() -> None:
    found, _ = compiled(run_eagerly=True, steps_per_execution=3, jit_compile=True)
    (said,) = unheld.options_of_compile(found)
    assert said.endswith(": run_eagerly, steps_per_execution")


def test_keras_3_and_hdf5() -> None:
    found, training = compiled()
    training.variables = [optimizer_variable("iteration", np.asarray(3))]
    assert list(unheld.state_in_keras3(found)) == []
    found.made_by_keras = 3
    (said,) = unheld.state_in_keras3(found)
    assert "optimizer Adam: Keras 3 takes its class from HDF5" in said


def test_optimizers_of_keras_optimizers_legacy() -> None:
    found = model()
    found.compile({"class_name": "Adam", "config": {"is_legacy_optimizer": True}})
    assert list(unheld.state_of_legacy(found)) == []
    found.optimizer.iterations = 3
    (said,) = unheld.state_of_legacy(found)
    assert "Adam of keras.optimizers.legacy: Keras 2 does not take its variables from .keras" in said


def test_every_format_that_writes_models_says_what_it_cannot_hold() -> None:
    assert all(found.unheld for found in FORMATS if found.write)


def test_a_vocabulary_that_was_learned_is_not_in_weights(tmp_path: Path) -> None:
    texts, layer = kerasfmt.Input((1,), dtype="string"), kerasfmt.layers.StringLookup(name="words")
    layer.adapt(np.array([["a"], ["b"], ["a"]]))
    found = kerasfmt.Model(texts, layer(texts), name="m")
    (said,) = unheld.learned_beside_weights(found)
    assert "do not hold the vocabularies that layers learned: words; keep them in" in said
    for name in ("w.npz", "w.safetensors", "w.weights.h5", "w.weights.json"):
        shards = {"max_shard_size": 1} if name.endswith(".json") else {}
        with pytest.warns(UserWarning, match=rf"{name}: model m: files of weights do not hold"):
            kerasfmt.save_weights(found, tmp_path / name, **shards)


def test_a_token_that_no_file_of_tokens_holds_stops_no_weights(tmp_path: Path) -> None:
    texts, layer = kerasfmt.Input((1,), dtype="string"), kerasfmt.layers.StringLookup(name="words")
    layer.adapt(np.array([["two\nlines"]]))
    with pytest.warns(UserWarning, match="that layers learned: words"):
        kerasfmt.save_weights(kerasfmt.Model(texts, layer(texts)), tmp_path / "w.npz")
    assert (tmp_path / "w.npz").exists()


def test_boundaries_that_were_learned_are_not_in_the_weights_of_keras_3(tmp_path: Path) -> None:
    layer = kerasfmt.layers.Discretization(num_bins=2, input_shape=(1,), name="bins")
    found = kerasfmt.Sequential([layer], name="m")
    layer.adapt(np.arange(6.0).reshape(6, 1))
    (said,) = unheld.learned_in_configs(found)
    assert "Keras 3 keeps what these layers learned in the config, not in the weights: bins" in said
    with pytest.warns(UserWarning, match="not in the weights: bins; keep it in .keras"):
        kerasfmt.save_weights(found, tmp_path / "w.weights.h5")
    kerasfmt.save_weights(found, tmp_path / "w.weights.h5", save_format="tf_keras")
    kerasfmt.save_model(found, tmp_path / "m.keras")


def test_a_compile_state_is_not_in_hdf5_for_keras_3(tmp_path: Path) -> None:
    found, _ = compiled(loss="mse")
    with pytest.warns(
        UserWarning, match="HDF5 for Keras 3 is written without what the model is compiled with"
    ):
        kerasfmt.save_model(found, tmp_path / "m.h5", save_format="keras_h5")
    assert kerasfmt.load_model(tmp_path / "m.h5").training_config is None
    assert list(unheld.compile_state(model())) == []
