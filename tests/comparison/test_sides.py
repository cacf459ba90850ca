"""One of two files that are compared."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.comparison.sides import distinct, model_arrays, open_side, silence, with_weights
from kerasfmt.errors import CorruptFileError, MissingFileError
from kerasfmt.layers import Dense


def model(units: int = 2) -> kerasfmt.Model:
    kerasfmt.clear_session()
    return kerasfmt.Sequential([Dense(units, input_shape=(3,), name="dense")], name="m")


def test_a_model(tmp_path: Path) -> None:
    kerasfmt.save_model(model(), tmp_path / "m.keras")
    side = open_side(tmp_path / "m.keras")
    assert side.is_model
    assert side.model is not None
    assert list(model_arrays(side.model)) == ["dense/kernel", "dense/bias"]
    assert list(side.arrays()) == ["layers/dense/0", "layers/dense/1"]
    assert side.optimizer_arrays() == {}


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("w.h5", ["dense/kernel:0", "dense/bias:0"]),
        ("w.npz", ["dense/kernel", "dense/bias"]),
        ("w.weights.h5", ["layers/dense/0", "layers/dense/1"]),
    ],
)
def test_weights(tmp_path: Path, name: str, names: list[str]) -> None:
    kerasfmt.save_weights(model(), tmp_path / name)
    side = open_side(tmp_path / name)
    assert (side.is_model, side.model) == (False, None)
    assert list(side.arrays()) == names


def test_weights_in_the_model_of_another_file(tmp_path: Path) -> None:
    kerasfmt.save_model(model(), tmp_path / "m")
    other = model()
    other.get_layer("dense").bias.value = np.ones(2, np.float32)
    kerasfmt.save_weights(other, tmp_path / "w.npz")
    kerasfmt.save_weights(model(5), tmp_path / "misfit.npz")
    side = open_side(tmp_path / "m")
    filled = with_weights(side, open_side(tmp_path / "w.npz"))
    assert filled is not None
    assert side.model is not None
    assert (filled.weights[1].numpy().sum(), side.model.weights[1].numpy().sum()) == (2, 0)
    assert with_weights(side, open_side(tmp_path / "misfit.npz")) is None
    assert with_weights(open_side(tmp_path / "w.npz"), side) is None


def test_readers_warn_of_nothing(tmp_path: Path) -> None:
    made = model()
    spec = kerasfmt.Spec((None, 3), kerasfmt.dtypes.float32)
    signature = kerasfmt.Signature(lambda x: {"y": made.apply(x)}, {"x": spec})
    kerasfmt.save_model(made, tmp_path / "m", signatures={"serving_default": signature, "more": signature})
    assert open_side(tmp_path / "m").model is not None
    with silence():
        warnings.warn("a warning", stacklevel=1)


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        open_side(tmp_path / "none")
    kerasfmt.save_model(model(), tmp_path / "m.h5")
    whole = (tmp_path / "m.h5").read_bytes()
    (tmp_path / "m.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptFileError):
        open_side(tmp_path / "m.h5")


def test_distinct() -> None:
    assert dict(distinct([("a", 1), ("b", 2), ("a", 3)])) == {"a": 1, "b": 2, "a (2)": 3}
