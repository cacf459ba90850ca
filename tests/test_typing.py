import inspect

from kerasfmt.ir.call_signature import call_signature
from kerasfmt.layers import Dropout
from kerasfmt.typing import dataclass_transform, override


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
