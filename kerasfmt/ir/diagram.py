"""The picture of a model: a box for each call of a layer, models inside of it in frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard

from kerasfmt.drawing.diagram import Box, Diagram
from kerasfmt.drawing.picture import Picture
from kerasfmt.ir.compilable import Compilable

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer
    from kerasfmt.ir.tensor import Call


class Drawn(Protocol):
    """What the picture needs of a model."""

    name: str

    @property
    def keras_name(self) -> str:
        """Keras's name of the class."""

    @property
    def network(self) -> Sequence[Call]:
        """The layer calls, in the order in which they run."""

    def count_params(self) -> int:
        """Number of elements of all weights."""


def diagram_of(model: Drawn) -> Picture:
    """The calls of layers between the inputs and the outputs of a model; a model inside of it is drawn once.

    Args:
      model: the model.
    """
    title = f"{model.name} ({model.keras_name}): {model.count_params():,} parameters"
    return Picture(title, *_boxes(model, set()))


def _boxes(model: Drawn, drawn: set[int]) -> tuple[tuple[Box, ...], tuple[tuple[int, int], ...]]:
    """The boxes and the arrows of a model; `drawn` has the models that are drawn, by id."""
    places = {id(call): number for number, call in enumerate(model.network)}
    counts: dict[int, int] = {}
    for call in model.network:
        counts[id(call.layer)] = counts.get(id(call.layer), 0) + 1
    met: dict[int, int] = {}
    boxes = []
    for call in model.network:
        number = met[id(call.layer)] = met.get(id(call.layer), 0) + 1
        of = counts[id(call.layer)]
        boxes.append(_box(call, f" (call {number} of {of})" if of > 1 else "", drawn))
    edges = dict.fromkeys(
        (places[id(tensor.origin)], places[id(call)])
        for call in model.network
        for tensor in call.tensor_inputs
    )
    return tuple(boxes), tuple(edges)


def _box(call: Call, which: str, drawn: set[int]) -> Box:
    layer: Layer = call.layer
    kind = f"{layer.keras_name}{which}"
    shape = ", ".join(str(tensor.shape) for tensor in call.flat_outputs)
    if not _is_model(layer):
        return Box(layer.name, kind, shape)
    if id(layer) in drawn:
        return Box(layer.name, f"{kind}, drawn above", shape)
    drawn.add(id(layer))
    return Box(layer.name, kind, shape, Diagram(layer.name, *_boxes(layer, drawn)))


def _is_model(layer: Layer) -> TypeGuard[Drawn]:
    """Whether a layer is a model, whose calls are known."""
    return isinstance(layer, Compilable)
