"""Every class of operation of the Keras 3 that is installed: predicted as Keras does, or refused by name.

Runs with the Python of any environment that has Keras 3:

    KERAS_BACKEND=jax <k3jax>/bin/python -m pytest conformance/test_keras3_operations.py
    <tf221>/bin/python -m pytest conformance/test_keras3_operations.py    SavedModels too, in TensorFlow

OPERATIONS.md beside this file is the list; WRITE_OPERATIONS=1 updates it.
"""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.calls.call import case_of
from conformance.calls.keras3_calls import CALLS
from conformance.calls.keras3_classes import CLASSES
from conformance.calls.keras3_functions import ALIASES, NO_OPERATION, exported, made_by
from conformance.calls.keras3_refused import BROKEN, NOT_MADE, REFUSED, VARIES
from conformance.case import Case, batch_of
from conformance.closeness import assert_close
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.layers.keras3_ops import Operation

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras", minversion="3.0")
pytestmark = pytest.mark.filterwarnings("ignore")

LIST = Path(__file__).with_name("OPERATIONS.md")
BACKEND = keras.backend.backend()
TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

CASES = [
    *(case_of(name, "Operation", {name: call}, lambda keras: keras.ops) for name, call in CALLS.items()),
    *(case_of(name, name, {name: call}, lambda keras: keras.ops) for name, call in CLASSES.items()),
]


def classes() -> set[str]:
    """The names of all classes of operations of the installed Keras."""
    package = importlib.import_module("keras.src.ops")
    base = importlib.import_module("keras.src.ops.operation").Operation
    found = set()
    for entry in pkgutil.iter_modules(package.__path__):
        if entry.name.endswith("_test"):
            continue
        module = importlib.import_module(f"keras.src.ops.{entry.name}")
        found |= {
            name
            for name, value in vars(module).items()
            if inspect.isclass(value)
            and issubclass(value, base)
            and value is not base
            and value.__module__ == module.__name__
        }
    return found


def made(case: Case) -> Any:
    """The functional model of a case."""
    keras.backend.clear_session()
    return case.build(keras)


def predicted(model: Any, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """What Keras's own model gives."""
    return [np.asarray(keras.ops.convert_to_numpy(t)) for t in keras.tree.flatten(model(arrays))]


def check(found: list[Any], expected: list[np.ndarray], dtypes: list[str]) -> None:
    """Equal dtypes, shapes and, but for the rounding of a dozen float32 operations, values."""
    for number, (ours, theirs, dtype) in enumerate(zip(found, expected, dtypes, strict=True)):
        got = np.asarray(ours)
        # What Keras declares, or what it gives: jax counts in int64, MultiHot declares the dtype of its input.
        assert got.dtype in (dtype, theirs.dtype)
        assert_close(f"output {number}", got, theirs.astype(got.dtype), 5e-3 if dtype == "float16" else 3e-6)


def listed(outputs: Any) -> list[Any]:
    return list(keras.tree.flatten(outputs))


@pytest.mark.parametrize(
    "case",
    [
        # TensorFlow takes a second for each: an ordinary run has a sixth of them.
        pytest.param(case, id=case.name, marks=[pytest.mark.sweep] if TENSORFLOW and place % 6 else [])
        for place, case in enumerate(CASES)
    ],
)
def test_an_operation(case: Case, tmp_path: Path) -> None:
    model = made(case)
    arrays = case.sample(model)
    kinds = {type(layer).__name__ for layer in model.operations}
    assert case.about in ("Operation", *kinds)
    dtypes = [keras.backend.standardize_dtype(t.dtype) for t in model.outputs]
    if BACKEND in BROKEN.get(case.name, ()):
        with pytest.raises(
            (AttributeError, TypeError, ValueError), match="Exception encountered when calling"
        ):
            predicted(model, arrays)
        assert listed(kerasfmt.from_keras(model).predict(batch_of(arrays)))
        return
    expected = predicted(model, arrays)
    x = batch_of(arrays)
    live = kerasfmt.from_keras(model)
    if VARIES.get(case.name) == BACKEND:
        with pytest.raises(AssertionError):
            check(listed(live.predict(x)), expected, dtypes)
        return
    check(listed(live.predict(x)), expected, dtypes)
    model.save(tmp_path / "model.keras")
    stored = kerasfmt.load_model(tmp_path / "model.keras")
    check(listed(stored.predict(x)), expected, dtypes)
    if TENSORFLOW:
        import tensorflow as tf

        kerasfmt.save_model(stored, tmp_path / "saved")
        serving = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
        names = [tensor.origin.layer.name for tensor in stored.inputs]
        got = serving(**{name: tf.constant(a) for name, a in zip(names, arrays, strict=True)})
        check([got[name].numpy() for name in stored.output_names], expected, dtypes)


class Mixed(keras.layers.Layer):
    """A layer of one's own, of operations that TensorFlow's public functions do not compute."""

    def call(self, x: Any) -> Any:
        ops = keras.ops
        matrices = ops.matmul(x, ops.transpose(x, (0, 2, 1))) + ops.eye(5)
        real, imaginary = ops.fft((x, x * 0.5))
        return ops.linalg.inv(matrices)[:, :, :4] + real * ops.i0(x) + ops.erfinv(ops.tanh(imaginary))


@pytest.mark.skipif(not TENSORFLOW, reason="TensorFlow loads what is saved")
def test_within_a_layer_keras_2_loads_them(tmp_path: Path) -> None:
    keras2 = importlib.import_module("conformance.installed").keras2()
    entry = keras.Input((5, 4))
    model = keras.Model(entry, Mixed()(entry))
    x = np.random.default_rng(3).normal(size=(3, 5, 4)).astype("float32")
    expected = np.asarray(keras.ops.convert_to_numpy(model(x)))
    found = kerasfmt.from_keras(model)
    assert_close("prediction", found.predict(x), expected, 1e-5)
    kerasfmt.save_model(found, tmp_path / "saved")
    assert_close("Keras 2", keras2.models.load_model(tmp_path / "saved")(x).numpy(), expected, 1e-5)
    assert_close("read again", kerasfmt.load_model(tmp_path / "saved").predict(x), expected, 1e-5)


def test_options_that_keras_cannot_store_are_recorded() -> None:
    entry = keras.Input((6,), dtype="int32")
    weights = np.arange(24, dtype="float32").reshape(4, 6)
    model = keras.Model(entry, keras.ops.bincount(entry, weights=weights))
    x = np.random.default_rng(2).integers(0, 5, (4, 6)).astype("int32")
    expected = np.asarray(keras.ops.convert_to_numpy(model(x)))
    assert_close("prediction", kerasfmt.from_keras(model).predict(x), expected, 1e-6)


OF_THE_LIST = pytest.mark.skipif(
    not keras.__version__.startswith("3.15."),
    reason="the classes of operations that Keras 3.15 has are listed",
)


@OF_THE_LIST
def test_every_class_is_supported_or_refused() -> None:
    known = set(Operation.kinds())
    assert classes() - known == set(REFUSED)
    assert not known & set(REFUSED)


@pytest.mark.sweep
@OF_THE_LIST
def test_every_supported_class_is_called() -> None:
    used: set[str] = set(CLASSES)
    for case in CASES:
        used |= {type(layer).__name__ for layer in made(case).operations}
    assert set(Operation.kinds()) - used == set(NOT_MADE)


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_a_refused_operation_is_named(kind: str) -> None:
    with pytest.raises(
        UnsupportedLayerError, match=rf"layer it: operation {kind} of Keras 3 .*custom_objects"
    ):
        Operation(kind, name="it")


def test_the_path_to_a_refused_operation_is_named() -> None:
    inside = keras.Input(batch_shape=(2, 3, 3), name="matrices")
    inner = keras.Model(inside, keras.ops.argpartition(inside, 1), name="inner")
    entry = keras.Input(batch_shape=(2, 3, 3), name="entry")
    with pytest.raises(UnsupportedLayerError, match=r"inner.*operation Argpartition of Keras 3"):
        kerasfmt.from_keras(keras.Model(entry, inner(entry), name="outer"))


def functions() -> dict[str, list[str]]:
    """The functions of `keras.ops`, and the classes of operations that each of them makes."""
    kinds = classes()
    return {name: made_by(function, kinds) for name, function in sorted(exported(keras.ops).items())}


@OF_THE_LIST
def test_every_function_makes_what_is_supported_or_refused() -> None:
    found, known = functions(), set(Operation.kinds())
    assert {name for name, kinds in found.items() if not kinds} == NO_OPERATION.keys() | ALIASES.keys()
    assert ALIASES.keys() | set(ALIASES.values()) <= found.keys()
    assert all(kind in known or kind in REFUSED for kinds in found.values() for kind in kinds)


def text() -> str:
    """What OPERATIONS.md says, but for the day."""
    known = sorted(classes() & set(Operation.kinds()))
    found = functions()
    whys = {name: "; ".join(REFUSED[k] for k in kinds if k in REFUSED) for name, kinds in found.items()}
    refused = {name: why for name, why in whys.items() if why} | NO_OPERATION
    lines = [
        f"Keras 3.15, kerasfmt {kerasfmt.__version__}: {len(classes())} classes of operations, ",
        f"{len(known)} supported, {len(REFUSED)} refused. ",
        "Written by `conformance/test_keras3_operations.py`, which checks all of it.",
        "\n\n## Refused\n\n| operation | why |\n| --- | --- |\n",
        *(f"| {kind} | {REFUSED[kind]} |\n" for kind in sorted(REFUSED)),
        "\n## Supported\n\n",
        ", ".join(known),
        "\n\n## Functions\n\n",
        f"`keras.ops` exports {len(found)} functions. {len(found) - len(refused)} of them make operations that are ",
        "supported",
        *(f", `{name}` by the name of `{other}`" for name, other in sorted(ALIASES.items())),
        ". The others:\n\n| function | why |\n| --- | --- |\n",
        *(f"| {name} | {refused[name]} |\n" for name in sorted(refused)),
    ]
    return "".join(lines)


@OF_THE_LIST
def test_the_list_is_up_to_date() -> None:
    head = "# Operations of Keras 3\n\n"
    if os.environ.get("WRITE_OPERATIONS"):
        LIST.write_text(f"{head}{datetime.date.today()}. {text()}")
    found = LIST.read_text()
    assert re.sub(r"^\d{4}-\d\d-\d\d\. ", "", found.removeprefix(head)) == text()
