"""The format that a path asks for, and the format of an existing file.

A model is written in the format whose suffix its name has. A name without one is that of a directory, a SavedModel,
and may have dots: `model`, `model.v2`, `1.0`. Refused are the suffixes of other kinds of files, which FOREIGN lists,
unless the caller names the format, and URLs.

Source: tf_keras/src/saving/saving_api.py, save_model and load_model
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeGuard

from kerasfmt.containers.binary import Binary
from kerasfmt.errors import MissingFileError, UnsupportedFormatError
from kerasfmt.formats import FORMATS
from kerasfmt.formats.format import Format, Shards, Source
from kerasfmt.formats.keras_archive import layout as archive

_UNPACKED = (archive.METADATA, archive.CONFIG)
"""The members by which an unpacked `.keras` archive is recognized."""
_START = 8
"""Bytes of an unknown file that the error shows."""
_ARCHIVE: Final = "a packed directory"
_TEXT: Final = "a text"
FOREIGN: Final[Mapping[str, str]] = {
    ".onnx": "a model of ONNX",
    ".tflite": "a model of TensorFlow Lite",
    ".lite": "a model of TensorFlow Lite",
    ".pb": "a file inside of a SavedModel",
    ".pbtxt": "a file inside of a SavedModel",
    ".index": "a part of a checkpoint",
    ".pt": "a model of PyTorch",
    ".pth": "a model of PyTorch",
    ".pt2": "a model of PyTorch",
    ".gguf": "weights alone, which are not written",
    ".mlmodel": "a model of Core ML",
    ".mlpackage": "a model of Core ML",
    ".xml": "a model of OpenVINO",
    ".engine": "a model of TensorRT",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".joblib": "a pickle",
    ".npy": "an array of NumPy",
    ".bin": "plain bytes",
    ".json": _TEXT,
    ".yaml": _TEXT,
    ".yml": _TEXT,
    ".txt": _TEXT,
    ".csv": _TEXT,
    ".md": _TEXT,
    ".html": _TEXT,
    ".py": "a program",
    ".svg": "a picture",
    ".png": "a picture",
    ".zip": _ARCHIVE,
    ".tar": _ARCHIVE,
    ".gz": _ARCHIVE,
    ".tgz": _ARCHIVE,
    ".xz": _ARCHIVE,
    ".bz2": _ARCHIVE,
    ".7z": _ARCHIVE,
}
"""Suffixes that no name of a directory ends in, and what has such a name."""
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""How a URL begins; pathlib makes one slash of two. A drive of Windows has one letter."""


def is_path(filepath: Source) -> TypeGuard[str | os.PathLike[str]]:
    """Whether it is a path, not an open file."""
    return isinstance(filepath, str | os.PathLike)


def format_for(filepath: Source, save_format: str | None = None) -> Format:
    """The format in which a model is to be written: the named one, or else the one for the path's suffix.

    Args:
      filepath: a path, or an open file.
      save_format: the name of a format.

    Raises:
      UnsupportedFormatError: there is no format of that name, it does not take this open file, or the path is a
        URL or has the suffix of another kind of file.
      TypeError: `filepath` is neither a path nor open.
    """
    named = _named(save_format, lambda found: found.write is not None)
    if not is_path(filepath):
        return _format_of_open(filepath, named)
    _refuse_url(filepath)
    if named is not None:
        return named
    suffix, claiming = _claiming(filepath, lambda found: found.suffixes)
    foreign = Path(filepath).suffix.lower()
    if not suffix and foreign in FOREIGN:
        suffixes = [suffix for found in FORMATS if found.write for suffix in found.suffixes if suffix]
        raise UnsupportedFormatError(
            f"{filepath}: expected a name that ends in {_listed(suffixes)}, or the name of a directory for a "
            f"SavedModel, got {foreign}, the suffix of {FOREIGN[foreign]}; choose another name, or name the format"
        )
    return claiming[0]


def weights_format_for(filepath: Source, save_format: str | None = None) -> Format:
    """The format in which weights alone are to be written.

    Args:
      filepath: a path, or an open file.
      save_format: the name of a format.

    Raises:
      UnsupportedFormatError: there is no format of that name, its files of weights have other names, or the path is
        a URL.
      TypeError: `filepath` is neither a path nor open.
    """
    named = _named(save_format, _writes_weights)
    if not is_path(filepath):
        return _format_of_open(filepath, named)
    _refuse_url(filepath)
    suffix, claiming = _claiming(filepath, lambda found: found.weights_suffixes)
    if named in claiming or (named is None and suffix):
        return named or claiming[0]
    if suffix:
        raise UnsupportedFormatError(
            f"{filepath}: expected save_format {_names(claiming)} for a name that ends in {suffix}, got "
            f"{save_format!r}; Keras reads that name in one layout only; choose {_other_name(named)}"
        )
    suffixes = dict.fromkeys(suffix for found in FORMATS for suffix in found.weights_suffixes if suffix)
    maps = [found.shards.suffix for found in FORMATS if found.shards]
    raise UnsupportedFormatError(
        f"{filepath}: expected a name that ends in {_listed(suffixes)}, or in {_listed(maps)} with a "
        f'max_shard_size, or save_format="tf" for a checkpoint, got save_format={save_format!r}; '
        "other formats of weights are not written"
    )


def shards_format_for(filepath: Source, save_format: str | None = None) -> tuple[Format, Shards]:
    """The format in which weights are to be written in several files.

    Args:
      filepath: the path of the map.
      save_format: the name of a format.

    Raises:
      UnsupportedFormatError: no format writes shards under that name.
    """
    named = _named(save_format, _writes_weights)
    able = {found: found.shards for found in FORMATS if found.shards}
    for found, shards in able.items():
        called_so = is_path(filepath) and Path(filepath).name.endswith(shards.suffix)
        if called_so and named in (None, found):
            return found, shards
    raise UnsupportedFormatError(
        f"{filepath}: expected a name that ends in {_listed(shards.suffix for shards in able.values())} for weights "
        f"in shards, and no save_format but {_names(able)}, got save_format={save_format!r}; only "
        f"{_listed(shards.readers for shards in able.values())} reads shards"
    )


def format_at(source: Source) -> Format:
    """The format of a model, by its content.

    Args:
      source: a path, or an open file.

    Raises:
      MissingFileError: there is nothing.
      UnsupportedFormatError: it is of no format, a URL, or may not be read.
      TypeError: `source` is neither a path nor open.
    """
    if isinstance(source, Binary):
        return _format_of_bytes(source)
    if not is_path(source):
        return _format_of_open(source)
    _refuse_url(source)
    path = Path(source)
    return _first(path, "a model", {found: found.recognize for found in FORMATS if found.recognize})


def weights_format_at(source: Source) -> Format:
    """The format of the weights in a file, by its content.

    Args:
      source: a path, or an open file.

    Raises:
      MissingFileError: there is nothing.
      UnsupportedFormatError: it is of no format, a URL, or may not be read.
      TypeError: `source` is neither a path nor open.
    """
    if is_path(source):
        _refuse_url(source)
        tests = {found: found.holds_weights for found in FORMATS if found.holds_weights}
        return _first(Path(source), "weights", tests)
    if isinstance(source, Binary):
        found = _format_of_bytes(source)
        able = [other for other in FORMATS if other.recognize_bytes]
    else:
        found, able = _format_of_open(source), list(FORMATS)
    holding = (other for other in able if other.holds_weights and other.holds_weights(source))
    return next(holding, found)


def _refuse_url(filepath: str | os.PathLike[str]) -> None:
    if _URL.match(os.fspath(filepath)):
        raise UnsupportedFormatError(
            f"{filepath}: expected a path on this machine, got a URL; copy the files, or mount the place that it names"
        )


def described_format_at(path: Path) -> Format:
    """The format of whatever a path holds, a model or weights, by its content.

    Raises:
      MissingFileError: there is nothing.
      UnsupportedFormatError: it is of no format, a URL, or may not be read.
    """
    _refuse_url(path)
    tests = {found: _recognizes(found) for found in FORMATS if found.recognize or found.holds_weights}
    return _first(path, "a model or weights", tests)


def _recognizes(found: Format) -> Callable[[Path], bool]:
    """Whether a path holds a model of a format, or weights."""
    tests = [test for test in (found.recognize, found.holds_weights) if test]
    return lambda path: any(test(path) for test in tests)


def _writes_weights(found: Format) -> bool:
    return found.write_weights is not None or found.prefix is not None


def _named(save_format: str | None, able: Callable[[Format], bool]) -> Format | None:
    """The format of a name: one that is able to write what is asked for, if there is one of that name."""
    if save_format is None:
        return None
    names: dict[str, Format] = {}
    writing = [found for found in FORMATS if found.write or _writes_weights(found)]
    for found in sorted(writing, key=able, reverse=True):
        for name in (found.name, *found.aliases):
            names.setdefault(name, found)
    if save_format.lower() not in names:
        raise UnsupportedFormatError(f"save_format={save_format!r}: expected one of {', '.join(names)}")
    return names[save_format.lower()]


def is_open_file(source: object) -> bool:
    """Whether a value is a file, or a group in one, that some format takes in place of a path."""
    return any(found.open_files and found.open_files.recognize(source) for found in FORMATS)


def _format_of_open(file: object, named: Format | None = None) -> Format:
    able = {found: found.open_files for found in FORMATS if found.open_files}
    for found, kind in able.items():
        if kind.recognize(file):
            if named not in (None, found):
                raise UnsupportedFormatError(
                    f"save_format={named.name!r}: an open {found.title} file takes {found.title} only"
                )
            return found
    kinds = ", ".join(kind.title for kind in able.values())
    raise TypeError(f"filepath: expected a path, {kinds}, got {type(file).__name__}")


def _format_of_bytes(source: Binary) -> Format:
    tests = {found: found.recognize_bytes for found in FORMATS if found.recognize_bytes}
    for found, recognize in tests.items():
        if recognize(source):
            return found
    titles = " nor ".join(found.title for found in tests)
    raise UnsupportedFormatError(f"{source}: neither {titles}: begins with {source.data[:_START]!r}")


def _claiming(
    path: str | os.PathLike[str], suffixes: Callable[[Format], Iterable[str]]
) -> tuple[str, list[Format]]:
    """The longest suffix of a path that any format claims, and the formats that claim it."""
    name = Path(path).name.lower()
    longest = max((s for found in FORMATS for s in suffixes(found) if name.endswith(s)), key=len)
    return longest, [found for found in FORMATS if longest in suffixes(found)]


def _first(path: Path, what: str, tests: Mapping[Format, Callable[[Path], bool]]) -> Format:
    """The first format whose test accepts the file or directory at a path."""
    suffixes = [each.prefix.suffix for each in tests if each.prefix]
    if not (path.exists() or any(Path(f"{path}{suffix}").is_file() for suffix in suffixes)):
        raise MissingFileError(f"{path}: expected {what}, got nothing: no such file or directory")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UnsupportedFormatError(f"{path}: expected a file or a directory, got a device")
    try:
        found = next((each for each, test in tests.items() if test(path)), None)
        start = _beginning(path) if path.is_file() else b""
    except PermissionError as error:
        raise UnsupportedFormatError(f"{path}: may not be read: {error.strerror}") from error
    if found is not None:
        return found
    if path.is_dir():
        if all((path / member).is_file() for member in _UNPACKED):
            raise UnsupportedFormatError(
                f"{path}: expected {what}, got the unpacked files of a .keras archive; load the archive itself, "
                "or put the files into a zip archive again"
            )
        known = [
            f" without {each.contents.marker}; it is not {each.title}" for each in tests if each.contents
        ]
        raise UnsupportedFormatError(f"{path}: a directory{';'.join(known) or f', which holds no {what}'}")
    titles = " nor ".join(each.title for each in tests)
    raise UnsupportedFormatError(f"{path}: neither {titles}: it begins with {start!r}")


def _beginning(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_START)


def _other_name(named: Format | None) -> str:
    suffixes = [suffix for suffix in named.weights_suffixes if suffix] if named else []
    return f"a name that ends in {_listed(suffixes)}" if suffixes else "another name"


def _names(formats: Iterable[Format]) -> str:
    return _listed(repr(found.name) for found in formats)


def _listed(texts: Iterable[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} or {last}" if others else last
