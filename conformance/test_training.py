"""Training goes on from what kerasfmt makes of a file, in the Keras that wrote it.

`python -m conformance training` has every case and every format. Runs with the Python of any environment: with
tf_keras, Keras 2 or Keras 3 on any backend, or several of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from conformance.case import Keras
from conformance.installed import is_keras3
from conformance.training.cases import CASES, LACKING
from conformance.training.live import Live
from conformance.training.matrix import SAME_KERAS, compared

TRAINED = (
    "SGD-momentum",
    "Adam-amsgrad",
    "Nadam",
    "Adafactor",
    "Muon",
    "LossScaleOptimizer",
    "use_ema",
    "gradient_accumulation_steps",
    "schedule-CosineDecay",
    "mixed_float16",
    "several-outputs",
)
"""Cases that have failed, or keep something of their own."""


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("kind", ["archive", "weights"])
@pytest.mark.filterwarnings("ignore")
def test_training_goes_on(tmp_path: Path, keras: Keras, name: str, kind: str) -> None:
    case, live = CASES[name], Live(keras)
    try:
        case.optimizer(keras)
    except LACKING as error:
        pytest.skip(f"{keras.__name__} {keras.__version__} has no such optimizer: {error}")
    dialect = "keras3" if is_keras3(keras) else "tf_keras"
    save_format = "keras" if is_keras3(keras) else "tf_keras"
    expected = live.trained(case, 6)
    model, _ = live.train(case, 3)
    live.save(model, tmp_path / "theirs.keras", dialect)
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    path = tmp_path / "ours.keras"
    if kind == "weights":
        kind, path = f"paths_{dialect}", tmp_path / "ours.weights.h5"
        kerasfmt.save_weights(ours, path, save_format=save_format)
    else:
        kind = dialect
        kerasfmt.save_model(ours, path, save_format=save_format)
    verdict, reason = compared(expected, live.read(case, kind, path), SAME_KERAS, same=True)
    assert verdict in ("equal", "close"), reason
