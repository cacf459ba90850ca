"""Signatures against graph, functions and objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kerasfmt.verification.rules import consistency, unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import rules_of, saved


def _name(meta: Any) -> None:
    meta.signature_def["serving_default"].outputs["dense"].name = "nobody:0"


def _shape(meta: Any) -> None:
    meta.signature_def["serving_default"].inputs["dense_input"].tensor_shape.dim[1].size = 4


def _input(meta: Any) -> None:
    meta.signature_def["serving_default"].inputs["more"].name = "serving_default_dense_input:0"


def _init(meta: Any) -> None:
    meta.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"].name = "nobody"


def _sparse(meta: Any) -> None:
    info = meta.signature_def["serving_default"].inputs["dense_input"]
    info.coo_sparse.values_tensor_name = "nobody:0"


@pytest.mark.parametrize(
    "change", [_name, _shape, _input, _init, _sparse], ids=lambda change: change.__name__
)
def test_signatures(tmp_path: Path, change: Any) -> None:
    assert consistency.SIGNATURE in rules_of(verify(saved(tmp_path, change)))


def _library(meta: Any) -> None:
    name = next(iter(meta.object_graph_def.concrete_functions))
    for function in meta.graph_def.library.function:
        if function.signature.name == name:
            function.signature.name = "other"


def _too_many(meta: Any) -> None:
    concrete = next(iter(meta.object_graph_def.concrete_functions.values()))
    concrete.bound_inputs.extend([0] * 20)


def _no_variable(meta: Any) -> None:
    for concrete in meta.object_graph_def.concrete_functions.values():
        for place, _ in enumerate(concrete.bound_inputs):
            node = meta.object_graph_def.nodes.add()
            node.constant.operation = "nobody"
            concrete.bound_inputs[place] = len(meta.object_graph_def.nodes) - 1


def _unsaid(meta: Any) -> None:
    for node in meta.object_graph_def.nodes:
        if node.WhichOneof("kind") == "function":
            node.function.concrete_functions.append("nobody")


@pytest.mark.parametrize(
    "change", [_library, _too_many, _no_variable, _unsaid], ids=lambda change: change.__name__
)
def test_functions_of_objects(tmp_path: Path, change: Any) -> None:
    assert consistency.CONCRETE_FUNCTION in rules_of(verify(saved(tmp_path, change)))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\0b", ""])
def test_assets_elsewhere(tmp_path: Path, name: str) -> None:
    report = verify(saved(tmp_path, lambda meta: meta.asset_file_def.add(filename=name)))
    assert unsafe.PATH_OUTSIDE in rules_of(report)


def test_an_object_of_no_asset(tmp_path: Path) -> None:
    def change(meta: Any) -> None:
        meta.object_graph_def.nodes.add().asset.asset_file_def_index = 3

    assert consistency.OBJECTS in rules_of(verify(saved(tmp_path, change)))
