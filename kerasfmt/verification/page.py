"""RULES.md: every rule, by group."""

from __future__ import annotations

from collections.abc import Iterator

from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import GROUPS

_HEAD = """\
# What `kerasfmt verify` finds

Written by `python tools/make_rules_page.py`; not to be edited.

A code stays with its rule in every version. `kerasfmt verify PATH` ends with status 1 if there is an error;
`--fail-on warning` and `--fail-on note` lower that bar. A finding is one line, and the advice below it is that of the
rule. `--json` has the form of [report.schema.json](kerasfmt/verification/report.schema.json), `--sarif` is SARIF 2.1.0.
"""


def page() -> str:
    """The text of RULES.md: each group of rules as a table."""
    return "\n".join([_HEAD, *(line for group in GROUPS for line in _group(group))])


def _group(group: object) -> Iterator[str]:
    title = (group.__doc__ or "").partition(". ")[0]
    yield f"## {title}"
    yield ""
    yield "| code | rule | severity | what | what to do |"
    yield "|---|---|---|---|---|"
    for rule in vars(group).values():
        if isinstance(rule, Rule):
            yield f"| {rule.code} | {rule.name} | {rule.severity.value} | {rule.title} | {rule.help} |"
    yield ""
