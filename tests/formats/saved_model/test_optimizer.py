"""The optimizer of a compiled model as trackable objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.formats.saved_model.saved import compiled, save


def test_the_optimizer(tmp_path: Path) -> None:
    saved = save(compiled(), tmp_path / "m")
    node = saved.at("optimizer")
    assert saved.nodes[node].user_object.identifier == "experimentalOptimizer"
    children = saved.children(node)
    assert list(children) == [
        "_variables",
        "_iterations",
        "_learning_rate",
        "_index_dict",
        "_momentums",
        "_update_step_xla",
    ]
    assert saved.at("optimizer", "_variables", "0") == children["_iterations"]
    assert saved.at("optimizer", "_momentums", "0") == saved.at("optimizer", "_variables", "1")
    stored = saved.variables
    key = {n.variable.name: i for i, n in enumerate(saved.nodes) if n.HasField("variable")}
    assert key["learning_rate"] == children["_learning_rate"]
    rate = [np.asarray(stored[k]) for k in stored if k.startswith("optimizer/_learning_rate/")]
    assert [float(r) for r in rate] == [0.25]
    steps = [np.asarray(stored[k]) for k in stored if k.startswith("optimizer/_iterations/")]
    assert [int(s) for s in steps] == [7]


def test_compiled_models_give_the_same_bytes(tmp_path: Path) -> None:
    model = compiled()
    first = save(model, tmp_path / "a").files()
    assert save(model, tmp_path / "b").files() == first
    assert save(compiled(), tmp_path / "c").files() == first
