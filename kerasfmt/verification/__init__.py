"""Checks of files that strangers made: what is damaged, what contradicts itself, what would run code elsewhere.

    verify       opens a path and picks the checks of its format
    rules/       what can be found: a record for each rule, with a stable code
    finding      one thing that was found, and the report of all of them
    others       the checks: each takes a part of a file and adds findings

No check runs code of a file, and none follows what a file points to. RULES.md lists the rules.
"""
