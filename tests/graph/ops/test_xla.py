"""Modules of StableHLO in graphs; `tests/graph/test_xla_module.py` is about what runs them."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Function, Spec, emit, xla_client
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops import xla
from kerasfmt.graph.run import run

DATA = Path(__file__).parents[2] / "data"
with_jaxlib = pytest.mark.skipif(not xla_client.is_installed(), reason="jaxlib is not installed")


def called(name: str, **options: Any) -> Function:
    graph = Builder("f")
    x = graph.input(Spec((None, 3), dtypes.float32))
    module = (DATA / "stablehlo" / f"{name}.mlirbc").read_bytes()
    plain = {"version": 9, "module": module, "Sout": [(None, None)], "Tout": [dtypes.float32]}
    (y,) = emit("XlaCallModule", [x], **{**plain, **options})
    assert y.shape == (None, None)
    return graph.finish([y])


def test_without_jaxlib_they_are_told_when_they_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xla_client, "is_installed", lambda: False)
    assert not find_op("XlaCallModule").has_kernel()
    with pytest.raises(GraphError, match=r"none is installed; install it with .pip install kerasfmt"):
        run(called("symbolic"), [np.zeros((2, 3), np.float32)], {})
    model = kerasfmt.load_graph_model(DATA / "keras_on_jax")
    assert model.missing_ops() == ["XlaCallModule"]


def test_what_is_not_run_is_a_missing_op(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xla_client, "is_installed", lambda: True)
    op = find_op("XlaCallModule")
    assert op.is_partial
    assert op.has_kernel()
    (node,) = called("symbolic").nodes
    assert op.has_kernel(node.attrs)
    function = called("custom_call")
    assert not op.has_kernel(function.nodes[0].attrs)
    with pytest.raises(GraphError, match="not run here: it calls native code by name: evil_target"):
        run(function, [np.zeros((2, 3), np.float32)], {})
    assert kerasfmt.load_graph_model(DATA / "keras_on_jax").missing_ops() == []


@with_jaxlib
def test_their_programs_live_as_long_as_their_graph() -> None:
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    function = called("symbolic")
    (node,) = function.nodes
    programs = []
    for _ in range(2):
        (y,) = run(function, [x], {})
        np.testing.assert_allclose(y, np.sin(x) @ x.T, rtol=1e-5, atol=1e-6)
        programs.append(weakref.ref(xla._modules[node]))
    assert programs[0] is programs[1]
    del function, node
    gc.collect()
    assert programs[0]() is None


@with_jaxlib
def test_what_keras_exports_on_jax_with_every_number_of_rows() -> None:
    model = kerasfmt.load_graph_model(DATA / "keras_on_jax")
    with np.load(DATA / "keras_on_jax" / "arrays.npz") as stored:
        x, y = stored["x"], stored["y"]
    signature = model.signatures["serving_default"]
    (name,) = signature.inputs
    for rows in (3, 1, 2, 3):
        (found,) = signature(**{name: x[:rows]}).values()
        np.testing.assert_allclose(found, y[:rows], rtol=1e-5, atol=1e-6)
