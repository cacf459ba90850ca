"""The errors that users meet: one base, and Python's own where there is one."""

from __future__ import annotations

import inspect

import pytest

import kerasfmt
from kerasfmt import errors

ERRORS = [found for _, found in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_one_base(error: type[Exception]) -> None:
    assert issubclass(error, errors.KerasfmtError)
    assert str(error("m.h5: expected x, got y")) == "m.h5: expected x, got y"
    assert error.__doc__
    assert error.__name__.endswith("Error")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_what_a_terminal_obeys_is_escaped(error: type[Exception]) -> None:
    found = str(error("layer 日本\x1b[2J\x07\r\u202e\x9b: no\nkerasfmt: done"))
    assert found == r"layer 日本\x1b[2J\x07\r\u202e\x9b: no\nkerasfmt: done"
    assert str(error(f"model m: {error(found)}")) == f"model m: {found}"


def test_every_error_can_be_caught_by_a_public_name() -> None:
    assert all(getattr(kerasfmt.errors, error.__name__) is error for error in ERRORS)
    for error in ERRORS:
        if error.__name__ in kerasfmt.__all__:
            assert getattr(kerasfmt, error.__name__) is error


def test_errors_that_python_has_too() -> None:
    assert issubclass(errors.MissingFileError, FileNotFoundError)
    assert issubclass(errors.TargetExistsError, FileExistsError)
    assert issubclass(errors.TargetExistsError, errors.SaveError)
