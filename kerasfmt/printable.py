"""Texts to print: those from files, made safe, and numbers of bytes.

The names in a file can hold what a terminal obeys: escape sequences, carriage returns, characters that turn the
direction of the text. Other characters of every script stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

_COMMANDS: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: escape sequences, bell, carriage return, line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of text
    "\u2028\u2029"  # ends of lines and paragraphs
    "\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # nothing that can be seen
    "\ud800-\udfff"  # halves of characters, which no output can encode
    "]"
)


def printable(text: str) -> str:
    r"""The text with the escape of Python in place of each character that controls a terminal, as `\x1b`.

    Args:
      text: any text.

    Example:
      >>> print(printable("日本語 \x1b[2J"))
      日本語 \x1b[2J
    """
    return _COMMANDS.sub(_escape, text)


def byte_size(count: int) -> str:
    """A number of bytes as a text in a suitable unit.

    Args:
      count: the number of bytes.

    Example:
      >>> byte_size(102_550_144)
      '102.6 MB'
    """
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:,.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
