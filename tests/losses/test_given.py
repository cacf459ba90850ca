"""Losses in the words of each file: names that the reader knows, objects as it describes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.losses.given import given_loss, loss_of
from tests.losses.keras_golden import FILES, KERAS_2, KERAS_3
from tests.metrics.compiled_golden import CASES

OWN = {"class_name": "mine>Own", "config": {"reduction": "auto", "name": "own", "k": 2}}


@pytest.mark.parametrize("key", [key for key in CASES if "stored" in CASES[key]], ids="-".join)
def test_hdf5_files_state_what_keras_2_states(key: tuple[str, str]) -> None:
    case = CASES[key]
    assert given_loss(case["config"]["loss"], 2, archive=False) == case["stored"]["loss"]


@pytest.mark.parametrize("keras", [*KERAS_2, KERAS_3])
def test_objects_are_described_with_the_config_of_the_reader(keras: str) -> None:
    major: Any = 3 if keras == KERAS_3 else 2
    for entry in FILES["losses", keras]["objects"].values():
        words = {"class_name": entry["class_name"], "config": entry["config"]}
        found = given_loss(words, major, archive=True)
        assert found["class_name"] == entry["class_name"]
        assert {key: found["config"][key] for key in entry["config"]} == entry["config"]
        assert given_loss(found, major, archive=True) == found
        stated = given_loss(words, 2, archive=False) if major == 2 else None
        assert stated is None or stated == words


def test_aliases_become_names_that_the_reader_knows() -> None:
    for archive in (False, True):
        assert given_loss(["mse", "logcosh", "huber_loss"], 2, archive=archive) == [
            "mse",
            "logcosh",
            "huber_loss",
        ]
        assert given_loss(["mse", "logcosh", "huber_loss"], 3, archive=archive) == [
            "mse",
            "log_cosh",
            "huber",
        ]
    assert given_loss({"a": "kullback_leibler_divergence", "b": None}, 3, archive=True) == {
        "a": "kl_divergence",
        "b": None,
    }


def test_functions() -> None:
    described = {
        "module": "builtins",
        "class_name": "function",
        "config": "halves",
        "registered_name": "function",
    }
    for value in ("halves", described):
        assert given_loss(value, 2, archive=False) == "halves"
        assert given_loss(value, 2, archive=True) == given_loss(value, 3, archive=True) == described
    known = {**described, "config": "mean_squared_error"}
    assert given_loss(known, 3, archive=True) == given_loss(known, 2, archive=False) == "mean_squared_error"


def test_classes_by_name() -> None:
    assert given_loss("Huber", 2, archive=False) == "Huber"
    assert given_loss("Huber", 3, archive=True) == {
        "module": "keras.losses",
        "class_name": "Huber",
        "config": {"reduction": "sum_over_batch_size", "name": "huber_loss", "delta": 1.0},
        "registered_name": None,
    }
    assert given_loss("mine>Own", 2, archive=True) == "mine>Own"


def test_wrappers_have_modules_of_their_own() -> None:
    words = {"class_name": "LossFunctionWrapper", "config": {"fn": "halves", "name": "w"}}
    found = {keras: given_loss(words, keras, archive=True) for keras in (2, 3)}  # type: ignore[arg-type]
    assert (found[2]["module"], found[2]["registered_name"]) == ("keras.__internal__.losses", None)
    assert (found[3]["module"], found[3]["registered_name"]) == (
        "keras.src.losses.losses",
        "LossFunctionWrapper",
    )
    assert found[2]["config"]["fn"] == found[3]["config"]["fn"]["config"] == "halves"


def test_what_is_not_keras_own() -> None:
    assert given_loss(OWN, 2, archive=False) == OWN
    described = {"module": None, "class_name": "Own", "config": OWN["config"], "registered_name": "mine>Own"}
    assert given_loss(OWN, 2, archive=True) == described
    assert given_loss(described, 2, archive=False) == OWN
    later = given_loss(OWN, 3, archive=True)
    assert later["config"]["reduction"] == "sum_over_batch_size"
    assert loss_of(OWN) is None
    assert loss_of({"module": "mine", "class_name": "Huber", "config": {}}) is None


def test_what_the_reader_lacks_is_refused() -> None:
    for wrong, said in (
        ("dice", "loss 'dice': Keras 2 has no such function"),
        ("Dice", "loss Dice: Keras 2 has no such class"),
        ({"class_name": "Dice", "config": {}}, "loss Dice: Keras 2 has no such class"),
        ({"class_name": "Huber", "config": {"reduction": "mean"}}, "Keras 2 has no reduction 'mean'"),
        ("crossentropy", "Keras 2 has no such function; it depends on the labels which"),
    ):
        for archive in (False, True):
            with pytest.raises(UnsupportedLayerError, match=said):
                given_loss(wrong, 2, archive=archive)
            assert given_loss(wrong, 3, archive=archive)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from(["mse", "ce", "Huber", "own", "mine>Own", "function", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["class_name", "config", "name", "fn", "reduction"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([2, 3]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_json_is_given_or_refused(value: Any, keras: Any, archive: bool) -> None:
    try:
        found = given_loss(value, keras, archive=archive)
    except KerasfmtError:
        return
    assert given_loss(found, keras, archive=archive) == found


def test_what_is_no_loss() -> None:
    for wrong, said in (
        (3, "loss: expected a name, or a class_name and a config, got 3"),
        ({"class_name": "Huber", "config": "x"}, "loss Huber: expected a config, got 'x'"),
    ):
        with pytest.raises(InvalidModelError, match=said):
            given_loss(wrong, 2, archive=True)
    with pytest.raises(UnsupportedLayerError, match="loss Huber: unknown option k"):
        given_loss({"class_name": "Huber", "config": {"k": 1}}, 2, archive=True)
