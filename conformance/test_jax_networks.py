"""Networks of JAX's libraries in NumPy and in TensorFlow: what they compute is what JAX computes, at any batch size."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.jax_networks import BATCHES, NETWORKS

tf = pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all networks, made with JAX."""
    where = tmp_path_factory.mktemp("networks")
    subprocess.run([str(python("optax")), "-m", "conformance.jax_networks", str(where)], check=True, cwd=ROOT)
    return where


@pytest.mark.parametrize("name", NETWORKS)
def test_as_jax(name: str, written: Path) -> None:
    fault = written / f"{name}.error"
    assert not fault.exists(), fault.read_text()
    serve = tf.saved_model.load(str(written / name / "model")).signatures["serving_default"]
    for rows in BATCHES:
        with np.load(written / name / f"{rows}.npz") as stored:
            arrays: dict[str, dict[str, np.ndarray]] = {"input": {}, "expected": {}, "numpy": {}}
            for key in stored.files:
                kind, _, of = key.partition("/")
                arrays[kind][of] = stored[key]
        found = {
            key: value.numpy()
            for key, value in serve(**{k: tf.constant(v) for k, v in arrays["input"].items()}).items()
        }
        assert found.keys() == arrays["expected"].keys() == arrays["numpy"].keys()
        for key, wanted in arrays["expected"].items():
            for where, given in (("NumPy", arrays["numpy"][key]), ("TensorFlow", found[key])):
                assert given.dtype == wanted.dtype
                np.testing.assert_allclose(given, wanted, 1e-4, 2e-5, err_msg=f"{key}, {rows} rows, {where}")


DRAWS = {"equinox_diffusion"}
"""Networks that draw random numbers: Bitcast and Erfinv are what other runtimes have not."""
CONVERTED = [name for name in NETWORKS if name not in DRAWS]


def read(model: bytes) -> tuple[Any, set[str]]:
    """An interpreter of a .tflite model, and the ops in it."""
    plain = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it names a successor
        made = tf.lite.Interpreter(model_content=model, experimental_op_resolver_type=plain)
    return made, {op["op_name"] for op in made._get_ops_details()}


@pytest.mark.skipif(not tf.__version__.startswith("2.21"), reason="the newest converter alone")
@pytest.mark.parametrize("name", CONVERTED)
def test_tflite(name: str, written: Path) -> None:
    model = tf.lite.TFLiteConverter.from_saved_model(str(written / name / "model")).convert()
    interpreter, ops = read(model)
    assert FUSED.get(name, set()) <= ops
    run = interpreter.get_signature_runner("serving_default")
    for rows in BATCHES:
        with np.load(written / name / f"{rows}.npz") as stored:
            arrays = dict(stored)
        found = run(**{key[6:]: array for key, array in arrays.items() if key.startswith("input/")})
        for key, wanted in arrays.items():
            if key.startswith("expected/"):
                np.testing.assert_allclose(found[key[9:]], wanted, 1e-4, 2e-5, err_msg=f"{key}, {rows} rows")


FUSED = {
    "linen_resnet": {"CONV_2D", "MAX_POOL_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"},
    "linen_transformer": {"GELU", "SOFTMAX", "MEAN", "BATCH_MATMUL"},
    "jax_decoder": {"GELU", "SOFTMAX"},
    "haiku_convnet": {"DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D"},
    "haiku_lstm": {"WHILE"},
}
"""What the converter is to recognize in the ops."""


def test_batch_norms_vanish_in_convolutions(written: Path) -> None:
    model = tf.lite.TFLiteConverter.from_saved_model(str(written / "linen_resnet" / "model")).convert()
    assert not {"MUL", "SUB", "RSQRT"} & read(model)[1]


@pytest.mark.skipif(
    not tf.__version__.startswith("2.21"), reason="OpenVINO has no TensorFlow; once is enough"
)
def test_openvino(written: Path) -> None:
    script = ROOT / "conformance" / "openvino_networks.py"
    said = subprocess.run(
        [str(python("openvino")), str(script), str(written), *CONVERTED],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(said.stdout.splitlines()[-1])
    assert found.keys() == set(CONVERTED)
    assert {name: error for name, error in found.items() if error > 2e-5} == {}


def test_the_command_of_tensorflow_runs_it(written: Path, tmp_path: Path) -> None:
    where = written / "haiku_convnet"
    with np.load(where / "3.npz") as stored:
        arrays = dict(stored)
    np.save(tmp_path / "images.npy", arrays["input/images"])
    command = [
        sys.executable,
        "-m",
        "tensorflow.python.tools.saved_model_cli",
        "run",
        "--dir",
        where / "model",
    ]
    command += ["--tag_set", "serve", "--signature_def", "serving_default", "--outdir", tmp_path]
    command += ["--inputs", f"images={tmp_path / 'images.npy'}"]
    subprocess.run([str(word) for word in command], check=True)
    np.testing.assert_allclose(np.load(tmp_path / "output_0.npy"), arrays["expected/output_0"], 1e-4, 2e-5)
