"""The summary of a model."""

from __future__ import annotations

import kerasfmt
from kerasfmt import Input, Model
from kerasfmt.layers import Add, BatchNormalization, Dense


def test_summary() -> None:
    kerasfmt.clear_session()
    x = Input((3,), name="x")
    dense = Dense(3, name="d")
    model = Model(x, Add(name="sum")([BatchNormalization(name="n")(dense(x)), dense(dense(x))]), name="m")
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = lines[0].splitlines()
    assert text[0] == 'Model "m"'
    assert text[2].split("  ")[0] == "Layer (type)"
    rows = {line.split(" ")[0]: line for line in text[4:-2]}
    assert list(rows) == ["x", "d", "n", "sum"]
    assert rows["d"].count("(None, 3)") == 3
    assert " 12 " in rows["d"]
    assert rows["sum"].endswith("n, d")
    assert text[-1] == "Parameters: 24  trainable: 18  not trainable: 6"
    assert len({len(line) for line in text if set(line) == {"-"}}) == 1


def test_it_is_printed(capsys: object) -> None:
    x = Input((3,))
    Model(x, Dense(1000)(x), name="printed").summary()
    out = capsys.readouterr().out  # type: ignore[attr-defined]
    assert 'Model "printed"' in out
    assert "4,000" in out


def test_names_that_a_terminal_would_obey(capsys: object) -> None:
    name = "日本\x1b[2J\x07\r\u202e\x9b\n"
    x = Input((3,), name=f"x{name}")
    model = Model(x, Dense(1, name=f"d{name}")(x), name=f"m{name}")
    model.summary()
    shown = [capsys.readouterr().out]  # type: ignore[attr-defined]
    shown += map(repr, (model, *model.layers, *model.weights, *model.inputs, model.default_trace().function))
    shown.append(str(model.default_trace().function))
    safe = r"日本\x1b[2J\x07\r\u202e\x9b\n"
    assert all(f"{kind}{safe}" in shown[0] for kind in "xdm")
    for text in shown:
        assert not any(character in text.replace("\n", "") for character in "\x1b\x07\r\u202e\x9b")
    assert all(text.count("\n") == 0 for text in shown[1:-1])
