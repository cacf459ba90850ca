"""TensorBundle against TensorFlow: the same bytes as SaveV2, and TensorFlow reads our files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as npst

from kerasfmt import dtypes, tensorbundle
from kerasfmt.errors import UnsupportedFormatError
from tests.containers.tensorbundle.golden import CASES, SLICES, Case

tf = pytest.importorskip("tensorflow")

Items = Sequence[tuple[str, Any]]


def saved_by_tensorflow(row: dtypes.DType) -> bool:
    """Whether this TensorFlow and this NumPy can make a tensor of the type."""
    try:
        array = np.zeros(2, row.numpy)
        return bool(tf.as_dtype(row.enum) == tf.convert_to_tensor(array).dtype)
    except (TypeError, ValueError, UnsupportedFormatError):
        return False


NUMERIC = [row for row in dtypes.ALL if row.itemsize and not row.is_quantized and saved_by_tensorflow(row)]


def save_v2(prefix: Path, items: Items, slices: Sequence[str] | None = None) -> None:
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=[name.encode("utf-8", "surrogateescape") for name, _ in items],
        shape_and_slices=slices or [""] * len(items),
        tensors=[tf.constant(array, tf.string if array.dtype.hasobject else None) for _, array in items],
    )


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def check_same_bytes(items: Items, scratch: Path) -> None:
    (scratch / "theirs").mkdir()
    save_v2(scratch / "theirs" / "v", items)
    (scratch / "ours").mkdir()
    tensorbundle.write(scratch / "ours" / "v", items)
    assert files(scratch / "ours") == files(scratch / "theirs")


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    shape = draw(npst.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
    row = draw(st.sampled_from([*NUMERIC, dtypes.string]))
    if row is dtypes.string:
        size = int(np.prod(shape))
        array = np.empty(size, object)
        array[:] = draw(st.lists(st.binary(max_size=300), min_size=size, max_size=size))
        return array.reshape(shape)
    numbers = draw(npst.arrays(np.int8, shape, elements=st.integers(-128, 127)))
    with np.errstate(all="ignore"):
        return numbers.astype(row.numpy)


NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.from_regex(
        r"(layer_with_weights-\d/)?(kernel|bias|gamma)(/\.ATTRIBUTES/VARIABLE_VALUE)?", fullmatch=True
    ),
    st.binary(min_size=1, max_size=8).map(lambda key: key.decode("utf-8", "surrogateescape")),
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(items=st.dictionaries(NAMES, arrays(), min_size=1, max_size=25))
def test_bytes_are_save_v2s(items: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    check_same_bytes(list(items.items()), tmp_path_factory.mktemp("v"))


@pytest.mark.parametrize("row", [*NUMERIC, dtypes.string], ids=str)
def test_bytes_of_every_dtype(row: dtypes.DType, tmp_path: Path) -> None:
    if row is dtypes.string:
        array = np.array([b"a" * 200, b"", b"\0"], object)
    else:
        array = np.arange(6).reshape(2, 3).astype(row.numpy)
    check_same_bytes([("x", array), ("y", array[:0]), ("z", array.reshape(-1)[1:2].reshape(()))], tmp_path)


@pytest.mark.parametrize(
    "pattern", ["v{}", "layer_with_weights-{}/kernel/.ATTRIBUTES/VARIABLE_VALUE", "{}\xff"]
)
def test_bytes_of_an_index_of_several_blocks(pattern: str, tmp_path: Path) -> None:
    """30,000 entries make more than one 256 KiB block, so that separators and restarts matter."""
    items = [(pattern.format(n * 7919 % 30_000), np.int8(n % 100)) for n in range(30_000)]
    check_same_bytes(items, tmp_path)
    assert (tmp_path / "ours" / "v.index").stat().st_size > 256 * 1024


def test_bytes_of_long_names_and_many_dimensions(tmp_path: Path) -> None:
    long = ["a" * size for size in (300_000, 600_000, 127, 128)]
    items = [(name, np.zeros((1,) * 30, np.int16)) for name in long]
    check_same_bytes([*items, ("a" * 600_001, np.zeros(1 << 17))], tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_bytes_are_still_tensorflows(case: Case, tmp_path: Path) -> None:
    if len(case.data) == 1:
        save_v2(tmp_path / "v", case.items)
    else:
        save_v2(tmp_path / "v0", case.items[:1])
        save_v2(tmp_path / "v1", case.items[1:])
        prefixes = [str(tmp_path / "v0"), str(tmp_path / "v1")]
        tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=str(tmp_path / "v"))
    assert (tmp_path / "v.index").read_bytes() == case.index
    assert [path.read_bytes() for path in sorted(tmp_path.glob("v.data-*"))] == case.data


def test_golden_slices_are_still_tensorflows(tmp_path: Path) -> None:
    array = SLICES.items[0][1]
    save_v2(tmp_path / "v", [("v", array[:2]), ("v", array[2:])], ["5 0,2", "5 2,3"])
    assert (tmp_path / "v.index").read_bytes() == SLICES.index


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=NAMES,
    shape=npst.array_shapes(min_dims=1, max_dims=4, max_side=70),
    cuts=st.lists(st.integers(1, 69), max_size=4),
    axis=st.integers(0, 3),
)
def test_slices_are_read(
    name: str,
    shape: tuple[int, ...],
    cuts: list[int],
    axis: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    axis %= len(shape)
    whole = np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
    edges = sorted({0, shape[axis], *(cut for cut in cuts if cut < shape[axis])})
    items, specs = [], []
    for start, stop in pairwise(edges):
        extents = ["-"] * len(shape)
        extents[axis] = f"{start},{stop - start}"
        specs.append(f"{' '.join(map(str, shape))} {':'.join(extents)}")
        items.append((name, np.take(whole, range(start, stop), axis)))
    prefix = tmp_path_factory.mktemp("v") / "v"
    save_v2(prefix, items, specs)
    bundle = tensorbundle.read(prefix)
    assert list(bundle) == [name]
    assert np.array_equal(bundle[name][...], whole)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(items=st.dictionaries(NAMES, arrays(), min_size=1, max_size=8), num_shards=st.integers(1, 4))
def test_tensorflow_reads_every_number_of_shards(
    items: dict[str, Any], num_shards: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prefix = tmp_path_factory.mktemp("v") / "v"
    tensorbundle.write(prefix, items.items(), num_shards)
    restored = tf.raw_ops.RestoreV2(
        prefix=str(prefix),
        tensor_names=[name.encode("utf-8", "surrogateescape") for name in items],
        shape_and_slices=[""] * len(items),
        dtypes=[dtypes.of(array.dtype).enum for array in items.values()],
    )
    for array, tensor in zip(items.values(), restored, strict=True):
        theirs = tensor.numpy()
        if array.dtype.hasobject:
            assert np.asarray(theirs).tolist() == array.tolist()
        else:
            assert (theirs.shape, theirs.dtype) == (array.shape, array.dtype)
            assert theirs.tobytes() == array.tobytes()


def test_quantized(tmp_path: Path) -> None:
    for name in ("qint8", "quint8", "qint16", "quint16", "qint32"):
        row = dtypes.of(name)
        raw = np.array([1, 2, 3], row.numpy[0])
        tensor = tf.bitcast(raw, tf.as_dtype(row.enum))
        tf.raw_ops.SaveV2(
            prefix=str(tmp_path / "theirs"), tensor_names=["q"], shape_and_slices=[""], tensors=[tensor]
        )
        tensorbundle.write(tmp_path / "ours", [("q", raw.view(row.numpy))])
        for suffix in ("index", "data-00000-of-00001"):
            assert (tmp_path / f"ours.{suffix}").read_bytes() == (tmp_path / f"theirs.{suffix}").read_bytes()
        assert tensorbundle.read(tmp_path / "theirs")["q"].tensor_dtype is row


def test_ml_dtypes_is_tensorflows() -> None:
    assert np.dtype(ml_dtypes.bfloat16) == tf.bfloat16.as_numpy_dtype
