"""What a layer has beside its config, and what of it is a weight or a metric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes, protos
from kerasfmt.graph import Builder
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir.attached import Attached
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.held_layers import attached_weights
from kerasfmt.ir.tracked import TrackedObject
from kerasfmt.ir.weight import Weight


def weight(name: str) -> Weight:
    made = Weight(name, (2,), dtypes.float32)
    made.value = np.ones(2, np.float32)
    return made


def attached(*further: Weight) -> Attached:
    metric = TrackedObject("_tf_keras_metric", 1, {"total": weight("total")}, {"name": "meter"})
    held = TrackedObject("trackable_list_wrapper", 1, dict(zip("ab", further, strict=False)))
    return Attached({"meter": metric, "box": held}, sentences=["model m: attribute meter holds a metric"])


def test_weights_and_metrics() -> None:
    one = weight("one")
    found = attached(one)
    assert found.weights == [one]
    assert [metric.description for metric in found.metrics] == [{"name": "meter"}]


def test_weights_of_the_layers_inside() -> None:
    inner, outer = weight("inner"), weight("outer")
    dense = kerasfmt.layers.Dense(2, input_shape=(3,))
    model = kerasfmt.Sequential([dense])
    dense.attached, model.attached = attached(inner), attached(outer, inner)
    assert attached_weights(model) == [inner, outer]


def test_a_saved_model_holds_them_and_other_files_do_not(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
    graph = Builder()
    kernel = graph.read(model.layers[0].weights[0])
    loss = graph.finish([kerasfmt.graph.ops.reduce_sum(kernel, (0, 1))])
    trace = GivenTrace("loss_fn", ((), {}), loss.outputs[0].spec, lambda: loss, None)
    extra = weight("extra")
    model.attached = attached()
    model.attached.tracked["extra"] = extra
    model.attached.losses = [GivenFunction([trace], ArgSpec(), None)]
    model.activity_regularizer = kerasfmt.regularizers.L2(0.1)
    kerasfmt.save_model(model, tmp_path / "m")
    keys = set(kerasfmt.open_checkpoint(tmp_path / "m"))
    suffix = "/.ATTRIBUTES/VARIABLE_VALUE"
    assert {f"extra{suffix}", f"meter/total{suffix}"} <= keys
    saved = protos.SavedModel.FromString((tmp_path / "m" / "saved_model.pb").read_bytes())
    nodes = saved.meta_graphs[0].object_graph_def.nodes
    root = {child.local_name: child.node_id for child in nodes[0].children}
    assert len(nodes[root["regularization_losses"]].children) == 1
    assert {"meter", "box", "extra"} <= root.keys()
    api = {child.local_name: child.node_id for child in nodes[root["keras_api"]].children}
    assert "activity_regularizer_fn" in api
    assert [c.node_id for c in nodes[api["metrics"]].children] == [root["meter"]]
    assert [c.local_name for c in nodes[api["layer_metrics"]].children] == ["meter"]


def test_sentences_are_for_other_formats(tmp_path: Path) -> None:
    from kerasfmt.formats import unheld

    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
    assert list(unheld.attached(model)) == []
    model.attached = attached()
    with pytest.warns(
        UserWarning, match="attribute meter holds a metric; it is left out, and a SavedModel holds it"
    ):
        kerasfmt.save_weights(model, tmp_path / "m.npz")
