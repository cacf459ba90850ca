"""Numbers in bytes, bytes in base64, and serialized tensors."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import Array, KernelTests, Samples, texts

SAMPLES = Samples()
case = SAMPLES.case
case("DecodeRaw", texts(bytes(range(8)), b"abcdefgh"), out_type=dtypes.int32, shape_is_open=True)
case("DecodeRaw", texts(b"\x01\x02", b"\xff\x00").reshape(2, 1), out_type=dtypes.uint8, shape_is_open=True)
case("DecodeRaw", texts(np.float32([1.5, -2]).tobytes()), out_type=dtypes.float32, shape_is_open=True)
case("DecodeRaw", texts(b"\x01\x02"), out_type=dtypes.int16, little_endian=False, shape_is_open=True)
case(
    "DecodePaddedRaw", texts(b"abc", b"", b"abcdefg"), np.int32(4), out_type=dtypes.int16, shape_is_open=True
)
case("EncodeBase64", texts(b"", b"a", b"ab", b"abc", b"\xff\xfe\xfd"))
case("EncodeBase64", texts(b"a", b"ab", b"abc"), pad=True)
case("DecodeBase64", texts(b"", b"YQ", b"YWI=", b"__79"))
_TENSOR = b"\x08\x01\x12\x04\x12\x02\x08\x03\x2a\x04\x00\x00\x80?"
case("ParseTensor", np.array(_TENSOR, object), out_type=dtypes.float32, shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "given", "attrs", "said"),
    [
        ("DecodeRaw", texts(b"abc"), {"out_type": dtypes.int16}, "expected a multiple of 2 bytes, got 3"),
        ("DecodeRaw", texts(b"ab", b"a"), {"out_type": dtypes.uint8}, "expected strings of 2 bytes each"),
        ("DecodeBase64", texts(b"a+b/"), {}, "expected base64 in the alphabet of URLs"),
        (
            "ParseTensor",
            np.array(b"\xff", object),
            {"out_type": dtypes.int32},
            "expected a serialized tensor",
        ),
        (
            "ParseTensor",
            np.array(b"\x08\x01\x12\x00", object),
            {"out_type": dtypes.int32},
            "of int32, got float32",
        ),
    ],
)
def test_strings_that_are_something_else(op: str, given: Array, attrs: dict[str, object], said: str) -> None:
    graph = Builder("f")
    x = graph.input(Spec(None, dtypes.string))
    function = graph.finish([graph.emit(op, x, **attrs)[0]])
    with pytest.raises(InvalidModelError, match=said):
        run(function, [given], {})
