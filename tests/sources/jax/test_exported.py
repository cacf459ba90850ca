"""Functions as modules of StableHLO, and functions that JAX has exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import GraphError, InvalidModelError, UnsupportedFormatError
from kerasfmt.graph.own_gradient import own_gradients
from kerasfmt.graphdef import stablehlo
from tests.sources.jax.jax_tests import assert_close, normal
from tests.sources.jax.modules import MODULES

jax = pytest.importorskip("jax")
PARAMS = {"w": normal(4, 2), "unused": normal(3)}


def apply(params: Any, x: Any) -> Any:
    return {"y": jax.nn.softmax(x @ params["w"])}


def module_of(model: Any) -> Any:
    (trace,) = model._called.traces
    (node,) = (n for n in trace.function.nodes if n.op == "XlaCallModule")
    return node.attrs


@pytest.mark.parametrize(
    ("target", "call_version", "written_for"), [(None, None, (1, 13, 0)), ("2.15", 8, (0, 14, 0))]
)
def test_a_module_for_a_line(target: str | None, call_version: Any, written_for: Any, tmp_path: Path) -> None:
    model = kerasfmt.from_jax(
        apply,
        PARAMS,
        {"x": "float32[b, 4]"},
        lowering="stablehlo",
        target_tf=target,
        platforms=("cpu", "cuda"),
    )
    attrs = module_of(model)
    assert attrs["platforms"] == ["CPU", "CUDA"]
    assert call_version in (None, attrs["version"])
    assert written_for in (None, stablehlo.version_of(attrs["module"]))
    assert __file__.encode() not in attrs["module"]
    assert model.signatures["serving_default"].outputs["y"].shape == (None, 2)
    assert model.missing_ops() == []
    kerasfmt.save_model(model, tmp_path / "m")
    loaded = kerasfmt.load_graph_model(tmp_path / "m")
    assert loaded.missing_ops() == []
    for rows in (3, 1):
        x = normal(rows, 4)
        wanted = apply(PARAMS, x)["y"]
        np.testing.assert_allclose(model(x)["y"], wanted, rtol=1e-6)
        np.testing.assert_allclose(loaded.signatures["serving_default"](x=x)["y"], wanted, rtol=1e-6)


def test_a_module_for_other_platforms(tmp_path: Path) -> None:
    model = kerasfmt.from_jax(
        apply, PARAMS, {"x": "float32[b, 4]"}, lowering="stablehlo", platforms=("cuda", "tpu")
    )
    assert model.missing_ops() == ["XlaCallModule"]
    with pytest.raises(GraphError, match="it is for CUDA, TPU, and runs on CPU alone here"):
        model(normal(3, 4))
    kerasfmt.save_model(model, tmp_path / "m")
    assert kerasfmt.load_graph_model(tmp_path / "m").missing_ops() == ["XlaCallModule"]


@pytest.mark.parametrize("name", MODULES)
def test_as_jax_computes(name: str) -> None:
    function, x = MODULES[name](jax, jax.numpy), jax.numpy.asarray(normal(3, 4))
    model = kerasfmt.from_jax(function, inputs={"x": "float32[b, 4]"}, lowering="stablehlo")
    for a, b in zip(jax.tree.leaves(model(x)), jax.tree.leaves(function(x)), strict=True):
        assert a.dtype == b.dtype
        assert_close(a, np.asarray(b), 1e-6)


def test_a_line_that_reads_no_module() -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"'2\.12': it reads modules as text .* use lowering=\"ops\""
    ):
        kerasfmt.from_jax(apply, PARAMS, {"x": "float32[b, 4]"}, lowering="stablehlo", target_tf="2.12")


def test_an_exported_function(tmp_path: Path) -> None:
    (b,) = jax.export.symbolic_shape("b")
    structs = {name: jax.ShapeDtypeStruct(a.shape, a.dtype) for name, a in PARAMS.items()}
    exported = jax.export.export(jax.jit(apply))(structs, jax.ShapeDtypeStruct((b, 4), "float32"))
    model = kerasfmt.from_jax(exported, PARAMS, {"x": "float32[b, 4]"})
    assert model.signatures["serving_default"].inputs["x"].shape == (None, 4)
    kerasfmt.save_model(model, tmp_path / "m")
    assert list(kerasfmt.from_jax(exported, PARAMS).signatures["serving_default"].inputs) == ["args_0"]
    with pytest.raises(InvalidModelError, match=r"takes .'float32"):
        kerasfmt.from_jax(exported, PARAMS, {"x": "int32[b, 4]"})


def test_effects_are_refused() -> None:
    def function(x: Any) -> Any:
        jax.debug.print("{}", x, ordered=True)
        return x

    with pytest.raises(UnsupportedFormatError, match=r"cannot export it|it has effects"):
        kerasfmt.from_jax(function, inputs={"x": "float32[3]"}, lowering="stablehlo")


def test_a_gradient_on_request(tmp_path: Path) -> None:
    inputs = {"x": "float32[b, 4]", "n": "int32[b]"}

    def function(params: Any, x: Any, n: Any) -> Any:
        return {**apply(params, x), "n": n + 1}

    model = kerasfmt.from_jax(function, PARAMS, inputs, lowering="stablehlo", gradient=1)
    (trace,) = model._called.traces
    ((gradient, node),) = own_gradients([trace.function]).items()
    assert len(node.inputs) == 4  # the result of floats, and floats among the arguments
    assert [value.shape for value in gradient.outputs] == [(3,), (4, 2), (None, 4)]
    kerasfmt.save_model(model, tmp_path / "m")
    plain = kerasfmt.from_jax(function, PARAMS, inputs, lowering="stablehlo")
    assert not own_gradients([plain._called.traces[0].function])
    with pytest.raises(InvalidModelError, match="expected 0 or 1, got 2"):
        kerasfmt.from_jax(function, PARAMS, inputs, lowering="stablehlo", gradient=2)  # type: ignore[arg-type]


def test_an_exported_function_without_its_gradient() -> None:
    structs = {name: jax.ShapeDtypeStruct(a.shape, a.dtype) for name, a in PARAMS.items()}
    exported = jax.export.export(jax.jit(apply))(structs, jax.ShapeDtypeStruct((2, 4), "float32"))
    assert kerasfmt.from_jax(exported, PARAMS, gradient=1).signatures
    without = replace(
        exported, _get_vjp=None
    )  # as deserialize gives it, unless it was stored with vjp_order=1
    with pytest.raises(UnsupportedFormatError, match="without its gradient"):
        kerasfmt.from_jax(without, PARAMS, gradient=1)
