from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.op import find_op
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
SAMPLES.case("Assert", np.array(True), (np.array([b"text"], object), np.zeros((2, 3), np.float32)))


class TestKernels(KernelTests):
    samples = SAMPLES


def test_a_condition_that_does_not_hold_ends_the_run() -> None:
    graph = Builder("checked")
    condition = graph.input(Spec((), dtypes.bool_))
    ops.assert_true(condition, "it must hold")
    function = graph.finish([condition])
    assert [node.op for node in function.nodes] == ["Const", "Assert"]
    assert function.stateful
    assert run(function, [np.array(True)], {}) == [np.array(True)]
    with pytest.raises(InvalidModelError, match=r"op Assert .*it must hold"):
        run(function, [np.array(False)], {})
    assert issubclass(InvalidModelError, kerasfmt.KerasfmtError)


def test_the_error_shows_the_data() -> None:
    data = (np.array(b"got", object), np.arange(5), np.array(3.5))
    for shown, text in ((3, "got; \\[0 1 2 ...\\]; 3.5"), (-1, "got; \\[0 1 2 3 4\\]; 3.5")):
        with pytest.raises(ValueError, match=f"^{text}$"):
            find_op("Assert").run({"summarize": shown}, np.array(False), data)
