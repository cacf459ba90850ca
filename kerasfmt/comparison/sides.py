"""One of two files that are compared: its description, and its model where it has one that kerasfmt knows."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.errors import InvalidModelError, UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.formats.description import Description, StoredWeight
from kerasfmt.formats.detect import described_format_at
from kerasfmt.formats.format import Format

if TYPE_CHECKING:
    from kerasfmt.ir import Model


@dataclass(frozen=True)
class Side:
    """One of two files.

    Attributes:
      path: where it is.
      format: its format.
      described: what it holds.
      model: its model; None for weights alone, and for a model that kerasfmt cannot build.
      why: why there is no model.
    """

    path: Path
    format: Format
    described: Description
    model: Model | None
    why: str = ""

    @property
    def is_model(self) -> bool:
        """Whether the file states a model, whether or not kerasfmt can build it."""
        return bool(self.described.kind)

    @property
    def has_state(self) -> bool:
        """Whether the file holds variables of an optimizer."""
        return bool(self.described.optimizer and self.described.optimizer.weights)

    @property
    def nbytes(self) -> int:
        """Bytes of its weights, those of the optimizer too, as its headers state them."""
        return self.described.nbytes + (self.described.optimizer.nbytes if self.described.optimizer else 0)

    def arrays(self) -> dict[str, Any]:
        """Its weights by their names in the file."""
        by_path = self.described.owners in ("object", "scope")
        return dict(
            distinct(
                (_path(row.path or row.owner, weight) if by_path or row.path else weight.name, weight.array)
                for row in self.described.rows
                for weight in row.weights
            )
        )

    def optimizer_arrays(self) -> dict[str, Any]:
        """The variables of its optimizer by their names in the file."""
        kept = self.described.optimizer
        return dict(distinct((w.name, w.array) for w in kept.weights)) if kept else {}


def open_side(path: Path) -> Side:
    """A file that is to be compared.

    Raises:
      KerasfmtError: it cannot be read.
    """
    found = described_format_at(path)
    if found.describe is None:
        raise UnsupportedFormatError(f"{path}: {found.title} cannot be compared")
    described = found.describe(path)
    if not described.kind:
        return Side(path, found, described, None, f"{path}: holds no Keras model")
    try:
        return Side(path, found, described, read_model(found, path))
    except (UnsupportedLayerError, UnsupportedFormatError) as error:
        return Side(path, found, described, None, str(error))


def read_model(found: Format, path: Path) -> Model:
    """The model at a path."""
    assert found.read is not None, found
    with silence():
        return found.read(path, None, True)


def with_weights(model: Side, weights: Side) -> Model | None:
    """The model of a side with the weights of another one; None where they do not fit it."""
    if model.model is None or weights.format.read_weights is None:
        return None
    filled = read_model(model.format, model.path)
    try:
        with silence():
            weights.format.read_weights(filled, weights.path, False, False)
    except InvalidModelError:
        return None
    return filled


def model_arrays(model: Model) -> dict[str, Any]:
    """The weights of a model by their names, still where they are."""
    return dict(distinct((weight.name, weight.value) for weight in dict.fromkeys(model.weights)))


def _path(owner: str, weight: StoredWeight) -> str:
    return f"{owner}/{weight.name}" if owner and not weight.name.startswith(f"{owner}/") else weight.name


def distinct(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Names and arrays; a name that comes again is numbered."""
    met: dict[str, int] = {}
    for name, array in named:
        met[name] = met.get(name, 0) + 1
        yield (name if met[name] == 1 else f"{name} ({met[name]})"), array


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """A context in which readers warn of nothing: what they leave out is compared in another way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
