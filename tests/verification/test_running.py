"""Models that run, with inputs that are made up or given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Spec, dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.verification.rules import behaviour
from kerasfmt.verification.running import made_up, runner
from kerasfmt.verification.verify import verify
from tests.verification.making import rules_of, saved, small

X = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


def test_by_layers_and_by_signature(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    layers, signature = runner(directory, None, 100), runner(directory, "serving_default", 100)
    assert list(layers.inputs) == list(signature.inputs) == ["dense_input"]
    (ours,), (theirs,) = (each.run({"dense_input": X}).values() for each in (layers, signature))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_signature_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="expected a signature 'other'"):
        runner(saved(tmp_path), "other", 100)


def test_inputs_that_are_made_up() -> None:
    specs = {
        "x": Spec((None, 3), dtypes.float32),
        "ids": Spec((None, 2), dtypes.int64),
        "words": Spec((None, 1), dtypes.string),
        "flag": Spec((), dtypes.bool_),
    }
    found = made_up(specs, 1)
    assert {name: array.shape for name, array in found.items()} == {
        "x": (2, 3),
        "ids": (2, 2),
        "words": (2, 1),
        "flag": (),
    }
    assert found["ids"].max() < 2
    assert all(array.dtype == specs[name].dtype.numpy for name, array in found.items())
    assert np.array_equal(found["x"], made_up(specs, 1)["x"])
    assert not np.array_equal(found["x"], made_up(specs, 2)["x"])


def test_inputs_by_other_names_go_in_order(tmp_path: Path) -> None:
    report = verify(saved(tmp_path), inputs={"x": X})
    assert report.findings == ()
    assert report.checked["outputs"] == 1


def test_outputs_of_another_shape(tmp_path: Path) -> None:
    kerasfmt.clear_session()
    other = kerasfmt.Sequential([kerasfmt.layers.Dense(3, input_shape=(3,))])
    kerasfmt.save_model(other, tmp_path / "other.h5")
    report = verify(saved(tmp_path), against=tmp_path / "other.h5")
    assert rules_of(report) == {behaviour.DIFFERENT}
    assert "expected shape [2, 2], got [2, 3]" in report.findings[0].message


def test_a_tolerance(tmp_path: Path) -> None:
    model = small()
    model.weights[1].value = np.full(2, 1.01, np.float32)
    kerasfmt.save_model(model, tmp_path / "other.h5")
    directory = saved(tmp_path)
    assert verify(directory, against=tmp_path / "other.h5").fails()
    assert not verify(directory, against=tmp_path / "other.h5", tolerance=0.02).fails()


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    assert rules_of(verify(saved(tmp_path), against=tmp_path / "nobody")) == {behaviour.NOT_RUN}
