"""Names of the outputs of functions."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.functions import name_outputs
from kerasfmt.graph import Spec


def test_names_of_outputs() -> None:
    spec = Spec((), dtypes.float32)
    assert name_outputs(spec).name == "tensor"
    assert name_outputs(spec, single="unknown").name == "unknown"
    assert [s.name for s in name_outputs([spec, spec])] == ["tensor_0", "tensor_1"]
    named = name_outputs({"b c": spec, "a": [spec, {"k": spec}]})
    assert named["b c"].name == "b_c"
    assert named["a"][0].name == "a_0"
    assert named["a"][1]["k"].name == "a_1_k"
