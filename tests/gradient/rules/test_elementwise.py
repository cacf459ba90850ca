from __future__ import annotations

import numpy as np

from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, floats = CASES.op, CASES.floats

EVERYWHERE = """
Abs Atan Asinh Cos Cosh Elu Erf Erfc Exp Expm1 Neg Relu Relu6 Selu Sigmoid Sign Sin Sinh Softplus Softsign Square Tan
Tanh
"""
for _op in EVERYWHERE.split():
    op(_op, floats(2, 3, low=0.1, high=1.4))
    op(_op, -floats(4, low=0.1, high=1.4))
for _op in ("Inv", "Log", "Log1p", "Reciprocal", "Rsqrt", "Sqrt"):
    op(_op, floats(2, 3, low=0.5))
for _op in ("Acos", "Asin", "Atanh"):
    op(_op, floats(2, 3, low=-0.9, high=0.9))
op("Acosh", floats(2, 3, low=1.5))
op("Conj", floats(3) + 1j * floats(3), smooth=False)
op("LeakyRelu", floats(2, 3), alpha=0.3)
op("Relu", np.array([0.0, 1.0, -1.0]), smooth=False)


class TestElementwise(RuleTests):
    cases = CASES
