"""The tree of a model in a checkpoint."""

from __future__ import annotations

from kerasfmt.formats.checkpoint.nodes import SavedNode, VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.checkpoint.objects import CheckpointObjects
from kerasfmt.formats.compiled import built_state
from kerasfmt.ir import Input, Model, Sequential
from kerasfmt.layers import Dense, Dropout, Flatten, MultiHeadAttention
from tests.formats.checkpoint.saved import small, trained


def tree(model: Model) -> CheckpointObjects:
    return CheckpointObjects(model, built_state(model))


def names(node: SavedNode) -> list[str]:
    return [name for name, _ in node.children]


def test_layers_are_counted_twice() -> None:
    layers = [Flatten(input_shape=(3, 2)), Dense(2, name="a"), Dropout(0.5), Dense(1, name="b")]
    root = tree(Sequential(layers)).root
    assert names(root) == [
        "layer-0",
        "layer_with_weights-0",
        "layer-1",
        "layer-2",
        "layer_with_weights-1",
        "layer-3",
        "root",
    ]
    children = dict(root.children)
    assert children["layer-1"] is children["layer_with_weights-0"]
    assert children["root"] is root
    assert names(children["layer-1"]) == ["kernel", "bias"]
    assert names(children["layer-2"]) == []


def test_there_are_no_functions_and_no_lists_of_variables() -> None:
    for node in ObjectGraph.of(tree(small()).root).nodes:
        assert not {"variables", "keras_api", "signatures", "__call__"} & set(names(node))


def test_layers_inside_of_layers() -> None:
    attention = MultiHeadAttention(2, 3, name="attention")
    x = Input((4, 3))
    root = tree(Model(x, attention(x, x))).root
    node = dict(root.children)["layer-1"]
    assert "_query_dense" in names(node)
    assert "kernel" in names(dict(node.children)["_query_dense"])


def test_the_optimizer_comes_after_the_layers() -> None:
    root = tree(trained("adam")).root
    assert names(root)[-2:] == ["optimizer", "root"]
    optimizer = dict(root.children)["optimizer"]
    expected = ["_variables", "_iterations", "_learning_rate", "_index_dict", "_momentums", "_velocities"]
    assert names(optimizer) == expected


def test_several_losses_are_an_object() -> None:
    model = small()
    model.compile("sgd", ["mse"])
    assert names(tree(model).root)[-3:] == ["optimizer", "loss", "root"]


def test_layers_know_their_nodes() -> None:
    model = small()
    objects = tree(model)
    assert objects.layers[objects.root] is model
    assert [objects.layers[node] for name, node in objects.root.children if name.startswith("layer-")] == (
        model.layers
    )
    variables = [node for node in ObjectGraph.of(objects.root).nodes if isinstance(node, VariableNode)]
    assert [node.weight for node in variables] == model.weights
