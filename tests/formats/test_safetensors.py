"""safetensors: weights by name, lazily, and nothing beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import kerasfmt
from kerasfmt import cli, dtypes
from kerasfmt.containers.file_array import FileArray
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats import safetensors
from kerasfmt.formats.safetensors import open_arrays
from kerasfmt.ir import Model, Weight
from kerasfmt.ir.graph_model import GraphModel
from tests.formats.format_tests import FormatTests
from tests.formats.test_npz import assert_equal, small, values, zeroed
from tests.growth import assert_linear


def packed(header: Any, data: bytes = b"", size: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if size is None else size).to_bytes(8, "little") + text + data


def entry(dtype: str = "F32", shape: Any = (2,), first: Any = 0, last: Any = 8) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [first, last]}


class TestFormat(FormatTests):
    format = safetensors.FORMAT
    name = "w.safetensors"
    holds = "weights"

    def model(self) -> Model:
        return small()

    def foreign(self, path: Path) -> None:
        path.write_bytes(packed({"mine": entry()}, bytes(8)))

    @pytest.mark.parametrize("junk", [b"\0", b"junk", bytes(5000)], ids=["a zero", "a word", "pages"])
    def test_junk_behind_the_end_changes_nothing(self, path: Path, junk: bytes) -> None:
        """The format says that nothing follows: what lies behind the end is refused."""
        self.save(path)
        path.write_bytes(path.read_bytes() + junk)
        with pytest.raises(CorruptFileError, match="its arrays end at byte"):
            self.load(path)


def test_the_layout(tmp_path: Path) -> None:
    weights = {
        "b": np.float32([1, 2]),
        "a": np.float32([[3]]),
        "count": np.int64(7),
        "half": np.array([1.5], ml_dtypes.bfloat16),
        "flag": np.array([True]),
    }
    kerasfmt.save_weights(graph(weights), tmp_path / "w.safetensors")
    data = (tmp_path / "w.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    assert (8 + size) % 8 == 0
    assert list(header) == ["count", "a", "b", "half", "flag"]
    assert header["count"] == {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}
    assert header["half"] == {"dtype": "BF16", "shape": [1], "data_offsets": [20, 22]}
    assert data[8 + size :] == (
        b"\7" + bytes(7) + np.float32([3, 1, 2]).tobytes() + weights["half"].tobytes() + b"\1"
    )
    model = graph({key: np.zeros_like(value) for key, value in weights.items()})
    kerasfmt.load_weights(model, tmp_path / "w.safetensors")
    for weight in model.weights:
        np.testing.assert_array_equal(weight.numpy(), weights[weight.name], strict=True)


def graph(arrays: dict[str, Any]) -> GraphModel:
    """A model without layers."""
    made = []
    for name, array in arrays.items():
        weight = Weight(name, array.shape, dtypes.of(array.dtype))
        weight.value = array
        made.append(weight)
    return GraphModel({}, made, list, print, functions={})


def test_weights_stay_in_the_file_and_are_paired_by_name(tmp_path: Path) -> None:
    source = small()
    kerasfmt.save_weights(source, tmp_path / "w.safetensors")
    kerasfmt.load_weights(model := zeroed(small()), tmp_path / "w.safetensors")
    assert all(isinstance(weight.value, FileArray) for weight in model.weights)
    assert_equal(values(model), values(source))
    kerasfmt.save_weights(small("other_"), tmp_path / "w.safetensors")
    with pytest.raises(InvalidModelError, match=r"got none for hidden/bias, .*, and other_hidden/bias"):
        kerasfmt.load_weights(model, tmp_path / "w.safetensors")


def test_some_weights_by_name(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(
        packed(
            {"__metadata__": {"format": "pt"}, "out/bias": entry("F16", last=4)}, np.float16([5, 6]).tobytes()
        )
    )
    model = small()
    before = values(model)
    kerasfmt.load_weights(model, tmp_path / "w.safetensors", by_name=True)
    assert model.get_layer("out").weights[1].numpy().tolist() == [5, 6]
    assert_equal(values(model)[:-1], before[:-1])
    with pytest.raises(ValueError, match="skip_mismatch=True needs by_name=True"):
        kerasfmt.load_weights(model, tmp_path / "w.safetensors", skip_mismatch=True)
    (tmp_path / "w.safetensors").write_bytes(packed({"out/bias": entry()}, bytes(8)))
    kerasfmt.load_weights(model, tmp_path / "w.safetensors", by_name=True)
    wrong = packed({"out/bias": entry(shape=[1], last=4)}, bytes(4))
    (tmp_path / "w.safetensors").write_bytes(wrong)
    with pytest.raises(InvalidModelError, match=r"out/bias: expected shape \[2\], got \[1\]"):
        kerasfmt.load_weights(model, tmp_path / "w.safetensors", by_name=True)
    with pytest.warns(UserWarning, match="skipped"):
        kerasfmt.load_weights(model, tmp_path / "w.safetensors", by_name=True, skip_mismatch=True)


def test_what_the_format_has_no_words_for(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="weight w: safetensors has no string; cast the weight"):
        kerasfmt.save_weights(graph({"w": np.array([b"a"], object)}), tmp_path / "w.safetensors")
    with pytest.raises(InvalidModelError, match="weight __metadata__: safetensors keeps that name"):
        kerasfmt.save_weights(graph({"__metadata__": np.float32([1])}), tmp_path / "w.safetensors")
    assert list(tmp_path.iterdir()) == []


LIES = [
    (packed({"a": entry()}, bytes(7)), CorruptFileError, "its arrays end at byte"),
    (packed({"a": entry()}, bytes(9)), CorruptFileError, "its arrays end at byte"),
    (packed({"a": entry(shape=[3])}, bytes(8)), CorruptFileError, "a: expected 12 bytes from 0 on"),
    (
        packed({"a": entry(), "b": entry(first=4, last=12)}, bytes(12)),
        CorruptFileError,
        "b: expected 8 bytes from 8",
    ),
    (packed({"a": entry(first=8, last=16)}, bytes(16)), CorruptFileError, "a: expected 8 bytes from 0 on"),
    (packed({"a": entry(shape=[-2])}, bytes(8)), CorruptFileError, "expected sizes and offsets"),
    (packed({"a": entry(shape=[True])}, bytes(8)), CorruptFileError, "expected sizes and offsets"),
    (packed({"a": {**entry(), "data_offsets": [0]}}, bytes(8)), CorruptFileError, "expected two offsets"),
    (
        packed({"a": {**entry(), "more": 1}}, bytes(8)),
        CorruptFileError,
        "expected dtype, shape and data_offsets",
    ),
    (packed({"a": entry("F128")}, bytes(8)), UnsupportedFormatError, "expected one of F64, .* got 'F128'"),
    (packed({"__metadata__": {"a": 1}}), CorruptFileError, "__metadata__: expected texts"),
    (packed(b'{"a": {}, "a": {}}'), CorruptFileError, "names the key 'a' twice"),
    (packed(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), UnsafeFileError, "nested deeper"),
    (packed(b'{"a": \xff}'), CorruptFileError, "expected UTF-8"),
    (packed({"a": entry()}, size=10**7), CorruptFileError, "expected a header within its"),
]


@pytest.mark.parametrize(("content", "error", "said"), LIES)
def test_refused(tmp_path: Path, content: bytes, error: type[KerasfmtError], said: str) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(error, match=said) as caught:
        kerasfmt.load_weights(small(), tmp_path / "w.safetensors")
    assert "w.safetensors" in str(caught.value)


def test_inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kerasfmt.save_weights(small(), tmp_path / "w.safetensors")
    assert cli.main(["inspect", str(tmp_path / "w.safetensors")]) == 0
    out = capsys.readouterr().out
    assert "weights in safetensors" in out
    assert "hidden/kernel float32[3, 4]" in out


def test_many_arrays_in_linear_work(tmp_path: Path) -> None:
    def reading(count: int) -> Any:
        path = tmp_path / f"{count}.safetensors"
        header = {f"w{n}": entry(first=8 * n, last=8 * n + 8) for n in range(count)}
        path.write_bytes(packed(header, bytes(8 * count)))
        return lambda: open_arrays(path)

    assert_linear(reading, 100)
