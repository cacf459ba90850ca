"""Signatures: the default one, those of the user, and the ones that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.formats.saved_model.signatures import (
    parameter_name,
    plan_default,
    plan_signatures,
)
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.run import run
from kerasfmt.ir import Model
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.naming import LayerNames
from kerasfmt.ir.signature import Signature
from kerasfmt.layers import Add, Dense
from tests.formats.saved_model.saved import save

X = np.arange(6, dtype=np.float32).reshape(2, 3)
SPEC = Spec((None, 3), dtypes.float32)


@pytest.fixture
def model() -> Model:
    kerasfmt.clear_session()
    x = kerasfmt.Input((3,), name="x")
    return Model(x, Dense(2, name="d")(x), name="m")


@pytest.fixture
def two() -> Model:
    kerasfmt.clear_session()
    a, b = kerasfmt.Input((3,), name="b"), kerasfmt.Input((3,), name="a")
    return Model([a, b], [Add(name="z")([a, b]), a], name="two")


def evaluate(function: Any, model: Model, *arrays: Any) -> list[Any]:
    return run(function, list(arrays), {w: w.numpy() for w in model.weights})


def test_the_default_signature(model: Model) -> None:
    traced = plan_signatures(plan_default(model, CallContext()), None)
    assert list(traced) == ["serving_default"]
    signature = traced["serving_default"]
    assert {k: s.shape for k, s in signature.inputs.items()} == {"x": (None, 3)}
    assert {k: s.shape for k, s in signature.outputs.items()} == {"d": (None, 2)}
    np.testing.assert_allclose(
        evaluate(signature.concrete.function, model, X)[0], model.predict(X), rtol=1e-6
    )


def test_inputs_and_outputs_stand_by_name(two: Model) -> None:
    signature = plan_signatures(plan_default(two, CallContext()), None)["serving_default"]
    assert list(signature.inputs) == ["a", "b"]
    assert list(signature.outputs) == ["b", "z"]
    first, total = evaluate(signature.concrete.function, two, 2 * X, X)
    assert first.tolist() == X.tolist()
    assert total.tolist() == (3 * X).tolist()


def test_without_traces_there_is_none(model: Model) -> None:
    assert plan_signatures(None, None) == {}


def test_signatures_of_the_user(model: Model, tmp_path: Path) -> None:
    def top(image: Any) -> Any:
        scores = model.apply(ops.multiply(image, 2.0))
        return {"scores": scores, "best": ops.argmax(scores, 1)}

    def plain(b: Any, a: Any) -> Any:
        return ops.add(a, b)

    given = {"top": Signature(top, {"image": SPEC}), "plain": Signature(plain, {"b": SPEC, "a": SPEC})}
    traced = plan_signatures(plan_default(model, CallContext()), given)
    assert list(traced) == ["plain", "top"]
    best, scores = evaluate(traced["top"].concrete.function, model, X)
    np.testing.assert_allclose(scores, model.predict(2 * X), rtol=1e-6)
    assert best.tolist() == scores.argmax(1).tolist()
    assert list(traced["plain"].inputs) == ["a", "b"]
    assert list(traced["plain"].outputs) == ["output_0"]
    saved = save(model, tmp_path / "m", signatures=given)
    assert set(saved.meta.signature_def) == {"plain", "top", "__saved_model_init_op"}
    info = saved.meta.signature_def["top"]
    assert {k: v.dtype for k, v in info.outputs.items()} == {"best": dtypes.int64.enum, "scores": 1}
    assert info.inputs["image"].name == "top_image:0"
    assert info.method_name == "tensorflow/serving/predict"
    assert set(saved.children(saved.at("signatures"))) == {"plain", "top"}


def test_signatures_may_stand_without_traces(model: Model, tmp_path: Path) -> None:
    given = {"f": Signature(lambda x: model.apply(x), {"x": SPEC})}
    saved = save(model, tmp_path / "m", signatures=given, save_traces=False)
    assert "f" in saved.meta.signature_def


OTHER = Builder().input(SPEC)
BAD: dict[str, tuple[Callable[..., Any], str]] = {
    "array": (lambda x: np.ones(3), "signature s: output output_0: expected a Value"),
    "none": (lambda x: None, "signature s: output output_0: expected a Value"),
    "other graph": (lambda x: {"y": OTHER}, "signature s: output y: expected a Value made from its inputs"),
    "list": (lambda x: [x], "signature s: output output_0: expected a Value"),
    "no outputs": (lambda x: {}, "signature s: it has no outputs"),
    "name": (lambda x: {1: x}, "signature s: output 1: expected a name"),
    "argument": (lambda y: y, "signature s: "),
    "shape": (lambda x: ops.matmul(x, np.ones((9, 9), np.float32)), "signature s: MatMul: op MatMul"),
}


@pytest.mark.parametrize("name", BAD)
def test_bodies_that_give_no_outputs(model: Model, name: str) -> None:
    body, message = BAD[name]
    with pytest.raises(KerasfmtError) as caught:
        plan_signatures(None, {"s": Signature(body, {"x": SPEC})})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"s": lambda x: x}, "signature s: expected a kerasfmt.Signature"),
        ({"s": Signature(lambda x: x, {"x": (None, 3)})}, "signature s: input x: expected a Spec"),
        (
            {"__saved_model_init_op": Signature(lambda x: x, {"x": SPEC})},
            "expected a name that is not TensorFlow's own",
        ),
        ({"": Signature(lambda x: x, {"x": SPEC})}, "expected a name"),
        ([1], "signatures: expected a dict of Signature by name"),
    ],
)
def test_things_that_are_no_signatures(model: Model, given: Any, message: str) -> None:
    with pytest.raises(InvalidModelError) as caught:
        plan_signatures(None, given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("x", "x"), ("a/b", "a_b"), ("1st", "arg_1st"), ("_x", "arg__x"), ("a b", "a_b")],
)
def test_names_of_parameters(name: str, parameter: str) -> None:
    assert parameter_name(name) == parameter


def test_the_function_of_several_inputs_takes_them_by_name(two: Model) -> None:
    concrete = plan_signatures(plan_default(two, CallContext()), None)["serving_default"].concrete
    assert concrete.keywords == concrete.arg_spec.kwonlyargs == ("a", "b")
    assert concrete.positional == 0


def test_names_are_those_of_the_context(model: Model) -> None:
    x, d = model.layers
    context = CallContext(names=LayerNames({x: "y", d: "e"}))
    signature = plan_signatures(plan_default(model, context), None)["serving_default"]
    assert (list(signature.inputs), list(signature.outputs)) == (["y"], ["e"])


def test_inputs_that_differ_in_signs_only() -> None:
    kerasfmt.clear_session()
    a, b = kerasfmt.Input((3,), name="a/b"), kerasfmt.Input((3,), name="a.b")
    model = Model([a, b], Add()([a, b]))
    with pytest.raises(InvalidModelError, match=r"inputs \['a.b', 'a/b'\] differ in special characters only"):
        plan_signatures(plan_default(model, CallContext()), None)
