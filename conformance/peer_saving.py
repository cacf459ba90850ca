"""tf_keras's own tests of saving, once with its code and once with kerasfmt in the place of its `save`.

    git clone https://github.com/keras-team/tf-keras
    python -m conformance.peer_saving tf-keras --results results    # in TensorFlow's environment; goes on where it was
    python -m conformance.peer_saving tf-keras --results results --report

`save_test`, `saved_model_test` and `revive_test` are run test by test. Loading stays tf_keras's. The page
`conformance/PEER_SAVING.md` lists every test that passes with tf_keras's code and not with ours, with what it says.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import unittest
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

Whose = Literal["theirs", "ours"]
TESTS: Final = ("saved_model/saved_model_test.py", "saved_model/revive_test.py", "save_test.py")
PAGE: Final = Path(__file__).parent / "PEER_SAVING.md"
REASONS: Final = {
    r"test_save_functional_with_ragged_constant": "refused by name: ragged tensors; kerasfmt takes dense ones",
    r"test_revive_subclassed_with_sparse_model": "refused by name: sparse inputs; kerasfmt takes dense ones",
    r"testSaveMultipleInputs": "refused by name: a model of the user's own whose call takes several tensors",
    r"testFeatureColumns": "refused by name: a Sequential model whose input is a dict",
    r"test_custom_functional_registered_\w*h5": "HDF5 names Keras's class in the place of a subclass of a model of "
    "inputs and outputs, with a warning; it loads without the subclass",
    r"test_saving_(built_in_model|model_with_name_conflict)": "asserts what Keras logs",
    r"test_multi_output_metrics_name_stay_same\w*_mode_graph": "metrics are written as Keras 2 builds them, one list "
    "for each output; Keras in TensorFlow 1's graph mode does not load that",
    r"test_shared_objects_wrapper": "a layer in a wrapper that the model calls too becomes two layers with equal "
    "values, with a warning",
    r"test_save_tf$": "asserts the words of Keras's error for a model that was never called; ours is another one",
    r"test_save_without_tracing": "asserts that Keras traces a layer that the model holds and never calls; kerasfmt "
    "leaves it out, with a warning",
}
"""Why a test cannot pass, by a pattern of its title."""
_FOLDER: Final = "tf_keras/saving/legacy"


def _module(checkout: Path, name: str, folder: Path) -> Any:
    """A module of tests, which imports the installed tf_keras. It is written to a file: AutoGraph reads the source."""
    text = (checkout / _FOLDER / name).read_text()
    text = re.sub(r"^from tf_keras(?!\.protobuf)", "from tf_keras.src", text, flags=re.MULTILINE)
    text = text.replace("import tf_keras as keras", "import tf_keras.src as keras")  # as in a tree of sources
    text = re.sub(r"^if __name__ == .__main__.:", "def run_main():", text, flags=re.MULTILINE)
    text = text.replace("    tf.test.main()", "    run_all()")  # which may be in a scope of custom objects
    title = Path(name).stem
    folder.mkdir(exist_ok=True)
    path = folder / f"{title}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(title, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[title] = module
    spec.loader.exec_module(module)
    return module


def _cases(suite: Any) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _cases(item)
        else:
            yield item


def _use_ours() -> None:
    """Puts kerasfmt in the place of what writes SavedModels and HDF5 files."""
    import kerasfmt

    saved_model = importlib.import_module("tf_keras.src.saving.legacy.saved_model.save")
    hdf5 = importlib.import_module("tf_keras.src.saving.legacy.hdf5_format")

    def save(
        model: Any, filepath: Any, overwrite: bool, include_optimizer: bool, signatures: Any = None,
        options: Any = None, save_traces: bool = True,
    ) -> None:  # fmt: skip
        kerasfmt.save_model(
            model,
            filepath,
            overwrite,
            include_optimizer,
            save_format="tf",
            signatures=signatures,
            options=options,
            save_traces=save_traces,
            flush=False,
        )

    def save_hdf5(model: Any, filepath: Any, overwrite: bool = True, include_optimizer: bool = True) -> None:
        kerasfmt.save_model(model, filepath, overwrite, include_optimizer, save_format="h5", flush=False)

    saved_model.save = save
    hdf5.save_model_to_hdf5 = save_hdf5


def run(checkout: Path, name: str, whose: Whose, results: Path, seconds: float) -> None:
    """Runs the tests of a module that have no result yet, until the time is over; writes each result at once."""
    import tensorflow as tf

    end = time.monotonic() + seconds
    tf.compat.v1.enable_v2_behavior()
    module = _module(checkout, name, results / "modules")
    if whose == "ours":
        _use_ours()
    path = results / f"{Path(name).stem}.{whose}.json"
    cases = list(_cases(unittest.defaultTestLoader.loadTestsFromModule(module)))
    module.run_all = lambda: _run_all(cases, path, end)
    module.run_main()


def _run_all(cases: list[unittest.TestCase], path: Path, end: float) -> None:
    traces = path.with_suffix(".txt")
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    for case in cases:
        title = case.id().partition(".")[2]
        if title in found or title.endswith("test_session"):
            continue
        if time.monotonic() > end:
            return
        result = unittest.TestResult()
        case.run(result)
        wrong = [*result.errors, *result.failures]
        found[title] = "skipped" if result.skipped else "passed" if not wrong else _last_line(wrong[0][1])
        if wrong and not result.skipped:
            with traces.open("a") as file:
                file.write(f"=== {title}\n{wrong[0][1]}\n")
        path.write_text(json.dumps(found, indent=1))
    found["*"] = "complete"
    path.write_text(json.dumps(found, indent=1))


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if re.match(r"[\w.]+(Error|Exception|Warning)\b", line)]
    return (lines or text.strip().splitlines() or ["failed"])[-1][:400]


def _commit_of(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def report(results: Path, commit: str) -> str:
    """The page."""
    versions = subprocess.run(
        [sys.executable, "-c", "import tensorflow as t, tf_keras as k; print(t.__version__, k.__version__)"],
        check=True, capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    ).stdout.split()  # fmt: skip
    lines = [
        "# tf_keras's tests of saving, with kerasfmt in the place of its `save`",
        "",
        f"Written by `python -m conformance.peer_saving` on {date.today()}, TensorFlow {versions[0]}, tf_keras "
        f"{versions[1]}, tests of tf-keras {commit[:12] or 'unknown'}. Not to be edited.",
        "",
        "| module | run with both | pass with tf_keras's code | of these pass with ours | complete |",
        "|---|---|---|---|---|",
    ]
    explained: list[str] = []
    differing: list[str] = []
    for name in TESTS:
        stem = Path(name).stem
        theirs, ours = (_results(results / f"{stem}.{whose}.json") for whose in ("theirs", "ours"))
        both = sorted(title for title in theirs.keys() & ours.keys() if title != "*")
        passing = [title for title in both if theirs[title] == "passed"]
        kept = [title for title in passing if ours[title] == "passed"]
        whole = "yes" if "*" in theirs and "*" in ours else "no"
        lines.append(f"| {stem} | {len(both)} | {len(passing)} | {len(kept)} | {whole} |")
        for title in passing:
            if title in kept:
                continue
            reason = _reason(title)
            if reason is None:
                differing.append(f"| {title} | {_cell(ours[title])} |")
            else:
                explained.append(f"| {title} | {reason} |")
    lines += [
        "",
        "Where a test fails with ours, it has a reason below, or is listed as a difference that is left.",
        "",
        f"## Explained: {len(explained)}",
        "",
        "| test | reason |",
        "|---|---|",
        *explained,
        "",
        f"## Left: {len(differing)}",
        "",
        "| test | what it says |",
        "|---|---|",
    ]
    return "\n".join([*lines, *differing, ""])


def _reason(title: str) -> str | None:
    return next((reason for pattern, reason in REASONS.items() if re.search(pattern, title)), None)


def _results(path: Path) -> dict[str, str]:
    return json.loads(path.read_text()) if path.exists() else {}


def _cell(text: str) -> str:
    return re.sub(r"/tmp/\S+", "PATH", text).replace("|", "\\|")[:240]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=3600, help="for all tests of one run")
    parser.add_argument("--commit", default="", help="of the checkout, where it is no git repository")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("MODULE", "WHOSE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.results.mkdir(parents=True, exist_ok=True)
    if given.report:
        PAGE.write_text(report(given.results, given.commit or _commit_of(given.checkout)))
        return
    if given.one:
        run(given.checkout, given.one[0], given.one[1], given.results, given.seconds)
        return
    for name in TESTS:
        for whose in ("ours", "theirs"):
            arguments = [
                str(given.checkout),
                "--results",
                str(given.results),
                "--seconds",
                str(given.seconds),
            ]
            subprocess.run(
                [sys.executable, "-m", "conformance.peer_saving", *arguments, "--one", name, whose]
            )


if __name__ == "__main__":
    main()
