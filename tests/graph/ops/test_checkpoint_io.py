from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, ops
from kerasfmt.graph.op import Effect, Op, find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
_NAMES = np.array([b"s3://bucket", b"s3:", b"/a"], object)
SAMPLES.case("StaticRegexFullMatch", _NAMES, pattern="s3:[/]{2}[a-z]+")
SAMPLES.case("StringJoin", (np.array([b"a", b"b"], object), np.array(b"c", object)), separator="/")


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "join": (
            lambda: ops.string_join([value(None, dtype=dtypes.string), np.array(b"part", object)], "/"),
            (None,),
            ["Const", "StringJoin"],
        ),
    }
    refused = {
        "shapes": (
            lambda: ops.string_join(
                [x := value(2, dtype=dtypes.string), x.graph.input(value(3, dtype=dtypes.string).spec)]
            ),
            r"shapes \(2,\) and \(3,\) do not broadcast",
        ),
        "dtype": (lambda: ops.string_join([value(2)]), "float32"),
    }


def test_restored_tensors_have_no_shape() -> None:
    graph = Builder()
    prefix, names, slices = graph.constant("p"), graph.constant(["a", "b"]), graph.constant(["", ""])
    outputs = graph.emit("RestoreV2", prefix, names, slices, dtypes=[dtypes.float32, dtypes.int64])
    assert [(v.shape, v.dtype) for v in outputs] == [(None, dtypes.float32), (None, dtypes.int64)]


@pytest.mark.parametrize(
    ("op", "effect"),
    [("SaveV2", Effect.WRITES), ("MergeV2Checkpoints", Effect.WRITES), ("RestoreV2", Effect.READS)],
)
def test_what_touches_files_says_so_and_runs_in_tensorflow_only(op: str, effect: Effect) -> None:
    assert find_op(op).effect is effect
    assert find_op(op).run is Op.run
