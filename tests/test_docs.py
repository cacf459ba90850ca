"""The examples in the docstrings of public names run, and say what they print."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from tests.sources.live.live_models import model3

FUNCTIONS = {name: found for name in kerasfmt.__all__ if inspect.isfunction(found := getattr(kerasfmt, name))}
VERBS: dict[str, Any] = {
    **FUNCTIONS,
    "Model": kerasfmt.Model,
    "Model.get_layer": kerasfmt.Model.get_layer,
    "Model.predict": kerasfmt.Model.predict,
    "Sequential": kerasfmt.Sequential,
    "Signature": kerasfmt.Signature,
    "optimizers.Optimizer": kerasfmt.optimizers.Optimizer,
    "tensorbundle.read": kerasfmt.tensorbundle.read,
    "tensorbundle.write": kerasfmt.tensorbundle.write,
}


@pytest.mark.parametrize("name", VERBS)
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
