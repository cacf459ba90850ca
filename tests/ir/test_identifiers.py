from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import activations, constraints as C, initializers as I, regularizers as R
from kerasfmt.ir.identifiers import to_config
from kerasfmt.ir.options import FrozenOptions

F32_01 = 0.10000000149011612
SCALING = {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": None}

# Object, and the config that Keras 2.15's serialize(use_legacy_format=True) gives for it.
CASES: list[tuple[FrozenOptions, dict[str, object]]] = [
    (I.Zeros(), {}),
    (I.Ones(), {}),
    (I.Constant(), {"value": 0}),
    (I.Constant([1, 2.5]), {"value": [1, 2.5]}),
    (I.Constant(np.float32(0.1)), {"value": F32_01}),
    (I.RandomNormal(), {"mean": 0.0, "stddev": 0.05, "seed": None}),
    (I.RandomUniform(seed=7), {"minval": -0.05, "maxval": 0.05, "seed": 7}),
    (I.TruncatedNormal(1, 2), {"mean": 1, "stddev": 2, "seed": None}),
    (I.VarianceScaling(), SCALING),
    (I.VarianceScaling(2.0, "fan_avg", "normal"), SCALING | {"scale": 2.0, "mode": "fan_avg"}),
    (I.Orthogonal(), {"gain": 1.0, "seed": None}),
    (I.Identity(2.0), {"gain": 2.0}),
    *(
        (cls(seed=3), {"seed": 3})
        for cls in (I.GlorotNormal, I.GlorotUniform, I.HeNormal, I.HeUniform, I.LecunNormal, I.LecunUniform)
    ),
    (R.L1(0.1), {"l1": F32_01}),
    (R.L2(0.1), {"l2": F32_01}),
    (R.L1L2(l1=0.1), {"l1": F32_01, "l2": 0.0}),
    (R.OrthogonalRegularizer(0.1, "columns"), {"factor": F32_01, "mode": "columns"}),
    (C.MaxNorm(), {"max_value": 2, "axis": 0}),
    (C.MaxNorm(3.0, axis=[0, 1]), {"max_value": 3.0, "axis": [0, 1]}),
    (C.NonNeg(), {}),
    (C.UnitNorm(1), {"axis": 1}),
    (C.MinMaxNorm(), {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0}),
    (C.RadialConstraint(), {}),
]


def getter(x: FrozenOptions) -> Any:
    return {"initializer": I.get, "regularizer": R.get, "constraint": C.get}[x.category]


@pytest.mark.parametrize(("x", "config"), CASES)
def test_config_in_both_dialects(x: FrozenOptions, config: dict[str, object]) -> None:
    name, get = type(x).__name__, getter(x)
    written = to_config(x)
    assert written == {"class_name": name, "config": config}
    assert list(x.get_config()) == list(config)
    keras3 = {"module": f"keras.{x.category}s", "class_name": name, "config": config, "registered_name": None}
    for identifier in (x, written, keras3, written | {"shared_object_id": 3}):
        assert get(identifier) == x


@pytest.mark.parametrize("get", [I.get, R.get, C.get])
def test_none(get: Any) -> None:
    assert get(None) is None
    assert to_config(None) is None


NAMES = {
    I.get: {
        "GlorotUniform": I.GlorotUniform(),
        "glorot_uniform": I.GlorotUniform(),
        "glorot_uniformV2": I.GlorotUniform(),
        "HeNormalV2": I.HeNormal(),
        "he_normal": I.HeNormal(),
        "uniform": I.RandomUniform(),
        "normal": I.RandomNormal(),
        "one": I.Ones(),
        "zero": I.Zeros(),
        "OrthogonalInitializer": I.Orthogonal(),
        "variance_scaling": I.VarianceScaling(),
    },
    R.get: {
        "L1": R.L1(0.01),
        "l1": R.L1(0.01),
        "l2": R.L2(0.01),
        "l1_l2": R.L1L2(0.01, 0.01),
        "L1L2": R.L1L2(0.0, 0.0),
        "orthogonal_regularizer": R.OrthogonalRegularizer(),
    },
    C.get: {
        "max_norm": C.MaxNorm(),
        "maxnorm": C.MaxNorm(),
        "nonneg": C.NonNeg(),
        "UnitNorm": C.UnitNorm(),
        "min_max_norm": C.MinMaxNorm(),
        "radial_constraint": C.RadialConstraint(),
    },
}


@pytest.mark.parametrize(
    ("get", "name", "x"), [(get, name, x) for get, names in NAMES.items() for name, x in names.items()]
)
def test_names(get: Any, name: str, x: FrozenOptions) -> None:
    assert get(name) == x
    assert get({"class_name": name, "config": {}}) == x
    assert get(type(x)) == type(x)()


def test_wrapped_values() -> None:
    axis = {"class_name": "__tuple__", "items": [0, 1]}
    assert C.get({"class_name": "UnitNorm", "config": {"axis": axis}}) == C.UnitNorm((0, 1))
    value = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}
    assert I.get({"class_name": "Constant", "config": {"value": value}}) == I.Constant([1.0, 2.0])


def test_obsolete_options() -> None:
    assert I.get({"class_name": "Zeros", "config": {"dtype": "float32"}}) == I.Zeros()
    assert R.get({"class_name": "L2", "config": {"l": 0.5}}) == R.L2(0.5)
    assert R.get({"class_name": "L1", "config": {"l1": None}}) == R.L1(0.01)


def config(name: str, **options: object) -> dict[str, object]:
    return {"class_name": name, "config": options}


REFUSED = [
    (I.get, "glorot", "did you mean '[Gg]lorot"),
    (I.get, "abcdefg", "knows no initializer"),
    (I.get, 3, "expected a name"),
    (I.get, {"config": {}}, "expected a name"),
    (I.get, config("Zeros", gain=1.0), "unknown option gain=1.0; it takes none"),
    (I.get, config("RandomNormal", mean=float("nan")), "mean: expected a finite number"),
    (I.get, config("RandomNormal", mean=True), "mean: expected a finite number"),
    (I.get, config("RandomNormal", seed="x"), "seed: expected a whole number or None"),
    (I.get, config("GlorotUniform", seed={"class_name": "SeedGenerator", "config": {}}), "seed: expected"),
    (I.get, config("VarianceScaling", mode="fan"), "mode: expected one of \\['fan_in'"),
    (I.get, config("VarianceScaling", distribution="cauchy"), "distribution: expected one of"),
    (I.get, config("VarianceScaling", scale=0.0), "scale: expected a finite number above 0"),
    (I.get, config("Zeros") | {"colour": 1}, "unknown keys"),
    (I.get, config("Zeros") | {"module": "mine"}, "not one of Keras's own"),
    (I.get, config("Zeros") | {"registered_name": "mine>Zeros"}, "not one of Keras's own"),
    (I.get, config("mine>Zeros"), "not one of Keras's own"),
    (
        I.get,
        {"class_name": "function", "config": "zeros"},
        "knows no initializer of this name; for a function",
    ),
    (I.get, config("mine>Zeros"), r"custom_objects=\{'Zeros': ...\}"),
    (R.get, "mine>decay", r"custom_objects=\{'mine>decay': ...\}"),
    (activations.get, "<lambda>", r"custom_objects=\{'<lambda>': ...\}"),
    (
        activations.get,
        {"class_name": "__lambda__", "config": {"code": ""}},
        r"custom_objects=\{'<lambda>': ...\}",
    ),
    (R.get, config("L2", l2=0.1, l1=0.1), "unknown option l1=0.1; it takes l2"),
    (R.get, config("L2", l2="0.1"), "l2: expected a finite number"),
    (R.get, config("OrthogonalRegularizer", mode="both"), "mode: expected one of \\['rows', 'columns'\\]"),
    (C.get, config("MaxNorm", axis="0"), "axis: expected an int"),
    (C.get, config("MaxNorm", max_value=None), "max_value: expected a finite number"),
    (C.get, "l2", "knows no constraint"),
    (activations.get, "ReLU", "did you mean 'relu'"),
    (activations.get, "threshold", "knows no activation"),
    (activations.get, config("LeakyReLU", alpha=0.1), "expected no options"),
    (activations.get, {"module": "mine", "class_name": "function", "config": "relu"}, "not one of Keras's"),
    (activations.get, 3, "expected a name"),
]


@pytest.mark.parametrize(("get", "identifier", "message"), REFUSED)
def test_refused(get: Any, identifier: object, message: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        get(identifier)
