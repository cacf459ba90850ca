from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
case, ints = SAMPLES.case, SAMPLES.ints

TEXTS = np.array(
    [[b"", b"a", b"abc"], ["grüße".encode(), "日本語のテキスト".encode(), b"\xff\xfe broken"]], object
)
LONG = np.array([bytes(range(size % 256)) * (1 + size // 256) for size in range(0, 700, 7)], object)
for _texts in (TEXTS, LONG, np.zeros((0, 2), object)):
    case("StringToHashBucketFast", _texts, num_buckets=1000)
    case("StringToHashBucketFast", _texts, num_buckets=1)
    case("StringToHashBucketStrong", _texts, num_buckets=2**40 + 1, key=[133, 2**62])
case("StringToHashBucketStrong", TEXTS, num_buckets=7, key=[-1, 0])

_NUMBERS = np.array([[0, 5, -7], [2**62, -(2**63), 1]], np.int64)
for _dense in ((TEXTS, TEXTS[:, :1]), (_NUMBERS, TEXTS), (_NUMBERS, _NUMBERS, TEXTS), (TEXTS[:, :1],)):
    for _buckets in (5, 0):
        case(
            *("SparseCross", (), (), (), _dense),
            num_buckets=_buckets,
            hash_key=956888297470,
            hashed_output=True,
            dense_types=[dtypes.of(x.dtype) for x in _dense],
            sparse_types=[],
            out_type=dtypes.int64,
            internal_type=dtypes.int64,
            shape_is_open=True,
        )
_PLACES = np.array([[0, 0], [0, 1], [2, 0], [2, 3]], np.int64)
_WORDS = np.array([b"a", b"bc", b"", b"d"], object)
_SHAPE = np.array([3, 4], np.int64)
_DENSE = np.array([[1, 2], [3, 4], [5, 6]], np.int64)
for _dense in ((), (_DENSE,)):
    for _values in ((_WORDS,), (_WORDS, np.arange(4) - 2)):
        case(
            *("SparseCross", (_PLACES,) * len(_values), _values, (_SHAPE,) * len(_values), _dense),
            num_buckets=50,
            hash_key=956888297470,
            hashed_output=True,
            dense_types=[dtypes.of(x.dtype) for x in _dense],
            sparse_types=[dtypes.of(x.dtype) for x in _values],
            out_type=dtypes.int64,
            internal_type=dtypes.int64,
            shape_is_open=True,
        )


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "fast": (
            lambda: ops.string_to_hash_bucket_fast(value(None, 3, dtype=dtypes.string), 4),
            (None, 3),
            ["StringToHashBucketFast"],
        ),
        "strong": (
            lambda: ops.string_to_hash_bucket_strong(value(None, dtype=dtypes.string), 4, (1, 2)),
            (None,),
            ["StringToHashBucketStrong"],
        ),
        "cross": (
            lambda: ops.sparse_cross([x := value(None, 1, dtype=dtypes.string), ops.identity(x)], 4)[0],
            (None, 2),
            ["Identity", "SparseCross"],
        ),
    }
    refused = {
        "numbers": (lambda: ops.string_to_hash_bucket_fast(value(3), 4), "expected string, got float32"),
        "buckets": (
            lambda: ops.string_to_hash_bucket_fast(value(3, dtype=dtypes.string), 0),
            "num_buckets: at least 1, got 0",
        ),
    }


def test_what_crosses_and_keys_are_not_taken() -> None:
    with pytest.raises(ValueError, match="expected hashed crosses"):
        find_op("SparseCross").run({"hashed_output": False}, (), (), (), (TEXTS,))
    with pytest.raises(ValueError, match="expected a key of two numbers"):
        find_op("StringToHashBucketStrong").run({"key": [1], "num_buckets": 3}, TEXTS)
