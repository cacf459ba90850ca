"""Which tests run depends on the environment.

With TensorFlow installed: the tests that compare with TensorFlow in one process. Without it: the tests that need no
TensorFlow, or start processes in other environments.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance import run
from conformance.artefacts import LINES
from conformance.case import Keras
from conformance.installed import is_keras3, kerases

WITHOUT_TENSORFLOW = (
    "test_attacks.py",
    "test_digests.py",
    "test_readers.py",
    "test_real_files.py",
    "test_round_trips.py",
    "test_spectrograms.py",
    "test_structure.py",
)

# oneDNN ends the process in a max pool of one row on some processors (TensorFlow 2.21, AdaptiveMaxPooling2D).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
if importlib.util.find_spec("tf_keras") is not None:
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # tf_keras itself asks tf.keras for some classes

collect_ignore = list(WITHOUT_TENSORFLOW)
if importlib.util.find_spec("tensorflow") is None:
    collect_ignore = [
        path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in WITHOUT_TENSORFLOW
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lines", default=",".join(LINES), help="TensorFlow lines, comma-separated")
    parser.addoption("--fast", action="store_true", help="leave out the models of keras.applications")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"line", "case", "check"} <= set(metafunc.fixturenames):
        from conformance.test_readers import chosen, items

        config = metafunc.config
        found = items(config.getoption("--lines").split(","), config.getoption("--fast"))
        metafunc.parametrize(
            ("line", "case", "check"),
            [
                pytest.param(
                    *i,
                    id=f"{i[1].name}-{i[2]}-{i[0]}",
                    marks=[] if chosen(i[0], i[1]) else [pytest.mark.sweep],
                )
                for i in found
            ],
        )


@pytest.fixture(scope="session")
def stages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs all stages for the cases that were selected, the lines side by side."""
    wanted: dict[str, dict[str, object]] = {}
    for item in request.session.items:
        if hasattr(item, "callspec") and {"line", "case"} <= item.callspec.params.keys():
            line, case = (item.callspec.params[name] for name in ("line", "case"))
            wanted.setdefault(line, {})[case.name] = case
    with ThreadPoolExecutor(len(wanted)) as pool:
        for done in [pool.submit(run.run, line, list(cases.values())) for line, cases in wanted.items()]:
            done.result()
    sys.stderr.flush()
    yield


def _named(keras: Keras) -> str:
    backend = keras.backend.backend() if is_keras3(keras) else "tensorflow"
    return f"{keras.__name__}-{keras.__version__}-{backend}"


@pytest.fixture(params=kerases(), ids=_named)
def keras(request: pytest.FixtureRequest) -> Keras:
    """Each Keras of the environment, in a session of its own."""
    request.param.backend.clear_session()
    request.param.utils.set_random_seed(3)
    return request.param
