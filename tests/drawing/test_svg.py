"""Pictures."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET

from kerasfmt.drawing.diagram import Box, Diagram
from kerasfmt.drawing.svg import to_svg
from tests.drawing.diagrams import nested

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_every_box_is_drawn_with_its_lines() -> None:
    root = ET.fromstring(to_svg(nested()))
    kinds = [element.get("class") for element in root.iter(f"{SVG}rect")]
    assert (kinds.count("box"), kinds.count("frame"), kinds.count("page")) == (5, 1, 1)
    shown = texts(root)
    assert {"a", "A", "(1,)", "b", "B", "model", "Functional", "(3,)", "X"} <= set(shown)
    assert sum(element.get("marker-end") is not None for element in root.iter(f"{SVG}path")) == 5


def test_everything_lies_inside_of_the_picture() -> None:
    root = ET.fromstring(to_svg(nested()))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for element in root.iter(f"{SVG}rect"):
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        assert x >= 0 and x + float(element.get("width", 0)) <= width
        assert y >= 0 and y + float(element.get("height", 0)) <= height


def test_a_frame_holds_its_boxes() -> None:
    root = ET.fromstring(to_svg(nested()))
    rects = list(root.iter(f"{SVG}rect"))
    (frame,) = [rect for rect in rects if rect.get("class") == "frame"]
    inside = rects[rects.index(frame) + 1 : rects.index(frame) + 3]
    x, y, w, h = (float(frame.get(key, 0)) for key in ("x", "y", "width", "height"))
    for rect in inside:
        assert x < float(rect.get("x", 0)) < x + w - float(rect.get("width", 0))
        assert y < float(rect.get("y", 0)) < y + h - float(rect.get("height", 0))


def test_hostile_texts_are_escaped() -> None:
    picture = to_svg(nested())
    picture.encode()
    assert not {c for c in picture if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    found = ET.fromstring(picture).findtext(f"{SVG}title")
    assert found == 'title \\x1b[2J\\u202e"<&>\\`#;日本\\udc80'


def test_long_lines_are_cut_and_shown_as_a_whole_elsewhere() -> None:
    diagram = Diagram("t", (Box("日" * 50, "K" * 44, "s" * 45),), ())
    root = ET.fromstring(to_svg(diagram))
    _, name, kind, shape = texts(root)
    assert name == "日" * 21 + "…"
    assert kind == "K" * 44
    assert shape == "s" * 43 + "…"
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles[1] == "\n".join(["日" * 50, "K" * 44, "s" * 45])


def test_the_style_is_for_the_picture_alone() -> None:
    root = ET.fromstring(to_svg(nested()))
    style = root.findtext(f"{SVG}style") or ""
    assert root.get("class") == "kerasfmt"
    assert style.count("{") == style.count(".kerasfmt ") > 5
