"""The ops of a graph, counted: those of a file that holds one, or those of the prediction that a model would hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.graph.function import Function, callees_of

if TYPE_CHECKING:
    from kerasfmt.ir import Model


def ops_of_graph(graph: Any) -> Mapping[str, int]:
    """The number of nodes of each op in a graph and in the functions of its library.

    Args:
      graph: a GraphDef.
    """
    found = Counter(node.op for node in graph.node)
    for function in graph.library.function:
        found.update(node.op for node in function.node_def)
    return found


def ops_of_prediction(path: Path, read: Callable[[Path, None, bool], Model]) -> Mapping[str, int]:
    """The number of nodes of each op in the function that predicts, and in those that it calls, each once.

    Args:
      path: the file of the model.
      read: reads the model.

    Raises:
      KerasfmtError: the model cannot be read.
    """
    found: Counter[str] = Counter()
    done: set[Function] = set()
    pending = [read(path, None, False).default_trace().function]
    while pending:
        function = pending.pop()
        if function in done:
            continue
        done.add(function)
        for node in function.nodes:
            found[node.op] += 1
            pending += callees_of(node)
    return found
