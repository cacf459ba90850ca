from __future__ import annotations

from kerasfmt.graph import ops
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value, weight

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

case("Einsum", (floats(2, 3, 4), floats(4, 5)), equation="abc,cd->abd", ulps=8, accumulates=True)
case("Einsum", (floats(2, 3, 4), floats(2, 5, 4)), equation="...ij,...kj->...ik", ulps=8, accumulates=True)
case("Einsum", (floats(2, 3, 4),), equation="abc->cb", ulps=8, accumulates=True)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "product": (
            lambda: ops.einsum("abc,cd->abd", [value(None, 3, 4), weight(4, 5)]),
            (None, 3, 5),
            ["ReadVariableOp", "Einsum"],
        ),
        "ellipsis": (lambda: ops.einsum("...ij->...ji", [value(None, 2, 3, 4)]), (None, 2, 4, 3), ["Einsum"]),
    }
    refused = {
        "output": (lambda: ops.einsum("ab,bc", [value(2, 3), weight(3, 4)]), "no output subscripts"),
        "operands": (lambda: ops.einsum("ab,bc->ac", [value(2, 3)]), "1 operands"),
        "rank": (lambda: ops.einsum("abc->a", [value(2, 3)]), "subscripts abc for shape"),
        "sizes": (lambda: ops.einsum("ab,bc->ac", [value(2, 3), weight(4, 5)]), "dimensions 3 and 4"),
    }
