from __future__ import annotations

from kerasfmt import Input, Model, Sequential
from kerasfmt.dialects.early_keras3 import to_early_keras3
from kerasfmt.dialects.keras3 import write_model
from kerasfmt.layers import LSTM, Dense, TimeDistributed


def test_ends_are_lists_in_models_of_every_depth() -> None:
    step = Input((3,))
    inner = Model(step, Dense(2)(step), name="inner")
    x = Input((4, 3))
    told = to_early_keras3(write_model(Model(x, [TimeDistributed(inner, name="steps")(x), x])))["config"]
    assert told["input_layers"] == [[x.origin.layer.name, 0, 0]]
    assert [ref[0] for ref in told["output_layers"]] == ["steps", x.origin.layer.name]
    wrapped = told["layers"][1]["config"]["layer"]["config"]
    assert [len(wrapped[key]) for key in ("input_layers", "output_layers")] == [1, 1]
    named = write_model(Model({"a": step}, {"b": inner(step)}))
    assert to_early_keras3(named)["config"]["output_layers"] == named["config"]["output_layers"]


def test_an_initializer_has_its_older_name() -> None:
    told = to_early_keras3(write_model(Sequential([LSTM(2, input_shape=(4, 3))])))
    options = told["config"]["layers"][1]["config"]
    assert options["recurrent_initializer"]["class_name"] == "OrthogonalInitializer"
    assert options["kernel_initializer"]["class_name"] == "GlorotUniform"


def test_an_operation_states_its_name_beside_its_config() -> None:
    entry = {
        "module": "keras.src.ops.numpy",
        "class_name": "Mean",
        "config": {"name": "m", "axis": 1},
        "name": "m",
    }
    assert to_early_keras3(entry) == {**entry, "config": {"axis": 1}}
