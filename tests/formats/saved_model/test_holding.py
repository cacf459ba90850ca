"""Which layers revived layers hold."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsafeFileError
from kerasfmt.formats.saved_model.holding import layers_in
from kerasfmt.ir import Layer
from kerasfmt.ir.revived import Record, RevivedLayer
from kerasfmt.ir.revived_model import RevivedModel
from kerasfmt.ir.tracked import TrackedObject, walk


def revived(name: str) -> RevivedLayer:
    return RevivedLayer(Record({"class_name": "Own"}, "_tf_keras_layer", "m"), name=name)


def root(**tracked: Layer) -> RevivedModel:
    made = RevivedModel(Record({"class_name": "Net"}, "_tf_keras_model", "m"), name="root")
    made.record.tracked = dict(tracked)
    return made


def take(model: RevivedModel) -> None:
    layers_in(model, lambda layer: walk(layer.record.tracked))


def test_layers_go_by_their_paths() -> None:
    a, b, dense = revived("a"), revived("b"), kerasfmt.layers.Dense(2, name="dense")
    a.record.tracked = {"list": TrackedObject("trackable_list_wrapper", 1, {"0": b, "1": dense})}
    model = root(first=a, same=a, second=b)
    model.record.layers = [b, a]
    take(model)
    assert a.sublayers == {"list/0": b, "list/1": dense}
    assert model.sublayers == {"first": a, "second": b}
    assert model.layers == [b, a]


def test_layers_around_are_left_out() -> None:
    a, b = revived("a"), revived("b")
    a.record.tracked = {"inner": b}
    b.record.tracked = {"parent": a}
    model = root(first=a)
    b.record.tracked |= {"model": model}
    take(model)
    assert (a.sublayers, b.sublayers) == ({"inner": b}, {})
    assert b.record.tracked["parent"] is a


def test_a_layer_of_ours_cannot_hold_itself() -> None:
    a = revived("a")
    stack = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(2,))], name="stack")
    stack.stack.append(a)
    a.record.tracked = {"stack": stack}
    with pytest.raises(InvalidModelError, match="layer a: it holds itself"):
        take(root(first=a))


def test_many_ways_are_refused() -> None:
    below: list[RevivedLayer] = []
    for level in range(30):
        here = [revived(f"l{level}_{n}") for n in range(2)]
        for layer in here:
            layer.record.tracked = {each.name: each for each in below}
        below = here
    with pytest.raises(UnsafeFileError, match=r"expected at most 10,000 and 4 for each layer"):
        take(root(**{each.name: each for each in below}))


def test_long_chains_are_walked() -> None:
    first = at = revived("first")
    for place in range(3000):
        inner = revived(f"l{place}")
        at.record.tracked = {"next": inner}
        at = inner
    take(root(first=first))
    assert at.sublayers == {}
    assert list(first.sublayers) == ["next"]
