"""What importing kerasfmt loads, and above all what it does not."""

from __future__ import annotations

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
    ("import kerasfmt.graph, kerasfmt.ir, kerasfmt.layers", (*FOREIGN, "h5py", "rich")),
    ("import kerasfmt.api; kerasfmt.load_model, kerasfmt.save_model", FOREIGN),
]


@pytest.mark.parametrize(("statement", "absent"), CASES, ids=[statement for statement, _ in CASES])
def test_import_loads_nothing_else(statement: str, absent: tuple[str, ...]) -> None:
    program = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) & set(absent) == set()


def test_every_public_name_is_there() -> None:
    import kerasfmt

    assert [name for name in kerasfmt.__all__ if not hasattr(kerasfmt, name)] == []


def test_a_small_network_loads_no_family_that_it_does_not_use(tmp_path: Path) -> None:
    program = (
        "import sys, kerasfmt; d = kerasfmt.layers.Dense; "
        "model = kerasfmt.Sequential([d(5, 'relu', input_shape=(3,)), d(2, 'softmax')]); "
        f"kerasfmt.save_model(model, {str(tmp_path / 'm')!r}); print(*sys.modules, sep='\\n')"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = {name.rpartition(".")[2] for name in said.split() if name.startswith("kerasfmt.graph.ops.")}
    assert loaded & {"nn", "resource", "checkpoint_io"} == {"nn", "resource", "checkpoint_io"}
    assert loaded & {"conv", "einsum", "generator", "image", "random", "resample", "sequence"} == set()
