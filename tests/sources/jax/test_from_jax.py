"""`kerasfmt.from_jax`: functions with parameters become models that are saved and read again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError, UnsupportedLayerError
from tests.sources.jax.jax_tests import normal

jax = pytest.importorskip("jax")
jnp = jax.numpy


def apply(params: Any, images: Any, lengths: Any) -> Any:
    hidden = jax.nn.relu(images @ params["dense"]["kernel"] + params["dense"]["bias"])
    mask = jnp.arange(images.shape[1])[None] < lengths[:, None]
    pooled = jnp.where(mask[..., None], hidden, 0.0).sum(1)
    return {"scores": jax.nn.softmax(pooled), "pooled": pooled}


def params() -> Any:
    return {"dense": {"kernel": normal(4, 3), "bias": jnp.ones(3)}}


INPUTS = {"images": "float32[b, t, 4]", "lengths": "int32[b]"}


@pytest.mark.parametrize("batch", [1, 5])
def test_a_function_runs_and_is_saved_and_read(batch: int, tmp_path: Path) -> None:
    weights, images, lengths = params(), normal(batch, 6, 4), np.arange(batch, dtype=np.int32)
    served = kerasfmt.from_jax(apply, weights, INPUTS)
    expected = apply(weights, images, lengths)
    kerasfmt.save_model(served, tmp_path / "m")
    again = kerasfmt.load_graph_model(tmp_path / "m")
    for model in (served, again):
        assert [w.name for w in model.variables] == ["dense/bias", "dense/kernel"]
        named = model.signatures["serving_default"](images=images, lengths=lengths)
        called = model(images, lengths=lengths)
        for key, wanted in expected.items():
            np.testing.assert_allclose(named[key], wanted, atol=1e-6)
            np.testing.assert_allclose(called[key], wanted, atol=1e-6)
    assert served.missing_ops() == []


def test_the_same_function_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        kerasfmt.save_model(kerasfmt.from_jax(apply, params(), INPUTS), tmp_path / name)
    files = [sorted((tmp_path / name).rglob("*.*")) for name in ("a", "b")]
    for one, other in zip(*files, strict=True):
        assert one.is_dir() or one.read_bytes() == other.read_bytes()


def test_every_primitive_without_a_rule_is_named_with_its_line() -> None:
    def function(x: Any) -> Any:
        jax.debug.print("{}", x)
        y = jax.pure_callback(lambda v: v, jax.ShapeDtypeStruct(x.shape, x.dtype), x)
        return jax.lax.reduce_precision(y, 3, 3)

    with pytest.raises(UnsupportedLayerError, match="reduce_precision: 3 bits") as caught:
        kerasfmt.from_jax(function, inputs={"x": np.zeros(3, np.float32)})
    said = str(caught.value)
    assert "pure_callback (" in said
    assert "debug" in said
    assert said.count("test_from_jax.py:") == 3
    assert 'lowering="stablehlo"' in said


def test_a_dimension_that_jax_cannot_compare_asks_for_a_constraint() -> None:
    def function(x: Any) -> Any:
        return jax.lax.dynamic_slice_in_dim(x, 0, 2)

    with pytest.raises(InvalidModelError, match="constraints="):
        kerasfmt.from_jax(function, inputs={"x": "float32[b]"})
    served = kerasfmt.from_jax(function, inputs={"x": "float32[b]"}, constraints=["b >= 2"])
    assert served(normal(5)).shape == (2,)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"inputs": None}, InvalidModelError, "inputs: expected"),
        ({"lowering": "xla"}, InvalidModelError, "lowering: expected"),
        ({"platforms": ("npu",)}, InvalidModelError, "platforms: expected some of"),
        ({"target_tf": "1.15"}, UnsupportedFormatError, "target_tf: expected one of"),
        ({"outputs": ["a", "b"]}, InvalidModelError, "expected 1 names"),
    ],
)
def test_what_is_refused(options: dict[str, Any], error: type[Exception], said: str) -> None:
    given: dict[str, Any] = {"inputs": {"x": "float32[b]"}, **options}
    with pytest.raises(error, match=said):
        kerasfmt.from_jax(lambda x: x + 1, **given)


def test_kerasfmt_alone_imports_no_jax() -> None:
    code = "import sys, kerasfmt; kerasfmt.from_jax; assert 'jax' not in sys.modules, 'jax'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_inputs_of_64_bits_are_cast_as_jax_does() -> None:
    served = kerasfmt.from_jax(lambda x: x + 1, inputs={"x": "int64[b]"})
    assert served.signatures["serving_default"].inputs["x"].dtype is kerasfmt.dtypes.int64
    assert served(np.array([1, 2], np.int64)).tolist() == [2, 3]
