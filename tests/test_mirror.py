"""Tests mirror the package: `kerasfmt/a/b.py` has `tests/a/test_b.py`, and a test file has its module.

The `__init__.py` of a room may have `tests/a/test_a.py`. Other files in `tests/` have names that do not begin with
`test_`.
"""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "kerasfmt"

NAMES_ONLY = {
    "formats/checkpoint/layout.py": "the names in a checkpoint; the tests of its reader and writer state them",
    "formats/hdf5/layout.py": "the names in a file; the tests of its reader and writer state them",
    "formats/keras_archive/layout.py": "the names in an archive; the tests of its reader and writer state them",
}
"""Modules that hold no code to test."""
OF_THE_WHOLE = {
    "test_docs.py": "the examples in the docstrings of all public names, and the limits in SECURITY.md",
    "test_imports.py": "what importing any part of the package loads",
    "test_mirror.py": "the test files themselves",
    "test_rooms.py": "what the rooms of the package may hold",
    "dialects/test_layers_in_layers.py": "what each Keras lacks, in a layer of a layer: one table for two dialects",
    "formats/test_custom_objects.py": "custom objects in the options of layers, in every format",
    "formats/test_fuzz.py": "spoilt files of every format",
    "formats/test_published_attacks.py": "published attacks on every format",
    "layers/test_hostile_options.py": "hostile values for every option of every layer",
}
"""Test files of more than one module."""


def modules(*, with_names_only: bool = False) -> set[str]:
    """Every module, without or with those that hold only names of other modules, by its path below the package."""
    found = [path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]
    return {path.relative_to(PACKAGE).as_posix() for path in found if with_names_only or not only_names(path)}


def only_names(path: Path) -> bool:
    """Whether a module is a docstring, imports and `__all__`."""
    return all(
        isinstance(statement, ast.Import | ast.ImportFrom)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__")
        for statement in ast.parse(path.read_text()).body
    )


def file_of(module: str) -> str:
    """The path of a module's test file below `tests`."""
    path = Path(module)
    return path.with_name(f"test_{path.name}").as_posix()


def written() -> set[str]:
    """Every test file by its path below `tests`."""
    return {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}


def test_every_module_has_its_test_file() -> None:
    expected = {file_of(module) for module in modules() - NAMES_ONLY.keys()}
    assert sorted(expected - written()) == []


def test_every_test_file_has_its_module() -> None:
    rooms = [path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("__init__.py")]
    of_rooms = {(room / f"test_{room.name}.py").as_posix() for room in rooms}
    expected = {file_of(module) for module in modules(with_names_only=True)}
    assert sorted(written() - expected - of_rooms - OF_THE_WHOLE.keys()) == []


def test_no_exemption_outlives_its_reason() -> None:
    listed = modules()
    assert sorted(NAMES_ONLY.keys() - listed) == []
    assert sorted(module for module in NAMES_ONLY if file_of(module) in written()) == []
    assert sorted(OF_THE_WHOLE.keys() - written()) == []
