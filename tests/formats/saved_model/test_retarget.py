"""SavedModels for an older TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats.saved_model.retarget import retarget
from tests.formats.saved_model.stored_edits import edit_saved_model

X = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


def saved(folder: Path) -> Path:
    """A SavedModel as a newer TensorFlow writes it."""
    kerasfmt.clear_session()
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
    kerasfmt.save_model(model, folder / "new")

    def newer(meta: Any) -> None:
        meta.graph_def.versions.producer = 2200
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if node.op == "MatMul":
                    node.attr["grad_a"].b = False

    edit_saved_model(folder / "new", newer)
    return folder / "new"


def test_the_model_computes_the_same(tmp_path: Path) -> None:
    source, target = saved(tmp_path), tmp_path / "old"
    target.mkdir()
    done = retarget(source, target, "2.15")
    assert set(done.removed) == {"MatMul.grad_a"}
    assert done.modules == 0
    ours, theirs = (
        kerasfmt.load_graph_model(path).signatures["serving_default"](dense_input=X)["dense"]
        for path in (source, target)
    )
    np.testing.assert_array_equal(ours, theirs)
    held = protos.SavedModel.FromString((target / "saved_model.pb").read_bytes())
    assert held.meta_graphs[0].graph_def.versions.producer == 1645
    assert kerasfmt.verify(target).findings == ()
    assert len(kerasfmt.load_model(target).layers) == 1


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    source, target = saved(tmp_path), tmp_path / "old"
    (source / "assets.extra").mkdir()
    target.mkdir()
    with pytest.warns(UserWarning, match=r"assets\.extra are left out"):
        retarget(source, target, "2.15")


def test_ops_that_it_lacks_are_refused(tmp_path: Path) -> None:
    source, target = saved(tmp_path), tmp_path / "old"
    edit_saved_model(source, lambda meta: meta.graph_def.node.add(name="n", op="DecodeWebP"))
    target.mkdir()
    with pytest.raises(
        UnsupportedFormatError, match=r"TensorFlow 2\.15 cannot run this graph: it has no op DecodeWebP"
    ):
        retarget(source, target, "2.15")
    assert not list(target.iterdir())
