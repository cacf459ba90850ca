"""Text that is safe to print: what is escaped, and what stays."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from kerasfmt.printable import byte_size, printable

HOSTILE = [
    ("\x1b[2J", r"\x1b[2J"),
    ("\x9b2J", r"\x9b2J"),
    ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
    ("a\rb", r"a\rb"),
    ("a\nkerasfmt: done", r"a\nkerasfmt: done"),
    ("\x00\x08\x0b\x0c\x7f", r"\x00\x08\x0b\x0c\x7f"),
    ("\u202egpj.exe", r"\u202egpj.exe"),
    ("\u2066\u2069\u200f\u061c", r"\u2066\u2069\u200f\u061c"),
    ("\u2028\u2029\u0085", r"\u2028\u2029\x85"),
    ("\ufeff\u200b\U000e0041", r"\ufeff\u200b\U000e0041"),
    ("\udc80", r"\udc80"),
]


@pytest.mark.parametrize(("text", "expected"), HOSTILE)
def test_what_a_terminal_obeys_is_escaped(text: str, expected: str) -> None:
    assert printable(f"é{text}日") == f"é{expected}日"
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    "text",
    [
        "dense/kernel:0",
        "日本語の層",
        "größe",
        "слой",
        "طبقة",
        "परत",
        "層\u3000一",
        "👩‍🔬",
        "नी‌ति",
        "C:\\x\\n",
        "a\xa0b",
    ],
)
def test_text_of_every_script_stays(text: str) -> None:
    assert printable(text) == text


def test_no_control_character_is_left() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    left = {unicodedata.category(character) for character in printable(everything)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert not any(
        unicodedata.bidirectional(character)
        in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        for character in printable(everything)
    )
    assert printable(everything).encode()


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (10**10, "10,000.0 MB")],
)
def test_byte_size(count: int, said: str) -> None:
    assert byte_size(count) == said
