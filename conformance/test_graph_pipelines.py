"""SavedModels of images, detections, audio, texts and sparse features: kerasfmt computes what TensorFlow does."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from conformance.closeness import assert_close
from conformance.graph_models import check_texts

pytest.importorskip("tensorflow")

from conformance.graph_pipelines import PIPELINES, save

TOLERANCE = {"listen": 1e-3, "detect": 1e-4}
"""Logarithms of sums of many squares, and of small numbers."""


@pytest.mark.parametrize("name", PIPELINES)
def test_signatures_compute_what_tensorflow_computes(name: str, tmp_path: Path) -> None:
    pipeline = PIPELINES[name]
    expected = save(pipeline, tmp_path / "m")
    found = kerasfmt.load_graph_model(tmp_path / "m")
    assert found.missing_ops() == []
    got = found.signatures["serving_default"](**pipeline.inputs)
    assert sorted(got) == sorted(expected)
    for key, value in expected.items():
        if not check_texts(got[key], value):
            assert_close(key, got[key], value, TOLERANCE.get(name, 1e-5))
