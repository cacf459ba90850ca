"""Ops that replace what a regular expression of RE2 matches.

Python's `re` finds the patterns of a subset (see re2_subset.py). The package google-re2 finds all of them.

Source: tensorflow/core/kernels/regex_replace_op.cc; re2/re2.cc, RE2::GlobalReplace, RE2::Rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape, with_rank
from kerasfmt.graph.ops.re2_subset import NotInSubset, translate
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

Replace: TypeAlias = Callable[[bytes, bool], bytes]
"""What replaces matches in a text: all of them, or the first."""
_Rewrite: TypeAlias = tuple["bytes | int", ...]
"""The parts of what takes the place of a match: texts, and numbers of groups."""


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@lru_cache(maxsize=256)
def _replacing(pattern: bytes, rewrite: bytes) -> Replace:
    """What replaces the matches of a pattern.

    Raises:
      UnsupportedLayerError: RE2 is needed and not installed.
      ValueError: it is no pattern, or no rewrite.
    """
    try:
        text = pattern.decode()
    except UnicodeDecodeError:
        raise ValueError(f"pattern: expected UTF-8, got {pattern[:80]!r}") from None
    parts = _parsed(rewrite)
    try:
        found = translate(text)
    except NotInSubset as reason:
        return _by_re2(text, parts, str(reason))
    if max((part for part in parts if isinstance(part, int)), default=0) > found.groups:
        return lambda given, everywhere: given
    return _in_bytes(found.text, parts) if found.is_ascii else _in_text(text, found.text, parts)


def _parsed(rewrite: bytes) -> _Rewrite:
    parts: list[bytes | int] = []
    at = 0
    while at < len(rewrite):
        end = rewrite.find(b"\\", at)
        if end < 0:
            parts.append(rewrite[at:])
            break
        parts.append(rewrite[at:end])
        escaped = rewrite[end + 1 : end + 2]
        if escaped.isdigit():
            parts.append(int(escaped))
        elif escaped == b"\\":
            parts.append(escaped)
        else:
            raise ValueError(
                f"rewrite: expected a digit or a backslash after a backslash, got {rewrite[:80]!r}"
            )
        at = end + 2
    return tuple(parts)


def _in_bytes(pattern: str, parts: _Rewrite) -> Replace:
    sub = re.compile(pattern.encode()).sub
    if all(isinstance(part, bytes) for part in parts):
        constant = b"".join(part for part in parts if isinstance(part, bytes)).replace(b"\\", b"\\\\")
        return lambda text, everywhere: sub(constant, text, count=not everywhere)
    return lambda text, everywhere: sub(lambda match: _rewritten(parts, match), text, count=not everywhere)


_NO_CHARACTER: Final = re.compile(
    rb"\xe0[\x80-\x9f][\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]"
    rb"|\xf0[\x80-\x8f][\x80-\xbf]{2}|\xf4[\x90-\xbf][\x80-\xbf]{2}"
)
"""Surrogates, numbers beyond the last character, and numbers in too many bytes: RE2 finds some of them."""


def _in_text(original: str, pattern: str, parts: _Rewrite) -> Replace:
    sub = re.compile(pattern).sub
    texts = tuple(
        part.decode("utf-8", "surrogateescape") if isinstance(part, bytes) else part for part in parts
    )

    def replace(text: bytes, everywhere: bool) -> bytes:
        if not text.isascii() and _NO_CHARACTER.search(text):
            return _by_re2(original, parts, "a text holds what is no character")(text, everywhere)
        shown = text.decode("utf-8", "surrogateescape")
        made = sub(
            lambda match: "".join([p if isinstance(p, str) else match[p] for p in texts]),
            shown,
            count=not everywhere,
        )
        return made.encode("utf-8", "surrogateescape")

    return replace


def _rewritten(parts: _Rewrite, match: Any) -> bytes:
    return b"".join([part if isinstance(part, bytes) else match[part] or b"" for part in parts])


def _by_re2(pattern: str, parts: _Rewrite, reason: str) -> Replace:
    """What replaces matches with RE2 itself."""
    compiled = _compiled_by_re2(pattern, reason)
    if max((part for part in parts if isinstance(part, int)), default=0) > compiled.groups:
        return lambda given, everywhere: given
    return lambda text, everywhere: _replaced(compiled, parts, text, everywhere)


def _compiled_by_re2(pattern: str, reason: str) -> Any:
    """The pattern of RE2 itself."""
    try:
        import re2
    except ImportError:
        raise UnsupportedLayerError(
            f"regular expression {pattern!r:.200}: in RE2's syntax, of which Python's re takes a part ({reason}); "
            "install RE2 to run it: pip install 'kerasfmt[text]'"
        ) from None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"pattern {pattern!r:.200}: {error}") from error


def _replaced(compiled: Any, parts: _Rewrite, text: bytes, everywhere: bool) -> bytes:
    out: list[bytes] = []
    at, last = 0, -1
    while at <= len(text):
        match = compiled.search(text, at)
        if match is None:
            break
        start, end = match.span()
        out.append(text[at:start])
        at = end
        if start == end == last:  # an empty match behind a match counts for nothing
            at += _width(text, start)
            out.append(text[start:at])
            continue
        out.append(_rewritten(parts, match))
        last = end
        if not everywhere:
            break
    return b"".join([*out, text[at:]])


def _width(text: bytes, at: int) -> int:
    """The bytes of the character at a place; 1 where there is none."""
    for width in (1, 2, 3, 4):
        try:
            text[at : at + width].decode()
        except UnicodeDecodeError:
            continue
        return width
    return 1


def _run(x: Array, pattern: bytes, rewrite: bytes, everywhere: bool) -> list[Array]:
    replace = _replacing(pattern, rewrite)
    return [string_array([replace(text, everywhere) for text in strings_of(x)], x.shape)]


@lru_cache(maxsize=256)
def _matching(pattern: bytes) -> Callable[[bytes], bool]:
    """Whether a whole text matches a pattern.

    Raises:
      UnsupportedLayerError: RE2 is needed and not installed.
      ValueError: it is no pattern.
    """
    text = pattern.decode()
    try:
        found = translate(text)
    except NotInSubset as reason:
        compiled = _compiled_by_re2(text, str(reason))
        return lambda given: compiled.fullmatch(given) is not None
    if found.is_ascii:
        in_bytes = re.compile(found.text.encode())
        return lambda given: in_bytes.fullmatch(given) is not None
    in_text = re.compile(found.text)
    return lambda given: in_text.fullmatch(given.decode("utf-8", "surrogateescape")) is not None


def full_matches(x: Array, pattern: bytes) -> Array:
    """Whether each string, as a whole, matches a pattern: bool, of the shape of `x`.

    Raises:
      UnsupportedLayerError: RE2 is needed and not installed.
      ValueError: it is no pattern.
    """
    matches = _matching(pattern)
    found: Array = np.array([matches(text) for text in strings_of(x)], bool).reshape(x.shape)
    return found


def _static(attrs: Attrs, x: Array) -> list[Array]:
    return _run(x, _bytes(attrs["pattern"]), _bytes(attrs["rewrite"]), attrs["replace_global"])


declare("StaticRegexReplace", same_shape, _static)


@register("RegexReplace")
class RegexReplace(Op):
    """The strings with the matches of a pattern replaced."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, pattern: Value, rewrite: Value) -> list[Shape]:
        with_rank(pattern, 0), with_rank(rewrite, 0)
        return [x.shape]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, pattern: Array, rewrite: Array) -> list[Array]:
        return _run(x, pattern.item(), rewrite.item(), attrs["replace_global"])


def regex_replace(x: Value, pattern: Operand, rewrite: Operand, *, replace_global: bool = True) -> Value:
    """The strings with the matches of a pattern replaced.

    Args:
      x: strings of any shape.
      pattern: a regular expression in RE2's syntax.
      rewrite: what takes the place of a match, in which \\0 is the match and \\1 its first group.
      replace_global: whether all matches are replaced, not only the first.

    Source: tf.strings.regex_replace.
    """
    if isinstance(pattern, str) and isinstance(rewrite, str):
        return emit_one(
            "StaticRegexReplace", x, pattern=pattern, rewrite=rewrite, replace_global=replace_global
        )
    return emit_one("RegexReplace", x, pattern, rewrite, replace_global=replace_global)
