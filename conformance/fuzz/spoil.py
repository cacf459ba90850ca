"""Mutations of bytes and of JSON; `random` decides everything, so that an input can be made again."""

from __future__ import annotations

import contextlib
import copy
import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_LONG_NUMBERS = (*_NUMBERS, 1 << 32, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def flip(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A few bytes replaced, anywhere or close to each other."""
    spoilt = bytearray(data)
    start, stop = 0, len(data)
    if random.random() < 0.5:
        start = random.randrange(len(data))
        stop = min(len(data), start + 64)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        spoilt[random.randrange(start, stop)] = random.randrange(256)
    return bytes(spoilt)


def number(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Numbers replaced by those at which arithmetic breaks."""
    spoilt = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 3))):
        size, form = random.choice(((1, "<B"), (2, "<H"), (4, "<I"), (8, "<Q")))
        at = random.randrange(0, max(1, len(data) - size), random.choice((1, size)))
        value = random.choice(_LONG_NUMBERS) & ((1 << 8 * size) - 1)
        if at + size <= len(data):  # a value of a table may be shorter
            struct.pack_into(form, spoilt, at, value)
    return bytes(spoilt)


def truncate(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The beginning, or the beginning with something else behind it."""
    size = random.randrange(len(data))
    return data[:size] + random.choice((b"", b"", bytes(len(data) - size), random.randbytes(64)))


def splice(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A piece moved, doubled, taken out, or put in from another file."""
    other = random.choice(others)
    at, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    size = random.choice((4, 16, 256, 4096))
    source = random.randrange(max(1, len(other) - size))
    piece = other[source : source + size]
    return random.choice(
        (
            lambda: data[:at] + data[end:],
            lambda: data[:end] + data[at : at + size] + data[end:],
            lambda: data[:at] + piece + data[at + len(piece) :],
            lambda: data[:at] + piece + data[at:],
            lambda: data[:at] + other[at:],
        )
    )()


BYTES: dict[str, Callable[[Random, bytes, Sequence[bytes]], bytes]] = {
    "bytes flipped": flip,
    "numbers replaced": number,
    "truncated": truncate,
    "spliced": splice,
}

# JSON.

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 0.5, -0.0, 1e308, 1 << 31, 1 << 63, 1 << 64, -(1 << 63), 10**30),
    *("", "a", "float32", "linear", "Dense", "\udc80", "x" * 5000, "../x", "/", "a/b", "\0", "é"),
    *([], {}, [None], [[]], [0, 0, 0], [None, 1 << 40], ["a"], {"class_name": "Dense", "config": {}}),
    {"class_name": "__tuple__", "items": [1, 2]},
    {"class_name": "TensorShape", "items": [None, 3]},
    {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
    {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "x", "keras_history": ["a", 0, 0]}},
    {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": "system"},
)


def slots(value: Any) -> list[tuple[Any, Any]]:
    """Container and key of every value inside of a JSON value."""
    found, pending = [], [value]
    while pending:
        item = pending.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        for key in keys:
            found.append((item, key))
            pending.append(item[key])
    return found


def structure(random: Random, config: Any) -> Any:
    """A JSON value with some of its values changed, dropped, doubled, swapped, or put into themselves."""
    config = copy.deepcopy(config)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        places = slots(config)
        if not places:
            return random.choice(_VALUES)
        holder, key = random.choice(places)
        kind = random.randrange(8)
        if kind <= 2:
            holder[key] = _changed(random, holder[key])
        elif kind == 3:
            del holder[key]
        elif kind == 4:
            other, at = random.choice(places)
            with contextlib.suppress(IndexError, KeyError):
                holder[key], other[at] = copy.deepcopy(other[at]), copy.deepcopy(holder[key])
        elif kind == 5 and isinstance(holder, list):
            holder.insert(random.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
        elif kind == 6 and isinstance(holder, dict):
            holder[random.choice(("x", "name", "class_name", "config", "module", "dtype", "layers", ""))] = (
                holder.pop(key)
            )
        else:
            other, at = random.choice(places)
            holder[key] = copy.deepcopy(other[at]) if isinstance(at, str) and at in other else None
    return config


def _changed(random: Random, value: Any) -> Any:
    if isinstance(value, bool) or random.random() < 0.5:
        return copy.deepcopy(random.choice(_VALUES))
    if isinstance(value, int | float):
        numbers = (0, -1, value + 1, -value, value * 1000, 1 << 24, 1 << 31, 1 << 62, 1e300, float(value))
        return random.choice(numbers)
    if isinstance(value, str):
        return random.choice((value.upper(), value + "\0", value[1:], value * 2, [value], "../" + value))
    return [value]


def calls(random: Random, config: Any) -> Any:
    """A model whose graph is spoilt: cycles, calls of what is not there, impossible indices."""
    config = copy.deepcopy(config)
    places = slots(config)
    names = [str(h[k]) for h, k in places if k == "name"] or ["a"]
    nodes = [
        (h, k) for h, k in places if k in ("inbound_nodes", "keras_history", "input_layers", "output_layers")
    ]
    if not nodes:
        return structure(random, config)
    for _ in range(random.choice((1, 1, 2))):
        holder, key = random.choice(nodes)
        references = [(h, k) for h, k in slots(holder[key]) if isinstance(h, list) and _is_reference(h)]
        if references and random.random() < 0.7:
            reference, _ = random.choice(references)
            at = random.randrange(3)
            reference[at] = (
                random.choice(names) if at == 0 else random.choice((-1, 1, 2, 99, 1 << 40, "0", None))
            )
        elif random.random() < 0.5:
            other, at = random.choice(nodes)
            holder[key] = copy.deepcopy(other[at])
        else:
            holder[key] = structure(random, holder[key])
    return config


def _is_reference(value: list[Any]) -> bool:
    return len(value) >= 3 and isinstance(value[0], str)


def text(random: Random, config: Any) -> bytes:
    """JSON that is none, or that no writer writes."""
    plain = json.dumps(config)
    at = random.randrange(len(plain))
    colon = plain.index(":") + 1
    depth = random.choice((200, 300, 10_000, 100_000))
    return random.choice(
        (
            lambda: plain[:at].encode(),
            lambda: (plain[:at] + random.choice('{}[]",:0\\\x01') + plain[at + 1 :]).encode(),
            lambda: (plain[:colon] + random.choice(("NaN", "Infinity", "-Infinity", "1e999")) + "}").encode(),
            lambda: plain.replace('"name"', random.choice(('"config"', '"class_name"', '"dtype"'))).encode(),
            lambda: ('{"a":' * depth + "1" + "}" * depth).encode(),
            lambda: (plain[:colon] + "[" * depth + "]" * depth + "}").encode(),
            lambda: (plain[:colon] + "9" * random.choice((400, 5000, 100_000)) + "}").encode(),
            lambda: plain.encode()[:at] + b"\xff\xfe" + plain.encode()[at:],
            lambda: plain.encode("utf-16"),
            lambda: b"\xef\xbb\xbf" + plain.encode(),
            lambda: _nested_models(config, random.choice((5, 60, 200))),
            lambda: random.choice((b"", b"null", b"[]", b'"x"', b"{}", b"1")),
        )
    )()


def _nested_models(config: Any, depth: int) -> bytes:
    found = config
    for level in range(depth):
        found = {"class_name": "Sequential", "config": {"name": f"s{level}", "layers": [found]}}
    try:
        return json.dumps(found).encode()
    except RecursionError:
        return b"{}"


def encoded(value: Any) -> bytes:
    """JSON of what may hold lone surrogates."""
    return json.dumps(value).encode()
