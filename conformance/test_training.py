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


KINDS = ("archive", "weights")
ROWS = [
    pytest.param(name, kind, marks=[] if place % len(KINDS) == turn else [pytest.mark.sweep])
    for place, name in enumerate(TRAINED)
    for turn, kind in enumerate(KINDS)
]
"""An ordinary run takes each case in one kind of file."""


@pytest.mark.parametrize(("name", "kind"), ROWS)
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
    ours, suffix = kerasfmt.load_model(tmp_path / "theirs.keras"), ".keras"
    if kind == "weights":
        kind, suffix = f"paths_{dialect}", ".weights.h5"
        live.save(model, tmp_path / f"theirs{suffix}", kind)
        kerasfmt.save_weights(ours, tmp_path / f"ours{suffix}", save_format=save_format)
    else:
        kind = dialect
        kerasfmt.save_model(ours, tmp_path / f"ours{suffix}", save_format=save_format)
    found, control = (
        compared(expected, live.read(case, kind, tmp_path / f"{whose}{suffix}"), SAME_KERAS, same=True)
        for whose in ("ours", "theirs")
    )
    assert found[0] in ("equal", "close") or found == control, found
    if not (name == "Nadam" and dialect == "tf_keras"):  # Keras 2 does not keep the product of the momenta
        assert control[0] in ("equal", "close"), control
