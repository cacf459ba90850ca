"""Operations that are functions of this package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Builder
from kerasfmt.graph.spec import Spec
from kerasfmt.layers.keras3_ops import composed
from tests.layers.keras3_ops.operation_tests import N, X, call, predict, stored

GCD = call("Gcd", N, 6, gives=np.gcd(N, 6))


def model() -> kerasfmt.Model:
    return kerasfmt.model_from_config(stored(GCD)[0])


def test_keras_2_has_no_such_layer(tmp_path: Path) -> None:
    made = model()
    (layer,) = [layer for layer in made.layers if layer.name == "op"]
    assert layer.facts.absent_in == 2
    assert layer.keras_name == "Keras3>TFOpLambda"
    assert layer.get_config()["function"] == "keras.ops.Gcd"
    with pytest.raises(UnsupportedLayerError, match=r"layer op .*Keras 2 has no such layer"):
        kerasfmt.save_model(made, tmp_path / "model.keras", save_format="tf_keras")


@pytest.mark.parametrize("name", ["saved", "model.h5", "model.keras"])
def test_every_format_gives_it_back(name: str, tmp_path: Path) -> None:
    kerasfmt.save_model(model(), tmp_path / name)
    found = kerasfmt.load_model(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(found.predict(N)), GCD.gives)


def test_the_function_is_found_by_a_config_alone() -> None:
    again = kerasfmt.model_from_config(json.loads(json.dumps(model().get_config())))
    np.testing.assert_array_equal(predict(again, [N])[0], GCD.gives)


def test_the_function_is_found_by_a_process_that_asked_for_all_before() -> None:
    code = (
        "from kerasfmt.layers import TFOpLambda; from kerasfmt.nn.tf import known_functions; known_functions(); "
        "TFOpLambda('keras.ops.Gcd')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"function tf.keras.ops.Nothing is not known"):
        kerasfmt.layers.TFOpLambda("keras.ops.Nothing")


def test_numbers_and_tensors_have_one_dtype() -> None:
    graph = Builder()
    x = graph.input(Spec((2,), dtypes.int32))
    assert [v.dtype.name for v in composed.promoted(x, 1)] == ["int32", "int32"]
    assert [v.dtype.name for v in composed.promoted(0.5, x)] == ["float32", "float32"]
    assert composed.floats_of(x).dtype is dtypes.float32


def test_a_size_must_be_known() -> None:
    x = Builder().input(Spec((None, 3), dtypes.float32))
    assert composed.known_size(x, 1) == 3
    with pytest.raises(ValueError, match="the size of axis 0 must be known"):
        composed.known_size(x, 0)


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(kerasfmt.KerasfmtError, match=r"layer op.*too many positional arguments"):
        kerasfmt.model_from_config(stored(call("Det", X, 1, 2))[0])
