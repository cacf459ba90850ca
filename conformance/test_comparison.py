"""What Keras 2 wrote, compared and converted: one model in all formats is the same, in whatever words files say it."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.installed import keras2
from kerasfmt import cli

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytest.importorskip("tensorflow")

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras warns of much

KERAS: Any = keras2()
if KERAS is None:
    pytest.skip("no Keras 2 is installed", allow_module_level=True)

MODELS = ("m", "m.h5", "m.keras")
WEIGHTS = ("w.h5", "w.weights.h5", "ckpt")
X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)
OPTIMIZERS = {
    "by name": lambda: "adam",
    "momentum": lambda: KERAS.optimizers.SGD(KERAS.optimizers.schedules.CosineDecay(0.1, 50), momentum=0.9),
    "legacy": lambda: KERAS.optimizers.legacy.Adam(0.25),
    "scaled": lambda: KERAS.mixed_precision.LossScaleOptimizer(KERAS.optimizers.Adam(0.01)),
}


def trained(optimizer: Any) -> Any:
    KERAS.backend.clear_session()
    KERAS.utils.set_random_seed(3)
    entry = KERAS.Input((4,), name="entry")
    inner = KERAS.Sequential([KERAS.layers.Dense(3, "relu"), KERAS.layers.BatchNormalization()], name="inner")
    sequence = KERAS.layers.LSTM(2, name="lstm")(KERAS.layers.RepeatVector(3)(inner(entry)))
    model = KERAS.Model(entry, KERAS.layers.Dense(2, kernel_regularizer="l2", name="out")(sequence))
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(X, X[:, :2], epochs=2, verbose=0)
    return model


@pytest.fixture(scope="module", params=OPTIMIZERS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A directory with a trained model in every format, and what it predicts."""
    folder = tmp_path_factory.mktemp("written")
    model = trained(OPTIMIZERS[request.param]())
    for name in MODELS:
        model.save(folder / name)
    for name in WEIGHTS:
        model.save_weights(folder / name)
    return folder, model.predict(X, verbose=0)


def test_one_model_in_every_format_is_the_same(written: tuple[Path, Any]) -> None:
    folder, _ = written
    for a, b in itertools.product(MODELS, (*MODELS, *WEIGHTS)):
        for pair in ((a, b), (b, a)):
            found = kerasfmt.diff(*(folder / name for name in pair))
            assert found.same, (pair, found)
            assert found.weights.count == 11


@pytest.mark.parametrize("target", ["c", "c.h5", "c.keras"])
def test_what_is_converted_is_the_same_to_keras(
    written: tuple[Path, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    folder, expected = written
    for source in MODELS:
        dialect = ["--to", "tf_keras"] if target.endswith(".keras") else []
        assert cli.main(["convert", str(folder / source), str(tmp_path / target), "--quiet", *dialect]) == 0
        said = capsys.readouterr().err.splitlines()
        assert all("left out" in line or "keras.optimizers.legacy" in line for line in said), said
        again = KERAS.models.load_model(tmp_path / target)
        np.testing.assert_array_equal(again.predict(X, verbose=0), expected)
        found = kerasfmt.diff(folder / source, tmp_path / target)
        assert not (
            found.config or found.weights.changes or found.optimizer or found.optimizer_weights.changes
        )
        assert cli.main(["inspect", str(tmp_path / target), "--json", "--ops", "--stats"]) == 0
        capsys.readouterr()
