"""Writers, readers and formats of the matrix, and where their files lie."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from conformance.artefacts import read_json
from conformance.case import Case
from conformance.cases import CASES
from conformance.environments import KERAS3_MINORS, ROOT, keras3_packages
from conformance.formats.explained import EXPLAINED, EXPLAINED_IN_MINORS, Explained

HOME = Path(os.environ.get("KERASFMT_FORMATS_WORK", ROOT / ".conformance" / "formats"))

GENERATION = 3
"""To be raised when what a Keras writes or states is computed in another way."""


_KINDS = ("hdf5", "keras3", "tf_keras", "weights", "paths_keras3", "paths_tf_keras", "saved_model")
_MINOR_KINDS = ("keras3", "early_keras3", "hdf5", "keras_h5", "paths_keras3")


@dataclass(frozen=True)
class Engine:
    """A Keras with a backend, in an environment of conformance."""

    name: str
    title: str
    environment: str
    module: str
    dialect: str
    """The format of its .keras archives."""
    variables: dict[str, str] = field(default_factory=dict)
    archives: bool = True
    """Whether `save` writes an archive for `.keras`; TensorFlow 2.12 writes HDF5."""
    packages: Path | None = None
    """A directory whose packages come before the environment's own."""
    kinds: tuple[str, ...] = _KINDS
    """The formats of its files, and of kerasfmt's from its models."""

    @property
    def writes_saved_models(self) -> bool:
        """Whether it runs on TensorFlow."""
        return self.environment not in ("k3jax", "k3torch", "k3minors")


def _keras3(name: str, title: str, environment: str, backend: str) -> Engine:
    return Engine(name, title, environment, "keras", "keras3", {"KERAS_BACKEND": backend})


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("tf212", "TF 2.12", "2.12", "tensorflow.keras", "tf_keras", archives=False),
        Engine("tf215", "TF 2.15", "2.15", "tensorflow.keras", "tf_keras"),
        Engine("tf_keras", "tf_keras 2.21", "2.21", "tf_keras", "tf_keras", {"TF_USE_LEGACY_KERAS": "1"}),
        _keras3("jax", "Keras 3, JAX", "k3jax", "jax"),
        _keras3("torch", "Keras 3, torch", "k3torch", "torch"),
        _keras3("tensorflow", "Keras 3, TensorFlow", "2.21", "tensorflow"),
    )
}
OURS = "kerasfmt"

_COMPILED = {
    "JAX_COMPILATION_CACHE_DIR": str(HOME / "compiled"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
"""The versions have one JAX, so that each computation is compiled once for all."""
MINORS = {
    f"keras_{minor}": Engine(
        f"keras_{minor}",
        f"Keras {minor}",
        "k3minors",
        "keras",
        "keras3",
        {"KERAS_BACKEND": "jax", **_COMPILED},
        packages=keras3_packages(minor),
        kinds=_MINOR_KINDS,
    )
    for minor in KERAS3_MINORS
}
"""Every minor version of Keras 3, on JAX."""
NEWEST = list(MINORS)[-1]
EARLY = tuple(MINORS)[:11]
"""Keras 3.0 to 3.10, whose words kerasfmt writes with `save_format="keras_3.0"`."""
KERAS2_MODELS = Engine(
    "keras2_models", "TF 2.15", "2.15", "tensorflow.keras", "tf_keras", archives=False, kinds=_MINOR_KINDS
)
"""Whose models are written for the minor versions of Keras 3."""

EVERY_ENGINE = {**ENGINES, **MINORS, KERAS2_MODELS.name: KERAS2_MODELS}


@dataclass(frozen=True)
class Format:
    """A file format: its title, its files' suffix, `save_format` of kerasfmt, and whether it holds whole models."""

    title: str
    suffix: str
    save_format: str
    whole: bool = True


FORMATS = {
    "hdf5": Format("HDF5 (`.h5`)", ".h5", "h5"),
    "keras3": Format("`.keras` of Keras 3", ".keras", "keras"),
    "tf_keras": Format("`.keras` of tf_keras", ".keras", "tf_keras"),
    "weights": Format("Weights in HDF5 (`.h5`)", ".h5", "h5", whole=False),
    "paths_keras3": Format("`.weights.h5` of Keras 3", ".weights.h5", "keras", whole=False),
    "paths_tf_keras": Format("`.weights.h5` of tf_keras", ".weights.h5", "tf_keras", whole=False),
    "saved_model": Format("SavedModel", "", "tf"),
    "keras_h5": Format('HDF5 in the words of Keras 3 (`save_format="keras_h5"`)', ".h5", "keras_h5"),
    "early_keras3": Format(
        '`.keras` of Keras 3.0 to 3.10 (`save_format="keras_3.0"`)', ".keras", "keras_3.0"
    ),
}


@dataclass(frozen=True)
class Matrix:
    """Who writes, and who reads what, for one page.

    Attributes:
      engines: the writers, by name.
      kinds: the formats, in the page's order.
      readers: kerasfmt among them.
      explained: the cells that are known to fail.
      shared: the writers of whose models every reader reads kerasfmt's files. Of the others, only the reader that is
        the writer does. None: every reader reads every file.
    """

    engines: Mapping[str, Engine]
    kinds: tuple[str, ...]
    readers: tuple[str, ...]
    explained: tuple[Explained, ...]
    shared: tuple[str, ...] | None = None

    def yardsticks(self, reader: str, kind: str) -> list[str]:
        """The writers whose own files say what a reader itself cannot do, where that is no matter of the writer."""
        return [reader, *([KERAS2_MODELS.name] if kind == "hdf5" else [])]

    def reads(self, reader: str, writer: str, source: str, kind: str) -> bool:
        """Whether a reader is given a file of a writer; TensorFlow's own SavedModels are asked for elsewhere."""
        if self.shared is None:
            return reader == OURS or (source, kind) != ("own", "saved_model")
        if kind == "early_keras3" and reader not in (*EARLY, NEWEST, OURS):
            return False
        if source == "own" and writer == KERAS2_MODELS.name:
            return kind == "hdf5"
        return reader in (OURS, writer) or (source != "own" and writer in self.shared)


FORMATS_MATRIX = Matrix(ENGINES, _KINDS, (*ENGINES, OURS), EXPLAINED)
"""Of FORMATS.md."""
MINORS_MATRIX = Matrix(
    {KERAS2_MODELS.name: KERAS2_MODELS, **MINORS},
    _MINOR_KINDS,
    (*MINORS, OURS),
    EXPLAINED_IN_MINORS,
    (KERAS2_MODELS.name, NEWEST),
)
"""Of KERAS3_VERSIONS.md."""


def own_formats(engine: Engine) -> tuple[str, ...]:
    """The formats that a Keras itself is asked to write; Keras 3 exports SavedModels, which hold no layers."""
    keras2 = ("weights",) if engine.dialect == "tf_keras" else ()
    saved_model = ("saved_model",) if engine.writes_saved_models else ()
    archives = (engine.dialect, f"paths_{engine.dialect}") if engine.archives else ()
    # HDF5 is last, since Keras 3 does not know the optimizer's name any more once it has written that.
    kinds = (*archives, *keras2, *saved_model, "hdf5")
    return tuple(kind for kind in kinds if kind in engine.kinds)


def sources(engine: Engine) -> tuple[str, ...]:
    """Where the files of a writer come from: the Keras, kerasfmt from the live model or from a file of the Keras."""
    whole = [kind for kind in own_formats(engine) if FORMATS[kind].whole]
    return ("own", "live", *(f"own-{kind}" for kind in whole))


def rewritten(engine: Engine, source: str) -> tuple[str, ...]:
    """The formats that kerasfmt makes of a file of a Keras.

    A SavedModel that Keras 3 exported is a graph, which a SavedModel alone holds. SavedModels made of HDF5 and of
    archives are what `python -m conformance run` is about.
    """
    if source != "own-saved_model":
        return tuple(kind for kind in engine.kinds if kind != "saved_model")
    return engine.kinds if engine.dialect == "tf_keras" else ("saved_model",)


def file_name(source: str, kind: str) -> str:
    """The name of a file, from its source and its format."""
    return f"{source}-{kind}{FORMATS[kind].suffix}"


def directory(writer: str, case: Case) -> Path:
    """Where a writer's files of a case lie."""
    return HOME / writer / case.name


def chosen(patterns: Iterable[str] = (), slow: bool = True) -> list[Case]:
    """The cases of the matrix: the whole models without options of saving, and one configuration of every layer.

    All but Lambda, which is Python code: kerasfmt takes its function from whoever loads or saves it.
    """
    import fnmatch

    first: dict[str, str] = {}
    for case in CASES.values():
        if case.about not in first or case.name == f"{case.about}-default":
            first[case.about] = case.name
    patterns = list(patterns)
    return [
        case
        for case in CASES.values()
        if (case.about == "model" or case.name == first[case.about])
        and (slow or not case.slow)
        and not case.save
        and case.about != "Lambda"
        and (not patterns or any(fnmatch.fnmatch(case.name, p) for p in patterns))
    ]


def key(case: Case) -> str:
    """Changes when the case does."""
    return f"{case.key}-{GENERATION}"


def sources_digest() -> str:
    """Of all of kerasfmt's own code and data."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "kerasfmt").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def content_digest(path: Path) -> str:
    """Of a file, of all files of a directory, or of all members of an archive but the date in its metadata."""
    digest = hashlib.sha256()
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                data = archive.read(name)
                if name == "metadata.json":
                    data = json.loads(data)["keras_version"].encode()
                digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
        return digest.hexdigest()[:24]
    for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if part.is_file():
            digest.update(str(part.relative_to(path)).encode() + b"\0")
            digest.update(hashlib.sha256(part.read_bytes()).digest())
    return digest.hexdigest()[:24]


def array_digest(value: Any) -> str:
    """Of dtype, shape and bytes of an array; integers as int64, of which JAX by default has none."""
    array = np.ascontiguousarray(value)
    if array.dtype.kind in "iu":
        array = array.astype(np.int64)
    head = f"{array.dtype.name}{list(np.shape(value))}"
    return f"{head} {hashlib.sha256(array.tobytes()).hexdigest()[:16]}"


def stated(writer: str, case: Case) -> dict[str, Any]:
    """What is known of a writer's live model."""
    found: dict[str, Any] = read_json(directory(writer, case) / "expected.json")
    return found


def written(writer: str, case: Case) -> dict[str, dict[str, Any]]:
    """The writer's files of a case: "ok", "error", "digest"."""
    found: dict[str, dict[str, Any]] = read_json(directory(writer, case) / "files.json")
    return found


def read_result(reader: str, case: Case, kind: str, digest: str) -> Path:
    """Where it stands what a reader made of a file with that content (.json, and .npz beside it)."""
    return HOME / "reads" / reader / case.name / f"{kind}-{digest}.json"
