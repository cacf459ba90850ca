"""Stubs are read as what Python makes of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import kerasfmt
from kerasfmt import lazy

PACKAGE = Path(kerasfmt.__file__).parent
STUBS = [stub for stub in sorted(PACKAGE.rglob("__init__.pyi")) if stub.parent.name != "protos"]


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: str(stub.relative_to(PACKAGE)))
def test_the_names_of_a_stub(stub: Path) -> None:
    modules: list[str] = []
    attributes: dict[str, list[str]] = {}
    text = stub.read_text("utf-8")
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.AnnAssign):
            continue
        assert isinstance(statement, ast.ImportFrom)
        assert statement.level == 1
        assert all(alias.name == alias.asname for alias in statement.names)
        names = [alias.name for alias in statement.names]
        (attributes.setdefault(statement.module, []) if statement.module else modules).extend(names)
    assert lazy.names_in(text) == (modules, attributes)
    assert attributes


def test_there_are_stubs() -> None:
    assert len(STUBS) >= 8


def test_a_package_gets_its_names() -> None:
    get, names, public = lazy.attach_stub("kerasfmt.losses", str(PACKAGE / "losses" / "__init__.py"))
    assert names() == public == sorted(public)
    assert get("MeanSquaredError") is kerasfmt.losses.MeanSquaredError
    with pytest.raises(AttributeError, match="nothing"):
        get("nothing")
