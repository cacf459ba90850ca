import pytest

import kerasfmt
from kerasfmt.formats.saved_model.names import is_valid, readable_names
from kerasfmt.layers import Dense


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("dense", True),
        ("block/dense.1", True),
        (".x", True),
        ("9-a>b", True),
        ("_x", False),
        ("a b", False),
        ("é", False),
    ],
)
def test_is_valid(name: str, valid: bool) -> None:
    assert is_valid(name) is valid


def model() -> kerasfmt.Model:
    inputs = kerasfmt.Input((3,), name="größe x")
    inner = kerasfmt.Sequential([Dense(3, name="名", input_shape=(3,))], name="inner")
    hidden = Dense(3, name="a b")(inner(Dense(3, name="a_b")(inputs)))
    return kerasfmt.Model(inputs, Dense(2, name="_out")(hidden), name="my model")


def test_renames_within_the_context_only() -> None:
    made = model()
    before = [layer.name for layer in made.layers]
    with readable_names(made):
        assert made.name == "my_model"
        assert [layer.name for layer in made.layers] == ["gr__e_x", "a_b", "inner", "a_b_1", "layer_out"]
        inner = made.get_layer("inner")
        assert isinstance(inner, kerasfmt.Model)
        assert inner.layers[0].name == "layer_"
    assert [layer.name for layer in made.layers] == before == ["größe x", "a_b", "inner", "a b", "_out"]
    assert made.name == "my model"


def test_names_come_back_after_an_error() -> None:
    made = model()
    with pytest.raises(RuntimeError), readable_names(made):
        raise RuntimeError
    assert made.layers[0].name == "größe x"
