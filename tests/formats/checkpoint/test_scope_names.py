"""Names that TensorFlow takes as scopes."""

from __future__ import annotations

import pytest

from kerasfmt.formats.checkpoint.scope_names import is_valid, scope_name


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("dense", True),
        ("block/dense.1", True),
        (".x", True),
        ("9-a>b", True),
        ("_x", False),
        ("a b", False),
        ("é", False),
    ],
)
def test_is_valid(name: str, valid: bool) -> None:
    assert is_valid(name) is valid


@pytest.mark.parametrize(
    ("name", "written"),
    [("dense", "dense"), ("a b", "a_b"), ("_x", "layer_x"), ("é", "layer_"), ("", "layer")],
)
def test_scope_names(name: str, written: str) -> None:
    assert scope_name(name) == written
