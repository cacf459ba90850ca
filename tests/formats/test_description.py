"""What a file holds, as every format tells it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasfmt.formats.description import (
    Description,
    Row,
    StoredWeight,
    files_below,
    named,
    rows_of,
    stored_optimizer,
)

KERNEL = np.zeros((3, 2), np.float32)


def test_rows() -> None:
    rows = rows_of([("dense", [("kernel", KERNEL), ("bias", KERNEL[0])]), ("relu", [])], {"dense": "Dense"})
    kernel = StoredWeight("kernel", "float32", (3, 2), 24)
    assert rows[0] == Row("dense", "Dense", (kernel, StoredWeight("bias", "float32", (2,), 8)))
    assert (rows[0].size, rows[0].nbytes) == (8, 32)
    assert str(kernel) == "kernel float32[3, 2]"
    assert rows[1] == Row("relu", "", ())
    assert (rows[1].size, rows[1].nbytes) == (0, 0)


def test_dtypes_have_the_names_of_tensorflow() -> None:
    import ml_dtypes

    assert StoredWeight.of("w", np.zeros(3, ml_dtypes.bfloat16)) == StoredWeight("w", "bfloat16", (3,), 6)
    assert StoredWeight.of("w", np.array([b"ab"], object)).dtype == "string"


@pytest.mark.parametrize(
    ("config", "kind", "name"),
    [
        ({"class_name": "Sequential", "config": {"name": "m"}}, "Sequential", "m"),
        ({}, "", ""),
        ({"class_name": "A", "config": 5}, "A", ""),
    ],
)
def test_named(config: dict[str, object], kind: str, name: str) -> None:
    assert named(config) == {"kind": kind, "name": name, "config": config}


@pytest.mark.parametrize(
    ("entry", "kind", "slots"),
    [
        ({"class_name": "Custom>Adam", "config": {"amsgrad": False}}, "Custom>Adam", ("m", "v")),
        ({"class_name": "Adam", "config": {"amsgrad": True}}, "Adam", ("m", "v", "vhat")),
        ("adam", "Adam", ("m", "v")),
        ({"class_name": "Mine", "config": {"a": 1}}, "Mine", ()),
        ({"class_name": "Adam", "config": 5}, "Adam", ("m", "v")),
        (
            {
                "class_name": "LossScaleOptimizer",
                "config": {"inner_optimizer": {"class_name": "SGD", "config": {"momentum": 0.5}}},
            },
            "LossScaleOptimizer",
            ("m",),
        ),
        (None, "", ()),
    ],
)
def test_stored_optimizer(entry: object, kind: str, slots: tuple[str, ...]) -> None:
    found = stored_optimizer(entry, [("iteration", np.asarray(3))], 2)
    assert found is not None
    assert (found.kind, found.slots, found.nbytes) == (kind, slots, 8)


def test_no_optimizer() -> None:
    assert stored_optimizer(None, [], 3) is None
    assert stored_optimizer({}, [], 3) is None


def test_bytes_on_disk(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "b").write_bytes(b"12")
    (tmp_path / "d" / "e" / "a").write_bytes(b"123")
    found = Description(path=tmp_path / "d", format="tf", title="t", members=files_below(tmp_path / "d"))
    assert found.members == {"b": 2, "e/a": 3}
    assert found.bytes_on_disk == 5
    whole = Description(path=tmp_path / "d" / "b", format="keras", title="t", members={"x": 700})
    assert whole.bytes_on_disk == 2
