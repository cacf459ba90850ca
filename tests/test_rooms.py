"""What the rooms of the package may hold, beyond what import-linter can see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp

import kerasfmt

PACKAGE = Path(kerasfmt.__file__).parent
ABOVE = ("dialects", "formats", "sources", "verification", "cli", "api")
"""The room of the dialects and those above it."""
EXEMPT = ("ir/keras_facts.py", "optimizers/optimizer.py", "layers/keras3_ops")
"""Where the records of facts are declared, and the room of Keras 3's operations."""
FACTS = ("KerasFacts", "Slot")
"""Records in which a class states what each Keras calls it and what is its own."""
KERAS3 = re.compile(r"keras[ _-]?3", re.IGNORECASE)


def modules() -> Iterator[tuple[str, str]]:
    """Every module of the package, its path below the package and its text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text()


def docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    """The texts that stand as statements: docstrings of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def facts(tree: ast.AST) -> Iterator[ast.AST]:
    """What is inside of a record of facts, or in one row of a table with it."""
    for node in ast.walk(tree):
        parts = [node] if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
        if any(isinstance(part, ast.Call) and _makes_facts(part) for part in parts):
            yield from ast.walk(node)


def _makes_facts(call: ast.Call) -> bool:
    """Whether a call makes a record of facts, or changes the one of another class."""
    copies = ast.unparse(call.func) == "replace" and ast.unparse(call.args[0]).endswith(".facts")
    return copies or ast.unparse(call.func) in FACTS


def words(node: ast.AST) -> list[str]:
    """The names and texts that a node of a syntax tree states itself."""
    found = [value for _, value in ast.iter_fields(node) if isinstance(value, str)]
    if isinstance(node, ast.Import | ast.ImportFrom):
        found += [alias.name for alias in node.names]
    return found


def test_no_room_below_the_dialects_speaks_of_keras_3_but_in_facts() -> None:
    """In names and texts of the code; prose (docstrings and comments) may say what Keras 3 does."""
    found = []
    for name, text in modules():
        if name.startswith((*ABOVE, *EXEMPT)):
            continue
        tree = ast.parse(text)
        allowed = {id(node) for node in (*docstrings(tree), *facts(tree))}
        for node in ast.walk(tree):
            if id(node) not in allowed and any(map(KERAS3.search, words(node))):
                found.append(f"{name}:{getattr(node, 'lineno', 0)}: {words(node)}")
    assert found == []


def test_the_rule_sees_names_texts_and_imports_but_no_prose() -> None:
    code = [
        "import keras3",
        "'''About Keras 3.'''",
        "x = a.in_keras3  # Keras 3",
        "y = f('Keras 3', keras3=1)",
    ]
    tree = ast.parse("\n".join([*code, "def keras3(): ..."]))
    prose = {id(node) for node in docstrings(tree)}
    seen = [node for node in ast.walk(tree) if id(node) not in prose and any(map(KERAS3.search, words(node)))]
    assert {type(node).__name__ for node in seen} == {
        "Import",
        "alias",
        "Attribute",
        "Constant",
        "keyword",
        "FunctionDef",
    }
    stated = ast.parse("rows = ((f, 'keras3', KerasFacts(absent_in=2)), (g, 'keras3', None))")
    names = [node for node in facts(stated) if isinstance(node, ast.Constant) and node.value == "keras3"]
    assert len(names) == 1


def test_classes_are_not_told_by_the_text_of_their_names() -> None:
    pattern = re.compile(r"__name__\s*(==|!=|in\b|not in\b)")
    found = {name for name, text in modules() if pattern.search(text)}
    assert found == {"__main__.py"}


def test_modules_are_imported_by_statements() -> None:
    """import-linter sees those; packages of families import lazily through their stubs, which it reads.

    To ask whether a package is there imports nothing.
    """
    imports = re.compile(r"\bimportlib\b(?!\.util import find_spec\n)|__import__")
    assert [name for name, text in modules() if imports.search(text)] == []
    lazy = [name for name, text in modules() if "lazy_loader" in text or "attach_stub" in text]
    assert all(name.endswith("__init__.py") or name == "lazy.py" for name in lazy)


KNOTS = [
    # A Value knows the Builder that it belongs to; an attribute of a Node may be a Function.
    ["builder", "function", "node_types", "op", "side_effects", "value"],
    # A Tensor knows the Layer that it comes from; traces, masks and what is attached are a layer's.
    [
        "attached",
        "call_context",
        "layer",
        "layer_defaults",
        "masks",
        "tensor",
        "trace",
        "trace_sharing",
        "traces",
        "tracked",
    ],
    # The layers of a live model are found among its members, which know how custom ones are taken.
    ["custom_layers", "members"],
]
"""The only modules that know one another, and only as types."""


def test_no_import_comes_back_to_where_it_started() -> None:
    assert circles(types=False) == []
    assert [[name.rpartition(".")[2] for name in circle] for circle in circles(types=True)] == KNOTS


def circles(*, types: bool) -> list[list[str]]:
    """The sets of modules that import one another, with imports for types or without."""
    graph = grimp.build_graph("kerasfmt", exclude_type_checking_imports=not types, cache_dir=None)
    below = {module: graph.find_downstream_modules(module) for module in graph.modules}
    found = {
        tuple(sorted({module, *(other for other in importers if module in below[other])}))
        for module, importers in below.items()
    }
    return [list(circle) for circle in sorted(found) if len(circle) > 1]
