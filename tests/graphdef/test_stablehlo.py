"""StableHLO modules for older readers; `conformance/test_retarget.py` writes them with jaxlib."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kerasfmt.graphdef.stablehlo import version_of, write_for

DATA = Path(__file__).parents[1] / "data" / "stablehlo"


@pytest.mark.parametrize(
    ("name", "version"), [("plain", (1, 0, 0)), ("custom_call", (1, 0, 0)), ("custom_call_0.14", (0, 14, 0))]
)
def test_versions(name: str, version: tuple[int, int, int]) -> None:
    assert version_of((DATA / f"{name}.mlirbc").read_bytes()) == version


@pytest.mark.parametrize("module", [b"", b"module {}", b"ML\xefR\x0dMLIR\0", b"StableHLO_v1.0.0\0"])
def test_what_states_no_version(module: bytes) -> None:
    assert version_of(module) is None


def test_without_jaxlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jaxlib", None)
    monkeypatch.setitem(sys.modules, "jaxlib.mlir", None)
    with pytest.raises(ImportError, match=r"pip install kerasfmt\[stablehlo\]"):
        write_for(b"", (0, 14, 0), "x")
