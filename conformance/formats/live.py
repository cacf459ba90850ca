"""In a process of one Keras: builds the models and writes their files; reads the files of all writers."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from conformance.artefacts import read_json, write_json
from conformance.case import Case
from conformance.formats import layout
from conformance.formats.configs import plain
from conformance.formats.layout import FORMATS, Engine, array_digest, content_digest, file_name
from conformance.nested import flat


class Live:
    """The Keras of this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.keras: Any = importlib.import_module(engine.module)
        self.is3 = engine.module == "keras"
        self._entered = ""
        self._spare: Any = None  # a model of the case entered, to load weights into
        with contextlib.suppress(ImportError):
            import absl.logging

            absl.logging.set_verbosity(absl.logging.ERROR)

    def build(self, case: Case) -> Any:
        """The model of a case, every floating weight with values of its own."""
        self._enter(case)
        self.keras.utils.set_random_seed(1)
        model = case.build(self.keras)
        rng = np.random.default_rng(2)
        for _, layer in leaf_layers(model):
            values = layer.get_weights()
            moved = [v + rng.uniform(0.05, 0.3, np.shape(v)).astype(np.asarray(v).dtype) for v in values]
            layer.set_weights(moved)
            if self.is3 and hasattr(layer, "finalize_state"):
                layer.finalize_state()  # Normalization computes with copies of its weights
        return model

    def _enter(self, case: Case) -> None:
        if case.name != self._entered:
            # With Keras 3's own garbage collection this takes longer than to load a model.
            clear = self.keras.backend.clear_session
            quickly = "free_memory" in inspect.signature(clear).parameters
            clear(**({"free_memory": False} if quickly else {}))
            self._entered, self._spare = case.name, None

    def array(self, variable: Any) -> np.ndarray:
        """The value of a variable."""
        return np.asarray(self.keras.ops.convert_to_numpy(variable) if self.is3 else variable.numpy())

    def predict(self, model: Any, x: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """The outputs for inputs by name."""
        network = getattr(model, "_functional", None) or model  # of a Sequential of Keras 3
        structure = network._inputs_struct if self.is3 else model._nested_inputs
        names = {id(t): n for t, n in zip(model.inputs, input_names(model), strict=True)}
        x = in_order(x, list(names.values()))
        y = model(_mapped(lambda t: x[names[id(t)]], structure), training=False)
        return [np.asarray(self.keras.ops.convert_to_numpy(a) if self.is3 else a) for a in flat(y)]

    def state(self, model: Any) -> dict[str, Any]:
        """What a model is: its config, and digests of its weights and of its optimizer's slots."""
        weights = {
            path: sorted(array_digest(self.array(w)) for w in layer.weights)
            for path, layer in leaf_layers(model)
            if layer.weights
        }
        optimizer = getattr(model, "optimizer", None)
        slots: list[str] = []
        if optimizer is not None and hasattr(optimizer, "get_config"):
            variables = getattr(optimizer, "variables", [])
            variables = variables() if callable(variables) and not isinstance(variables, list) else variables
            slots = sorted(array_digest(self.array(v)) for v in variables if len(v.shape))
        config = {"class_name": type(model).__name__, "config": plain(model.get_config())}
        return {"config": config, "weights": weights, "slots": slots}

    # -- writing

    def write(self, case: Case, code: str) -> None:
        """Builds a case and writes its files, those that are there excepted; `code`: the digest of kerasfmt."""
        where = layout.directory(self.engine.name, case)
        known = layout.stated(self.engine.name, case)
        fresh = known.get("key") == layout.key(case)
        if fresh and known.get("code") == code:
            return
        if not fresh:
            shutil.rmtree(where, ignore_errors=True)
            where.mkdir(parents=True)
        try:
            model = self.build(case)
            x = samples(case, model)
            y = self.predict(model, x) if case.runs else []
        except Exception as error:
            write_json(where / "expected.json", {"key": layout.key(case), "code": code, "error": said(error)})
            return
        files = layout.written(self.engine.name, case) if fresh else {}
        if not fresh:
            arrays = {f"x {name}": a for name, a in x.items()} | {f"y {i}": a for i, a in enumerate(y)}
            hold(where / "arrays.npz", arrays)
            for kind in layout.own_formats(self.engine):
                self._file(files, where, "own", kind, lambda path, k=kind: self._own(model, path, k))
            if not all(file["ok"] for file in files.values()):
                self._entered = ""  # so that layers without a name are counted from the first again
                model = self.build(case)  # Keras may leave a model that it fails to save with other functions
        for kind in self.engine.kinds:
            self._file(files, where, "live", kind, lambda path, k=kind: _ours(model, path, k))
        write_json(where / "files.json", files)
        write_json(where / "expected.json", {"key": layout.key(case), "code": code, **self.state(model)})

    def _own(self, model: Any, path: Path, kind: str) -> None:
        if kind == "saved_model" and self.is3:
            model.export(path, verbose=False)
        elif FORMATS[kind].whole:
            model.save(path)
        else:
            model.save_weights(path)

    @staticmethod
    def _file(
        files: dict[str, Any], where: Path, source: str, kind: str, write: Callable[[Path], None]
    ) -> None:
        files[file_name(source, kind)] = produced(where / file_name(source, kind), write)

    # -- reading

    def read(self, case: Case, kind: str, path: Path, x: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """What this Keras makes of a file: state and outputs."""
        self._enter(case)
        if kind == "saved_model" and self.is3:
            return self._tfsm(case, path, x)
        if FORMATS[kind].whole:
            model = self.keras.models.load_model(path, custom_objects=dict(case.objects(self.keras)))
        else:
            model = self._spare = self._spare or case.build(self.keras)
            for _, layer in leaf_layers(model):
                layer.set_weights([np.zeros_like(v) for v in layer.get_weights()])
            model.load_weights(path)
        y = self.predict(model, x) if case.runs else []
        found = self.state(model)
        if not FORMATS[kind].whole:
            del found["config"], found["slots"]
        return {**found, "outputs": y}

    def _tfsm(self, case: Case, path: Path, x: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Keras 3 reads a SavedModel as a layer, on TensorFlow only."""
        layer = self.keras.layers.TFSMLayer(str(path), call_endpoint="serving_default")
        weights = {"": sorted(array_digest(self.array(w)) for w in layer.weights)}
        if not case.runs:
            return {"weights": weights, "outputs": []}
        import tensorflow as tf

        given = {_argument(name): tf.constant(a) for name, a in x.items()}
        y = layer.call_endpoint_fn(**given)
        return {"weights": weights, "outputs": {name: np.asarray(a) for name, a in y.items()}}


def _argument(name: str) -> str:
    """The Python argument that TensorFlow makes of a signature's input name."""
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
    return f"arg_{name}" if name[:1].isdigit() else name


def _ours(model: Any, path: Path, kind: str) -> None:
    save = kerasfmt.save_model if FORMATS[kind].whole else kerasfmt.save_weights
    save(model, path, save_format=FORMATS[kind].save_format)


def said(error: BaseException) -> str:
    """An error in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:600]


def produced(path: Path, write: Callable[[Path], None]) -> dict[str, Any]:
    """Writes a file anew and says what came of it."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write(path)
    except Exception as error:
        return {"ok": False, "error": said(error), "type": type(error).__module__, "digest": ""}
    return {"ok": True, "error": "", "digest": content_digest(path)}


def leaf_layers(model: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every layer that is not a model, with its path of names."""
    for layer in model.layers:
        path = f"{above}/{layer.name}"
        if hasattr(layer, "layers") and hasattr(layer, "summary"):
            yield from leaf_layers(layer, path)
        else:
            yield path, layer


def input_names(model: Any) -> list[str]:
    """The names of the input layers, in the order of `model.inputs`."""
    if hasattr(model, "input_names"):
        return list(model.input_names)
    return [tensor._keras_history.operation.name for tensor in model.inputs]


def in_order(x: Mapping[str, np.ndarray], names: list[str]) -> dict[str, np.ndarray]:
    """Inputs by the names that a reader has for them: the same, or, of a Sequential, another one."""
    return dict(x) if x.keys() == set(names) else dict(zip(names, x.values(), strict=True))


def samples(case: Case, model: Any) -> dict[str, np.ndarray]:
    """One batch for every input, by its name."""
    return dict(zip(input_names(model), case.sample(model), strict=True))


def _mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    if isinstance(structure, Mapping):
        return {name: _mapped(function, item) for name, item in structure.items()}
    if isinstance(structure, list | tuple):
        return [_mapped(function, item) for item in structure]
    return function(structure)


def hold(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Keeps arrays for `held`. Texts are not kept as Python objects, of which one NumPy does not read another's."""
    plain = {name: np.array(a.tolist()) if a.dtype == object else a for name, a in arrays.items()}
    np.savez(path, **plain)  # type: ignore[arg-type]


def held(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file, texts as Python objects."""
    with np.load(path, allow_pickle=True) as arrays:  # earlier files hold texts as such
        found = {name: arrays[name] for name in arrays.files}
    return {name: a.astype(object) if a.dtype.kind in "SU" else a for name, a in found.items()}


def inputs_of(writer: str, case: Case) -> dict[str, np.ndarray]:
    """The sample inputs that a writer's outputs are of, by name."""
    arrays = held(layout.directory(writer, case) / "arrays.npz")
    return {name[2:]: array for name, array in arrays.items() if name.startswith("x ")}


def outputs_of(writer: str, case: Case) -> list[np.ndarray]:
    """What a writer's live model made of them."""
    arrays = held(layout.directory(writer, case) / "arrays.npz")
    return [arrays[f"y {i}"] for i in range(sum(name.startswith("y ") for name in arrays))]


def record(target: Path, read: Callable[[], dict[str, Any]], stamp: str) -> None:
    """Runs one reading and keeps what came of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = read()
    except Exception as error:
        write_json(target, {"ok": False, "error": said(error), "stamp": stamp})
        return
    outputs = found.pop("outputs")
    named = outputs if isinstance(outputs, dict) else {f"y {i}": a for i, a in enumerate(outputs)}
    np.savez(target.with_suffix(".npz"), **named)
    write_json(target, {"ok": True, "error": "", "stamp": stamp, "names": list(named), **found})


def is_current(target: Path, stamp: str) -> bool:
    """Whether a reading is there, and was done in this way."""
    return bool(read_json(target).get("stamp") == stamp)
