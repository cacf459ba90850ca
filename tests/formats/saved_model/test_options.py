"""TensorFlow's options of saving: each honoured, or refused by name."""

from __future__ import annotations

from dataclasses import fields

import pytest

from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats.saved_model.options import SaveOptions


def test_options_have_the_fields_of_tensorflow() -> None:
    assert [field.name for field in fields(SaveOptions)] == [
        "namespace_whitelist",
        "save_debug_info",
        "function_aliases",
        "experimental_debug_stripper",
        "experimental_io_device",
        "experimental_variable_policy",
        "experimental_custom_gradients",
        "experimental_image_format",
        "experimental_skip_saver",
        "experimental_sharding_callback",
        "extra_tags",
    ]


REFUSED = {
    "save_debug_info": True,
    "function_aliases": {"f": object()},
    "experimental_debug_stripper": True,
    "experimental_io_device": "/job:localhost",
    "experimental_variable_policy": "save_variable_devices",
    "experimental_image_format": True,
    "experimental_skip_saver": True,
    "experimental_sharding_callback": object(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=f"SaveOptions: {name}="):
        SaveOptions(**{name: REFUSED[name]})


@pytest.mark.parametrize("options", [{"namespace_whitelist": "Addons"}, {"extra_tags": "gpu"}])
def test_options_of_wrong_type(options: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="expected a list of strings"):
        SaveOptions(**options)
