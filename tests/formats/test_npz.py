"""NumPy's .npz: read by NumPy, read from NumPy, lazily, and never a pickle."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import kerasfmt
from kerasfmt import cli, dtypes
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats import npz
from kerasfmt.formats.matching import keyed_weights
from kerasfmt.formats.npz import StoredArray, open_arrays
from kerasfmt.ir import Model, Sequential, Weight
from kerasfmt.layers import BatchNormalization, Dense
from tests.formats.format_tests import FormatTests
from tests.growth import assert_linear

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def small(prefix: str = "", units: int = 4, **options: Any) -> Model:
    """A model of random weights; the names of its layers begin with `prefix`."""
    layers = [
        Dense(units, input_shape=(3,), name=f"{prefix}hidden", **options),
        BatchNormalization(name=f"{prefix}norm"),
        Dense(2, name=f"{prefix}out", **options),
    ]
    model = Sequential(layers, name="small")
    rng = np.random.default_rng(3)
    for weight in model.weights:
        weight.value = rng.normal(size=weight.shape).astype(weight.dtype.numpy)
    return model


class TestFormat(FormatTests):
    format = npz.FORMAT
    name = "w.npz"
    holds = "weights"

    def model(self) -> Model:
        return small()

    def foreign(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("notes.txt", b"mine")


def zeroed(model: Model) -> Model:
    for weight in model.weights:
        weight.value = np.zeros(weight.shape, weight.dtype.numpy)
    return model


def values(model: Model) -> list[np.ndarray]:
    return [weight.numpy() for weight in model.weights]


def assert_equal(got: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """What NumPy reads."""
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def test_numpy_reads_it(tmp_path: Path) -> None:
    model = small()
    kerasfmt.save_weights(model, tmp_path / "w.npz")
    arrays = arrays_of(tmp_path / "w.npz")
    assert list(arrays) == [weight.name for weight in model.weights]
    assert next(iter(arrays)) == "hidden/kernel"
    for array, weight in zip(arrays.values(), model.weights, strict=True):
        assert (array.dtype, array.flags.c_contiguous) == (weight.dtype.numpy, True)
        np.testing.assert_array_equal(array, weight.numpy())
    with zipfile.ZipFile(tmp_path / "w.npz") as file:
        assert file.testzip() is None


def test_weights_stay_in_the_file(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "w.npz")
    kerasfmt.load_weights(model := zeroed(small()), str(tmp_path / "w.npz"))
    assert all(isinstance(weight.value, StoredArray) for weight in model.weights)


def test_a_model_without_weights(tmp_path: Path) -> None:
    model = Sequential([kerasfmt.layers.ReLU(input_shape=(3,))])
    kerasfmt.save_weights(model, tmp_path / "w.npz")
    assert arrays_of(tmp_path / "w.npz") == {}
    kerasfmt.load_weights(model, tmp_path / "w.npz")
    with pytest.raises(InvalidModelError, match=r"expected 8 weights .*, got none"):
        kerasfmt.load_weights(small(), tmp_path / "w.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_wrote(tmp_path: Path, save: Callable[..., None]) -> None:
    source = small()
    save(tmp_path / "w.npz", **{weight.name: weight.numpy() for weight in reversed(source.weights)})
    kerasfmt.load_weights(model := zeroed(small()), tmp_path / "w.npz")  # by its keys, in whatever order
    assert_equal(values(model), values(source))


def test_other_names_are_paired_in_order(tmp_path: Path) -> None:
    kerasfmt.save_weights(small("other_"), tmp_path / "w.npz")
    kerasfmt.load_weights(model := zeroed(small()), tmp_path / "w.npz")
    assert_equal(values(model), values(small()))
    swapped = small("other_").weights
    swapped[0], swapped[1] = swapped[1], swapped[0]
    np.savez(tmp_path / "w.npz", **{weight.name: weight.numpy() for weight in swapped})
    with pytest.raises(
        InvalidModelError, match="hidden/kernel: expected kernel at this place, got other_hidden/b"
    ):
        kerasfmt.load_weights(model, tmp_path / "w.npz")


def test_by_name(tmp_path: Path) -> None:
    source, model = small(units=5), small()
    before = values(model)
    kerasfmt.save_weights(source, tmp_path / "w.npz")
    with pytest.raises(
        InvalidModelError, match=r"hidden/kernel: expected shape \[3, 4\], got \[3, 5\] from hidden/k"
    ):
        kerasfmt.load_weights(model, tmp_path / "w.npz", by_name=True)
    assert_equal(values(model), before)
    with pytest.warns(UserWarning, match=r"weight .*; skipped$") as said:
        kerasfmt.load_weights(model, tmp_path / "w.npz", by_name=True, skip_mismatch=True)
    assert len(said) == 7
    assert_equal(values(model), [*before[:-1], values(source)[-1]])
    np.savez(tmp_path / "w.npz", **{"out/bias": np.float32([5, 6]), "unknown": np.zeros(3)})
    kerasfmt.load_weights(model, tmp_path / "w.npz", by_name=True)
    assert_equal(values(model), [*before[:-1], np.float32([5, 6])])
    with pytest.raises(ValueError, match="needs by_name=True"):
        kerasfmt.load_weights(model, tmp_path / "w.npz", skip_mismatch=True)


def test_missing_and_wrong_arrays(tmp_path: Path) -> None:
    model = small()
    arrays = {weight.name: weight.numpy() for weight in model.weights}
    np.savez(tmp_path / "w.npz", **dict(list(arrays.items())[:-1]))
    with pytest.raises(InvalidModelError, match=r"model small: expected 8 weights \(.*\), got 7 \("):
        kerasfmt.load_weights(model, tmp_path / "w.npz")
    np.savez(tmp_path / "w.npz", **{**arrays, "hidden/kernel": np.zeros((4, 3), "f4")})
    with pytest.raises(
        InvalidModelError, match=r"hidden/kernel: expected shape \[3, 4\], got \[4, 3\] from hidden/k"
    ):
        kerasfmt.load_weights(model, tmp_path / "w.npz")
    assert_equal(values(model), list(arrays.values()))


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    inputs = kerasfmt.Input((3,))
    parts = [Sequential([Dense(units, input_shape=(3,), name="d")], name=f"part_{units}") for units in (1, 2)]
    model = Model(inputs, [part(inputs) for part in parts])
    kerasfmt.save_weights(model, tmp_path / "w.npz")
    assert list(open_arrays(tmp_path / "w.npz")) == ["d/kernel", "d/bias", "d/kernel_1", "d/bias_1"]
    before = values(model)
    kerasfmt.load_weights(zeroed(model), tmp_path / "w.npz", by_name=True)
    assert_equal(values(model), before)


def test_names_of_every_script(tmp_path: Path) -> None:
    model = Sequential([Dense(2, input_shape=(3,), name="été/名")])
    kerasfmt.save_weights(model, tmp_path / "w.npz")
    assert list(arrays_of(tmp_path / "w.npz")) == ["été/名/kernel", "été/名/bias"]
    kerasfmt.load_weights(model, tmp_path / "w.npz")
    model.weights[0].name = "../kernel"
    with pytest.raises(InvalidModelError, match=r"'\.\./kernel\.npy' cannot be the name of a member"):
        kerasfmt.save_weights(model, tmp_path / "w.npz")


# Dtypes.


def holder(array: np.ndarray) -> Model:
    model = Sequential([kerasfmt.layers.ReLU(input_shape=(1,), name="r")])
    weight = Weight("h/array", array.shape, dtypes.of(array.dtype), trainable=False)
    weight.value = np.asarray(array)
    model.layers[0]._weights.append(weight)
    assert model.weights == [weight]
    return model


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float16).reshape(2, 3),
        np.arange(6, dtype=np.float32).astype(BFLOAT16),
        np.float64(1.5),
        np.zeros((0, 3), np.float32),
        np.array([True, False]),
        np.arange(3, dtype=np.uint8),
        np.int64(7),
        np.array([1 + 2j], np.complex64),
    ],
    ids=lambda array: f"{array.dtype}{list(array.shape)}",
)
def test_dtypes(tmp_path: Path, array: np.ndarray) -> None:
    kerasfmt.save_weights(holder(array), tmp_path / "w.npz")
    theirs = arrays_of(tmp_path / "w.npz")["h/array"]
    assert theirs.dtype == ("V2" if array.dtype == BFLOAT16 else array.dtype)
    np.testing.assert_array_equal(theirs.view(array.dtype), array)
    np.savez(tmp_path / "theirs.npz", **{"h/array": array})
    for name in ("w.npz", "theirs.npz"):
        kerasfmt.load_weights(model := holder(np.zeros_like(array)), tmp_path / name)
        assert model.weights[0].numpy().dtype == array.dtype
        np.testing.assert_array_equal(model.weights[0].numpy(), array)


@pytest.mark.parametrize("stored", [np.float16, np.float64, BFLOAT16, np.dtype(">f4")])
def test_other_dtypes_are_cast_when_they_are_read(tmp_path: Path, stored: Any) -> None:
    array = np.array([0.5, 2, -1], np.float32)
    np.savez(tmp_path / "w.npz", **{"h/array": array.astype(stored)})
    kerasfmt.load_weights(model := holder(np.zeros(3, np.float32)), tmp_path / "w.npz")
    assert model.weights[0].numpy().dtype == np.float32
    np.testing.assert_array_equal(model.weights[0].numpy(), array)


def test_a_dtype_that_numpy_has_not(tmp_path: Path) -> None:
    model = holder(np.zeros(3, ml_dtypes.float8_e5m2))
    with pytest.raises(UnsupportedFormatError, match="weight h/array: NumPy reads no float8_e5m2 back"):
        kerasfmt.save_weights(model, tmp_path / "w.npz")
    assert list(tmp_path.iterdir()) == []


# Arrays that stay in the file.

ARRAY = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


@pytest.mark.parametrize(
    "array", [ARRAY, np.asfortranarray(ARRAY), ARRAY.astype(">f4"), ARRAY[0, 0, 1:].reshape(())]
)
def test_a_stored_array_is_the_array(tmp_path: Path, array: np.ndarray) -> None:
    np.savez(tmp_path / "w.npz", a=array)
    stored = open_arrays(tmp_path / "w.npz")["a"]
    assert (stored.shape, stored.dtype) == (array.shape, np.dtype(array.dtype).newbyteorder("="))
    np.testing.assert_array_equal(np.asarray(stored), array)
    assert np.asarray(stored, dtype=np.float16).dtype == np.float16
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(stored, copy=False)
    keys = [slice(1, 3), (slice(2, 9),), slice(0, 4, 2), slice(3, 1), 1, (1, slice(0, 2))]
    for key in keys if array.ndim else [(), ...]:
        np.testing.assert_array_equal(stored[key], array[key])


def test_a_file_that_is_cut_while_open_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=ARRAY, b=ARRAY)
    stored = open_arrays(tmp_path / "w.npz")["b"]
    with (tmp_path / "w.npz").open("rb+") as file:
        file.truncate(400)
    with pytest.raises(CorruptFileError, match="it was cut while open"):
        np.asarray(stored)


# Files that lie, or are damaged.


def written(path: Path, content: bytes, name: str = "a.npy") -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, content)
    return path


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    size = len(header).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + size + header.encode("latin-1") + data


HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
LIES = [
    (npy(HEADER), CorruptFileError, "declares .* bytes, but its member has"),
    (npy(HEADER, bytes(9)), CorruptFileError, "declares .* bytes, but its member has"),
    (npy(HEADER.replace("(2,)", "(1 << 60,)"), bytes(8)), CorruptFileError, "its header cannot be read"),
    (npy(HEADER.replace("2", "1000000000000"), bytes(8)), CorruptFileError, "declares 4000000000"),
    (npy(HEADER.replace("(2,)", "(-2, -1)"), bytes(8)), CorruptFileError, r"the shape \(-2, -1\)"),
    (npy(HEADER.replace("'<f4'", "'|O'"), bytes(8)), UnsafeFileError, "holds pickled Python objects"),
    (npy(HEADER.replace("'<f4'", "'<U1'"), bytes(8)), UnsupportedFormatError, "expected numbers"),
    (npy(HEADER.replace("'<f4'", "'|V4'"), bytes(8)), UnsupportedFormatError, "expected numbers"),
    (npy(HEADER.replace("'<f4'", "[('x', '<f4')]"), bytes(8)), UnsupportedFormatError, "expected numbers"),
    (npy("__import__('os')\n", bytes(8)), CorruptFileError, "its header cannot be read"),
    (npy("(" * 4000 + "\n"), CorruptFileError, "its header cannot be read"),
    (npy(HEADER + " " * 4096, bytes(8)), UnsupportedFormatError, "more than 4096 are not read"),
    (npy(HEADER, bytes(8), b"\x03\x00"), UnsupportedFormatError, "version 1 or 2, got 3"),
    (b"\x93NUMPX", CorruptFileError, "expected it to begin with"),
    (b"", CorruptFileError, "expected it to begin with"),
]


@pytest.mark.parametrize(("content", "error", "said"), LIES)
def test_refused(tmp_path: Path, content: bytes, error: type[KerasfmtError], said: str) -> None:
    path = written(tmp_path / "w.npz", content)
    with pytest.raises(error, match=rf"w\.npz: a\.npy: .*{said}"):
        kerasfmt.load_weights(small(), path)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return open, (str(tmp_path / "sprung"), "w")

    np.savez(tmp_path / "w.npz", a=np.array([Trap()], dtype=object))
    with pytest.raises(UnsafeFileError, match="holds pickled Python objects, which are never read"):
        kerasfmt.load_weights(small(), tmp_path / "w.npz")
    assert not (tmp_path / "sprung").exists()


def test_members_that_are_no_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=ARRAY)
    with zipfile.ZipFile(tmp_path / "w.npz", "a") as file:
        file.writestr("notes.txt", b"")
    with pytest.raises(
        UnsupportedFormatError, match=r"notes\.txt: expected arrays, called \*\.npy, and nothing else"
    ):
        open_arrays(tmp_path / "w.npz")


def read_everything(path: Path) -> None:
    for array in open_arrays(path).values():
        np.asarray(array)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_are_read_or_told(tmp_path: Path, data: st.DataObject) -> None:
    np.savez(tmp_path / "w.npz", a=ARRAY, b=ARRAY[0])
    spoilt = bytearray((tmp_path / "w.npz").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / "w.npz").write_bytes(spoilt)
    try:
        read_everything(tmp_path / "w.npz")
    except KerasfmtError as error:
        assert "w.npz" in str(error)


# The front door.


def test_weights_alone(tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"an \.npz archive holds weights only; use save_weights"
    ):
        kerasfmt.save_model(small(), tmp_path / "m.npz")
    assert list(tmp_path.iterdir()) == []
    kerasfmt.save_weights(small(), tmp_path / "w.npz")
    with pytest.raises(UnsupportedFormatError, match=r"an \.npz archive holds weights only; build the model"):
        kerasfmt.load_model(tmp_path / "w.npz")
    with pytest.raises(MissingFileError):
        kerasfmt.load_weights(small(), tmp_path / "none.npz")


def test_inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kerasfmt.save_weights(small(), tmp_path / "w.npz")
    assert cli.main(["inspect", str(tmp_path / "w.npz")]) == 0
    out = capsys.readouterr().out
    assert "weights in an .npz archive" in out
    assert "total: 3 layers, 8 weights, 42 elements, 168 B" in out
    assert "hidden/kernel float32[3, 4]" in out


def test_equal_names_get_their_numbers_in_linear_work() -> None:
    def reading(count: int) -> Callable[[], object]:
        model = holder(np.zeros(2, np.float32))
        weight = model.weights[0]
        same = [Weight(weight.name, weight.shape, weight.dtype) for _ in range(count)]
        return lambda: keyed_weights(SimpleNamespace(weights=same))  # type: ignore[arg-type]

    assert_linear(reading, 100)
