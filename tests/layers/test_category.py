from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.layers import CategoryEncoding
from kerasfmt.layers.category import with_category_dtype
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply

NUMBERS = np.array([[0, 2, 2], [3, 0, 1]], np.int64)


class TestLayers(LayerTests):
    uses = [
        use(CategoryEncoding(4), (None, 3), gives=(None, 4), dtype="int64"),
        use(CategoryEncoding(4, "count"), (None, None), gives=(None, 4), dtype="int32"),
        use(CategoryEncoding(4, "one_hot"), (None, 1), gives=(None, 4), dtype="int64"),
        use(CategoryEncoding(4, "one_hot"), (None,), gives=(None, 4), dtype="int64"),
        use(CategoryEncoding(4, dtype="float64"), (None, 3), gives=(None, 4), dtype="float32"),
    ]
    refused = {
        "tokens": (
            lambda: CategoryEncoding(0, name="it"),
            "option num_tokens: expected a whole number of at least 1, got 0",
        ),
        "mode": (lambda: CategoryEncoding(4, "int", name="it"), "option output_mode: expected one of"),
        "sparse": (
            lambda: CategoryEncoding(4, sparse=True, name="it"),
            "option sparse: sparse outputs are not supported; use sparse=False",
        ),
        "dimensions": (
            lambda: CategoryEncoding(4, "one_hot", name="it")(kerasfmt.Input((3,), dtype="int64")),
            "expected an output of at most 2 dimensions",
        ),
        "weights": (
            lambda: CategoryEncoding(4, name="it")(
                kerasfmt.Input((3,), dtype="int64"), count_weights=kerasfmt.Input((3,))
            ),
            "count_weights: expected none in output mode 'multi_hot'",
        ),
    }


MODES: dict[str, Any] = {
    "multi_hot": [[1, 0, 1, 0], [1, 1, 0, 1]],
    "count": [[1, 0, 2, 0], [1, 1, 0, 1]],
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode: str) -> None:
    np.testing.assert_array_equal(apply(CategoryEncoding(4, mode), NUMBERS), MODES[mode])


def test_weights_of_counts() -> None:
    numbers, weights = kerasfmt.Input((3,), dtype="int64"), kerasfmt.Input((3,))
    outputs = CategoryEncoding(4, "count")(numbers, count_weights=weights)
    model = kerasfmt.Model([numbers, weights], outputs)
    given = np.array([[0.5, 1, 2], [4, 8, 16]], np.float32)
    assert model.predict([NUMBERS, given]).tolist() == [[0.5, 0, 3, 0], [8, 16, 0, 4]]


@pytest.mark.parametrize("numbers", [[[4, 0]], [[0, -1]]], ids=["great", "negative"])
def test_a_number_that_is_no_category_ends_the_run(numbers: list[list[int]]) -> None:
    with pytest.raises(InvalidModelError, match="range 0 <= values < num_tokens with num_tokens=4"):
        apply(CategoryEncoding(4), np.array(numbers, np.int64))


def test_old_names() -> None:
    layer = CategoryEncoding.from_config({"max_tokens": 4, "output_mode": "binary"})
    assert (layer.num_tokens, layer.output_mode) == (4, "multi_hot")


def test_dtypes_that_follow_from_the_output_mode() -> None:
    assert with_category_dtype({})["dtype"] == "int64"
    assert with_category_dtype({"output_mode": "count"})["dtype"] == "float32"
    assert with_category_dtype({"dtype": "float32"})["dtype"] == "int64"
    assert with_category_dtype({"dtype": "float32"}, strict=True)["dtype"] == "float32"
    assert with_category_dtype({"dtype": "int32"})["dtype"] == "int32"
    with pytest.raises(UnsupportedLayerError, match="dtype policy 'text'"):
        with_category_dtype({"dtype": "text"})
