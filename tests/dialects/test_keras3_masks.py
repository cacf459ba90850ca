from __future__ import annotations

import pytest

from kerasfmt.dialects.keras3_masks import name_operation_modules
from kerasfmt.layers.keras3_ops import module_of


@pytest.mark.parametrize(
    ("kind", "module"),
    [("ConvertToTensor", "core"), ("OneHot", "nn"), ("Rsqrt", "math"), ("Norm", "linalg"), ("Add", "numpy")],
)
def test_an_operation_of_an_hdf5_file_gets_the_module_that_keras3_finds_it_in(kind: str, module: str) -> None:
    entry = {"class_name": kind, "config": {"name": "x"}, "inbound_nodes": [{"args": [], "kwargs": {}}]}
    assert name_operation_modules([entry])[0]["module"] == module_of(kind) == f"keras.src.ops.{module}"


def test_spatial_dropout_is_a_layer_though_it_does_not_say_whether_it_is_trainable() -> None:
    entry = {"class_name": "SpatialDropout1D", "config": {"name": "x", "rate": 0.5}, "inbound_nodes": [{}]}
    assert name_operation_modules([entry]) == [entry]
