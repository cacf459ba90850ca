"""A report as SARIF 2.1.0, the form in which code hosts and dashboards take findings of scanners.

Source: OASIS SARIF 2.1.0, sections 3.13, 3.14, 3.19, 3.27, 3.28, 3.33, 3.49
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from kerasfmt.verification.finding import Finding, Report
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import RULES

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_VERSION: Final = "2.1.0"


def to_sarif(report: Report, version: str) -> dict[str, Any]:
    """The report as the JSON values of a SARIF log with one run.

    Args:
      report: the report.
      version: of kerasfmt.
    """
    places = {rule.code: number for number, rule in enumerate(RULES)}
    return {
        "$schema": SCHEMA,
        "version": _VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kerasfmt",
                        "version": version,
                        "rules": [_rule(rule) for rule in RULES],
                    }
                },
                "artifacts": [{"location": {"uri": _uri(report.path)}}],
                "results": [
                    _result(report.path, found, places[found.rule.code]) for found in report.findings
                ],
                "properties": {
                    "format": report.format,
                    "checked": dict(report.checked),
                    "leftOut": dict(report.left_out),
                },
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(path: str, found: Finding, place: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(f"{path}/{found.file}" if found.file else path)}
        }
    }
    if found.inside:
        location["logicalLocations"] = [{"fullyQualifiedName": found.inside}]
    return {
        "ruleId": found.rule.code,
        "ruleIndex": place,
        "level": found.rule.severity.value,
        "message": {"text": found.message},
        "locations": [location],
    }


def _uri(path: str) -> str:
    return quote(path.replace("\\", "/"), safe="/:")
