"""The structural comparison finds every change, and finds none if nothing changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from conformance.structure import compare
from conformance.structure.rules import ACCEPTED
from kerasfmt import protos


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A SavedModel of the seed model; which writer it came from does not matter here."""
    model = kerasfmt.Sequential(
        [kerasfmt.layers.Dense(5, input_shape=(3,), name="dense"), kerasfmt.layers.Softmax(name="softmax")],
        name="seed",
    )
    kerasfmt.save_model(model, tmp_path / "saved")
    return tmp_path / "saved"


def _graph(path: Path, change: Callable[[Any], None]) -> None:
    message = protos.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    change(message.meta_graphs[0])
    (path / "saved_model.pb").write_bytes(message.SerializeToString(deterministic=True))


def _metadata(path: Path, change: Callable[[Any], None]) -> None:
    message = protos.KerasSavedMetadata.FromString((path / "keras_metadata.pb").read_bytes())
    for node in message.nodes:
        parsed = json.loads(node.metadata)
        change(parsed)
        node.metadata = json.dumps(parsed)
    (path / "keras_metadata.pb").write_bytes(message.SerializeToString(deterministic=True))


def _first(graph: Any, kind: str) -> Any:
    return next(node for node in graph.object_graph_def.nodes if node.WhichOneof("kind") == kind)


def _untrainable(graph: Any) -> None:
    _first(graph, "variable").variable.trainable = False


def _renamed_variable(graph: Any) -> None:
    _first(graph, "variable").variable.name = "other"


def _lost_child(graph: Any) -> None:
    del graph.object_graph_def.nodes[0].children[0]


def _renamed_identifier(graph: Any) -> None:
    _first(graph, "user_object").user_object.identifier = "other"


def _lost_concrete_function(graph: Any) -> None:
    del _first(graph, "function").function.concrete_functions[0]


def _lost_binding(graph: Any) -> None:
    functions = graph.object_graph_def.concrete_functions
    del next(functions[name] for name in sorted(functions) if functions[name].bound_inputs).bound_inputs[0]


def _other_method(graph: Any) -> None:
    graph.signature_def["serving_default"].method_name = "other"


def _other_tag(graph: Any) -> None:
    graph.meta_info_def.tags.append("gpu")


GRAPH_CHANGES = (
    (_untrainable, "variable trainable"),
    (_renamed_variable, "variable name"),
    (_lost_child, "children"),
    (_renamed_identifier, "user_object identifier"),
    (_lost_concrete_function, "number of concrete functions"),
    (_lost_binding, "bound inputs"),
    (_other_method, "method_name"),
    (_other_tag, "tags"),
)


@pytest.mark.parametrize(("change", "what"), GRAPH_CHANGES, ids=[c.__name__ for c, _ in GRAPH_CHANGES])
def test_a_changed_graph_is_found(saved: Path, change: Callable[[Any], None], what: str) -> None:
    other = Path(shutil.copytree(saved, saved.parent / "other"))
    _graph(other, change)
    assert any(what in d.what and not d.accepted for d in compare(other, saved))


def test_equal_directories_have_no_difference(saved: Path) -> None:
    assert compare(saved, shutil.copytree(saved, saved.parent / "other")) == []


def test_a_missing_file_is_found(saved: Path) -> None:
    other = Path(shutil.copytree(saved, saved.parent / "other"))
    (other / "fingerprint.pb").unlink()
    assert [d.path for d in compare(other, saved)] == ["files"]


def test_changed_metadata_is_found(saved: Path) -> None:
    other = Path(shutil.copytree(saved, saved.parent / "other"))
    _metadata(other, lambda node: node.update(trainable=False))
    assert any(d.what == ".trainable" and not d.accepted for d in compare(other, saved))


def test_shared_ids_may_be_numbered_otherwise_but_not_merged(saved: Path) -> None:
    def renumber(value: Any, number: Callable[[int], int]) -> None:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if key == "shared_object_id":
                value[key] = number(inner)
            elif isinstance(inner, dict | list):
                renumber(inner, number)

    other = Path(shutil.copytree(saved, saved.parent / "other"))
    _metadata(other, lambda node: renumber(node, lambda n: n + 7))
    assert compare(other, saved) == []
    _metadata(other, lambda node: renumber(node, lambda n: 0))
    assert any("shared_object_id" in d.what and not d.accepted for d in compare(other, saved))


def test_a_changed_weight_is_found(saved: Path) -> None:
    other = Path(shutil.copytree(saved, saved.parent / "other"))
    items = dict(kerasfmt.tensorbundle.read(saved / "variables" / "variables").items())
    kernel = next(name for name in items if "kernel" in name)
    import numpy as np

    items[kernel] = np.asarray(items[kernel]) + 1
    kerasfmt.tensorbundle.write(other / "variables" / "variables", items.items())
    assert [(d.path, d.what) for d in compare(other, saved)] == [(f"checkpoint[{kernel}]", "value")]


def test_every_accepted_difference_has_a_reason() -> None:
    assert all(rule.reason for rule in ACCEPTED)
