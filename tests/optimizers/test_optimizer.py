"""What every optimizer has, and what becomes of one that kerasfmt does not know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.optimizers.optimizer import (
    AVERAGE,
    OPTIMIZER_CLASSES,
    Slot,
    find_optimizer,
    named_optimizer,
)


def test_public_names_are_the_classes() -> None:
    others = ["LossScaleOptimizer", "Optimizer", "StartedOptimizer", "from_optax", "schedules"]
    assert sorted(optimizers.__all__) == sorted({*others, *OPTIMIZER_CLASSES.names()})
    assert kerasfmt.optimizers is optimizers


def test_unknown_names() -> None:
    assert find_optimizer("Sofia") is None
    for name in ("Optimizer", "StartedOptimizer", "from_optax"):
        assert find_optimizer(name) is None
    assert (named_optimizer("sofia"), named_optimizer("rmsPROP")) == ("sofia", "RMSprop")


def test_options_that_are_none() -> None:
    with pytest.raises(
        kerasfmt.KerasfmtError, match=r"optimizer Adam: unknown option beta1=0\.5; did you mean 'beta_1'"
    ):
        optimizers.Adam(beta1=0.5)  # type: ignore[call-arg]
    with pytest.raises(
        kerasfmt.KerasfmtError, match="optimizer SGD: option momentum: expected a finite number"
    ):
        optimizers.SGD(momentum=float("nan"))


def test_rows() -> None:
    def names(keras: int, **config: object) -> list[list[str]]:
        return [[slot.name for slot in row] for row in optimizers.Adam.slot_rows(config, keras)]  # type: ignore[arg-type]

    assert names(2) == names(3) == [["m", "v"]]
    assert names(2, use_ema=True, amsgrad=True) == [["average"], ["m", "v"], ["vhat"]]
    assert AVERAGE.listed_in_keras3() == AVERAGE.attribute
    assert Slot("m", "momentums", attribute_in_keras3="_momentums").listed_in_keras3() == "_momentums"


@pytest.fixture
def sofia() -> Iterator[type[optimizers.Optimizer]]:
    class Sofia(optimizers.Optimizer):
        slots = (Slot("hessian", "_hessians"),)
        learning_rate: float = 0.1

    yield Sofia
    del OPTIMIZER_CLASSES._entries["Sofia"]


def test_a_class_of_the_user(sofia: type[optimizers.Optimizer]) -> None:
    assert find_optimizer("Sofia") is sofia
    assert sofia().entry()["class_name"] == "Custom>Sofia"
