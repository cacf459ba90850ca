"""Checkpoints: healthy ones of every layout have no findings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.verification.rules import integrity, unsafe
from kerasfmt.verification.verify import verify
from tests.formats.checkpoint.saved import unnamed
from tests.verification.making import checkpoint, rules_of, small


def test_by_names(tmp_path: Path) -> None:
    prefix = checkpoint(
        tmp_path, {"a": np.arange(6.0), "text": np.array([b"x", b"yy"], object), "empty": np.zeros((0, 3))}
    )
    report = verify(prefix)
    assert report.findings == ()
    assert report.checked["tensors"] == 3
    assert report.format == "a TensorFlow checkpoint"


@pytest.mark.parametrize("end", ["", ".index"])
def test_by_objects(tmp_path: Path, end: str) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    assert verify(f"{tmp_path / 'ckpt'}{end}").findings == ()


def test_a_prefix_without_a_name(tmp_path: Path) -> None:
    index = unnamed(tmp_path / "run", {"a": np.arange(6.0)})
    report = verify(index)
    assert report.findings == ()
    assert report.checked["tensors"] == 1
    data = index.with_name(".data-00000-of-00001")
    data.write_bytes(b"x" + data.read_bytes()[1:])
    assert rules_of(verify(index)) == {integrity.CHECKSUM}


def test_the_latest_of_a_directory(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    assert verify(tmp_path).findings == ()
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "../../elsewhere"')
    assert rules_of(verify(tmp_path)) == {unsafe.PATH_OUTSIDE}


PROGRAM = """
import resource, sys, kerasfmt
kerasfmt.verify(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kerasfmt.verify(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_memory_does_not_grow_with_the_tensors(tmp_path: Path) -> None:
    for name, count in (("small", 10), ("large", 1 << 24)):
        kerasfmt.tensorbundle.write(tmp_path / name, {"a": np.ones(count, np.float32)}.items())
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path / "small"), str(tmp_path / "large")]
    grown = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert int(grown) < 32 << 10  # KiB; the file has 64 MiB, of which 16 are read at once


def test_every_tensor_with_a_fault_is_named(tmp_path: Path) -> None:
    prefix = checkpoint(tmp_path, {str(number): np.full(4, number) for number in range(5)})
    data = prefix.with_name("ckpt.data-00000-of-00001")
    data.write_bytes(bytes(x ^ 1 for x in data.read_bytes()))
    report = verify(prefix)
    assert [found.inside for found in report.findings] == list("01234")
    assert rules_of(report) == {integrity.CHECKSUM}
