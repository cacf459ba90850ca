"""Models that are known by their functions and variables only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.ir.graph_model import GraphModel
from tests.ir.test_graph_function import adding, counter


def test_a_model_has_signatures_and_variables(tmp_path: Path) -> None:
    weight = counter()
    written: list[Path] = []
    model = GraphModel(
        {"add": adding(weight)}, [weight], lambda: ["Own"], written.append, functions={}, assets=["w.txt"]
    )
    assert model.weights == model.variables == [weight]
    assert model.missing_ops() == ["Own"]
    assert model.assets == ("w.txt",)
    model.write_again(tmp_path)
    assert written == [tmp_path]
    assert repr(model) == "<GraphModel add: 1 variables>"


def test_a_model_is_called_if_its_object_can_be() -> None:
    made = GraphModel({}, [], list, print, functions={}, call=lambda x, times=2: np.asarray(x) * times)
    assert made([1, 2], times=3).tolist() == [3, 6]
    with pytest.raises(UnsupportedFormatError, match="the object that was saved cannot be called"):
        GraphModel({}, [], list, print, functions={})(1)
