from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import HashedCrossing, Hashing
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply

LETTERS = np.array([[b"A"], [b"B"], [b"C"], [b"D"], [b"E"]], object)


def texts(*shape: int | None) -> Any:
    return kerasfmt.Input(shape, dtype="string")


class TestLayers(LayerTests):
    uses = [
        use(Hashing(5), (None, 3), gives=(None, 3), dtype="string"),
        use(Hashing(5, "a", 7), (None, None, 2), gives=(None, None, 2), dtype="string"),
        use(Hashing(2**40, 3, (-1, 2), dtype="int32"), (None, 3), gives=(None, 3), dtype="int64"),
        use(Hashing(5, output_mode="multi_hot"), (None, 3), gives=(None, 5), dtype="string"),
        use(Hashing(5, output_mode="count"), (None, 3), gives=(None, 5), dtype="int32"),
        use(Hashing(5, output_mode="one_hot"), (None, 1), gives=(None, 5), dtype="string"),
        use(HashedCrossing(5), (None, 1), (None, 1), gives=(None, 1), dtype="string"),
        use(HashedCrossing(5, "one_hot"), (None,), (None,), (None,), gives=(None, 5), dtype="int32"),
    ]
    refused = {
        "bins": (lambda: Hashing(0, name="it"), "option num_bins: expected a whole number of at least 1"),
        "many bins": (lambda: HashedCrossing(2**63, name="it"), "option num_bins: expected a whole number"),
        "salt": (lambda: Hashing(5, salt=[1, 2, 3], name="it"), "option salt: expected a whole number"),
        "large salt": (lambda: Hashing(5, salt=2**63, name="it"), "option salt: expected a whole number"),
        "mask": (lambda: Hashing(5, mask_value=1.5, name="it"), "option mask_value: expected a text"),
        "sparse": (
            lambda: Hashing(5, output_mode="count", sparse=True, name="it"),
            "option sparse: sparse outputs are not supported",
        ),
        "mode": (lambda: HashedCrossing(5, "count", name="it"), "option output_mode: expected one of"),
        "floats": (
            lambda: Hashing(5, name="it")(kerasfmt.Input((3,))),
            "input: expected strings or integers, got float32",
        ),
        "mask of the inputs": (
            lambda: Hashing(5, mask_value="a", name="it")(kerasfmt.Input((3,), dtype="int32")),
            "option mask_value: expected a value of the inputs, which are int32, got 'a'",
        ),
        "dtype": (
            lambda: HashedCrossing(5, dtype="float32", name="it"),
            "option dtype: expected integers in output mode 'int', got float32",
        ),
        "one feature": (lambda: HashedCrossing(5, name="it")(texts(1)), "a list of two features or more"),
        "shapes": (
            lambda: HashedCrossing(5, name="it")([texts(1), texts()]),
            "expected features of one shape",
        ),
        "columns": (
            lambda: HashedCrossing(5, name="it")([texts(2), texts(2)]),
            "expected features of shape (batch,) or (batch, 1)",
        ),
        "crossed floats": (
            lambda: HashedCrossing(5, name="it")([kerasfmt.Input((1,)), kerasfmt.Input((1,))]),
            "expected strings or integers, got float32",
        ),
    }


# Source: the examples in the documentation of tf.keras.layers.Hashing and HashedCrossing.
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Hashing(3), [1, 0, 1, 1, 2]),
        (Hashing(3, salt=[133, 137]), [1, 2, 1, 0, 2]),
        (Hashing(3, salt=133), [0, 0, 2, 1, 0]),
    ],
    ids=["FarmHash", "SipHash", "one salt"],
)
def test_published_bins(layer: Hashing, expected: list[int]) -> None:
    assert apply(layer, LETTERS).ravel().tolist() == expected


def test_published_bins_beside_a_mask() -> None:
    given = np.array([["A"], ["B"], [""], ["C"], ["D"]])
    model = kerasfmt.Sequential([texts(1), Hashing(3, mask_value="")])
    assert model.predict(given).ravel().tolist() == [1, 1, 0, 2, 2]


def test_published_crosses() -> None:
    letters = np.array([b"A", b"B", b"A", b"B", b"A"], object)
    numbers = np.array([101, 101, 101, 102, 102], np.int32)
    assert apply(HashedCrossing(5), letters, numbers).tolist() == [1, 4, 1, 1, 3]


def test_one_salt_is_two() -> None:
    assert Hashing(5, salt=3).get_config()["salt"] == [3, 3]
    assert Hashing(5, salt=3).tracked_lists() == ("salt",)


def test_a_single_bin_is_not_kept_for_the_mask() -> None:
    assert apply(Hashing(1, mask_value="A"), LETTERS).tolist() == [[0]] * 5
