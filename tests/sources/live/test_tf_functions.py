"""What is not a signature of TensorFlow, without TensorFlow; `conformance/test_live_custom.py` takes real functions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.sources.live.objects import is_function
from kerasfmt.sources.live.tf_functions import taken_signatures


def test_what_a_function_is() -> None:
    assert is_function(SimpleNamespace(get_concrete_function=len))
    assert is_function(SimpleNamespace(structured_input_signature=()))
    assert not is_function(len)


def test_a_function_without_an_input_signature() -> None:
    function = SimpleNamespace(get_concrete_function=len, input_signature=None)
    code: Any = None
    with pytest.raises(InvalidModelError, match=r"signature serve: .* pass function.get_concrete_function"):
        taken_signatures(code, {"serve": function})


def test_others_stay() -> None:
    code: Any = None
    assert taken_signatures(code, {"own": 3}) == {"own": 3}
