"""The picture of a model."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import kerasfmt
from kerasfmt.drawing.layout import place
from kerasfmt.ir.diagram import diagram_of
from kerasfmt.layers import Add, Dense
from tests.ir.resnet import resnet50


def test_a_box_for_each_call() -> None:
    kerasfmt.clear_session()
    x = kerasfmt.Input((3,), name="x")
    shared = Dense(3, name="shared")
    first = shared(x)
    model = kerasfmt.Model(x, Add(name="add")([first, shared(first)]), name="m")
    found = diagram_of(model)
    assert found.title == "m (Functional): 12 parameters"
    assert [(box.name, box.kind, box.shape) for box in found.boxes] == [
        ("x", "InputLayer", "(None, 3)"),
        ("shared", "Dense (call 1 of 2)", "(None, 3)"),
        ("shared", "Dense (call 2 of 2)", "(None, 3)"),
        ("add", "Add", "(None, 3)"),
    ]
    assert sorted(found.edges) == [(0, 1), (1, 2), (1, 3), (2, 3)]


def test_a_model_in_a_model_is_drawn_once() -> None:
    y = kerasfmt.Input((3,), name="y")
    inner = kerasfmt.Model(y, Dense(3, name="deep")(y), name="inner")
    outer = kerasfmt.Sequential([kerasfmt.Input((3,), name="x")], name="outer")
    outer.add(inner)
    x = kerasfmt.Input((3,), name="x")
    found = diagram_of(kerasfmt.Model(x, Add()([inner(x), outer(x)])))
    boxes = {box.name: box for box in found.boxes}
    assert boxes["inner"].inner is not None
    assert [box.name for box in boxes["inner"].inner.boxes] == ["y", "deep"]
    assert boxes["outer"].inner is not None
    (again,) = [box for box in boxes["outer"].inner.boxes if box.name == "inner"]
    assert (again.kind, again.inner) == ("Functional, drawn above", None)


def test_models_in_models_take_linear_work() -> None:
    model = kerasfmt.Sequential([Dense(2, input_shape=(2,))], name="m0")
    for depth in range(1, 20):
        x = kerasfmt.Input((2,))
        model = kerasfmt.Model(x, model(model(x)), name=f"m{depth}")
    assert diagram_of(model).to_svg().count("<rect") < 120


def test_resnet50_is_readable(tmp_path: Path) -> None:
    model = resnet50()
    model.plot(tmp_path / "m.svg")
    root = ET.fromstring((tmp_path / "m.svg").read_text())
    assert float(root.get("width", 0)) < 500
    shown = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {layer.name for layer in model.layers} < set(shown)
    # The trunk is one straight line: every block ends below the one before it.
    found = diagram_of(model)
    middles = {
        box.name: x + 50
        for box, (x, _) in zip(
            found.boxes, place([(100, 20)] * len(found.boxes), found.edges).corners, strict=True
        )
    }
    trunk = [middle for name, middle in middles.items() if name.endswith("_out")]
    assert len(trunk) == 16
    assert max(trunk) - min(trunk) < 30
