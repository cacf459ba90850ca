"""Layers and models without their classes: Keras saves them, kerasfmt revives them, saves them again, Keras loads them.

Runs in TensorFlow's process. Nothing is registered, and no reader is given a class.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.closeness import assert_close
from conformance.installed import keras2
from conformance.revived_models import CASES, Revived
from conformance.structure import compare
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.graph.run import LazyState, run
from kerasfmt.ir.given import GivenFunction
from kerasfmt.ir.revived_model import revived_layers
from kerasfmt.ir.structure import flatten

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

tf = pytest.importorskip("tensorflow")
KERAS = keras2()
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(KERAS is None, reason="Keras 3 writes no SavedModel of layers"),
]


def _saved(case: Revived, path: Path) -> Any:
    """The model, which was trained for one epoch if it is compiled, and its file."""
    keras: Any = KERAS
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model = case.build(tf, keras)
    if case.labels is not None:
        model.fit(case.inputs, case.labels, verbose=0)
    rng = np.random.default_rng(3)
    if case.labels is None:
        model.set_weights(
            [
                w if w.dtype.kind not in "f" else rng.normal(0.5, 0.2, w.shape).astype(w.dtype)
                for w in model.get_weights()
            ]
        )
    model.save(path, save_format="tf")
    return model


def _predictions(model: Any, inputs: Any) -> list[Any]:
    return flatten(model.predict(inputs, verbose=0))


@pytest.mark.parametrize("name", CASES)
def test_a_revived_model_computes_as_its_class_does(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    model = _saved(case, tmp_path / "m")
    found = kerasfmt.load_model(tmp_path / "m")
    again = tmp_path / "again"
    kerasfmt.save_model(found, again)
    expected = _predictions(model, case.inputs)
    _compare("kerasfmt", _predictions(found, case.inputs), expected)
    _compare("kerasfmt, again", _predictions(kerasfmt.load_model(again), case.inputs), expected)
    assert [each.name for each in found.layers] == [each.name for each in model.layers]
    assert [w.name for w in found.weights] == [w.name.removesuffix(":0") for w in model.weights]
    assert [w.name for w in found.trainable_weights] == [
        w.name.removesuffix(":0") for w in model.trainable_weights
    ]
    assert [v.numpy().tolist() for v in found.optimizer_variables()] == [
        v.numpy().tolist() for v in (model.optimizer.variables if case.labels is not None else ())
    ]
    classes = {f"{layer.name}:{layer.class_name}" for layer in revived_layers(found)}
    assert classes >= set(case.classes)
    if case.keras_loads:
        _compare_with_keras(case, model, tmp_path)


def _compare_with_keras(case: Revived, model: Any, directory: Path) -> None:
    """Compares what Keras makes of our file with what it makes of its own."""
    keras: Any = KERAS
    first = keras.models.load_model(directory / "m")
    second = keras.models.load_model(directory / "again")
    expected = _predictions(first, case.inputs)
    _compare("Keras, again", _predictions(second, case.inputs), expected)
    assert [w.name for w in second.weights] == [w.name for w in first.weights]
    assert [w.name for w in second.trainable_weights] == [w.name for w in first.trainable_weights]
    assert len(second.losses) == len(first.losses)
    assert [type(each).__name__ for each in second.layers] == [type(each).__name__ for each in first.layers]
    assert [m.name for m in second.metrics] == [m.name for m in first.metrics]
    if case.labels is not None:
        assert int(second.optimizer.iterations) == int(first.optimizer.iterations)
        scores = [m.evaluate(case.inputs, case.labels, verbose=0) for m in (second, first)]
        np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)
        for each in (first, second):
            each.fit(case.inputs, case.labels, verbose=0, shuffle=False)
        for got, wanted in zip(second.get_weights(), first.get_weights(), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.same_in_training])
def test_training_functions_and_losses(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    model = _saved(case, tmp_path / "m")
    found = kerasfmt.load_model(tmp_path / "m")
    inputs = tf.nest.map_structure(tf.convert_to_tensor, case.inputs)
    before = [np.array(w) for w in model.get_weights()]
    expected = [value.numpy() for value in tf.nest.flatten(model(inputs, training=True))]
    losses = sum((float(loss) for loss in model.losses), 0.0)
    after = model.get_weights()
    trace = found.default_trace(training=True)
    state = LazyState(lambda weight: weight.numpy())
    arrays = [np.asarray(leaf) for leaf in flatten(case.inputs)]
    if arrays[0].dtype == object:
        arrays = [np.vectorize(str.encode, otypes=[object])(arrays[0])]
    results = run(trace.function, arrays, state)
    _compare("training", results[: len(expected)], expected)
    penalties = [float(value) for value in results[len(expected) :]]
    np.testing.assert_allclose(sum(penalties) + _unconditional(found), losses, rtol=1e-4, atol=1e-6)
    for weight, old, new in zip(found.weights, before, after, strict=True):
        got = state[weight] if weight in trace.function.written else weight.numpy()
        np.testing.assert_allclose(got, new, rtol=1e-4, atol=1e-5)
        assert np.array_equal(old, new) or weight in trace.function.written


def _unconditional(model: kerasfmt.Model) -> float:
    """The losses of a model that do not depend on its inputs: those of functions, and those of regularizers."""
    from kerasfmt.formats.saved_model.plan import penalties
    from kerasfmt.ir.held_layers import every_layer

    total = 0.0
    found = dict.fromkeys(p for layer in every_layer(model) for p in penalties(layer))
    for penalty in found:
        if isinstance(penalty, GivenFunction):
            (value,) = run(penalty.traces[0].function, [], LazyState(lambda weight: weight.numpy()))
        else:
            value = _regularized(penalty)
        total += float(value)
    return total


def _regularized(weight: Any) -> Any:
    graph = kerasfmt.graph.Builder("loss")
    function = graph.finish([weight.regularizer.loss(graph.read(weight))])
    return run(function, [], LazyState(lambda each: each.numpy()))[0]


@pytest.mark.parametrize("name", ["layers inside", "control flow", "objects", "gradient of its own"])
def test_functions_stay_as_they_were(name: str, tmp_path: Path) -> None:
    _saved(CASES[name], tmp_path / "m")
    kerasfmt.save_model(kerasfmt.load_model(tmp_path / "m"), tmp_path / "again")
    first, second = (_calls_of_own(tmp_path / each) for each in ("m", "again"))
    assert first == second
    assert first


def _calls_of_own(path: Path) -> list[Any]:
    """The functions of the layer `own` and what they run, without the names of functions."""
    stored = open_saved_model(path)
    (own,) = (number for number, said in stored.described.items() if said.content.get("name") == "own")
    library = {f.signature.name: f for f in stored.meta.graph_def.library.function}
    found = []

    def add(name: str, depth: int) -> None:
        message = library[name]
        body = type(message)()
        body.CopyFrom(message)
        body.signature.name = ""
        for node in body.node_def:
            for key in sorted(node.attr):
                if node.attr[key].WhichOneof("value") == "func":
                    add(node.attr[key].func.name, depth + 1)
                    node.attr[key].func.name = ""
        for value in body.attr.values():
            if value.s.decode("utf-8", "replace") in library:
                value.s = b""
        found.append((depth, body.SerializeToString(deterministic=True)))

    for child in stored.at(own).children.values():
        for name in child.object.message.function.concrete_functions:
            add(name, 0)
    return found


DIFFERENT = {
    "control flow": "the model's own function says less of the handles in loops",
    "gradient of its own": "the model's own function calls the layer's, and needs no gradient of its own",
    "objects": "the model's own function has captures in another order",
    "subclass": "a Sequential inside that was called on arrays is built for any batch, and not for theirs",
    "subclass, compiled": "as above",
    "wrapper": "the outputs have the shapes that the functions state",
}
"""Cases whose files differ from Keras's, and why."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in DIFFERENT])
def test_files_are_those_of_keras_again(name: str, tmp_path: Path) -> None:
    _saved(CASES[name], tmp_path / "m")
    kerasfmt.save_model(kerasfmt.load_model(tmp_path / "m"), tmp_path / "again")
    found = compare(tmp_path / "again", tmp_path / "m")
    assert [str(difference) for difference in found if not difference.accepted] == []


def test_what_has_no_functions_is_refused_by_name(tmp_path: Path) -> None:
    keras: Any = KERAS
    model = CASES["plain"].build(tf, keras)
    model.save(tmp_path / "m", save_format="tf", save_traces=False)
    with pytest.raises(UnsupportedLayerError, match=r"layer 'own' of class 'Scale'.*custom_objects"):
        kerasfmt.load_model(tmp_path / "m")
    model = CASES["subclass"].build(tf, keras)
    model.save(tmp_path / "n", save_format="tf", save_traces=False)
    with pytest.raises(UnsupportedLayerError, match=r"of class 'Net'.*save_traces"):
        kerasfmt.load_model(tmp_path / "n")


def _compare(what: str, got: list[Any], expected: list[Any]) -> None:
    assert len(got) == len(expected)
    for place, (one, other) in enumerate(zip(got, expected, strict=True)):
        tolerance = 1e-2 if np.asarray(other).dtype == np.float16 else 1e-5
        assert_close(f"{what}: output {place}", one, other, tolerance)
