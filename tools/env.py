"""The two commands that set everything up: `python tools/env.py demo` and `python tools/env.py test`.

demo    makes an environment with the core dependencies only, converts the Keras HDF5 file in `examples/` to a
        SavedModel, and shows both.
test    makes a development environment, one with optax and one per TensorFlow line, then runs `tests/` and
        `conformance/` against each line. Exit status 1 if anything fails.
setup   only makes the environments; with --formats also those of TensorFlow 2.12, of Keras 3 on JAX and on
        torch, and of every minor version of Keras 3, for the format matrix.

Environments live in `.conformance/envs/`, or in the directory that KERASFMT_ENVS names: those that are there
are used as they are.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conformance.environments import HOME, KERAS3_MINORS, NAMES, ROOT, interpreter, keras3_packages

EXAMPLE = ROOT / "examples" / "digits.h5"
_READERS = "conformance/test_readers.py"
_WITH_JAX = (
    "tests/sources/jax",
    "tests/sources/live",
    "tests/graph/test_xla_client.py",
    "tests/graph/test_xla_module.py",
    "tests/graph/ops/test_xla.py",
    "tests/test_docs.py",
)
"""Tests that are skipped, or of which parts are, where JAX is not installed."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: the Python versions that it can have, and what is installed."""

    name: str
    packages: tuple[str, ...]
    oldest: tuple[int, int] = (3, 10)
    newest: tuple[int, int] = (3, 99)
    first: tuple[str, ...] = ()
    """What pip is asked for before the rest, with its own options."""
    apart: Mapping[Path, str] = field(default_factory=dict)
    """Directory -> a package that is installed into it, without what it needs."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return interpreter(self.name)


_READING = (
    "pytest>=8",
    "hypothesis>=6.100",
    "google-crc32c>=1.5",
    "rich>=13",
    "h5py>=3.8",
    "ml_dtypes>=0.3",
    "lazy_loader>=0.4",
)

_KERAS3 = "keras==3.15.*; python_version >= '3.11'"
"""The release whose operations are listed; older Pythons have older ones."""

DEMO = Environment("demo", ("-e", "."))
CORE = Environment(NAMES["core"], ("-e", ".[dev]"))
LINES = {
    "2.15": Environment(NAMES["2.15"], ("tensorflow-cpu==2.15.1", "numpy<2", *_READING), newest=(3, 11)),
    "2.21": Environment(
        NAMES["2.21"],
        ("tensorflow-cpu==2.21.*", "tf-keras==2.21.*", "keras>=3", _KERAS3, *_READING),
        newest=(3, 13),
    ),
}
_NETWORKS = ("flax==0.12.8", "equinox==0.13.8", "dm-haiku==0.0.17", "keras==3.15.*")
OPTAX = Environment(
    NAMES["optax"], ("optax>=0.2.4", "jax[cpu]", "protobuf>=4.25", *_NETWORKS, *_READING), oldest=(3, 11)
)
"""Where JAX is: functions become models there, and models are trained that Keras trains further."""
OPENVINO = Environment(NAMES["openvino"], ("openvino==2026.4.1", "numpy"))
"""What reads SavedModels without TensorFlow."""

FORMATS = (
    Environment(
        NAMES["2.12"],
        ("tensorflow-cpu==2.12.*", "jax<0.4.14", "numpy<1.24", "scipy<1.12", "protobuf>=4.25", *_READING),
        newest=(3, 11),
    ),
    Environment(NAMES["k3jax"], ("jax[cpu]", _KERAS3, "protobuf>=4.25", *_READING), oldest=(3, 11)),
    Environment(
        NAMES["k3torch"],
        (_KERAS3, "protobuf>=4.25", *_READING),
        first=("torch", "--index-url", "https://download.pytorch.org/whl/cpu"),  # builds without CUDA
        oldest=(3, 11),
        newest=(3, 13),
    ),
    Environment(
        NAMES["k3minors"],
        (
            *(
                "jax[cpu]==0.4.30",
                "numpy<2",
                "scipy<1.14",
                "ml_dtypes<0.5",
            ),  # what every version of Keras 3 works with
            *("absl-py", "dm-tree", "namex", "optree", "packaging", "protobuf>=4.25"),
            *_READING,
        ),
        oldest=(3, 11),
        newest=(3, 12),
        apart={keras3_packages(minor): f"keras=={minor}.*" for minor in KERAS3_MINORS},
    ),
)
"""What the format matrix runs in beside the lines: an older TensorFlow, and Keras 3 without TensorFlow."""


def run(*command: object, **options: object) -> int:
    """Prints and runs a command in the repository; returns its exit status."""
    words = [str(word) for word in command]
    print("$", " ".join(words), flush=True)
    return subprocess.run(words, cwd=ROOT, **options).returncode  # type: ignore[call-overload, no-any-return]


def base_python(environment: Environment) -> str:
    """A Python whose version suits `environment`: this one, or one on the path.

    Raises:
      SystemExit: There is none.
    """
    minors = range(environment.newest[1] if environment.newest[1] < 99 else 14, environment.oldest[1] - 1, -1)
    for candidate in (sys.executable, *(f"python3.{minor}" for minor in minors)):
        found = shutil.which(candidate)
        if found is None:
            continue
        asked = subprocess.run(
            [found, "-c", "import sys, venv; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
        if asked.returncode:
            continue
        major, minor = map(int, asked.stdout.split())
        if environment.oldest <= (major, minor) <= environment.newest:
            return found
    low, high = environment.oldest, environment.newest
    raise SystemExit(
        f"FAILED: {environment.name} needs a Python from {low[0]}.{low[1]} to {high[0]}.{high[1]}, this "
        f"is {sys.version.split()[0]} and the path has no other. Install one, or say which TensorFlow "
        "lines to test: python tools/env.py test --lines 2.21"
    )


def side_by_side(commands: dict[str, tuple[object, ...]], environment: dict[str, str]) -> dict[str, int]:
    """Runs commands at the same time and prints what each said when it ends; returns their exit statuses."""
    started = {}
    for name, command in commands.items():
        words = [str(word) for word in command]
        print("$", " ".join(words), flush=True)
        said = tempfile.TemporaryFile()  # noqa: SIM115  (closed below)
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        started[name] = (process, said)
    statuses = {}
    for name, (process, said) in started.items():
        statuses[name] = process.wait()
        said.seek(0)
        print(f"== {name}", said.read().decode(errors="replace"), sep="\n", flush=True)
        said.close()
    return statuses


def make(environment: Environment) -> Path:
    """Makes the environment unless it is there; returns its interpreter.

    Raises:
      SystemExit: It cannot be made; nothing half-made stays.
    """
    if environment.python.exists():
        return environment.python
    where = HOME / environment.name
    found = base_python(environment)
    pip = (environment.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    wanted = [packages for packages in (environment.first, environment.packages) if packages]
    wanted += [("--no-deps", "--target", str(path), package) for path, package in environment.apart.items()]
    if run(found, "-m", "venv", where) or any(run(*pip, *packages) for packages in wanted):
        shutil.rmtree(where, ignore_errors=True)
        raise SystemExit(f"FAILED: could not make the environment {environment.name} in {where}")
    return environment.python


def demo() -> int:
    """Converts the example in an environment that has no TensorFlow."""
    python = make(DEMO)
    target = ROOT / ".conformance" / "demo" / "digits"
    target.parent.mkdir(parents=True, exist_ok=True)
    command = python.with_name("kerasfmt.exe" if os.name == "nt" else "kerasfmt")
    relative = [path.relative_to(ROOT) for path in (EXAMPLE, target)]
    failed = run(command, "inspect", relative[0]) or run(command, "convert", *relative)
    if not failed:
        for path in sorted(path for path in target.rglob("*") if path.is_file()):
            print(f"{path.stat().st_size:>9,}  {path.relative_to(ROOT).as_posix()}")
    return failed


def test(lines: list[str], fast: bool) -> int:
    """Every test: `tests/`, then `conformance/` with each TensorFlow line."""
    started = time.perf_counter()
    core = make(CORE)
    jax = make(OPTAX)
    make(OPENVINO)
    pythons = {line: make(LINES[line]) for line in lines}
    environment = {**os.environ, "KERASFMT_ENVS": str(HOME), "PYTHONPATH": str(ROOT)}
    failed = []
    if run(core, "-m", "pytest", "-q", "-n", "2", "tests", env=environment):
        failed.append("tests")
    if run(jax, "-m", "pytest", "-q", *_WITH_JAX, env=environment):
        failed.append("tests with JAX")
    chosen = [*(["--fast"] if fast else []), "--lines", ",".join(lines)]
    # The readers come first, both lines side by side: they build what TensorFlow says of the cases.
    if run(core, "-m", "pytest", "-q", _READERS, *chosen, env=environment):
        failed.append("conformance with the readers")
    if run(
        core, "-m", "pytest", "-q", "-n", "2", "conformance", f"--ignore={_READERS}", *chosen, env=environment
    ):
        failed.append("conformance without TensorFlow")
    commands = {line: (python, "-m", "pytest", "-q", "conformance") for line, python in pythons.items()}
    for line, status in side_by_side(commands, environment).items():
        if status:
            failed.append(f"conformance in TensorFlow {line}")
    minutes = (time.perf_counter() - started) / 60
    print(f"FAILED: {', '.join(failed)}" if failed else "all tests passed", f"({minutes:.1f} minutes)")
    return 1 if failed else 0


def main() -> int:
    """The exit status of the command line."""
    parser = argparse.ArgumentParser(
        prog="tools/env.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="convert the example file")
    for name, text in (("test", "run all tests"), ("setup", "make the environments of `test`")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--lines", nargs="+", default=list(LINES), choices=list(LINES))
        if name == "setup":
            command.add_argument("--formats", action="store_true", help="those of the format matrix too")
        else:
            command.add_argument(
                "--fast", action="store_true", help="without the models of keras.applications"
            )
    options = parser.parse_args()
    if options.command == "demo":
        return demo()
    if options.command == "setup":
        wanted = [
            CORE,
            OPTAX,
            OPENVINO,
            *(LINES[line] for line in options.lines),
            *(FORMATS if options.formats else ()),
        ]
        for environment in wanted:
            print(make(environment))
        return 0
    return test(options.lines, options.fast)


if __name__ == "__main__":
    sys.exit(main())
