"""What is told of an archive."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.dialects.versions import KERAS2, KERAS3
from kerasfmt.formats.keras_archive import writer
from kerasfmt.formats.keras_archive.description import describe
from tests.formats.keras_archive.build import DIALECTS, members, pack, small, write


@pytest.mark.parametrize(("dialect", "version", "count"), [("keras3", KERAS3, 14), ("tf_keras", KERAS2, 13)])
def test_a_model(tmp_path: Path, dialect: str, version: str, count: int) -> None:
    found = describe(write(tmp_path / "m.keras", dialect=dialect))
    assert found.format == ("keras" if dialect == "keras3" else "tf_keras")
    assert (found.kind, found.name, found.writers) == ("Sequential", "small", {"keras": version})
    assert {"metadata.json", "config.json", "model.weights.h5"} <= found.members.keys()
    assert found.compiled is not None
    assert found.compiled["loss"] == "mse"
    assert "optimizer" not in found.compiled
    assert found.optimizer is not None
    assert found.optimizer.slots == ("m", "v")
    # In the order of their numbers, not of their digits.
    assert [weight.name for weight in found.optimizer.weights] == [str(number) for number in range(count)]


def test_rows_are_layers_with_the_paths_of_their_variables(tmp_path: Path) -> None:
    found = describe(write(tmp_path / "m.keras"))
    assert (found.owners, found.weights) == ("layer", "variables")
    assert [(row.owner, row.kind, row.path) for row in found.rows] == [
        ("hidden", "Dense", "layers/dense"),
        ("norm", "BatchNormalization", "layers/batch_normalization"),
        ("drop", "Dropout", "layers/dropout"),
        ("out", "Dense", "layers/dense_1"),
    ]
    assert list(map(str, found.rows[0].weights)) == ["0 float32[3, 4]", "1 float32[4]"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_layers_inside_of_layers_are_named_by_them(tmp_path: Path, dialect: str) -> None:
    x = kerasfmt.Input((4, 3), name="x")
    y = kerasfmt.Input((4, 3), name="y")
    inner = kerasfmt.Model(y, kerasfmt.layers.Dense(3, name="deep")(y), name="inner")
    both = kerasfmt.layers.Bidirectional(kerasfmt.layers.LSTM(2, name="lstm"), name="both")
    model = kerasfmt.Model(x, both(inner(inner(x))))
    found = describe(write(tmp_path / "m.keras", model, dialect))
    rows = {row.owner: row for row in found.rows}
    assert (rows["deep"].kind, rows["deep"].path) == ("Dense", "layers/functional/layers/dense")
    assert rows["inner"].weights == ()
    held = [row.owner for row in found.rows if row.weights]
    assert held == ["deep", "both/backward_layer/cell", "both/forward_layer/cell"]


@pytest.mark.parametrize("version", ["2.13.1", "2.15.0"])
def test_files_of_keras_2(version: str) -> None:
    found = describe(Path(__file__).parent / "data" / f"keras-{version}.keras")
    assert found.writers == {"keras": version}
    assert [row.owner for row in found.rows if not row.kind] == [
        "metrics/mean",
        "metrics/mean_metric_wrapper",
    ]


@pytest.mark.parametrize(
    "config", [{}, {"config": 3}, {"config": {"layers": [3, {"config": 4}, {"config": {}}]}}]
)
def test_a_config_that_says_little(tmp_path: Path, config: dict[str, object]) -> None:
    content = members(write(tmp_path / "m.keras"))
    pack(tmp_path / "m.keras", {**content, "config.json": json.dumps(config).encode()})
    found = describe(tmp_path / "m.keras")
    assert {row.owner for row in found.rows} >= {"layers/dense", "layers/batch_normalization"}


def test_a_model_that_is_not_compiled(tmp_path: Path) -> None:
    writer.write(small(), tmp_path / "m.keras", include_optimizer=False)
    found = describe(tmp_path / "m.keras")
    assert (found.compiled, found.optimizer) == (None, None)


def test_weights_alone(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "w.weights.h5")
    found = describe(tmp_path / "w.weights.h5")
    assert (found.owners, found.kind, found.title) == ("object", "", "weights by objects in HDF5")
    assert [row.owner for row in found.rows] == [
        "layers/batch_normalization",
        "layers/dense",
        "layers/dense_1",
    ]
    assert found.optimizer is not None
    assert (found.optimizer.kind, len(found.optimizer.weights)) == ("", 14)


def test_weights_of_a_subclassed_model(tmp_path: Path) -> None:
    path = tmp_path / "own.weights.h5"
    with h5py.File(path, "w") as file:
        file["block/layers/conv2d/vars/0"] = np.ones((2, 3), np.float32)
        file["head/vars/0"] = np.ones(3, np.float32)
    found = describe(path)
    assert [(row.owner, row.size) for row in found.rows] == [("block/layers/conv2d", 6), ("head", 3)]


def test_shards(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "w.weights.json", max_shard_size=100 / 2**30)
    found = describe(tmp_path / "w.weights.json")
    assert found.title == "weights in shards"
    assert set(found.members) == {path.name for path in tmp_path.iterdir()}
    assert len(found.members) > 2
    assert {row.owner for row in found.rows} == {
        "layers/batch_normalization",
        "layers/dense",
        "layers/dense_1",
    }
