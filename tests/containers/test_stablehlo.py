"""What a module calls in the runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt.containers.stablehlo import targets
from kerasfmt.errors import CorruptFileError

DATA = Path(__file__).parents[1] / "data" / "stablehlo"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("plain", set()),
        ("symbolic", {"shape_assertion"}),
        ("custom_call", {"evil_target"}),
        ("custom_call_0.14", {"evil_target"}),
    ],
)
def test_targets(name: str, called: set[str]) -> None:
    assert targets((DATA / f"{name}.mlirbc").read_bytes(), "x") == called


def test_a_module_as_text() -> None:
    text = b'module { %0 = stablehlo.custom_call @evil(%arg0) {call_target_name = "evil"} }'
    assert targets(text, "x") == {"evil"}
    assert targets(b"module { }", "x") == set()


@pytest.mark.parametrize("name", ["plain", "symbolic", "custom_call"])
def test_every_truncation_is_refused_or_harmless(name: str) -> None:
    data = (DATA / f"{name}.mlirbc").read_bytes()
    for size in range(len(data)):
        try:
            found = targets(data[:size], "x")
        except CorruptFileError:
            continue
        assert found is None or found <= {"evil_target", "shape_assertion"}


def test_a_call_without_a_name_that_can_be_found() -> None:
    data = (DATA / "custom_call.mlirbc").read_bytes()
    at = data.rindex(b"GIK3") if b"GIK3" in data else len(data) - 8
    assert targets(data[:at] + b"\x01" * (len(data) - at), "x") in (None, set())


def test_what_is_no_module() -> None:
    with pytest.raises(CorruptFileError, match="neither bytecode nor text"):
        targets(b"\0" * 100, "x")
