"""The examples in the docstrings of public names run, and one of a layer; SECURITY.md states the limits of the code."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from kerasfmt.sources.jax.model import JaxModel
from tests.sources.live.live_models import model3

FUNCTIONS = {name: found for name in kerasfmt.__all__ if inspect.isfunction(found := getattr(kerasfmt, name))}
VERBS: dict[str, Any] = {
    **FUNCTIONS,
    "Model": kerasfmt.Model,
    "Model.get_layer": kerasfmt.Model.get_layer,
    "Model.predict": kerasfmt.Model.predict,
    "Model.plot": kerasfmt.Model.plot,
    "Sequential": kerasfmt.Sequential,
    "Signature": kerasfmt.Signature,
    "losses.Loss": kerasfmt.losses.Loss,
    "metrics.Metric": kerasfmt.metrics.Metric,
    "optimizers.Optimizer": kerasfmt.optimizers.Optimizer,
    "optimizers.StartedOptimizer": kerasfmt.optimizers.StartedOptimizer,
    "optimizers.from_optax": kerasfmt.optimizers.from_optax,
    "tensorbundle.read": kerasfmt.tensorbundle.read,
    "tensorbundle.write": kerasfmt.tensorbundle.write,
    "JaxModel.add_signature": JaxModel.add_signature,
}
NEED_JAX = ("from_jax", "JaxModel.add_signature")
"""Those whose examples trace functions of JAX."""


@pytest.mark.parametrize("name", VERBS)
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in NEED_JAX:
        pytest.importorskip("jax")
    monkeypatch.chdir(tmp_path)
    kerasfmt.clear_session()
    names = {"kerasfmt": kerasfmt, "keras_model": model3()}
    (example,) = doctest.DocTestFinder(recurse=False).find(VERBS[name], name, globs=names)
    assert example.examples, f"{name} has no example"
    said: list[str] = []
    found = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert found.failed == 0, "".join(said)


def test_the_verbs_are_there() -> None:
    assert {
        "save_model",
        "load_model",
        "save_weights",
        "load_weights",
        "from_keras",
        "model_from_config",
    } < set(FUNCTIONS)


EXAMPLES = Path(__file__).parents[1] / "examples"
_WITHOUT_THE_CLASS = """
import sys, numpy, kerasfmt
model = kerasfmt.load_model(sys.argv[1])
print(model.get_layer("swish").class_name, model.predict(numpy.ones((1, 4), "float32")))
"""


def test_a_layer_of_ones_own_loads_without_its_class(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, *arguments, str(tmp_path / "m")], check=True, capture_output=True, text=True
        ).stdout

    expected = run(str(EXAMPLES / "custom_layer.py"))
    assert run("-c", _WITHOUT_THE_CLASS) == f"Swish {expected}"


SECURITY = Path(__file__).parents[1] / "SECURITY.md"
LIMIT = re.compile(r"^\| [^|]+ \| ([\d,]+)[^|]* \| `(kerasfmt\.[\w.]+)\.(\w+)` \|$", re.MULTILINE)


def test_the_limits_of_reading_are_those_of_the_code() -> None:
    text = SECURITY.read_text(encoding="utf-8")
    stated = LIMIT.findall(text)
    assert len(stated) >= 6
    assert len(stated) == len(re.findall(r"^\|.*`kerasfmt\.", text, re.MULTILINE))
    for value, module, name in stated:
        assert int(value.replace(",", "")) == getattr(importlib.import_module(module), name), name


def test_the_page_on_security_is_linked_and_links_to_what_there_is() -> None:
    assert "](SECURITY.md)" in SECURITY.with_name("README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([\w/.]+)\)", SECURITY.read_text(encoding="utf-8"))
    assert links
    assert all((SECURITY.parent / link).exists() for link in links)
