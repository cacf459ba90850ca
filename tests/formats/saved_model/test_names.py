import kerasfmt
from kerasfmt.formats.saved_model.names import layer_names
from kerasfmt.ir.naming import OWN_NAMES
from kerasfmt.layers import Dense


def model() -> kerasfmt.Model:
    inputs = kerasfmt.Input((3,), name="größe x")
    inner = kerasfmt.Sequential([Dense(3, name="名", input_shape=(3,))], name="inner")
    hidden = Dense(3, name="a b")(inner(Dense(3, name="a_b")(inputs)))
    return kerasfmt.Model(inputs, Dense(2, name="_out")(hidden), name="my model")


def test_names_that_tensorflow_takes_are_kept() -> None:
    made = kerasfmt.Sequential([Dense(3, name="d", input_shape=(3,))], name="m")
    assert layer_names(made) is OWN_NAMES


def test_other_layers_get_names_of_their_own() -> None:
    made = model()
    before = [layer.name for layer in made.layers]
    names = layer_names(made)
    assert names[made] == "my_model"
    assert [names[layer] for layer in made.layers] == ["gr__e_x", "a_b", "inner", "a_b_1", "layer_out"]
    inner = made.get_layer("inner")
    assert isinstance(inner, kerasfmt.Model)
    assert names[inner.layers[0]] == "layer_"
    assert [layer.name for layer in made.layers] == before == ["größe x", "a_b", "inner", "a b", "_out"]


def test_a_layer_of_two_models_is_apart_from_the_layers_of_both() -> None:
    y = kerasfmt.Input((3,), name="y")
    shared = Dense(3, name="a b")
    inner = kerasfmt.Model(y, shared(Dense(3, name="a_b")(y)), name="inner")
    x = kerasfmt.Input((3,), name="x")
    outer = kerasfmt.Model(x, shared(inner(Dense(3, name="a_b_1")(x))))
    assert layer_names(outer)[shared] == "a_b_2"
