from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import kerasfmt
from kerasfmt.api.kinds import is_graph, is_model


def small() -> kerasfmt.Model:
    return kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])


def test_models_graphs_and_others(tmp_path: Path) -> None:
    kerasfmt.save_model(small(), tmp_path / "m")
    graph = kerasfmt.load_graph_model(tmp_path / "m")
    assert [(is_model(it), is_graph(it)) for it in (small(), graph, object())] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_of_a_model_the_answer_needs_no_interpreter() -> None:
    program = """
import sys
import kerasfmt
from kerasfmt.api.kinds import is_graph
print(is_graph(kerasfmt.Sequential([])), "kerasfmt.graph.run" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]
