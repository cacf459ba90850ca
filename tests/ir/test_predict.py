"""Prediction: batches, structures of inputs, the progress bar, arrays that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, Model, Sequential
from kerasfmt.errors import InvalidModelError, OutOfMemoryError
from kerasfmt.layers import (
    Add,
    BatchNormalization,
    Dense,
    Dropout,
    Reshape,
    Resizing,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding2D,
)

X = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)


@pytest.fixture
def model() -> Model:
    kerasfmt.clear_session()
    return Sequential([Dense(2, input_shape=(3,), name="d")], name="m")


@pytest.fixture
def two() -> Model:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    return Model([a, b], Add()([a, b]), name="two")


@pytest.mark.parametrize("batch_size", [1, 2, 7, 8, 1000])
def test_batches_are_joined(model: Model, batch_size: int) -> None:
    kernel, bias = model.get_weights()
    found = model.predict(X, batch_size=batch_size)
    np.testing.assert_allclose(found, X @ kernel + bias, rtol=1e-5, atol=1e-6)  # BLAS sums by batch size


def test_no_rows(model: Model) -> None:
    assert model.predict(X[:0]).shape == (0, 2)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batches_have_rows(model: Model, batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size: expected at least 1, got {batch_size}"):
        model.predict(X, batch_size=batch_size)


def test_it_predicts_in_inference_mode() -> None:
    model = Sequential([Dropout(0.9, input_shape=(3,)), BatchNormalization(epsilon=0.0)])
    before = model.get_weights()
    np.testing.assert_allclose(model.predict(X), X, rtol=1e-6)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_inputs_are_cast(model: Model) -> None:
    assert model.predict(X.astype(np.float64)).dtype == np.float32
    assert model.predict([[1, 2, 3]]).shape == (1, 2)
    np.testing.assert_array_equal(model.predict([X]), model.predict(X))
    np.testing.assert_array_equal(model.predict(X.tolist()), model.predict(X))


@pytest.mark.parametrize("pack", [list, tuple])
def test_several_inputs(two: Model, pack: Any) -> None:
    np.testing.assert_allclose(two.predict(pack([X, 2 * X]), batch_size=2), 3 * X, rtol=1e-6)


def test_inputs_by_name(two: Model, model: Model) -> None:
    a, b = Input((3,), name="zz"), Input((3,), name="aa")
    ordered = Model([a, b], [a, b])
    first, second = ordered.predict({"zz": X, "aa": 2 * X})
    assert first.tolist() == X.tolist()
    assert second.tolist() == (2 * X).tolist()
    np.testing.assert_array_equal(model.predict({"d_input": X}), model.predict(X))


def test_a_fixed_batch() -> None:
    model = Sequential([Dense(2, batch_input_shape=(3, 3)), Reshape((2, 1))])
    rows = np.concatenate([X, X[:2]])
    found = model.predict(rows)
    assert found.shape == (9, 2, 1)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(found[..., 0], rows @ kernel + bias, rtol=1e-5, atol=1e-6)
    with pytest.raises(InvalidModelError, match=r"have batches of \[3\], which 7 rows do not fill"):
        model.predict(X)


REFUSED: dict[str, tuple[str, Any, str]] = {
    "features": ("m", X[:, :2], r"model m: input d_input: expected shape \(None, 3\), got \(7, 2\)"),
    "rank": ("m", X[0], r"expected shape \(None, 3\), got \(3,\)"),
    "scalar": ("m", 1.0, r"expected shape \(None, 3\), got \(\)"),
    "text": ("m", [["a", "b", "c"]], "model m: input d_input: could not convert string"),
    "ragged": ("m", [[1, 2, 3], [1, 2]], "model m: input d_input: setting an array element"),
    "too few": ("two", X, "model two: expected 2 input arrays, got 1"),
    "too many": ("two", [X, X, X], "model two: expected 2 input arrays, got 3"),
    "rows": ("two", [X, X[:3]], "model two: its inputs have different numbers of rows"),
    "names": ("two", {"a": X, "c": X}, r"expected inputs called \['a', 'b'\], got \['a', 'c'\]"),
    "missing": ("two", {"a": X}, r"expected inputs called \['a', 'b'\], got \['a'\]"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_arrays_that_do_not_fit(name: str, model: Model, two: Model) -> None:
    which, x, message = REFUSED[name]
    with pytest.raises(InvalidModelError, match=message):
        {"m": model, "two": two}[which].predict(x)


def test_keys_of_a_dict_of_inputs() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model({"p": a, "q": b}, Add()([a, b]), name="m")
    np.testing.assert_allclose(model.predict({"p": X, "q": X}), 2 * X, rtol=1e-6)
    with pytest.raises(InvalidModelError, match=r"expected inputs called \['p', 'q'\], got \['p', 'r'\]"):
        model.predict({"p": X, "r": X})


@pytest.mark.parametrize(("verbose", "shown"), [(True, True), (False, False), (None, False)])
def test_progress_is_shown_when_asked(
    model: Model, capsys: pytest.CaptureFixture[str], verbose: bool | None, shown: bool
) -> None:
    model.predict(X, batch_size=1, verbose=verbose)
    captured = capsys.readouterr()
    assert ("predict" in captured.err) == shown
    assert captured.out == ""


@pytest.mark.parametrize(("batch_size", "shown"), [(1, True), (7, False)])
def test_a_terminal_sees_the_progress_of_long_runs(
    model: Model, monkeypatch: pytest.MonkeyPatch, batch_size: int, shown: bool
) -> None:
    from kerasfmt.ir import predict as module

    asked: list[bool] = []

    def progress(batches: Any) -> Any:
        asked.append(True)
        return iter(batches)

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(module, "_LONG_RUN", 7)
    monkeypatch.setattr(module, "_progress", progress)
    monkeypatch.setattr("sys.stderr", Terminal())
    model.predict(X, batch_size=batch_size)
    assert bool(asked) == shown


def _model_of(layer: Any, *shape: int | None) -> Model:
    x = Input(shape)
    return Model(x, layer(x), name="m")


LARGE = [
    (ZeroPadding2D(2**24), (1, 1, 4096)),
    (UpSampling2D(2**20, interpolation="bilinear"), (1, 1, 4096)),
    (UpSampling1D(2**30), (1, 4096)),
    (UpSampling3D(2**14), (1, 1, 1, 4096)),
    (Dense(2**31 - 1), (4096,)),
]
"""A layer of a few bytes of config, and what it is called on; the outputs take terabytes."""


@pytest.mark.parametrize(("layer", "shape"), LARGE, ids=lambda x: type(x).__name__)
def test_what_is_too_large_for_the_machine_says_how_large(layer: Any, shape: tuple[int, ...]) -> None:
    model = _model_of(layer, *shape)
    with pytest.raises(
        OutOfMemoryError, match=r"[\d,]{13,} bytes of memory cannot be had; take smaller inputs"
    ):
        model.predict(np.ones((2, *shape), np.float32))


def test_an_image_without_rows_is_an_error_of_ours() -> None:
    for method in ("nearest", "bilinear", "bicubic", "area", "gaussian"):
        model = _model_of(Resizing(4, 4, interpolation=method), None, None, 3)
        with pytest.raises(InvalidModelError, match="expected images of at least one pixel, got"):
            model.predict(np.ones((2, 0, 3, 3), np.float32))


def test_inputs_in_a_structure_like_the_models() -> None:
    a, b, c = (Input((3,), name=name) for name in "abc")
    model = Model([a, {"q": b, "p": c}], [Add()([a, b]), (c, {"x": b})])
    first, second, third = X, X + 1, X + 2
    for x in ([first, {"p": third, "q": second}], [first, third, second]):
        y, (z, inside) = model.predict(x)
        np.testing.assert_array_equal(y, first + second)
        np.testing.assert_array_equal(z, third)
        np.testing.assert_array_equal(inside["x"], second)
    with pytest.raises(InvalidModelError, match="expected 3 input arrays, got 2"):
        model.predict([first, [second, third, first]])
