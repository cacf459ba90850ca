"""What every loss has: its place in the table, its name, its reduction, its dtype."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import kerasfmt
from kerasfmt import losses
from kerasfmt.losses.loss import LOSS_CLASSES, REDUCTIONS, find_loss, from_words
from tests.losses.keras_golden import FILES


def test_public_names_are_the_classes_of_every_keras() -> None:
    assert sorted(losses.__all__) == sorted(["Loss", *LOSS_CLASSES.names()])
    assert kerasfmt.losses is losses
    exported = {name for (room, _), file in FILES.items() if room == "losses" for name in file["exported"]}
    assert exported - {"Loss", "Reduction"} == set(LOSS_CLASSES.names()) - {"LossFunctionWrapper"}


def test_names() -> None:
    assert find_loss("Huber") is losses.Huber
    assert find_loss("Loss") is find_loss("PlainLoss") is find_loss("mse") is None
    assert losses.Huber(name=None).get_config()["name"] is None
    with pytest.raises(kerasfmt.KerasfmtError, match="loss Huber: option name: expected a text, got 3"):
        losses.Huber(name=3)  # type: ignore[arg-type]


def test_options_that_are_none() -> None:
    with pytest.raises(
        kerasfmt.KerasfmtError, match="loss Huber: unknown option detla=1; did you mean 'delta'"
    ):
        losses.Huber(detla=1)  # type: ignore[call-arg]


def test_reductions() -> None:
    assert losses.MeanSquaredError(reduction=None).reduction == "none"
    assert losses.MeanSquaredError("sum").reduction == "sum"
    assert losses.MeanSquaredError().reduction_in(2) == "auto"
    assert losses.MeanSquaredError().reduction_in(3) == "sum_over_batch_size"
    for name in ("sum", "none", "sum_over_batch_size"):
        assert {
            losses.MeanSquaredError(name).reduction_in(2),
            losses.MeanSquaredError(name).reduction_in(3),
        } == {name}
    for name in ("mean", "mean_with_sample_weight"):
        assert losses.MeanSquaredError(name).reduction_in(3) == name
        with pytest.raises(kerasfmt.errors.UnsupportedLayerError, match=f"Keras 2 has no reduction '{name}'"):
            losses.MeanSquaredError(name).reduction_in(2)
    with pytest.raises(
        kerasfmt.KerasfmtError, match="option reduction: expected one of auto, sum_over_batch_size"
    ):
        losses.MeanSquaredError("average")
    assert len(REDUCTIONS) == 6


def test_a_dtype_is_stated_where_it_is_given() -> None:
    assert "dtype" not in losses.Huber().get_config()
    assert losses.Huber(dtype="bfloat16").get_config()["dtype"] == "bfloat16"
    assert losses.Huber.from_config({"dtype": "float32"}) == losses.Huber()
    with pytest.raises(kerasfmt.KerasfmtError):
        losses.Huber(dtype="float31")


@pytest.fixture
def own() -> Iterator[type[losses.Loss]]:
    class Own(losses.Loss):
        function = "own"
        strength: int = 3

    yield Own
    del LOSS_CLASSES._entries["Own"]


def test_a_class_of_the_user(own: type[losses.Loss]) -> None:
    assert find_loss("Own") is own
    assert own(5).entry() == {"class_name": "Own", "config": {"strength": 5, "fn": "own"}}  # type: ignore[call-arg]


def test_configs_in_archives() -> None:
    huber = losses.Huber(0.5, dtype="bfloat16")
    assert huber.config_in(3) == {
        "dtype": "bfloat16",
        "reduction": "sum_over_batch_size",
        "name": "huber_loss",
        "delta": 0.5,
    }
    with pytest.raises(
        kerasfmt.errors.UnsupportedLayerError, match="loss Huber: Keras 2 has no option dtype"
    ):
        huber.config_in(2)
    assert losses.Huber(0.5).config_in(2) == losses.Huber(0.5).get_config()
    with pytest.raises(kerasfmt.errors.UnsupportedLayerError, match="loss Dice: Keras 2 has no such class"):
        losses.Dice().config_in(2)
    wrapper = losses.LossFunctionWrapper("huber", delta=2.0)  # type: ignore[call-arg]
    assert wrapper.config_in(2) == wrapper.get_config()
    assert wrapper.config_in(3)["fn"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "huber",
        "registered_name": "function",
    }


def test_what_a_class_needs_is_told_by_name() -> None:
    assert from_words(losses.Huber, {"delta": 0.5}) == losses.Huber(0.5)
    with pytest.raises(
        kerasfmt.errors.InvalidModelError, match="loss LossFunctionWrapper: option fn is needed"
    ):
        from_words(losses.LossFunctionWrapper, {"name": "w"})
