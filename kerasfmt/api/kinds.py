"""Of what kind the model is that a caller gives; answered without importing what the answer does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from kerasfmt.ir import Model


def is_graph(model: Any) -> bool:
    """Whether it is a GraphModel: functions and variables without layers."""
    from kerasfmt.ir import Model

    if isinstance(model, Model):
        return False  # without the import, which brings the interpreter
    from kerasfmt.ir.graph_model import GraphModel

    return isinstance(model, GraphModel)


def is_model(model: Any) -> TypeGuard[Model]:
    """Whether it is a model of kerasfmt; a live one of Keras is none."""
    from kerasfmt.ir import Model

    return isinstance(model, Model)
