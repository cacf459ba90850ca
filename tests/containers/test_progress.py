"""Whoever watches a write is told every byte of its arrays once, whichever container holds them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.hdf5 import writing
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.ir import Weight

ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.zeros((1 << 18, 2), np.float64),
    np.array(7, np.int64),
]


def bundle(tmp_path: Path, progress: Progress) -> None:
    items = [(str(number), array) for number, array in enumerate(ARRAYS)]
    tensorbundle.write(tmp_path / "variables", items, progress=progress)


def hdf5(tmp_path: Path, progress: Progress) -> None:
    plan = WritePlan("model m")
    for number, array in enumerate(ARRAYS):
        weight = Weight(str(number), array.shape, dtypes.of(array.dtype))
        weight.value = array
        plan.dataset(str(number), weight, "layer a")
    writing.write(plan, io.BytesIO(), progress)


@pytest.mark.parametrize("write", [bundle, hdf5])
def test_every_byte_is_told_once(tmp_path: Path, write: object) -> None:
    told: list[int] = []
    write(tmp_path, told.append)  # type: ignore[operator]
    assert sum(told) == sum(array.nbytes for array in ARRAYS)
    assert min(told) > 0


@pytest.mark.parametrize("write", [bundle, hdf5])
def test_nobody_has_to_watch(tmp_path: Path, write: object) -> None:
    write(tmp_path, unheard)  # type: ignore[operator]
