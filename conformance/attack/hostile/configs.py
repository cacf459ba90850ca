"""Configs that name code, files of the victim, or addresses on the network."""

from __future__ import annotations

import base64
import json
import marshal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from conformance.attack.hostile.case import Hostile, Place

Layer = Callable[[Place], dict[str, Any]]


def _function(module: str, name: str) -> dict[str, Any]:
    """A function as Keras 3 names it in a config."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def _object(module: str, name: str, config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def _code(place: Place) -> str:
    """Marshalled code that makes the canary, as Keras stores a lambda."""
    source = f"lambda x: __import__('os').mkdir({str(place.canary)!r}) or x"
    code = compile(source, "<lambda>", "eval").co_consts[0]
    return base64.b64encode(marshal.dumps(code)).decode()


def _stored_lambda(place: Place) -> dict[str, Any]:
    return {"class_name": "__lambda__", "config": {"code": _code(place), "defaults": None, "closure": None}}


def _layer(class_name: str, config: dict[str, Any], module: str = "keras.layers") -> dict[str, Any]:
    return {
        "module": module,
        "class_name": class_name,
        "config": {"name": "layer", "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
    }


def _sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    first = {"batch_shape": [None, 2], "dtype": "float32", "name": "input"}
    members = [_object("keras.layers", "InputLayer", first), *layers]
    return _object("keras", "Sequential", {"name": "model", "layers": members})


def archive(place: Place, config: Any, **members: bytes) -> Path:
    """A `.keras` archive of a config."""
    path = place.folder / "model.keras"
    text = config if isinstance(config, str) else json.dumps(config)
    weights = place.folder / "weights.h5"
    with h5py.File(weights, "w") as file:
        file.create_group("layers")
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("metadata.json", json.dumps({"keras_version": "3.8.0", "date_saved": "2025-01-01"}))
        target.writestr("config.json", text)
        target.writestr("model.weights.h5", members.pop("weights", weights.read_bytes()))
        for name, data in members.items():
            target.writestr(name, data)
    weights.unlink()
    return path


def hdf5(place: Place, config: Any, training: Any = None) -> Path:
    """A `.h5` file of a config in Keras 2's dialect."""
    path = place.folder / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = np.array([b"layer"])
        weights.create_group("layer").attrs["weight_names"] = np.array([], "S1")
    return path


def _keras2(layer: dict[str, Any]) -> dict[str, Any]:
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2], "name": "input"}}
    plain = {"class_name": layer["class_name"], "config": layer["config"]}
    return {"class_name": "Sequential", "config": {"name": "model", "layers": [first, plain]}}


def _in_archive(layer: Layer) -> Callable[[Place], Path]:
    return lambda place: archive(place, _sequential(layer(place)))


def _in_hdf5(layer: Layer) -> Callable[[Place], Path]:
    return lambda place: hdf5(place, _keras2(layer(place)))


def _lambda(place: Place) -> dict[str, Any]:
    return _layer("Lambda", {"function": _stored_lambda(place), "arguments": {}})


def _lambda_of_keras2(place: Place) -> dict[str, Any]:
    config = {"function": [_code(place), None, None], "function_type": "lambda", "module": "__main__"}
    return _layer("Lambda", {**config, "output_shape": None, "output_shape_type": "raw", "arguments": {}})


def _named_function(place: Place) -> dict[str, Any]:
    config = {"function": "mkdir", "function_type": "function", "module": "os"}
    return _layer("Lambda", {**config, "arguments": {}})


def _popen(place: Place) -> dict[str, Any]:
    arguments = {"args": ["mkdir", str(place.canary)], "bufsize": -1}
    return _layer("Lambda", {"function": _function("subprocess", "Popen"), "arguments": arguments})


def _mkdir_layer(place: Place) -> dict[str, Any]:
    return {
        "module": "os",
        "class_name": "mkdir",
        "config": {"path": str(place.canary)},
        "registered_name": "os>mkdir",
    }


def _dense(**options: Any) -> dict[str, Any]:
    return _layer("Dense", {"units": 1, "activation": "linear", **options})


def _download(place: Place) -> dict[str, Any]:
    arguments = {
        "origin": f"file://{place.secret}",
        "fname": "x",
        "cache_dir": str(place.canary),
        "force_download": True,
    }
    return _layer("Lambda", {"function": _function("keras.utils", "get_file"), "arguments": arguments})


def _unsafe_first(place: Place) -> Path:
    switch = _layer(
        "Lambda", {"function": _function("keras.config", "enable_unsafe_deserialization"), "arguments": {}}
    )
    return archive(place, _sequential(switch, _lambda(place)))


def _unsafe_class(place: Place) -> Path:
    switch = _object("keras.config", "enable_unsafe_deserialization", {})
    return archive(place, _sequential(switch, _lambda(place)))


def _pickled(place: Place) -> bytes:
    return b"cos\nmkdir\n(V" + str(place.canary).encode() + b"\ntR."


def _torch(place: Place) -> dict[str, Any]:
    pickled = base64.b64encode(_pickled(place)).decode()
    module = {"class_name": "__bytes__", "config": {"value": pickled}}
    return _layer("TorchModuleWrapper", {"module": module}, "keras.src.utils.torch_utils")


def _vocabulary(class_name: str, value: Callable[[Place], str]) -> Callable[[Place], Path]:
    config = {"max_tokens": None, "num_oov_indices": 1, "mask_token": None, "output_mode": "int"}
    return _in_archive(lambda place: _layer(class_name, {**config, "vocabulary": value(place)}))


def _compiled(part: str, value: Callable[[Place], Any]) -> Callable[[Place], Path]:
    def make(place: Place) -> Path:
        config = _sequential(_layer("Activation", {"activation": "linear"}))
        config["compile_config"] = {"optimizer": "sgd", "loss": "mse", "metrics": None, part: value(place)}
        return archive(place, config)

    return make


def _trained(place: Place) -> Path:
    training = {
        "loss": [_code(place), None, None],
        "optimizer_config": {"class_name": "os>mkdir", "config": {"path": str(place.canary)}},
    }
    return hdf5(place, _keras2(_layer("Activation", {"activation": "linear"})), training)


def _nested(place: Place) -> dict[str, Any]:
    inner = _sequential(_lambda(place))
    inner["config"]["name"] = "inner"
    return inner


def _wrapped(place: Place) -> dict[str, Any]:
    return _layer("TimeDistributed", {"layer": _lambda(place)})


def _yaml(place: Place) -> str:
    return f"!!python/object/apply:os.mkdir [{place.canary}]"


def _circle(place: Place) -> Path:
    calls = [["layer", 0, 0, {}]]
    layers = [
        {
            "class_name": "InputLayer",
            "name": "input",
            "config": {"batch_input_shape": [None, 2], "name": "input"},
            "inbound_nodes": [],
        },
        {
            "class_name": "Dense",
            "name": "layer",
            "config": {"name": "layer", "units": 1},
            "inbound_nodes": [calls],
        },
    ]
    config = {
        "name": "m",
        "layers": layers,
        "input_layers": [["input", 0, 0]],
        "output_layers": [["layer", 0, 0]],
    }
    return hdf5(place, {"class_name": "Functional", "config": config})


def _type_spec(place: Place) -> dict[str, Any]:
    spec = {"class_name": "__typespec__", "module": "os", "spec_name": "mkdir", "spec": [str(place.canary)]}
    return _layer("InputLayer", {"batch_shape": [None, 2], "type_spec": spec})


UNSAFE, LAYER, MODEL, CORRUPT = (
    "UnsafeFileError",
    "UnsupportedLayerError",
    "InvalidModelError",
    "CorruptFileError",
)

CASES = [
    Hostile("CVE-2024-3660", "code in a Lambda of an archive", _in_archive(_lambda), UNSAFE),
    Hostile("CVE-2024-3660", "code in a Lambda of a Sequential inside", _in_archive(_nested), UNSAFE),
    Hostile("CVE-2024-3660", "code in a Lambda inside a wrapper", _in_archive(_wrapped), UNSAFE),
    Hostile(
        "CVE-2025-9905",
        "code in a Lambda of an HDF5 file, which safe_mode forgot",
        _in_hdf5(_lambda_of_keras2),
        UNSAFE,
    ),
    Hostile(
        "CVE-2025-9905", "a Lambda of an HDF5 file that names a function", _in_hdf5(_named_function), UNSAFE
    ),
    Hostile("CVE-2025-9905", "code as the loss of an HDF5 file", _trained, "loaded"),
    Hostile("CVE-2025-1550", "subprocess.Popen as the function of a Lambda", _in_archive(_popen), UNSAFE),
    Hostile("CVE-2025-1550", "os.mkdir as a layer", _in_archive(_mkdir_layer), LAYER),
    Hostile(
        "CVE-2025-1550",
        "os.mkdir as an initializer",
        _in_archive(lambda p: _dense(kernel_initializer=_mkdir_layer(p))),
        LAYER,
    ),
    Hostile(
        "CVE-2025-1550",
        "os.system as an activation",
        _in_archive(lambda p: _dense(activation=_function("os", "system"))),
        LAYER,
    ),
    Hostile(
        "CVE-2025-1550",
        "code as an activation",
        _in_archive(lambda p: _dense(activation=_stored_lambda(p))),
        UNSAFE,
    ),
    Hostile(
        "CVE-2025-1550", "os.mkdir as a dtype", _in_archive(lambda p: _dense(dtype=_mkdir_layer(p))), LAYER
    ),
    Hostile("CVE-2025-1550", "os.mkdir as a type spec", _in_archive(_type_spec), LAYER),
    Hostile("CVE-2025-1550", "os.mkdir as the optimizer", _compiled("optimizer", _mkdir_layer), "loaded"),
    Hostile("CVE-2025-1550", "code as the loss", _compiled("loss", _stored_lambda), UNSAFE),
    Hostile("CVE-2025-1550", "os.mkdir as the model", lambda p: archive(p, _mkdir_layer(p)), LAYER),
    Hostile(
        "GHSA-pwq7-2gvj-vg9v",
        "a class of another package as a layer",
        _in_archive(lambda p: _object("zipfile", "ZipFile", {"file": str(p.canary), "mode": "w"})),
        LAYER,
    ),
    Hostile(
        "CVE-2025-8747", "keras.utils.get_file as the function of a Lambda", _in_archive(_download), UNSAFE
    ),
    Hostile("CVE-2025-9906", "safe_mode is switched off before a Lambda", _unsafe_first, UNSAFE),
    Hostile("CVE-2025-9906", "safe_mode is switched off by a class", _unsafe_class, UNSAFE),
    Hostile("CVE-2025-49655", "a pickle in a TorchModuleWrapper", _in_archive(_torch), LAYER),
    Hostile(
        "CVE-2025-12058",
        "a file as the vocabulary of a StringLookup",
        _vocabulary("StringLookup", lambda p: str(p.secret)),
        LAYER,
    ),
    Hostile(
        "CVE-2025-12058",
        "a file as the vocabulary of an IntegerLookup",
        _vocabulary("IntegerLookup", lambda p: str(p.secret)),
        LAYER,
    ),
    Hostile(
        "CVE-2025-12058",
        "an address as the vocabulary of a TextVectorization",
        _vocabulary("TextVectorization", lambda p: "http://127.0.0.1:9/x"),
        LAYER,
    ),
    Hostile(
        "CVE-2026-1462",
        "a SavedModel elsewhere as a TFSMLayer",
        _in_archive(
            lambda p: _layer("TFSMLayer", {"filepath": str(p.secret.parent), "call_endpoint": "serve"})
        ),
        LAYER,
    ),
    Hostile(
        "CVE-2021-37678", "YAML that makes an object, in an archive", lambda p: archive(p, _yaml(p)), CORRUPT
    ),
    Hostile(
        "CVE-2021-37678", "YAML that makes an object, in an HDF5 file", lambda p: hdf5(p, _yaml(p)), CORRUPT
    ),
    Hostile(
        "CVE-2020-10735",
        "a number of a million digits",
        lambda p: archive(p, '{"a": ' + "9" * 1_000_000 + "}"),
        CORRUPT,
    ),
    Hostile(
        "CWE-674",
        "lists nested 100,000 deep",
        lambda p: archive(p, '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        UNSAFE,
    ),
    Hostile(
        "CWE-436",
        "a key twice: one reader sees a Dense, another a Lambda",
        lambda p: archive(p, '{"class_name": "Dense", "class_name": "Lambda", "config": {}}'),
        CORRUPT,
    ),
    Hostile("CWE-835", "a layer that is called on its own output", _circle, MODEL),
]
