"""A malformed config is told, with the place."""

from __future__ import annotations

import pytest

from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (
            KeyError("x"),
            InvalidModelError,
            "m.h5: model_config: no model can be built from it: KeyError: 'x'",
        ),
        (
            RecursionError("deep"),
            InvalidModelError,
            "m.h5: model_config: no model can be built from it: RecursionE",
        ),
        (UnsupportedLayerError("layer a"), UnsupportedLayerError, "m.h5: model_config: layer a"),
        (UnsupportedLayerError("m.h5: layer a"), UnsupportedLayerError, "m.h5: layer a"),
    ],
)
def test_errors(error: Exception, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught, malformed_config_errors("m.h5: model_config"):
        raise error
    assert str(caught.value).startswith(said)


def test_other_errors_pass() -> None:
    with pytest.raises(MemoryError), malformed_config_errors("m.h5"):
        raise MemoryError
