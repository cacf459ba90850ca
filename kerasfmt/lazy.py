"""The public names of a package, each imported on first use; the package's `__init__.pyi` lists them.

    __getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

`lazy_loader.attach_stub` does the same and parses the stub as Python, which takes longer than importing the package.
A stub here consists of imports of one form: `from .module import (name as name, ...)`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lazy_loader


def attach_stub(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package.

    Args:
      package: its `__name__`.
      file: its `__file__`; the stub lies beside it.
    """
    submodules, attributes = names_in(Path(file).with_name("__init__.pyi").read_text("utf-8"))
    found: tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]
    found = lazy_loader.attach(package, submodules, attributes)
    return found


def names_in(stub: str) -> tuple[list[str], dict[str, list[str]]]:
    """The modules that a stub names, and the names that it takes from each module.

    Args:
      stub: its text.

    Example:
      >>> names_in("from . import a as a\\nfrom .b import (\\n    C as C,\\n    D as D,\\n)\\n")
      (['a'], {'b': ['C', 'D']})
    """
    submodules: list[str] = []
    attributes: dict[str, list[str]] = {}
    for statement in stub.split("from .")[1:]:
        module, _, names = statement.partition("import ")
        into = attributes.setdefault(module.strip(), []) if module.strip() else submodules
        into += [
            name.partition(" as ")[0].strip() for name in names.strip().strip("()").split(",") if name.strip()
        ]
    return submodules, attributes
