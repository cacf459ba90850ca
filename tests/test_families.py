"""Tables that families fill when they are imported."""

from __future__ import annotations

from kerasfmt.families import FamilyTable


class Families:
    """Two families that enter their names when they are imported; notes what is asked of them."""

    def __init__(self) -> None:
        self.table = FamilyTable[int]()
        self.asked: list[str | None] = []
        self.table.when_missing(self.bring)

    def bring(self, name: str | None) -> None:
        self.asked.append(name)
        if name in ("one", None):
            self.table.enter("one", 1)
        if name is None:
            self.table.enter("hidden", 2)


def test_a_name_brings_its_own_family_only() -> None:
    families = Families()
    assert not families.table.known("one")
    assert families.asked == []
    assert families.table.find("one") == 1
    assert families.table.find("one") == 1
    assert families.asked == ["one"]
    assert families.table.known("one")


def test_a_name_that_no_stub_lists_is_looked_for_in_all_families() -> None:
    families = Families()
    assert families.table.find("hidden") == 2
    assert families.asked == ["hidden", None]


def test_all_families_are_brought_once() -> None:
    families = Families()
    assert families.table.find("unknown") is None
    assert families.table.find("unknown") is None
    assert families.asked == ["unknown", None]
    assert families.table.names() == ["hidden", "one"]
    assert families.asked == ["unknown", None]


def test_an_entry_can_be_replaced() -> None:
    table = FamilyTable[int]()
    table.enter("a", 1)
    table.enter("a", 2)
    assert (table.find("a"), table.names()) == (2, ["a"])
