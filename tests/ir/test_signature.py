"""Signatures of the user's making; tests/formats/saved_model/test_signatures.py writes them."""

from __future__ import annotations

import dataclasses

import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir.signature import Signature


def test_a_signature_is_its_body_and_its_inputs() -> None:
    signature = Signature(lambda x: x, {"x": Spec((None,), dtypes.float32)})
    assert list(signature.inputs) == ["x"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        signature.inputs = {}  # type: ignore[misc]
