"""What configs of both dialects name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kerasfmt.verification.config import check_config
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import unsafe
from tests.growth import assert_linear

CODE = "4wEAAAAAAAAAAAAAAAIAAABDAAAA"


def rules_in(config: Any) -> set[Rule]:
    findings = Findings(Path("x"))
    check_config(findings, config, "config.json")
    return {found.rule for found in findings.report("").findings}


def _layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": "layer", **config}}


FOUND: list[tuple[Any, Rule]] = [
    (_layer("Lambda", function=[CODE, None, None], function_type="lambda"), unsafe.LAMBDA_CODE),
    (_layer("Lambda", function={"class_name": "__tuple__", "items": [CODE]}), unsafe.LAMBDA_CODE),
    (_layer("Lambda", function="system", module="os"), unsafe.CALLS_FUNCTION),
    (_layer("Lambda", function="mine", module="__main__"), unsafe.CUSTOM_OBJECT),
    (_layer("Activation", loss=[CODE, None]), unsafe.LAMBDA_CODE),
    (
        _layer("Dense", hidden="gASVIAAAAAAAAACMCGJ1aWx0aW5zlIwFcHJpbnSUk5SMAXiUhZRSlC4="),
        unsafe.PICKLE_IN_CONFIG,
    ),
    (_layer("TFOpLambda", function="io.read_file"), unsafe.CALLS_FUNCTION),
    (_layer("TensorFlowOpLayer", node_def='name: "x" op: "PyFunc"'), unsafe.PYTHON_OP),
    (_layer("TextVectorization", vocabulary="https://a.b/c"), unsafe.PATH_IN_CONFIG),
    (_layer("TFSMLayer", filepath="../other"), unsafe.PATH_IN_CONFIG),
    ({"class_name": "os>mkdir", "config": {}}, unsafe.CALLS_FUNCTION),
    ({"class_name": "__typespec__", "module": "os", "spec_name": "mkdir"}, unsafe.CALLS_FUNCTION),
    (
        {"layers": [_layer("Unheard")]} | _layer("Sequential", layers=[_layer("Unheard")]),
        unsafe.CUSTOM_OBJECT,
    ),
]
"""Configs, and what is found in them."""


@pytest.mark.parametrize(("config", "rule"), FOUND)
def test_what_is_found(config: Any, rule: Rule) -> None:
    assert rule in rules_in({"class_name": "Sequential", "config": {"name": "m", "inner": [config]}})
    assert rule in rules_in(config)


@pytest.mark.parametrize(
    "config",
    [
        _layer("Dense", units=3, activation="relu", kernel_initializer={"class_name": "Zeros", "config": {}}),
        _layer("StringLookup", vocabulary=["a", "b"], vocabulary_size=3),
        _layer("TFOpLambda", function="math.add"),
        _layer("Dense", name="4wall", note="gAllery"),
        {"class_name": "Custom>Adam", "config": {}, "registered_name": "Custom>Adam"},
    ],
)
def test_what_is_harmless(config: Any) -> None:
    assert rules_in(config) == set()


def test_the_place_names_the_layer() -> None:
    findings = Findings(Path("x"))
    check_config(findings, _layer("TFSMLayer", filepath="x"), "config.json", "start")
    (found,) = findings.report("").findings
    assert found.inside == "start/layer (TFSMLayer)"


def test_the_work_is_linear() -> None:
    def make(count: int) -> Any:
        config = _layer("Sequential", layers=[_layer("Dense", units=n) for n in range(count)])
        return lambda: rules_in(config)

    assert_linear(make, 200)


def _spoilt(value: Any) -> Iterator[Any]:
    """The value, with each value in it in turn replaced by one of another type."""
    yield from ({}, {"a": 1}, [], [[]], 3, 2.5, True, None, "x")
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        for other in _spoilt(item):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = other
            yield copy


@pytest.mark.parametrize("config", [config for config, _ in FOUND])
def test_values_of_any_type_are_looked_at(config: Any) -> None:
    found = [rules_in(spoilt) for spoilt in _spoilt({"module": "m", "registered_name": "r", **config})]
    assert any(found)
