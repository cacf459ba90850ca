"""JSON from untrusted files, checked before use."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Final, NoReturn

from kerasfmt import limits
from kerasfmt.errors import CorruptFileError, UnsafeFileError

MAX_DEPTH: Final = 256
"""How deep a config may be nested, in levels; a model inside a model takes four."""
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
"""Strings, whose brackets do not count, and brackets."""


def decode(data: bytes, where: str) -> str:
    """The text that UTF-8 bytes hold.

    Args:
      data: the bytes.
      where: what errors begin with.

    Raises:
      CorruptFileError: the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptFileError(f"{where}: expected UTF-8: {error}; the file is damaged") from error


def parse_object(text: str, where: str) -> dict[str, Any]:
    """The JSON object that a text holds.

    Args:
      text: the JSON.
      where: what errors begin with.

    Raises:
      CorruptFileError: it is not JSON, not an object, names a key twice, or holds NaN or an infinity.
      UnsafeFileError: it is nested deeper than MAX_DEPTH, or longer than reading the file may cost.
    """
    limits.spend(limits.JSON_COST * len(text), where)

    def refuse_constant(name: str) -> NoReturn:
        raise CorruptFileError(
            f"{where}: holds {name}, which is not a JSON number; give the option a finite value"
        )

    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
            raise CorruptFileError(
                f"{where}: names the key {twice!r} twice in one object; the file is damaged"
            )
        return found

    too_deep = f"{where}: nested deeper than {MAX_DEPTH} levels, and no Keras model is; it is not read"
    try:
        config = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=refuse_duplicates)
    except RecursionError as error:
        if _nesting(text) <= MAX_DEPTH:  # the caller has used up the stack
            raise
        raise UnsafeFileError(too_deep) from error
    except ValueError as error:
        raise CorruptFileError(f"{where}: expected JSON: {error}; the file is damaged") from error
    if not isinstance(config, dict):
        raise CorruptFileError(
            f"{where}: expected a JSON object, got {type(config).__name__}; the file is damaged"
        )
    if _depth_exceeds(config, MAX_DEPTH):
        raise UnsafeFileError(too_deep)
    return config


def _nesting(text: str) -> int:
    """How deep the brackets of a JSON text are nested."""
    depth = deepest = 0
    for token in _TOKENS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _depth_exceeds(config: dict[str, Any], limit: int) -> bool:
    level: list[Any] = [config]
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) in (dict, list)
        ]
        if not level:
            return False
    return True
