"""One process of one stage: `python -m conformance.real_files.worker STAGE KERAS FILE`.

FILE holds a JSON list of jobs, [number of the package, path of the file, directory of the results, the file's place
in its package]. What comes of a job goes to `STAGE-KERAS.json` in its directory, so that a stage that is run again does
only what is missing.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shutil
import signal
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from conformance.artefacts import read_json, write_json
from conformance.closeness import assert_close
from conformance.real_files.classes import OBJECTS
from conformance.real_files.files import ARCHITECTURES, PACKAGES, Package

Arrays = dict[str, Any]

FORMATS: Final[Mapping[str, tuple[str, str]]] = {
    "tf": ("saved_model", "2.15"),
    "h5": ("model.h5", "2.15"),
    "tf_keras": ("old.keras", "2.15"),
    "keras": ("new.keras", "2.21"),
}
"""The formats that are written, the name of the file, and the line whose Keras reads it."""
TODAY: Final = "2.21"
"""The line of today's Keras 3, which tries the files of every other Keras too."""
LONGEST: Final = 120
AS_GRAPH: Final = "as a graph"
"""What is said of a SavedModel whose layers are not written, but which is written as a graph."""
READ: Final = 1
"""So many files of a package are read by the Keras of each format after they were converted; the others by kerasfmt."""
_MANY: Final = 30_000
"""Numbers of one example, beyond which one is predicted instead of three."""


def writer_line(path: Path) -> str:
    """The line whose Keras reads a file as its writer does."""
    if path.name.endswith(".weights.h5"):
        return "2.21"
    if path.suffix != ".keras":
        return "2.15"
    with zipfile.ZipFile(path) as archive:
        version = json.loads(archive.read("metadata.json"))["keras_version"]
    if version.startswith(("2.12.", "2.13.")):
        return "2.12"  # other paths of weights than 2.14 reads
    return "2.21" if version.startswith("3.") else "2.15"


def is_checkpoint(path: Path) -> bool:
    """Whether a file is the index of a checkpoint."""
    return path.name.endswith(".index")


def main(stage: str, line: str, listed: str) -> None:
    """Runs the jobs."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    for number, path, directory, place in json.loads(Path(listed).read_text()):
        home, target = Path(directory), Path(directory) / f"{stage}-{line}.json"
        if target.exists():
            continue
        home.mkdir(parents=True, exist_ok=True)
        found = _STAGES[stage](PACKAGES[number], Path(path), home, line, place)
        write_json(target, found)
        print(f"{stage} {line} {home.name}: {json.dumps(found)[:300]}", file=sys.stderr, flush=True)


def attempted(function: Callable[[], Any]) -> dict[str, Any]:
    """Whether a function went through; what it returned, or what it raised."""
    try:
        return {"ok": True, "value": function()}
    except Exception as error:
        text = re.sub(r"/\S*/", "", f"{type(error).__name__}: {error}")
        return {"ok": False, "error": " ".join(text.split())[:500]}


# The Keras of the file.


def _keras(line: str) -> Any:
    import keras

    return keras


def _theirs(package: Package, path: Path, home: Path, line: str, place: int) -> dict[str, Any]:
    """Loads a file with the Keras of its writer, and predicts; of a checkpoint, gives its arrays."""

    def run() -> str:
        if is_checkpoint(path):
            np.savez(home / "inputs.npz")
            np.savez(home / "outputs.npz", **_stored(path))
            return "checkpoint"
        what, function, specs, vocabulary = _loaded(package, path, line)
        inputs = {name: _drawn(*spec, vocabulary, package.length) for name, spec in specs.items()}
        np.savez(home / "inputs.npz", **inputs)
        np.savez(home / "outputs.npz", **function(inputs))
        return what

    return attempted(run)


def _also(package: Package, path: Path, home: Path, line: str, place: int) -> dict[str, Any]:
    """Loads a file with today's Keras 3, and compares."""
    inputs, outputs = _arrays(home, "inputs"), _arrays(home, "outputs")

    def run() -> float:
        if "o0" not in outputs:
            raise TypeError("not a file of layers")
        return compare(
            _numbered(_predict(_model(package, path, _keras(line)), inputs)), outputs, package.tolerance
        )

    return attempted(run) if outputs else {}


def _stored(path: Path) -> Arrays:
    """The arrays of a checkpoint, as TensorFlow reads them."""
    import tensorflow as tf

    reader = tf.compat.v1.train.NewCheckpointReader(str(path).removesuffix(".index"))
    read = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    return {
        name: np.array(value, object) if isinstance(value, bytes) else np.asarray(value)
        for name, value in read.items()
    }


def _loaded(
    package: Package, path: Path, line: str
) -> tuple[str, Callable[[Arrays], Arrays], dict[str, Any], int]:
    """What a file is, its prediction, its inputs, and how many words it knows."""
    if path.is_dir() and not _has_layers(path):
        return _signature(path)
    try:
        model = _model(package, path, _keras(line))
    except ValueError as error:
        if "lacks the Keras metadata file" not in str(error):
            raise
        return _signature(path)
    sizes = [layer.input_dim for layer in _every(model) if type(layer).__name__ == "Embedding"]
    specs = {f"i{n}": (tuple(x.shape), _name(x.dtype)) for n, x in enumerate(_inputs(model, path))}
    return (
        type(model).__name__,
        lambda arrays: _numbered(_predict(model, arrays)),
        specs,
        min(sizes, default=0),
    )


def _model(package: Package, path: Path, keras: Any) -> Any:
    if package.architecture == "none":
        raise TypeError("weights of classes that only the package has")
    if package.architecture:
        return _with_weights(package, path, keras, keras.models.model_from_json)
    objects = OBJECTS[package.objects][0]()
    return keras.models.load_model(str(path), custom_objects=objects, compile=False)


def _inputs(model: Any, path: Path) -> Any:
    """The symbolic inputs of a model, or the specs of what a subclass was called on."""
    if model.inputs is not None:
        return model.inputs
    import tensorflow as tf

    saved = model.save_spec()
    found = [spec for spec in tf.nest.flatten(saved[0] if saved else None) if spec is not None]
    if found:
        return found
    given = tf.saved_model.load(str(path)).signatures["serving_default"].structured_input_signature[1]
    return [given[name] for name in sorted(given)]


def _predict(model: Any, arrays: Arrays) -> Any:
    given = list(arrays.values())
    return model.predict(given if len(given) > 1 else given[0], verbose=0)


def _has_layers(path: Path) -> bool:
    """Whether a SavedModel states layers of Keras."""
    import tensorflow as tf

    return path.joinpath("keras_metadata.pb").exists() or hasattr(tf.saved_model.load(str(path)), "keras_api")


def _signature(path: Path) -> tuple[str, Callable[[Arrays], Arrays], dict[str, Any], int]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    names = sorted(loaded.signatures)
    key = next(name for name in ("serving_default", "predict", *names) if name in names)
    function = loaded.signatures[key]
    specs = {
        name: (tuple(spec.shape) if spec.shape.rank is not None else (None,), spec.dtype.name)
        for name, spec in function.structured_input_signature[1].items()
    }

    def run(arrays: Arrays) -> Arrays:
        held = loaded  # keeps the variables
        del held
        found = function(**{name: tf.constant(value) for name, value in arrays.items()})
        return {name: value.numpy() for name, value in found.items()}

    return f"signature {key}", run, specs, 0


def _with_weights(package: Package, path: Path, keras: Any, from_json: Callable[[str], Any]) -> Any:
    if package.architecture == "json":
        name = path.name.removesuffix(path.suffix).removesuffix(".weights")
        model = from_json(path.with_name(f"{name}.json").read_text())
    else:
        model = ARCHITECTURES[package.architecture](keras, path)
    load: Any = getattr(model, "load_weights", None)
    if load is None:
        keras.load_weights(model, path)
    else:
        load(str(path))
    return model


def _every(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        yield from _every(layer) if hasattr(layer, "layers") else ()


def _name(dtype: Any) -> str:
    return getattr(dtype, "name", str(dtype))


def _drawn(shape: tuple[int | None, ...], dtype: str, vocabulary: int, length: int) -> Any:
    """Inputs: numbers of words where the model embeds them, texts, or normal numbers."""
    rng = np.random.default_rng(5)
    rest = [length if size is None else size for size in shape[1:]]
    batch = 1 if math.prod(rest) > _MANY else 3
    sizes = [batch, *rest]
    if dtype == "string":
        texts = ["import numpy as np", "int main() {}", "SELECT a FROM b;"][:batch]
        return np.array(texts).reshape(len(texts), *(1 for _ in rest))
    if vocabulary or np.dtype(dtype).kind in "iu":
        return rng.integers(1, vocabulary or 5, sizes).astype(dtype)
    return rng.normal(size=sizes).astype(dtype)


def _numbered(outputs: Any) -> Arrays:
    listed = list(outputs.values()) if isinstance(outputs, dict) else outputs
    listed = listed if isinstance(listed, list | tuple) else [listed]
    return {f"o{number}": np.asarray(value) for number, value in enumerate(listed)}


def _same_signature(package: Package, path: Path, target: Path) -> float:
    """Compares what TensorFlow computes with a SavedModel and with what kerasfmt wrote of it."""
    _, function, specs, _ = _signature(path)
    inputs = {name: _drawn(*spec, 0, package.length) for name, spec in specs.items()}
    return compare(_signature(target)[1](inputs), function(inputs), package.tolerance)


def _read(package: Package, path: Path, home: Path, line: str, place: int) -> dict[str, Any]:
    """Loads what kerasfmt wrote with the Keras that reads it; compares with the file's own Keras."""
    written = read_json(home / "ours-core.json").get("written", {})
    inputs, outputs = _arrays(home, "inputs"), _arrays(home, "outputs")
    found: dict[str, Any] = {}
    for kind, (name, reader) in FORMATS.items():
        if reader != line or not written.get(kind, {}).get("ok"):
            continue

        def check(target: Path = home / name, kind: str = kind) -> float:
            if written[kind]["value"] == AS_GRAPH:
                return _same_signature(package, path, target)
            if "o0" not in outputs:
                return compare(_signature(target)[1](inputs), outputs, package.tolerance)
            objects = OBJECTS[package.objects][0]()
            model = _keras(line).models.load_model(str(target), custom_objects=objects, compile=False)
            return compare(_numbered(_predict(model, inputs)), outputs, package.tolerance)

        found[kind] = attempted(lambda check=check: _within(check))
    return found


def _within(function: Callable[[], float]) -> float:
    """What a function returns; a reader that goes on for ever is stopped.

    Raises:
      TimeoutError: it took more than `LONGEST` seconds of the processor's time.
    """

    def stop(*_: Any) -> None:
        raise TimeoutError(f"not read in {LONGEST} seconds of the processor's time")

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        return function()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


# kerasfmt.


def _ours(package: Package, path: Path, home: Path, line: str, place: int) -> dict[str, Any]:
    """Loads, predicts, converts; reads what was converted, unless a Keras does."""
    import kerasfmt

    found: dict[str, Any] = {"described": attempted(lambda: _description(package, path))}
    inputs, outputs = _arrays(home, "inputs"), _arrays(home, "outputs")
    if is_checkpoint(path):
        prefix = str(path).removesuffix(".index")  # it may have no name, as `run/`
        loaded = attempted(
            lambda: {name: np.asarray(x) for name, x in kerasfmt.open_checkpoint(prefix).items()}
        )
    else:
        loaded = attempted(lambda: _of_kerasfmt(kerasfmt, package, path))
    found["loaded"] = {**loaded, "value": None}
    model = loaded.get("value")
    if model is None:
        return found
    if is_checkpoint(path):
        return {**found, "equal": attempted(lambda: compare(model, outputs, 0.0))}
    if outputs:
        found["equal"] = attempted(
            lambda: compare(_computed(model, inputs, outputs), outputs, package.tolerance)
        )
    else:
        inputs, outputs = _alone(package, model, home)
    found["written"] = {}
    for kind, (name, _) in FORMATS.items():
        target = home / name
        shutil.rmtree(target, ignore_errors=True)
        target.unlink(missing_ok=True)

        def write(kind: str = kind, target: Path = target) -> float | str | None:
            try:
                kerasfmt.save_model(model, target, save_format=kind)
            except kerasfmt.errors.UnsupportedLayerError as error:
                if kind != "tf" or "load_graph_model" not in str(error):
                    raise
                kerasfmt.save_model(kerasfmt.load_graph_model(path), target)
                return AS_GRAPH
            if place < READ:
                return None
            again = _of_kerasfmt(kerasfmt, dataclasses.replace(package, architecture=""), target)
            return compare(_computed(again, inputs, outputs), outputs, package.tolerance)

        found["written"][kind] = attempted(write)
    return found


def _alone(package: Package, model: Any, home: Path) -> tuple[Arrays, Arrays]:
    """Inputs and predictions of a model that its own Keras does not load, for the readers of what is converted."""
    sizes = [layer.input_dim for layer in _every(model) if type(layer).__name__ == "Embedding"]
    drawn = [_drawn(x.shape, _name(x.dtype), min(sizes, default=0), package.length) for x in model.inputs]
    inputs = {f"i{number}": value for number, value in enumerate(drawn)}
    outputs = _computed(model, inputs, {})
    np.savez(home / "inputs.npz", **inputs)
    np.savez(home / "outputs.npz", **outputs)
    return inputs, outputs


def _description(package: Package, path: Path) -> dict[str, Any]:
    """What `inspect` says of a file; the number of elements of weights alone is held against h5py."""
    from kerasfmt.formats.detect import described_format_at

    if is_checkpoint(path) and path.name != ".index":
        path = path.with_name(path.name.removesuffix(".index"))
    read = described_format_at(path).describe
    assert read is not None, path
    said = read(path)
    if package.architecture == "none" and path.suffix in (".h5", ".hdf5"):
        import h5py

        sizes: list[int] = []
        with h5py.File(path) as file:
            file.visititems(
                lambda _, node: sizes.append(node.size) if isinstance(node, h5py.Dataset) else None
            )
        assert said.size == sum(sizes), f"{said.size} elements are described, h5py counts {sum(sizes)}"
    writers = ", ".join(f"{name} {version}" for name, version in said.writers.items())
    return {"writer": writers, "title": said.title, "elements": said.size}


def _of_kerasfmt(kerasfmt: Any, package: Package, path: Path) -> Any:
    if package.architecture and package.architecture != "none":
        return _with_weights(package, path, kerasfmt, kerasfmt.model_from_json)
    try:
        return kerasfmt.load_model(path, custom_objects=OBJECTS[package.objects][1]())
    except kerasfmt.errors.UnsupportedFormatError as error:
        if "load_graph_model" not in str(error):
            raise
        return kerasfmt.load_graph_model(path)


def _computed(model: Any, inputs: Arrays, outputs: Arrays) -> Arrays:
    if hasattr(model, "signatures"):
        names = sorted(model.signatures)
        key = next(name for name in ("serving_default", "predict", *names) if name in names)
        return dict(model.signatures[key](**inputs))
    given = list(inputs.values())
    return _numbered(model.predict(given if len(given) > 1 else given[0]))


def compare(got: Arrays, expected: Arrays, tolerance: float) -> float:
    """The largest difference of two sets of arrays, relative to the largest number of an array.

    Raises:
      AssertionError: they are not the same arrays, up to rounding.
    """
    assert sorted(got) == sorted(expected), f"expected {sorted(expected)}, got {sorted(got)}"
    largest = 0.0
    for name, value in expected.items():
        if value.dtype.kind in "SUO":
            as_text = np.vectorize(lambda x: x if isinstance(x, bytes) else str(x).encode(), otypes=[object])
            np.testing.assert_array_equal(as_text(np.asarray(got[name], object)), as_text(value))
        else:
            assert_close(name, got[name], value, tolerance)
            largest = max(largest, _difference(np.asarray(got[name]), value))
    return largest


def _difference(got: Any, expected: Any) -> float:
    if not expected.size:
        return 0.0
    scale = np.abs(expected.astype(np.float64)).max()
    return float(np.abs(got.astype(np.float64) - expected).max() / scale) if scale else 0.0


def _arrays(home: Path, what: str) -> Arrays:
    path = home / f"{what}.npz"
    return dict(np.load(path, allow_pickle=True)) if path.exists() else {}


_STAGES: Final = {"theirs": _theirs, "also": _also, "ours": _ours, "read": _read}


if __name__ == "__main__":
    main(*sys.argv[1:])
