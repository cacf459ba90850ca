"""Dtype policies in every spelling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.ir.policy import Policy, get

MIXED = {"class_name": "Policy", "config": {"name": "mixed_float16"}}

CASES: list[tuple[Any, str, str, str]] = [
    (None, "float32", "float32", "float32"),
    ("float64", "float64", "float64", "float64"),
    ("int32", "int32", "int32", "int32"),
    (dtypes.float16, "float16", "float16", "float16"),
    (np.float64, "float64", "float64", "float64"),
    ("mixed_float16", "mixed_float16", "float16", "float32"),
    ("mixed_bfloat16", "mixed_bfloat16", "bfloat16", "float32"),
    (MIXED, "mixed_float16", "float16", "float32"),
    (
        {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "bfloat16"},
            "registered_name": None,
        },
        "bfloat16",
        "bfloat16",
        "bfloat16",
    ),
]


@pytest.mark.parametrize(("identifier", "name", "compute", "variable"), CASES)
def test_get(identifier: Any, name: str, compute: str, variable: str) -> None:
    policy = get(identifier)
    assert policy.name == name
    assert (policy.compute_dtype.name, policy.variable_dtype.name) == (compute, variable)
    assert get(policy) is policy
    assert get(policy.to_config()) == policy


def test_configs() -> None:
    assert Policy().to_config() == "float32"
    assert Policy("mixed_float16").to_config() == MIXED


@pytest.mark.parametrize("name", ["float7", "mixed_float32", "", {"class_name": "QuantizedDTypePolicy"}])
def test_unknown_policies(name: Any) -> None:
    with pytest.raises(UnsupportedLayerError, match="dtype policy"):
        get(name)


@pytest.mark.parametrize("junk", [3.5, ["float32"], object(), 10**9])
def test_things_that_are_no_policies(junk: Any) -> None:
    with pytest.raises(KerasfmtError):
        get(junk)


@pytest.mark.parametrize(
    "name", [",", "f4,f4", "f4", "<f4", "(2,)f4", "O", "M8[s]", "x" * 1000, "\0", "float32\n"]
)
def test_a_policy_has_the_name_of_a_dtype(name: str) -> None:
    """NumPy's spellings are not Keras's, and NumPy parses texts with commas as Python."""
    for identifier in (name, {"class_name": "DTypePolicy", "config": {"name": name}}):
        with pytest.raises(
            UnsupportedLayerError, match=r"dtype policy '.*: expected the name of a dtype"
        ) as caught:
            get(identifier)
        assert len(str(caught.value)) < 250


def policy_map(default: Any, **policies: str) -> dict[str, Any]:
    named = {path: {"class_name": "DTypePolicy", "config": {"name": name}} for path, name in policies.items()}
    return {"class_name": "DTypePolicyMap", "config": {"default_policy": default, "policy_map": named}}


def test_a_map_that_gives_all_layers_one_policy() -> None:
    assert get(policy_map(None)).name == "float32"
    assert get(policy_map("mixed_float16", query="mixed_float16")).name == "mixed_float16"


def test_a_map_that_gives_layers_inside_others() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"DTypePolicyMap.* has others for key, query; give the"):
        get(policy_map("float32", query="bfloat16", key="float16", value="float32"))
