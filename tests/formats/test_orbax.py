"""Checkpoints of Orbax: how they are recognized and what they say; tensorstore is stood in for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import CorruptFileError
from kerasfmt.formats.orbax import is_checkpoint, open_arrays


def metadata(*names: tuple[str, ...], **value: Any) -> str:
    tree = {
        str(keys): {
            "key_metadata": [{"key": key, "key_type": 2} for key in keys],
            "value_metadata": {"value_type": "jax.Array", "skip_deserialize": False, **value},
        }
        for keys in names
    }
    return json.dumps({"tree_metadata": tree, "use_zarr3": False})


class Opened:
    shape = (2,)
    dtype = SimpleNamespace(numpy_dtype=np.dtype("float32"))

    def __getitem__(self, key: Any) -> Any:
        return self

    def read(self) -> Any:
        return SimpleNamespace(result=lambda: np.ones(2, np.float32))


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is opened."""
    found: list[Any] = []

    def opened(spec: Any, **options: Any) -> Any:
        if "lost" in str(spec):
            raise ValueError("NOT_FOUND")
        found.append(spec)
        return SimpleNamespace(result=Opened)

    monkeypatch.setitem(sys.modules, "tensorstore", SimpleNamespace(open=opened))  # type: ignore[arg-type]
    return found


def test_a_store_and_single_arrays(tmp_path: Path, specs: list[Any]) -> None:
    assert not is_checkpoint(tmp_path)
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "_METADATA").write_text(metadata(("params", "kernel"), ("step",)))
    assert is_checkpoint(tmp_path)
    found = open_arrays(tmp_path)
    assert list(found) == ["params/kernel", "step"]
    assert specs[0]["kvstore"]["path"].endswith("default/params.kernel/")
    np.testing.assert_array_equal(np.asarray(found["step"]), np.ones(2))
    (tmp_path / "default" / "manifest.ocdbt").write_bytes(b"")
    open_arrays(tmp_path)
    assert specs[2]["kvstore"]["driver"] == "ocdbt"
    assert specs[2]["kvstore"]["path"] == "params.kernel/"
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(1,), use_bias=False, name="d")])
    with pytest.raises(kerasfmt.KerasfmtError, match=r"no rule for the arrays params/kernel, step"):
        kerasfmt.load_weights(model, tmp_path)


def test_what_is_no_array_is_left_out(tmp_path: Path, specs: list[Any]) -> None:
    (tmp_path / "_METADATA").write_text(metadata(("none",), value_type="None"))
    assert open_arrays(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tree_metadata": {"a": {}}}'])
def test_damage(tmp_path: Path, specs: list[Any], text: str) -> None:
    (tmp_path / "_METADATA").write_text(text)
    with pytest.raises(CorruptFileError, match="_METADATA: it cannot be read"):
        open_arrays(tmp_path)


def test_an_array_that_is_missing(tmp_path: Path, specs: list[Any]) -> None:
    (tmp_path / "_METADATA").write_text(metadata(("lost",)))
    with pytest.raises(CorruptFileError, match="lost: NOT_FOUND"):
        open_arrays(tmp_path)


def test_without_tensorstore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorstore", None)
    (tmp_path / "_METADATA").write_text(metadata(("a",)))
    with pytest.raises(ImportError, match=r"pip install 'kerasfmt\[orbax\]'"):
        kerasfmt.open_weights(tmp_path)
