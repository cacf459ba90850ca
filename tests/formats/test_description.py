"""What a file holds, as every format tells it."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.formats.description import Row, StoredWeight, byte_size, model_line, rows_of

KERNEL = np.zeros((3, 2), np.float32)


def test_rows() -> None:
    rows = rows_of([("dense", [("kernel", KERNEL), ("bias", KERNEL[0])]), ("relu", [])], {"dense": "Dense"})
    kernel = StoredWeight("kernel", "float32", (3, 2), 24)
    assert rows[0] == Row("dense", "Dense", (kernel, StoredWeight("bias", "float32", (2,), 8)))
    assert (rows[0].size, rows[0].nbytes) == (8, 32)
    assert str(kernel) == "kernel float32[3, 2]"
    assert rows[1] == Row("relu", "", ())
    assert (rows[1].size, rows[1].nbytes) == (0, 0)


@pytest.mark.parametrize(
    ("config", "version", "said"),
    [
        (
            {"class_name": "Sequential", "config": {"name": "m"}},
            "2.15.0",
            "model: Sequential m, written by Keras 2.15.0",
        ),
        ({}, None, "model: None , written by Keras of an unknown version"),
        ({"class_name": "A", "config": 5}, "3", "model: A , written by Keras 3"),
    ],
)
def test_model_line(config: dict[str, object], version: str | None, said: str) -> None:
    assert model_line(config, version) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (10**10, "10,000.0 MB")],
)
def test_byte_size(count: int, said: str) -> None:
    assert byte_size(count) == said
