"""Functions and variables as a SavedModel: a callable object with its variables, its tables and signatures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.formats.saved_model.function_model import FunctionModel
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.signatures import planned_signature
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.graph import Builder, Function, Spec
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Weight

SPEC = Spec((None, 2), dtypes.float32, "x")


def weight(name: str, *, trainable: bool = True) -> Weight:
    made = Weight(name, (2,), dtypes.float32, trainable=trainable)
    made.value = np.float32([1, 2])
    return made


def product(factor: Weight) -> Function:
    graph = Builder("product")
    x = graph.input(SPEC)
    return graph.finish([x * graph.read(factor)])


def model(*weights: Weight) -> FunctionModel:
    function = product(weights[0])
    output = function.outputs[0].spec.with_name("y")
    concrete = ConcreteFunction(function, "call", ((SPEC,), {}), output, ArgSpec(("x",)), ("x",), 1, (SPEC,))
    call = PolymorphicFunction((concrete,), concrete.arg_spec, concrete.input_signature)
    signature = planned_signature("serving_default", product(weights[0]), {"x": SPEC}, {"y": output})
    named = {tuple(w.name.split("/")): w for w in weights}
    return FunctionModel(call, {"serving_default": signature}, named, weights)


def test_it_is_read_again(tmp_path: Path) -> None:
    model(weight("a/b"), weight("c", trainable=False)).write(tmp_path)
    again = kerasfmt.load_graph_model(tmp_path)
    x = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(again(x), x * [1, 2])
    np.testing.assert_array_equal(again.signatures["serving_default"](x=x)["y"], x * [1, 2])
    assert [w.name for w in again.variables] == ["a/b", "c"]


def test_its_objects(tmp_path: Path) -> None:
    model(weight("a/b"), weight("c", trainable=False)).write(tmp_path)
    root = open_saved_model(tmp_path).root
    assert [child.local_name for child in root.object.message.children] == [
        "variables",
        "trainable_variables",
        "params",
        "__call__",
        "signatures",
    ]
    trainable = root.child("trainable_variables")
    assert trainable is not None
    assert len(trainable.object.message.children) == 1


def test_a_model_without_variables(tmp_path: Path) -> None:
    graph = Builder("same")
    x = graph.input(SPEC)
    function = graph.finish([x + 1.0])
    signature = planned_signature("serving_default", function, {"x": SPEC}, {"y": SPEC.with_name("y")})
    FunctionModel(None, {"serving_default": signature}, {}, ()).write(tmp_path)
    again = kerasfmt.load_graph_model(tmp_path)
    assert again.signatures["serving_default"](x=[[1, 2]])["y"].tolist() == [[2, 3]]
