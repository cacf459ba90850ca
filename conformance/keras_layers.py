"""Writes `LAYERS.md`: every layer class that a Keras exports, and which formats hold it here, or why it is refused."""

from __future__ import annotations

import ast
import datetime
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import kerasfmt
from conformance.case import Case
from conformance.cases import LAYERS, keras3_layers
from conformance.cases.layer import layer_cases
from conformance.environments import python
from conformance.fuzz.options import MORE
from kerasfmt.dialects.refused_layers import REFUSED
from kerasfmt.errors import KerasfmtError

TARGET: Final = Path(__file__).with_name("LAYERS.md")

KERASES: Final = {
    "Keras 2.15": ("2.15", "keras/api/_v2/keras/layers/__init__.py"),
    "tf_keras 2.21": ("2.21", "tf_keras/api/_v2/keras/layers/__init__.py"),
    "Keras 3.15": ("2.21", "keras/layers/__init__.py"),
}
"""Title -> the environment that has it, and the file that exports its layers."""

FORMATS: Final = {
    "SavedModel": ("saved", "tf"),
    "HDF5": ("m.h5", "h5"),
    ".keras (Keras 3)": ("k.keras", "keras"),
    ".keras (tf_keras)": ("t.keras", "tf_keras"),
}
"""Title -> the name of a file, and the `save_format`."""

BASES: Final = {
    "Input": "a function: kerasfmt.Input",
    "InputSpec": "what a layer demands of its inputs, not a layer",
    "Layer": "the base class; subclasses are written for kerasfmt, and passed as custom_objects",
    "Wrapper": "the base class of layers around a layer",
}
"""What a Keras exports and no model calls."""

CELLS: Final = frozenset({"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"})
"""Classes that a model holds inside of an RNN."""


def exported() -> dict[str, set[str]]:
    """For each Keras, the names of classes that `keras.layers` exports, as its source states them."""
    found = {}
    for title, (environment, module) in KERASES.items():
        root = python(environment).parent.parent
        (source,) = (path for path in root.rglob(f"site-packages/{module}") if path.is_file())
        names = {
            name.asname or name.name
            for statement in ast.parse(source.read_text(encoding="utf-8")).body
            if isinstance(statement, ast.ImportFrom)
            for name in statement.names
        }
        found[title] = {name for name in names if name[0].isupper()}
    return found


def cases() -> dict[str, Case]:
    """A case for each class that has one: the first of its table."""
    found: dict[str, Case] = {}
    for case in (
        *layer_cases(LAYERS, adapted=False),
        *keras3_layers.CASES,
        *layer_cases(MORE),
        *layer_cases(LAYERS),
    ):
        found.setdefault(case.about, case)
    return found


def held(case: Case) -> dict[str, str]:
    """For each format, "" where it holds the layer of a case and kerasfmt reads it back, else what the error says."""
    kerasfmt.clear_session()
    model = case.build(kerasfmt)
    found = {}
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for title, (name, save_format) in FORMATS.items():
            path = Path(place) / name
            try:
                kerasfmt.save_model(model, path, save_format=save_format)
                kerasfmt.load_model(path, custom_objects=dict(case.objects(kerasfmt)))
                found[title] = ""
            except KerasfmtError as error:
                found[title] = str(error)
    return found


def rows(kerases: Mapping[str, Collection[str]]) -> Iterator[tuple[str, list[str]]]:
    """A line of the table for each name.

    Raises:
      SystemExit: a name is neither known here nor refused with a reason.
    """
    tried = cases()
    for name in sorted({name for names in kerases.values() for name in names}, key=str.lower):
        having = ["yes" if name in names else "" for names in kerases.values()]
        ours = getattr(kerasfmt.layers, name, None)
        if name in BASES:
            yield name, [*having, *[""] * len(FORMATS), BASES[name]]
        elif name in REFUSED:
            yield name, [*having, *[""] * len(FORMATS), f"refused: {REFUSED[name]}"]
        elif ours is None:
            raise SystemExit(
                f"{name} is neither a class of kerasfmt.layers nor refused in dialects/refused_layers.py"
            )
        elif name in CELLS:
            yield name, [*having, *["yes"] * len(FORMATS), "inside of RNN"]
        elif ours.__name__ != name:
            yield name, [*having, *[""] * len(FORMATS), f"another name of {ours.__name__}"]
        elif name not in tried:
            raise SystemExit(f"{name} has no case in conformance/cases")
        else:
            results = held(tried[name])
            notes = dict.fromkeys(_brief(text) for text in results.values() if text)
            yield name, [*having, *("" if text else "yes" for text in results.values()), "; ".join(notes)]


def _brief(error: str) -> str:
    """What an error says, without the path to the layer and the advice."""
    return error.rpartition("): ")[2].partition("; ")[0]


def text(kerases: Mapping[str, Collection[str]]) -> str:
    """The page, without its date."""
    table = list(rows(kerases))
    refused = sum(cells[-1].startswith("refused") for _, cells in table)
    head = ["class", *kerases, *FORMATS, ""]
    return "\n".join(
        [
            f"{len(table)} names that `keras.layers` exports in {', '.join(kerases)}; {refused} of them are refused.",
            "A format is marked where kerasfmt writes a model with the layer in it, and reads it back.",
            "Dense, EinsumDense, Embedding and ReversibleEmbedding that Keras 3.15 quantized to int8 or int4 are read "
            "from its archives and live models, predict, and are written for Keras 3 and as SavedModels "
            "(`test_quantized.py`); those of float8, GPTQ and AWQ are refused.",
            "[COVERAGE.md](COVERAGE.md) and `test_keras3_layers.py` say whether Keras then computes the same.",
            "",
            f"| {' | '.join(head)} |",
            "|---" * len(head) + "|",
            *(f"| {name} | {' | '.join(cells)} |" for name, cells in table),
            "",
        ]
    )


def write() -> None:
    """Writes the page."""
    day = f"Written by `python -m conformance layers` on {datetime.date.today()}; not to be edited."
    TARGET.write_text(f"# Layers of Keras\n\n{day}\n\n{text(exported())}", encoding="utf-8")
    print(f"wrote {TARGET}")
