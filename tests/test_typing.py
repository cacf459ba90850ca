import dataclasses
import inspect

from kerasfmt.ir.call_signature import call_signature
from kerasfmt.layers import Dropout
from kerasfmt.typing import dataclass_transform, override, record


def test_override_returns_the_method_itself() -> None:
    def method(self: object, inputs: int) -> int:
        return inputs

    assert override(method) is method
    assert not hasattr(method, "__override__")


def test_dataclass_transform_returns_the_class_itself() -> None:
    assert dataclass_transform(frozen_default=True)(str) is str


def test_an_overriding_call_keeps_its_signature() -> None:
    assert call_signature(Dropout.call).further == ("training",)
    assert list(inspect.signature(Dropout.call).parameters) == ["self", "inputs", "training"]


def test_a_record_is_a_value() -> None:
    @record(frozen=True)
    class Point:
        x: int
        y: int = 2

    assert Point(1) == Point(1, 2) != Point(2)
    assert {Point(1): "here"}[Point(1)] == "here"
    assert repr(Point(1)).endswith("Point(x=1, y=2)")
    assert dataclasses.replace(Point(1), y=3) == Point(1, 3)


def test_a_record_without_equality_is_itself_alone() -> None:
    @record(frozen=True, eq=False)
    class Source:
        name: str

    one = Source("a")
    assert one == one != Source("a")
    assert len({one, Source("a")}) == 2
