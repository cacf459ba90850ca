"""References to the tensors of a model, and its calls in its config; the order of calls is tested with models."""

from __future__ import annotations

from kerasfmt import Input, Model, Sequential
from kerasfmt.ir.topology import Reference, References, end_references, inbound_nodes
from kerasfmt.layers import Add, Dense, Softmax, TFOpLambda


def test_references_count_the_calls_of_the_model_only() -> None:
    x = Input((3,), name="x")
    shared = Dense(3, name="shared")
    shared(x)
    y = shared(shared(x))
    model = Model(x, y, name="m")
    references = References(model.network, model.layers)
    assert [len(references.calls[layer]) for layer in model.layers] == [1, 2]
    assert references.to(y) == Reference(shared, 1, 0)
    assert inbound_nodes(shared, references) == [[["x", 0, 0, {}]], [["shared", 0, 0, {}]]]
    assert inbound_nodes(model.layers[0], references) == []


def test_a_nested_model_counts_its_making() -> None:
    inner = Model(a := Input((3,), name="a"), Dense(3)(a), name="inner")
    stack = Sequential([Dense(3, input_shape=(3,))], name="stack")
    unfed = Sequential([Dense(3)], name="unfed")
    x = Input((3,), name="x")
    y = unfed(stack(inner(x)))
    model = Model(x, y, name="m")
    references = References(model.network, model.layers)
    assert [layer.own_calls for layer in model.layers] == [0, 1, 1, 1]
    assert inbound_nodes(stack, references) == [[["inner", 1, 0, {}]]]
    assert inbound_nodes(unfed, references) == [[["stack", 1, 0, {}]]]
    assert end_references(y, references) == [["unfed", 1, 0]]


def test_structures_and_constants() -> None:
    x, y = Input((3,), name="x"), Input((3,), name="y")
    added = Add(name="add")((x, y))
    op = TFOpLambda("math.add", name="op")
    out = op(2.0, y=added)
    model = Model({"x": x, "y": y}, [out, Softmax(name="s")(added)], name="m")
    references = References(model.network, model.layers)
    assert inbound_nodes(added.origin.layer, references) == [[["x", 0, 0, {}], ["y", 0, 0, {}]]]
    assert inbound_nodes(op, references) == [["_CONSTANT_VALUE", -1, 2.0, {"y": ["add", 0, 0]}]]
    assert end_references(model.inputs_structure, references) == {"x": ["x", 0, 0], "y": ["y", 0, 0]}
    assert end_references(model.outputs_structure, references) == [["op", 0, 0], ["s", 0, 0]]
