from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract
from tests.layers.layer_tests import LayerTests, Refusal, use
from tests.layers.one_layer import apply, f32, model_of

A, B = f32([1, 2], [3, 4]), f32([5, -6], [7, 8])


def refusal(layer: Layer, text: str, *shapes: tuple[int, ...]) -> Refusal:
    return lambda: apply(layer, *[np.zeros(shape, np.float32) for shape in shapes]), text


class TestLayers(LayerTests):
    uses = [
        *(
            use(layer, (None, 3, 4), (None, 3, 4), gives=(None, 3, 4))
            for layer in (Add(), Subtract(), Multiply(), Average(), Maximum(), Minimum())
        ),
        use(Add(), (None, 3), (None, 5, 3), (None, 1), gives=(None, 5, 3)),
        use(Multiply(), (None, None, 3), (None, 1, 3), gives=(None, None, 3)),
        use(Concatenate(), (None, None, 3), (None, None, 4), gives=(None, None, 7)),
        use(Concatenate(axis=1), (None, None, 3), (None, 5, 3), gives=(None, None, 3)),
        use(Dot(axes=1), (None, 4), (None, 4), gives=(None, 1)),
        use(Dot(axes=(1, 2), normalize=True), (None, 4, 3), (None, None, 4), gives=(None, 3, None)),
        use(Dot(axes=[2, 1]), (None, None, 4), (None, 4), gives=(None, None)),
    ]
    refused = {
        "shapes": refusal(Add(name="it"), "expected inputs whose shapes broadcast, got", (2, 3), (2, 4)),
        "three": refusal(Subtract(name="it"), "expected 2 inputs, got 3", *[(2, 3)] * 3),
        "axis": refusal(
            Concatenate(axis=4, name="it"), "option axis: expected an axis of inputs", *[(2, 3)] * 2
        ),
        "axis type": (lambda: Concatenate(axis=None, name="it"), "option axis: expected a whole number"),
        "others": refusal(Concatenate(name="it"), "agree but for axis -1, got", (2, 3, 4), (2, 5, 4)),
        "ranks": refusal(Concatenate(name="it"), "agree but for axis -1, got", (2, 3, 4), (2, 3)),
        "dot axes": (lambda: Dot(axes=(1, 2, 3), name="it"), "option axes: expected an axis or a pair"),
        "dot batch": (
            lambda: apply(Dot(axes=0, name="it"), A, B),
            "option axes: expected axes after the batch",
        ),
        "dot sizes": refusal(Dot(axes=1, name="it"), "agree along axes 1 and 1, got", (2, 3), (2, 4)),
        "dot three": refusal(Dot(axes=1, name="it"), "expected 2 inputs, got 3", *[(2, 3)] * 3),
    }


CASES: dict[str, tuple[Layer, list[Any], Any]] = {
    "add": (Add(), [A, B, A], [[7, -2], [13, 16]]),
    "subtract": (Subtract(), [A, B], [[-4, 8], [-4, -4]]),
    "multiply": (Multiply(), [A, B], [[5, -12], [21, 32]]),
    "average": (Average(), [A, B], [[3, -2], [5, 6]]),
    "maximum": (Maximum(), [A, B], [[5, 2], [7, 8]]),
    "minimum": (Minimum(), [A, B], [[1, -6], [3, 4]]),
    "broadcast": (Add(), [A, B[:, :1]], [[6, 7], [10, 11]]),
    "ranks": (Add(), [A, np.stack([A, A], 1)], [[[2, 4], [2, 4]], [[6, 8], [6, 8]]]),
    "concatenate": (Concatenate(), [A, B], [[1, 2, 5, -6], [3, 4, 7, 8]]),
    "concatenate first": (
        Concatenate(axis=-2),
        [A[:, :, None], B[:, :, None]],
        [[[1], [2], [5], [-6]], [[3], [4], [7], [8]]],
    ),
    "dot": (Dot(axes=1), [A, B], [[-7], [53]]),
    "dot normalized": (Dot(axes=-1, normalize=True), [A, A * 2], [[1], [1]]),
    "dot pair": (Dot(axes=(1, 2)), [A, np.stack([B, B], 1)], [[-7, -7], [53, 53]]),
}


@pytest.mark.parametrize("name", CASES)
def test_values(name: str) -> None:
    layer, arrays, expected = CASES[name]
    # Normalizing rounds.
    np.testing.assert_allclose(apply(layer, *arrays), f32(*expected), rtol=1e-6)


def test_average_of_integers_is_a_double() -> None:
    result = apply(Average(), np.int32([[1, 2]]), np.int32([[2, 2]]))
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, [[1.5, 2]])


def test_options_keep_their_kind() -> None:
    assert Dot(axes=(1, 2)).get_config()["axes"] == (1, 2)
    assert Dot(axes=[1, 2]).get_config()["axes"] == [1, 2]
    assert Dot(axes=[1, 2]).tracked_lists() == ("axes",)
    assert Dot(axes=1).tracked_lists() == ()


def test_unknown_dimensions() -> None:
    x, y = kerasfmt.Input((None, 3)), kerasfmt.Input((5, 3))
    assert Add()([x, y]).shape == (None, 5, 3)
    assert Concatenate(axis=1)([x, y]).shape == (None, None, 3)
    assert Dot(axes=2)([x, y]).shape == (None, None, 5)
    model = kerasfmt.Model([x, y], Dot(axes=2)([x, y]))
    a, b = np.ones((2, 4, 3), np.float32), np.ones((2, 5, 3), np.float32)
    np.testing.assert_array_equal(model.predict([a, b]), np.full((2, 4, 5), 3))


def mask_of(layer: Layer, *arrays: Any) -> Any:
    """The mask that the outputs carry, read off a masked softmax over ones."""
    model = model_of(layer, *arrays, masked=True)
    (output,) = model.outputs
    assert output.masked
    from kerasfmt.graph import Builder
    from kerasfmt.graph.run import run

    graph = Builder()
    values = [graph.input(t.spec) for t in model.inputs]
    mask = model.compute_mask(values, None)
    (found,) = run(graph.finish([mask]), list(arrays), {})
    return found.tolist()


def test_masks() -> None:
    a, b = f32([[1, 1], [0, 0], [1, 1]]), f32([[1, 1], [1, 1], [0, 0]])
    assert mask_of(Add(), a, b) == [[True, False, False]]
    assert mask_of(Concatenate(), a, b) == [[True, False, False]]
    assert mask_of(Concatenate(axis=1), a, b) == [[True, False, True, True, True, False]]
    assert not model_of(Dot(axes=2), a, b, masked=True).outputs[0].masked


def test_an_input_without_mask_counts_as_true() -> None:
    from kerasfmt.layers import Masking

    x, y = kerasfmt.Input((3, 2)), kerasfmt.Input((3, 2))
    assert Concatenate()([Masking()(x), y]).masked
    assert Add()([Masking()(x), y]).masked
    assert not Add()([x, y]).masked


def test_batch_sizes_must_agree() -> None:
    x, y = (kerasfmt.Input((3,), batch_size=size) for size in (2, 4))
    with pytest.raises(InvalidModelError, match="expected inputs of one batch size"):
        Add()([x, y])
