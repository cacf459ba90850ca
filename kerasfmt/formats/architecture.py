"""The architecture of a model as JSON text, without weights: read, and described.

    {"class_name": "Sequential", "config": {...}, "keras_version": "2.15.0", "backend": "tensorflow"}

A model with fresh weights predicts nothing of use. So `load_model` refuses the file; `model_from_json` makes the model,
and `kerasfmt convert` does if it is given weights.

Source: tf_keras/src/engine/training.py, Model.to_json
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats.format import Format, Source

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description
    from kerasfmt.ir import Model

_HEAD: Final = 4096


def is_architecture(path: Path) -> bool:
    """Whether a file is JSON that begins as an architecture does, not as a map of weights in shards."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(_HEAD).lstrip()
    return head.startswith(b"{") and (
        b'"class_name"' in head or (b'"config"' in head and b'"layers"' in head)
    )


def _refuse(source: Source, custom_objects: Mapping[str, Any] | None, compile: bool) -> NoReturn:
    raise UnsupportedFormatError(
        f"{source}: holds the architecture of a model and no weights; make the model with model_from_json and load its "
        "weights with load_weights, or use kerasfmt convert with --weights"
    )


def read(path: Path, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """The model of an architecture, with fresh weights.

    Raises:
      KerasfmtError: as `model_from_json` does.
    """
    from kerasfmt.dialects.malformed import malformed_config_errors
    from kerasfmt.dialects.model_config import model_from_config

    config = parsed(path)
    with malformed_config_errors(str(path)):
        return model_from_config(config, custom_objects)


def parsed(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
      CorruptFileError: it is not JSON.
      UnsafeFileError: it is nested too deeply, or costs more than it may.
    """
    from kerasfmt.containers.checked_json import decode, parse_object
    from kerasfmt.limits import allowance_for

    data = path.read_bytes()
    allowance_for(len(data))
    return parse_object(decode(data, str(path)), str(path))


def describe(path: Path) -> Description:
    """The layers of an architecture.

    Raises:
      CorruptFileError: it is not JSON.
    """
    from kerasfmt.formats.description import Description, Row, named

    config = parsed(path)
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    entries = [entry for entry in layers or [] if isinstance(entry, dict)] if isinstance(layers, list) else []
    options = [entry["config"] if isinstance(entry.get("config"), dict) else {} for entry in entries]
    version = config.get("keras_version")
    return Description(
        path=path,
        format="json",
        title="the architecture of a Keras model",
        members={path.name: path.stat().st_size},
        writers={"keras": version} if isinstance(version, str) else {},
        **named(config),
        rows=tuple(
            Row(str(held.get("name") or entry.get("name") or ""), str(entry.get("class_name") or ""), ())
            for entry, held in zip(entries, options, strict=True)
        ),
    )


FORMAT: Final = Format(
    name="json",
    title="the architecture of a model",
    recognize=is_architecture,
    read=_refuse,
    read_architecture=read,
    describe=describe,
)
