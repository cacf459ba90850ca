"""What real Keras says of losses and metrics; `python tools/make_compiled_golden.py` wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
KERAS_2 = ("keras-2.15.0", "tf_keras-2.21.0")
KERAS_3 = "keras-3.15.1"


def golden(room: str, keras: str) -> dict[str, Any]:
    """The golden file of a Keras for `losses` or `metrics`."""
    found: dict[str, Any] = json.loads((TESTS / room / "data" / f"{keras}.json").read_text())
    return found


FILES = {
    (room, keras): golden(room, keras) for room in ("losses", "metrics") for keras in (*KERAS_2, KERAS_3)
}


class ClassTests:
    """What holds of every loss and metric. A test of some classes declares itself by these attributes.

    Attributes:
      room: `losses` or `metrics`.
      classes: the classes.
      not_exported: those that a Keras has without exporting them.
    """

    room: str
    classes: tuple[type[Any], ...]
    not_exported: tuple[type[Any], ...] = ()

    def test_configs_are_those_of_keras_2(self) -> None:
        for kind, entry in self.objects(*KERAS_2):
            made = kind(**entry["options"])
            if "name" not in entry["options"]:
                made = kind(**entry["options"], name=entry["config"]["name"])
            assert made.get_config() == entry["config"]
            assert list(made.get_config()) == list(entry["config"])
            assert made.entry() == {"class_name": kind.__name__, "config": entry["config"]}
            again = kind.from_config(json.loads(json.dumps(entry["config"])))
            assert again.get_config() == entry["config"]

    def test_configs_of_keras_3_are_understood(self) -> None:
        for kind, entry in self.objects(KERAS_3):
            config = kind.from_config(entry["config"]).get_config()
            for name, value in entry["config"].items():
                function = name == "fn"
                assert config[name] == (value["config"] if function else value), (kind, name)

    def test_constructors_are_those_of_keras(self) -> None:
        for kind in self.classes:
            for keras in (KERAS_3,) if kind.facts.absent_in == 2 else KERAS_2:
                stated = FILES[self.room, keras]["signatures"][kind.__name__]
                given = [
                    [name, *default] for name, *default in stated if name != "dtype" or self.room == "metrics"
                ]
                if kind.facts.absent_in == 2:
                    given = [[n, *(["auto"] if n == "reduction" else default)] for n, *default in given]
                assert [name for name, *_ in given] == list(kind.positional)[: len(given)], kind
                for name, *default in given:
                    field = kind.fields[name]
                    held = field.default if default else None
                    assert [in_json(held)] == (default or [None]) or not default, (kind, name)

    def test_each_keras_has_the_options_that_the_facts_say(self) -> None:
        for kind in self.classes:
            names = {
                3 if keras == KERAS_3 else 2: {name for name, *_ in file["signatures"][kind.__name__]}
                for (room, keras), file in FILES.items()
                if room == self.room and kind.__name__ in file["signatures"]
            }
            absent = {2, 3} - names.keys()
            assert absent == ({kind.facts.absent_in} if kind.facts.absent_in else set()), kind
            if absent:
                continue
            own = set(kind.fields) - {"fn_options"}
            assert own == names[2] | names[3], kind
            assert names[3] - names[2] == own & set(kind.facts.implied_by_keras2), kind
            assert names[2] - names[3] == own & set(kind.facts.implied_by_keras3), kind

    def test_the_keras_that_lacks_a_class_does_not_export_it(self) -> None:
        for kind in self.classes:
            for keras in (*KERAS_2, KERAS_3):
                major = 3 if keras == KERAS_3 else 2
                exported = kind.__name__ in FILES[self.room, keras]["exported"]
                assert exported == (kind.facts.absent_in != major and kind not in self.not_exported), (
                    kind,
                    keras,
                )

    def objects(self, *versions: str) -> list[tuple[type[Any], dict[str, Any]]]:
        """The objects of the classes that some versions of Keras made, with the classes here."""
        named = {kind.__name__: kind for kind in self.classes}
        found = [
            (named[entry["class_name"]], entry)
            for keras in versions
            for entry in FILES[self.room, keras]["objects"].values()
            if entry["class_name"] in named
        ]
        lacks = 3 if versions == (KERAS_3,) else 2
        assert {kind for kind, _ in found} == {k for k in self.classes if k.facts.absent_in != lacks}
        return found


def in_json(value: Any) -> Any:
    """A default as the golden files state it."""
    return list(value) if isinstance(value, tuple) else value
