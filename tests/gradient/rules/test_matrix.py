from __future__ import annotations

from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, floats = CASES.op, CASES.floats

for _a in (False, True):
    for _b in (False, True):
        _x, _y = (3, 2) if _a else (2, 3), (4, 3) if _b else (3, 4)
        op("MatMul", floats(*_x), floats(*_y), transpose_a=_a, transpose_b=_b)
        for _batches in (((5,), (5,)), ((5, 1), (2,)), ((), (2,)), ((), ())):
            _first, _second = (*_batches[0], *_x), (*_batches[1], *_y)
            op("BatchMatMulV2", floats(*_first), floats(*_second), adj_x=_a, adj_y=_b)
op("BiasAdd", floats(2, 3, 4), floats(4))
op("BiasAdd", floats(2, 3, 4), floats(3), data_format="NCHW")
op("Softmax", floats(2, 5))
op("LogSoftmax", floats(2, 5))


class TestMatrix(RuleTests):
    cases = CASES
