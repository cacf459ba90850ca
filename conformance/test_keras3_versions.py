"""Which files the minor versions of Keras 3 are given, and whose fault it is where one of them fails."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.artefacts import write_json
from conformance.cases import CASES
from conformance.environments import KERAS3_MINORS, ROOT, keras3_packages
from conformance.formats import layout, matrix, minors_page, stages, worker
from conformance.formats.explained import Explained
from conformance.formats.layout import FORMATS_MATRIX, KERAS2_MODELS, MINORS_MATRIX, OURS, file_name
from conformance.formats.matrix import Cell
from conformance.formats.stages import kind_of, source_of

CASE = dataclasses.replace(CASES["Dense-default"], runs=False)
WEIGHTS = {"/dense": ["float32[2] 0"]}
GOOD, OTHER = {"ok": True, "weights": WEIGHTS}, {"ok": True, "weights": {"/dense": ["float32[2] 1"]}}
DEAD = {"ok": False, "error": "ValueError: no such layer"}
KERAS2 = KERAS2_MODELS.name

Readings = Mapping[str, Mapping[str, Any]]
"""By reader."""


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "HOME", tmp_path)
    for cached in (matrix._files, matrix._stated, matrix._reading):
        cached.cache_clear()


def write(writer: str, files: Mapping[str, Readings | str], error: str | None = None) -> None:
    """Puts down what a Keras states of the case, and of each of its files what was read, or why it is not written."""
    where = layout.directory(writer, CASE)
    where.mkdir(parents=True)
    stated = {"weights": WEIGHTS, "slots": []} if error is None else {"error": error}
    write_json(where / "expected.json", {"key": "k", **stated})
    listed = {}
    for name, readings in files.items():
        digest = f"{writer}-{name}"
        written = not isinstance(readings, str)
        listed[name] = {"ok": written, "error": "" if written else readings, "digest": digest}
        for reader, found in readings.items() if not isinstance(readings, str) else ():
            target = layout.read_result(reader, CASE, kind_of(name), digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_json(target, found)
    write_json(where / "files.json", listed)


def cell(reader: str, writer: str, source: str, kind: str) -> Cell:
    """The one cell of a file with a reader."""
    found = matrix.cells([CASE], dataclasses.replace(MINORS_MATRIX, explained=EXPLAINED))
    (one,) = [c for c in found if (c.reader, c.writer, c.source, c.kind) == (reader, writer, source, kind)]
    return one


EXPLAINED = (Explained("known", ("Dense-*",), ("no such layer",), readers=("keras_3.2",)),)


def test_names_of_files_say_their_source_and_format() -> None:
    for kind in MINORS_MATRIX.kinds:
        for source in layout.sources(MINORS_MATRIX.engines["keras_3.0"]):
            name = file_name(source, kind)
            assert (kind_of(name), source_of(name, kind)) == (kind, source)


def test_a_version_reads_its_own_models_and_those_that_all_read() -> None:
    reads = MINORS_MATRIX.reads
    assert reads("keras_3.1", "keras_3.1", "own", "keras3") and reads(
        "keras_3.1", "keras_3.1", "live", "hdf5"
    )
    assert reads("keras_3.1", "keras_3.15", "live", "keras3") and reads(
        "keras_3.1", KERAS2, "own-hdf5", "keras3"
    )
    assert not reads("keras_3.1", "keras_3.2", "live", "keras3")
    assert not reads("keras_3.1", "keras_3.15", "own", "keras3")
    assert all(reads(OURS, f"keras_{minor}", "own", "keras3") for minor in KERAS3_MINORS)


def test_the_words_of_early_versions_are_for_these_and_for_the_last() -> None:
    given = {r for r in MINORS_MATRIX.readers if MINORS_MATRIX.reads(r, "keras_3.15", "live", "early_keras3")}
    assert given == {OURS, "keras_3.15", *(f"keras_3.{minor}" for minor in range(11))}


def test_the_matrix_of_formats_gives_all_files_to_all_readers() -> None:
    assert FORMATS_MATRIX.reads("jax", "tf215", "own", "hdf5")
    assert not FORMATS_MATRIX.reads("jax", "tf215", "own", "saved_model")
    assert FORMATS_MATRIX.reads(OURS, "tf215", "own", "saved_model")
    assert "keras_3.0" not in FORMATS_MATRIX.readers and "early_keras3" not in FORMATS_MATRIX.kinds


def test_what_a_version_reads_as_it_was_has_passed() -> None:
    write("keras_3.1", {"own-keras3.keras": {"keras_3.1": GOOD, OURS: OTHER}})
    assert cell("keras_3.1", "keras_3.1", "own", "keras3").verdict == "passed"
    assert cell(OURS, "keras_3.1", "own", "keras3").verdict == "failed"


@pytest.mark.parametrize(
    ("own", "verdict"),
    [
        ({"own-keras3.keras": {"keras_3.1": GOOD}}, "failed"),
        ({"own-keras3.keras": {"keras_3.1": DEAD}}, "limit"),
        ({"own-keras3.keras": {"keras_3.1": OTHER}}, "failed"),
    ],
)
@pytest.mark.parametrize("kind", ["keras3", "early_keras3"])
def test_a_version_is_held_against_its_own_file(own: Mapping[str, Readings], verdict: str, kind: str) -> None:
    write("keras_3.1", own)
    write("keras_3.15", {file_name("live", kind): {"keras_3.1": DEAD}})
    assert cell("keras_3.1", "keras_3.15", "live", kind).verdict == verdict


def test_other_weights_are_a_limit_where_the_own_file_gives_others_too() -> None:
    write("keras_3.1", {"own-keras3.keras": {"keras_3.1": OTHER}, "live-keras3.keras": {"keras_3.1": OTHER}})
    assert cell("keras_3.1", "keras_3.1", "live", "keras3").verdict == "limit"


def test_hdf5_is_held_against_that_of_keras_2_too() -> None:
    write("keras_3.1", {"own-hdf5.h5": {"keras_3.1": GOOD}, "live-hdf5.h5": {"keras_3.1": DEAD}})
    assert cell("keras_3.1", "keras_3.1", "live", "hdf5").verdict == "failed"
    write(KERAS2, {"own-hdf5.h5": {"keras_3.1": DEAD}})
    matrix._files.cache_clear()
    assert cell("keras_3.1", "keras_3.1", "live", "hdf5").verdict == "limit"


def test_a_version_that_cannot_build_the_model_is_asked_for_nothing() -> None:
    write("keras_3.1", {}, error="no such layer")
    write(
        "keras_3.15", {"live-keras3.keras": {"keras_3.1": DEAD}, "live-hdf5.h5": "UnsupportedLayerError: no"}
    )
    assert cell("keras_3.1", "keras_3.15", "live", "keras3").verdict == "limit"
    assert cell("keras_3.1", "keras_3.15", "live", "hdf5").verdict == "limit"


def test_what_kerasfmt_does_not_write_has_failed_where_the_version_writes_it() -> None:
    write("keras_3.1", {"own-hdf5.h5": {"keras_3.1": GOOD}})
    write("keras_3.15", {"live-hdf5.h5": "UnsupportedLayerError: no", "live-keras_h5.h5": "ValueError: no"})
    assert cell("keras_3.1", "keras_3.15", "live", "hdf5").verdict == "failed"
    assert cell("keras_3.1", "keras_3.15", "live", "keras_h5").verdict == "failed"


def test_an_explanation_is_of_the_readers_that_it_names() -> None:
    for version in ("keras_3.1", "keras_3.2"):
        write(version, {"own-keras3.keras": {version: GOOD}})
    write("keras_3.15", {"live-keras3.keras": {"keras_3.1": DEAD, "keras_3.2": DEAD}})
    assert cell("keras_3.1", "keras_3.15", "live", "keras3").verdict == "failed"
    assert cell("keras_3.2", "keras_3.15", "live", "keras3").known == EXPLAINED[0]


def test_the_page_has_a_row_for_each_version_and_a_column_for_each_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ways = [("keras_3.1", "own", "passed"), ("keras_3.1", "live", "failed"), ("keras_3.15", "live", "limit")]
    found = [
        Cell("keras3", writer, source, CASE.name, "keras_3.1", verdict) for writer, source, verdict in ways
    ]  # type: ignore[arg-type]
    assert minors_page._tables(found)[:6] == [
        "## `.keras` of Keras 3",
        "",
        "| | its own, read by itself | kerasfmt's of its live model, read by it"
        " | kerasfmt's of Keras 3.15's live model, read by it |",
        "|---|---|---|---|",
        "| Keras 3.1 | 1 | **0, 1 failed** | limit |",
        "",
    ]


def test_a_process_of_a_version_imports_that_version() -> None:
    first, *others = stages._path(MINORS_MATRIX.engines["keras_3.7"]).split(os.pathsep)
    assert Path(first) == keras3_packages("3.7") and others == [str(ROOT)]
    assert stages._path(KERAS2_MODELS) == stages._path(None) == str(ROOT)


def test_a_version_that_looks_without_end_is_stopped() -> None:
    with pytest.raises(TimeoutError, match=r"not done after 0\.05 s"), worker.at_most(0.05):
        while True:
            pass
    with worker.at_most(None), worker.at_most(5):
        pass
