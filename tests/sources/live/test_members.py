"""The layers of a live model are found by the paths of their entries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import kerasfmt
from kerasfmt.sources.live.members import LiveMembers


class Known:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.entered: list[tuple[Any, Any]] = []

    def named(self, live: Any) -> None:
        self.asked.append(live)

    def enter(self, live: Any, layer: Any) -> None:
        self.entered.append((live, layer))


def test_entries_lead_to_live_layers() -> None:
    inner = SimpleNamespace(name="inner")
    nested = SimpleNamespace(name="nested", layers=[inner])
    model = SimpleNamespace(name="model", layers=[nested])
    known: Any = Known()
    members = LiveMembers(known, model)
    layer = kerasfmt.layers.Dense(2)
    members.enter({"config": {"name": "inner"}}, ("model", "nested"), layer)
    assert known.entered == [(inner, layer)]
    members.made({"config": {}, "name": "nested"}, ("model",))
    assert known.asked == [nested]
    assert members.made({"config": {"name": "absent"}}, ("model",)) is None
    assert members.made({"config": {"name": "model"}}, ()) is None
    assert known.asked == [nested]
    assert members.revived({"config": {"name": "inner"}}, ()) is None
