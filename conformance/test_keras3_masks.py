"""Masks that branch, in real Keras 3: its models predict the same here, and ours predict the same there.

Runs with the Python of any environment that has Keras 3.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.case import Case, Input, Keras, batch_of, registering
from conformance.closeness import assert_close
from conformance.installed import is_keras3
from conformance.nested import flat
from kerasfmt.errors import UnsupportedLayerError


def _some_zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Tokens that are zero here and there, never the first."""
    tokens = rng.integers(0, 4, shape)
    tokens[:, 0] = 1
    return tokens


def _some_masked(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Steps that are masked by zeros and by ones."""
    steps = rng.normal(size=shape)
    steps[0, 2:], steps[1, 3:] = 0, 1
    return steps


TOKENS = Input((6,), "int32", draw=_some_zeros)
STEPS = Input((6, 4), draw=_some_masked)

SAME: list[Case] = []
"""Models whose masks are kept."""

REFUSED: list[Case] = []
"""Models of which Keras 2 would make other masks."""

same, refused = registering(SAME), registering(REFUSED)


def _tokens(keras: Keras, name: str = "tokens") -> Any:
    return keras.Input((6,), dtype="int32", name=name)


def _steps(keras: Keras) -> Any:
    return keras.Input((6, 4), name="steps")


def _embedded(keras: Keras, tokens: Any) -> Any:
    return keras.layers.Embedding(9, 4, mask_zero=True)(tokens)


def _pool(keras: Keras, x: Any) -> Any:
    return keras.layers.GlobalAveragePooling1D()(x)


@same(inputs=(TOKENS,))
def attention_and_pool(keras: Keras) -> Any:
    tokens = _tokens(keras)
    x = _embedded(keras, tokens)
    attended = keras.layers.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(tokens, keras.layers.Add()([_pool(keras, x), _pool(keras, attended)]))


@same(inputs=(TOKENS, TOKENS))
def joined_of_two_inputs(keras: Keras) -> Any:
    first, second = _tokens(keras), _tokens(keras, "others")
    table = keras.layers.Embedding(9, 4, mask_zero=True)
    pair = [table(first), table(second)]
    outputs = [_pool(keras, keras.layers.Concatenate()(pair)), _pool(keras, keras.layers.Add()(pair))]
    return keras.Model([first, second], outputs)


@same(inputs=(STEPS,))
def two_branches(keras: Keras) -> Any:
    steps = _steps(keras)
    x = keras.layers.Masking(0.0)(steps)
    left, right = keras.layers.Dense(4)(x), keras.layers.Dense(4, activation="tanh")(x)
    product = keras.layers.Multiply()([left, right])
    outputs = [_pool(keras, left), _pool(keras, product), keras.layers.Attention()([left, right])]
    return keras.Model(steps, outputs)


@same(inputs=(TOKENS, STEPS))
def one_after_the_other(keras: Keras) -> Any:
    tokens, steps = _tokens(keras), _steps(keras)
    x, y = _embedded(keras, tokens), keras.layers.Masking(1.0)(steps)
    joined = keras.layers.Concatenate(axis=1)([x, y])
    outputs = [_pool(keras, joined), keras.layers.AdditiveAttention()([x, y])]
    return keras.Model([tokens, steps], outputs)


@same(inputs=(TOKENS,))
def several_of_a_class(keras: Keras) -> Any:
    tokens = _tokens(keras)
    a, b = _embedded(keras, tokens), _embedded(keras, tokens)
    c = keras.layers.Embedding(9, 4)(tokens)
    outputs = [
        _pool(keras, keras.layers.Average()([a, b])),
        _pool(keras, keras.layers.Concatenate()([a, c])),
        keras.layers.MultiHeadAttention(1, 2)(a, b, c),
    ]
    return keras.Model(tokens, outputs)


@same(inputs=(TOKENS,))
def a_mask_of_ones_own(keras: Keras) -> Any:
    tokens = _tokens(keras)
    x = _embedded(keras, tokens)
    pooled = keras.layers.GlobalAveragePooling1D()(x, mask=keras.ops.not_equal(tokens, 2))
    return keras.Model(tokens, [pooled, _pool(keras, x)])


@refused(inputs=(TOKENS, STEPS))
def joined_with_what_has_no_mask(keras: Keras) -> Any:
    tokens, steps = _tokens(keras), _steps(keras)
    return keras.Model([tokens, steps], _pool(keras, keras.layers.Add()([_embedded(keras, tokens), steps])))


@refused(inputs=(TOKENS,))
def out_of_a_model(keras: Keras) -> Any:
    tokens, inside = _tokens(keras), _steps(keras)
    inner = keras.Model(inside, keras.layers.Dense(4)(inside))
    return keras.Model(tokens, _pool(keras, inner(_embedded(keras, tokens))))


@refused(inputs=(TOKENS, STEPS))
def attention_behind_a_sum(keras: Keras) -> Any:
    tokens, steps = _tokens(keras), _steps(keras)
    x = keras.layers.Add()([_embedded(keras, tokens), steps])
    return keras.Model([tokens, steps], keras.layers.MultiHeadAttention(1, 2)(x, x))


def _built(case: Case, keras: Keras) -> Any:
    """The model of a case, with weights of their own."""
    model = case.build(keras)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 0.6, tuple(weight.shape)).astype("float32"))
    return model


def _assert_close(got: Any, expected: Any) -> None:
    for number, (mine, other) in enumerate(zip(flat(got), flat(expected), strict=True)):
        # float32 sums in another order; what attention does with fewer keys has fewer of them
        assert_close(f"output {number}", mine, other, 2e-5)


def _read(model: Any, where: Path) -> list[Callable[[], kerasfmt.Model]]:
    model.save(where / "theirs.keras")
    model.save(where / "theirs.h5")
    return [
        lambda: kerasfmt.from_keras(model),
        lambda: kerasfmt.load_model(where / "theirs.keras"),
        lambda: kerasfmt.load_model(where / "theirs.h5"),
    ]


@pytest.mark.parametrize("case", SAME, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_masks_are_kept(tmp_path: Path, keras: Keras, case: Case) -> None:
    if not is_keras3(keras):
        pytest.skip("Keras 2 computes masks without operations")
    model = _built(case, keras)
    x = case.sample(model)
    expected = model.predict(x, verbose=0)
    for number, read in enumerate(_read(model, tmp_path)):
        ours = read()
        _assert_close(ours.predict(batch_of(x)), expected)
        kerasfmt.save_model(ours, tmp_path / f"{number}.keras")
        again = keras.models.load_model(tmp_path / f"{number}.keras")
        _assert_close(again.predict(x, verbose=0), expected)
        for mine, other in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("case", REFUSED, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_masks_that_keras_2_would_make_otherwise(tmp_path: Path, keras: Keras, case: Case) -> None:
    if not is_keras3(keras):
        pytest.skip("Keras 2 computes masks without operations")
    for read in _read(case.build(keras), tmp_path):
        with pytest.raises(
            UnsupportedLayerError, match=r"calls it without a mask|in another way than Keras 3"
        ):
            read()
