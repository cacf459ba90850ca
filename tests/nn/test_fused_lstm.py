from __future__ import annotations

import pytest

from kerasfmt.nn.fused_lstm import LSTM
from kerasfmt.nn.fused_rnn import Steps
from tests.nn.cudnn import UNITS, WAYS, check, stand_in


@pytest.mark.parametrize(("steps", "mask"), WAYS)
def test_cudnn_computes_what_the_loop_computes(
    steps: Steps, mask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch)
    check(LSTM, (4 * UNITS,), steps, mask)
