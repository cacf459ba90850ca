"""Weights that are written in several files: which file holds what, and how large each may be."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from kerasfmt import load_weights
from tests.formats.keras_archive.build import assert_equal, fresh, sharded, small, values


def test_shards(tmp_path: Path) -> None:
    document = sharded(tmp_path / "m.weights.json", 100)
    names = [f"m_{number:05}.weights.h5" for number in range(5)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.weights.json", *names]
    assert document["weight_map"]["/layers/dense/vars"] == [names[0]]
    assert document["weight_map"]["/optimizer/vars"] == names[1:]
    assert document["metadata"]["total_size"] == 452.0
    for name in names:
        with h5py.File(tmp_path / name) as file:
            sizes: list[int] = []
            file.visititems(lambda _, item: sizes.append(item.nbytes if hasattr(item, "nbytes") else 0))  # noqa: B023
            assert sum(sizes) <= 100
    again = fresh(small())
    load_weights(again, tmp_path / "m.weights.json")
    assert_equal(values(small()), values(again))


def test_a_weight_larger_than_a_shard(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"weight hidden/kernel takes 48 bytes: expected at most 47"):
        sharded(tmp_path / "m.weights.json", 47)
    assert list(tmp_path.iterdir()) == []
