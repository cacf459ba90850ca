"""Layers that hold a list of layers as an option."""

from __future__ import annotations

import pytest

from kerasfmt.layers import Dense, LSTMCell, Pipeline, Rescaling, StackedRNNCells
from kerasfmt.layers.layer_list import LayerList


@pytest.mark.parametrize(
    "layer", [Pipeline([Rescaling(2.0), Rescaling(3.0)]), StackedRNNCells([LSTMCell(2), LSTMCell(3)])]
)
def test_the_layers_of_a_list(layer: LayerList) -> None:
    held = getattr(layer, layer.listed)
    assert layer.sublayers == {"0": held[0], "1": held[1]}
    assert layer.tracked_layers() == {layer.listed: held}
    made = [Dense(1, name=str(place)) for place in range(2)] if layer.listed == "layers" else held[::-1]
    described = [item.described() for item in made]
    by_name = {entry["config"]["name"]: item for entry, item in zip(described, made, strict=True)}
    again = type(layer).revive(
        {**layer.get_config(), layer.listed: described}, {}, lambda entry: by_name[entry["config"]["name"]]
    )
    assert getattr(again, layer.listed) == made
    with pytest.raises(ValueError, match=f"option {layer.listed}: expected a list of {layer.listed}, got 3"):
        type(layer).revive({**layer.get_config(), layer.listed: 3}, {}, Dense.from_config)
