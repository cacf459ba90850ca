"""What importing kerasfmt loads, and above all what it does not."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FOREIGN = ("tensorflow", "keras", "tf_keras", "jax", "torch")
CASES = [
    ("import kerasfmt", (*FOREIGN, "numpy", "h5py", "rich", "google.protobuf")),
    ("import kerasfmt.cli", (*FOREIGN, "h5py", "rich")),
    ("import kerasfmt.errors, kerasfmt.protos", (*FOREIGN, "numpy", "h5py", "rich")),
    ("import kerasfmt.containers.tensorbundle", (*FOREIGN, "h5py", "rich")),
    (
        "import kerasfmt.graph, kerasfmt.ir, kerasfmt.layers; kerasfmt.layers.Dense",
        (*FOREIGN, "h5py", "rich", "typing_extensions"),
    ),
    ("import kerasfmt.api; kerasfmt.load_model, kerasfmt.save_model", FOREIGN),
]


@pytest.mark.parametrize(("statement", "absent"), CASES, ids=[statement for statement, _ in CASES])
def test_import_loads_nothing_else(statement: str, absent: tuple[str, ...]) -> None:
    program = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) & set(absent) == set()


@pytest.mark.parametrize("name", ["kerasfmt", "kerasfmt.layers", "kerasfmt.graph.ops"])
def test_what_a_package_shows_is_what_it_has(name: str) -> None:
    package = importlib.import_module(name)
    assert dir(package) == sorted(package.__all__)
    assert [public for public in package.__all__ if not hasattr(package, public)] == []


ALONE = """
import sys
import kerasfmt
for name in kerasfmt.__all__:
    for module in [module for module in sys.modules if module.partition(".")[0] == "kerasfmt"]:
        del sys.modules[module]
    import kerasfmt
    if not hasattr(kerasfmt, name):
        print(name)
"""


def test_every_public_name_is_there_whatever_was_imported_before() -> None:
    said = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout
    assert said.split() == []


LOADS = "model = kerasfmt.load_model({path!r}); "
SAVES = "kerasfmt.save_model(model, {path!r}); "


def test_a_small_network_loads_no_family_that_it_does_not_use(tmp_path: Path) -> None:
    made = (
        "d = kerasfmt.layers.Dense; "
        "model = kerasfmt.Sequential([d(5, 'relu', input_shape=(3,)), d(2, 'softmax')]); "
    )
    h5, saved = str(tmp_path / "m.h5"), str(tmp_path / "m")
    families_of(made + SAVES.format(path=h5))
    loaded = families_of(LOADS.format(path=h5) + SAVES.format(path=saved))
    assert loaded["layers"] - {"keras3_ops", "lambda_", "tf_op"} == {
        "core"
    }  # those have words of their own in configs
    assert loaded["graph.ops"] >= {"nn", "resource", "checkpoint_io"}
    assert not loaded["graph.ops"] & {
        "conv",
        "einsum",
        "generator",
        "image",
        "pool",
        "random",
        "resample",
        "sequence",
    }
    assert loaded["nn.tf"] | loaded["layers.keras3_ops"] <= {"table", "operation"}


def families_of(program: str) -> dict[str, set[str]]:
    """The modules below each package of families that a program imports."""
    program = f"import sys, kerasfmt; {program}print(*sys.modules, sep='\\n')"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    return {
        package: {
            name.rpartition(".")[2]
            for name in said.split()
            if name.rpartition(".")[0] == f"kerasfmt.{package}"
        }
        for package in ("graph.ops", "layers", "layers.keras3_ops", "nn.tf")
    }
