"""A description as lines of text, and as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kerasfmt.formats.description import Description, StoredOptimizer
from kerasfmt.formats.statistics import Statistics
from kerasfmt.printable import byte_size

_WRITERS: Final = {"keras": "Keras", "tensorflow": "TensorFlow", "backend": "backend"}
_FILES: Final = 8
_SIGNATURES: Final = 8
_TEXT: Final = 100
"""Characters of an option that are shown."""

STATISTICS: Final = ("min", "max", "mean", "std", "zeros", "non-finite")
"""The headings of `statistics_texts`."""


def lines(found: Description) -> Iterator[str]:
    """Sentences about the whole; the text of a file in them is as it stands there."""
    yield f"{found.path}: {found.title}, {byte_size(found.bytes_on_disk)}{_written_by(found.writers)}"
    if found.kind or found.name:
        yield f"model: {found.kind or 'of an unknown class'} {found.name}".rstrip()
    yield from found.facts
    if len(found.members) > 1:
        yield f"files: {_listed([f'{name} ({byte_size(size)})' for name, size in found.members.items()], _FILES)}"
    if found.signatures is not None:
        shown = found.signatures[:_SIGNATURES]
        more = len(found.signatures) - len(shown)
        yield f"signatures: {len(found.signatures) or 'none'}"
        yield from (f"  {signature}" for signature in shown)
        if more:
            yield f"  and {more} more"
    count = sum(len(row.weights) for row in found.rows)
    owners = f"{len(found.rows):,} {found.owners}s, " if found.owners in ("layer", "object") else ""
    yield f"total: {owners}{count:,} {found.weights}, {found.size:,} elements, {byte_size(found.nbytes)}"
    if found.compiled is not None:
        yield f"compiled: {_options(found.compiled) or 'yes'}"
    elif found.kind:
        yield "compiled: no"
    if found.optimizer is not None:
        yield _optimizer(found.optimizer)


def _written_by(writers: Mapping[str, str]) -> str:
    named = [f"{_WRITERS[by]} {version}" for by, version in writers.items()]
    return f", written by {', '.join(named)}" if named else ""


def _optimizer(found: StoredOptimizer) -> str:
    slots = f", slots {', '.join(found.slots)}" if found.slots else ""
    options = _options(found.config)
    kind = f"{found.kind}({options})" if found.kind else "of a class that the file does not state"
    return f"optimizer: {kind}, {len(found.weights):,} variables, {byte_size(found.nbytes)}{slots}"


def _options(config: Mapping[str, Any]) -> str:
    """Options that say something; an object by its class."""
    stated = {key: _short(value) for key, value in config.items() if value not in (None, "", [], {})}
    return ", ".join(f"{key}={value}" for key, value in stated.items())


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and "class_name" in value:
        config = value.get("config")
        inner = config.get("name") or config.get("fn") if isinstance(config, Mapping) else config
        return f"{value['class_name']}({inner})" if isinstance(inner, str) else str(value["class_name"])
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_short, value))}]"[:_TEXT]
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_short(item)}' for key, item in value.items())}}}"[:_TEXT]
    return f"{value:.7g}" if isinstance(value, float) else str(value)[:_TEXT]


def _listed(texts: list[str], most: int) -> str:
    more = f", and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def statistics_texts(found: Statistics | None) -> list[str]:
    """A text for each heading of STATISTICS; empty ones where there are no statistics."""
    if found is None:
        return [""] * len(STATISTICS)
    numbers = (found.smallest, found.largest, found.mean, found.std)
    counts = (found.zeros, found.non_finite)
    return ["-" if number is None else f"{number:.4g}" for number in numbers] + [f"{n:,}" for n in counts]
