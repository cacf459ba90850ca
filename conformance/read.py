"""Stage 3, in a process with TensorFlow: each reader loads the artefact and computes."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from conformance.artefacts import directory, read_json, readers, record
from conformance.build import gradients, step, weighted_sum
from conformance.case import Case
from conformance.closeness import assert_close, norms
from conformance.nested import fill, leaves

GRADIENT = 100
"""Gradients and trained weights may differ this many times as much as outputs: they are sums over many."""


class Expected:
    """What TensorFlow computed with the original model."""

    def __init__(self, line: str, case: Case) -> None:
        where = directory(line, case)
        self.names: dict[str, Any] = read_json(where / "expected.json")
        with np.load(where / "expected.npz", allow_pickle=True) as arrays:  # texts are Python objects
            self.arrays = dict(arrays)

    def series(self, letter: str, names: str) -> list[np.ndarray]:
        """The arrays `letter`0, `letter`1, ... of every name in the list called `names`."""
        return [self.arrays[f"{letter}{i}"] for i in range(len(self.names[names]))]

    @property
    def x(self) -> list[np.ndarray]:
        """The sample inputs, in the order of `model.inputs`."""
        return self.series("x", "input_names")


def read(line: str, case: Case, whose: str, tf: Any, keras: Any) -> None:
    """Runs every reader on `ours` or `theirs` and records the results."""
    where = directory(line, case)
    results = where / ("results.json" if whose == "ours" else f"{whose}.json")
    expected = Expected(line, case)
    path = where / whose
    keras.backend.clear_session()
    functions = {"keras": _keras, "saved_model": _saved_model, "v1": _v1, "cli": _cli}
    for name in readers(case):
        record(results, name, lambda name=name: functions[name](path, case, expected, tf, keras))  # type: ignore[misc]


def _keras(path: Path, case: Case, expected: Expected, tf: Any, keras: Any) -> None:
    """`keras.models.load_model`: predictions in both modes, losses, one step of training."""
    model = keras.models.load_model(path, custom_objects=case.objects(keras))
    if type(model).__name__ not in ("Functional", "Sequential"):
        raise AssertionError(f"loaded as {type(model).__name__}: Keras did not recognise its own model")
    if list(model.input_names) != expected.names["input_names"]:
        raise AssertionError(
            f"input names: expected {expected.names['input_names']}, got {model.input_names}"
        )
    if list(model.output_names) != expected.names["output_names"]:
        raise AssertionError(
            f"output names: expected {expected.names['output_names']}, got {model.output_names}"
        )
    model.get_config()
    if not case.runs:
        return
    given = fill(expected.names["inputs"], [tf.constant(x) for x in expected.x])
    _outputs("predictions", model(given, training=False), "y", case, expected)
    losses = sum((float(loss) for loss in model.losses), 0.0)
    assert_close("model.losses", np.array(losses), expected.arrays["losses"], case.tolerance)
    if not case.trains or "step_loss" not in expected.arrays:
        return
    y = expected.series("y", "output_names")
    model.reset_states()
    loss, after = step(model, case, expected.x, y, expected.names)
    if case.random or case.forgets:
        if not np.isfinite(loss):
            raise AssertionError(f"one training step: loss {loss}")
        return
    assert_close(
        "loss of one training step", np.array(loss), expected.arrays["step_loss"], case.tolerance * GRADIENT
    )
    assert_close("weights after it", after, expected.arrays["step_weights"], case.tolerance * GRADIENT)


def _outputs(what: str, got: Any, letter: str, case: Case, expected: Expected) -> None:
    flat = leaves(expected.names["outputs"], got)
    for i, (output, name) in enumerate(zip(flat, expected.names["output_names"], strict=True)):
        if f"{letter}{i}" in expected.arrays:
            assert_close(f"{what}, output {name!r}", output, expected.arrays[f"{letter}{i}"], case.tolerance)


def _saved_model(path: Path, case: Case, expected: Expected, tf: Any, keras: Any) -> None:
    """`tf.saved_model.load`: signatures, the object in both modes, gradients, losses, moving averages."""
    loaded = tf.saved_model.load(str(path))
    if _without_traces(case):
        if dict(loaded.signatures):
            raise AssertionError(f"signatures without traces: {sorted(loaded.signatures)}")
        return
    signature = loaded.signatures["serving_default"]
    if not case.runs:
        return
    begin = _beginning(signature.variables)
    _signature(signature, case, expected, tf)
    begin()
    tensors = [tf.constant(x) for x in expected.x]
    given = fill(expected.names["inputs"], tensors)
    # Under a tape, TensorFlow makes the gradient of a function when the function is called.
    with tf.GradientTape(watch_accessed_variables=case.trains) as tape:
        tape.watch([t for t in tensors if case.trains and t.dtype.is_floating])
        y = loaded(given, training=False)
        total = weighted_sum(tf, leaves(expected.names["outputs"], y))
    _outputs("the object called", y, "y", case, expected)
    begin()
    _outputs("the object called without training", loaded(given), "y", case, expected)
    if case.trains:
        _gradients(gradients(tf, tape, total, tensors, loaded.trainable_variables), case, expected)
    begin()
    y, losses = loaded.call_and_return_all_conditional_losses(given, training=False)
    _outputs("the object called for its losses", y, "y", case, expected)
    losses = sum((float(f()) for f in _penalties(loaded)), sum((float(loss) for loss in losses), 0.0))
    assert_close("losses", np.array(losses), expected.arrays["losses"], case.tolerance * 10)
    begin()
    y = loaded(given, training=True)
    _outputs("the object called in training", y, "t", case, expected)
    if "moved" in expected.arrays:
        moved = np.sort(norms(v for v in loaded.variables if v is not None))
        assert_close("variables after training", moved, expected.arrays["moved"], case.tolerance * 10)


def _beginning(variables: Any) -> Callable[[], None]:
    """A function that gives variables the values that they have now: stateful layers start again."""
    values = [variable.numpy() for variable in variables]

    def begin() -> None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    return begin


def _penalties(loaded: Any) -> list[Any]:
    """The functions of the penalties on weights, each once.

    A model lists those of its layers, but not those of a layer inside one, which that layer lists. Keras leaves the
    lists out of a model with layers that it revives from their config alone.
    """
    found = {id(f): f for f in getattr(loaded, "regularization_losses", ())}
    for layer in getattr(loaded.keras_api, "layers", ()):
        if hasattr(layer, "keras_api"):
            found |= {id(f): f for f in _penalties(layer)}
    return list(found.values())


def _gradients(got: dict[str, np.ndarray], case: Case, expected: Expected) -> None:
    """Of every input and every trainable variable, in the order of the original model's."""
    wanted = {name: a for name, a in expected.arrays.items() if name.startswith(("dx", "dv"))}
    if sorted(got) != sorted(wanted):
        raise AssertionError(f"gradients: expected those of {sorted(wanted)}, got those of {sorted(got)}")
    for name, array in wanted.items():
        assert_close(f"gradient {name}", got[name], array, case.tolerance * GRADIENT)


def _without_traces(case: Case) -> bool:
    """Whether the case is saved with `save_traces=False`: Keras then writes no signature either."""
    return case.save.get("save_traces") is False


def _argument(name: str) -> str:
    """The Python argument that TensorFlow makes of a signature's input name."""
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
    return f"arg_{name}" if name[:1].isdigit() else name


def _signature(signature: Any, case: Case, expected: Expected, tf: Any) -> None:
    names = expected.names["input_names"]
    wanted = sorted(_argument(name) for name in names)
    keywords = signature.structured_input_signature[1]
    if sorted(keywords) != wanted:
        raise AssertionError(f"serving_default takes {sorted(keywords)}, expected {wanted}")
    got = signature(**{_argument(n): tf.constant(x) for n, x in zip(names, expected.x, strict=True)})
    _named("serving_default", got, case, expected)


def _named(what: str, got: dict[str, Any], case: Case, expected: Expected) -> None:
    if sorted(got) != sorted(expected.names["output_names"]):
        raise AssertionError(f"{what} returns {sorted(got)}, expected {expected.names['output_names']}")
    for i, name in enumerate(expected.names["output_names"]):
        assert_close(f"{what}, output {name!r}", got[name], expected.arrays[f"y{i}"], case.tolerance)


def _v1(path: Path, case: Case, expected: Expected, tf: Any, keras: Any) -> None:
    """`tf.compat.v1.saved_model.load`: the serving signature in a session, from restored variables."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
        if _without_traces(case):
            return
        signature = graph.signature_def["serving_default"]
        if sorted(signature.inputs) != sorted(expected.names["input_names"]):
            raise AssertionError(
                f"inputs {sorted(signature.inputs)}, expected {expected.names['input_names']}"
            )
        if not case.runs:
            return
        feed = {
            signature.inputs[name].name: x
            for name, x in zip(expected.names["input_names"], expected.x, strict=True)
        }
        got = session.run({name: info.name for name, info in signature.outputs.items()}, feed)
        _named("serving_default", got, case, expected)


def _cli(path: Path, case: Case, expected: Expected, tf: Any, keras: Any) -> None:
    """`saved_model_cli show --all` names the signature, `run` computes it."""
    shown = _saved_model_cli("show", "--dir", str(path), "--all")
    if _without_traces(case):
        return
    if "signature_def['serving_default']" not in shown:
        raise AssertionError(f"saved_model_cli show --all: no serving_default in {shown[:300]!r}")
    if not case.runs or any(not n.isidentifier() for n in expected.names["input_names"]):
        return
    outputs = path.parent / f"{path.name}-cli"
    given = path.parent / "expected.npz"
    inputs = ";".join(f"{n}={given}[x{i}]" for i, n in enumerate(expected.names["input_names"]))
    _saved_model_cli(
        *("run", "--dir", str(path), "--tag_set", "serve", "--signature_def", "serving_default"),
        *("--inputs", inputs, "--outdir", str(outputs), "--overwrite"),
    )
    got = {
        name: np.load(outputs / f"{name}.npy", allow_pickle=True) for name in expected.names["output_names"]
    }
    _named("saved_model_cli run", got, case, expected)


def _saved_model_cli(*arguments: str) -> str:
    from tensorflow.python.tools import saved_model_cli

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        # main() may be called once in a process; these are the two lines that it consists of.
        saved_model_cli.create_parser().parse_args(list(arguments)).func()
    return said.getvalue()
