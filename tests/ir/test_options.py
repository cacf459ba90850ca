"""Options: what is one, what constructors take, configs, errors, signatures, and what a type checker sees."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, InitVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from kerasfmt import layers
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import fields, initializers, keras_facts
from kerasfmt.ir.fields import Field
from kerasfmt.ir.options import FrozenOptions, Options

if TYPE_CHECKING:
    from decimal import Decimal


class Weight:
    """What no option is."""


class WeightDecay(float):
    """A type whose name begins as that of a weight."""


class Machine(Options):
    category = "machine"
    state_types = (Weight,)
    facts: ClassVar[keras_facts.KerasFacts] = keras_facts.KerasFacts()
    size: int = fields.positive_integer()
    decay: WeightDecay = WeightDecay(0.5)
    price: Decimal | None = None
    state: keras_facts.KerasFacts | None = None
    fast: bool = False
    made: Weight
    worn: Weight | None = None
    parts: list[str] = fields.state()
    factor: InitVar[int] = 1
    _private: int = 3

    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "size": given["size"] * given["factor"]} if "factor" in given else given

    def validate(self) -> None:
        if self.fast and self.size > 100:
            raise self.fail(f"option size: expected at most 100 where it is fast, got {self.size}")


class Special(Machine, kw_only=True):
    decay: WeightDecay = WeightDecay(0.25)
    colour: str = fields.choice("red", "blue", default="red")
    _hidden: bool = fields.boolean(default=False, alias="hidden")


class Optimizer(FrozenOptions):
    """As the base of optimizers may be."""

    category = "optimizer"
    learning_rate: float = fields.float32(default=0.1)
    clipnorm: float | None = None
    name: str = "SGD"
    slots: ClassVar[tuple[str, ...]] = ()


class Momentum(Optimizer):
    obsolete_options = {"lr": "learning_rate", "decay": None}
    facts = keras_facts.KerasFacts(implied_by_keras2={"loss_scale_factor": (None,)})
    slots = ("momentum",)
    momentum: float = 0.9


# What is an option.


def test_options_are_the_annotated_attributes() -> None:
    assert list(Machine.fields) == ["size", "decay", "price", "state", "fast", "factor"]
    assert list(Special.fields) == [*Machine.fields, "colour", "hidden"]
    assert Special.fields["decay"] is not Machine.fields["decay"]
    assert Special.positional == ("size", "price", "state", "fast", "factor")


def test_annotations_that_are_no_texts() -> None:
    made = type(
        "Made", (Machine,), {"__annotations__": {"a": ClassVar[int], "b": Weight, "c": Weight | None}}
    )
    assert list(made.fields) == list(Machine.fields)
    made = type("Made", (Machine,), {"__annotations__": {"d": bool, "e": InitVar[int]}, "d": True, "e": 2})
    assert made.fields["d"].convert(1) is True
    assert made.fields["e"].init_only


def test_has_attr_tells_the_truth() -> None:
    assert isinstance(Machine.size, Field)
    assert not any(hasattr(Machine, name) for name in ("made", "parts", "factor"))
    assert Machine.worn is None
    assert all(hasattr(layers.Dense, name) for name in ("units", "use_bias", "kernel_initializer", "name"))
    assert not hasattr(layers.Dense, "kernel")
    assert layers.Dense(5).units == 5


def test_an_option_that_is_not_set_yet() -> None:
    with pytest.raises(AttributeError, match="Machine: size is not set yet"):
        _ = object.__new__(Machine).size


def test_an_option_without_a_default_comes_first() -> None:
    with pytest.raises(TypeError, match="Late: an option without a default follows one that has one"):
        type("Late", (Machine,), {"__annotations__": {"speed": "int"}})


# What a constructor takes.


def test_positional_and_by_keyword() -> None:
    machine = Special(2, fast=1, colour="BLUE", hidden=True, factor=3)
    assert (machine.size, machine.fast, machine.colour, machine._hidden, machine.decay) == (
        6,
        True,
        "blue",
        True,
        0.25,
    )
    assert not hasattr(machine, "factor")


def test_an_assignment_is_checked_as_the_constructor_is() -> None:
    machine = Machine(2)
    machine.size = 4.0  # type: ignore[assignment]
    assert type(machine.size) is int
    with pytest.raises(UnsupportedLayerError, match="machine Machine: option size: expected a whole number"):
        machine.size = 0
    dense = layers.Dense(2, name="d")
    dense.activation = "relu"
    assert dense.get_config()["activation"] == "relu"
    with pytest.raises(InvalidModelError, match=r"layer d \(Dense\): option units: expected a whole number"):
        dense.units = 0


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda: Machine(), TypeError, "machine Machine: option size is needed"),
    (lambda: Machine(1, 2, 3, 4, 5, 6, 7), TypeError, "Machine: 7 positional arguments for 6 options"),
    (lambda: Special(1, None, None, True, 2, 3), TypeError, "Special: 6 positional arguments for 5 options"),
    (lambda: Machine(1, size=2), TypeError, "Machine: option size is given twice"),
    (
        lambda: Machine(1, prise=2),
        UnsupportedLayerError,
        r"machine Machine: unknown option prise=2; did you mean 'price'\? "
        r"It takes size, decay, price, state, fast, factor$",
    ),
    (
        lambda: Special(1, x=2),
        UnsupportedLayerError,
        r"Special: unknown option x=2; it takes size, price, .*, colour, hidden$",
    ),
    (
        lambda: Optimizer(nesterov=True),
        UnsupportedLayerError,
        r"optimizer Optimizer: unknown option nesterov=True; it takes",
    ),
    (
        lambda: Machine("x"),
        UnsupportedLayerError,
        "machine Machine: option size: expected a whole number of at least 1, got 'x'",
    ),
    (lambda: Machine(1, fast="x"), UnsupportedLayerError, "option fast: expected True or False, got 'x'"),
    (
        lambda: Machine(101, fast=True),
        InvalidModelError,
        "machine Machine: option size: expected at most 100",
    ),
    (lambda: Optimizer(learning_rate=10**400), UnsupportedLayerError, "option learning_rate: "),
    (
        lambda: layers.Dense(2, activaton="relu", name="d"),
        UnsupportedLayerError,
        r"layer d \(Dense\): unknown option activaton='relu'; did you mean 'activation'\? It takes units, activation, ",
    ),
    (
        lambda: layers.GaussianNoise("x", name="n"),
        InvalidModelError,
        r"layer n \(GaussianNoise\): option stddev: expected a finite number, got 'x'",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


# Configs.


def test_config() -> None:
    machine = Special(2, hidden=True)
    config = machine.get_config()
    assert config == {
        "size": 2, "decay": 0.25, "price": None, "state": None, "fast": False, "colour": "red", "hidden": True
    }  # fmt: skip
    assert Special.from_config(config).get_config() == config


def test_the_order_of_a_config() -> None:
    class Ordered(Machine):
        config_order = ("size", "decay")

    assert list(Ordered(1).get_config()) == ["price", "state", "fast", "size", "decay"]


def test_frozen_options_are_values() -> None:
    one, same, other = Momentum(0.5), Momentum(learning_rate=0.5), Momentum()
    assert one == same != other
    assert one != Optimizer(0.5)
    assert len({one, same, other}) == 2
    assert repr(one) == "Momentum(learning_rate=0.5, clipnorm=None, name='SGD', momentum=0.9)"
    with pytest.raises(FrozenInstanceError, match="Momentum: cannot assign to option 'momentum'"):
        one.momentum = 0.5  # type: ignore[misc]


def test_options_of_other_releases() -> None:
    config = {"lr": 0.5, "decay": 0.1, "loss_scale_factor": None}
    assert Momentum.from_config(config) == Momentum(0.5)
    with pytest.raises(UnsupportedLayerError, match=r"unknown option loss_scale_factor=2\.0"):
        Momentum.from_config({"loss_scale_factor": 2.0})


# Signatures.

COMMON = ["name", "trainable", "dtype", "batch_input_shape", "input_shape", "batch_size", "input_dim"]


def signature(cls: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """The defaults of the positional and of the keyword-only parameters."""
    parameters = inspect.signature(cls).parameters.values()
    return (
        {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD},
        {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY},
    )


def test_signature_of_dense() -> None:
    positional, by_keyword = signature(layers.Dense)
    assert positional == {
        "units": inspect.Parameter.empty,
        "activation": None,
        "use_bias": True,
        "kernel_initializer": "glorot_uniform",
        "bias_initializer": "zeros",
        "kernel_regularizer": None,
        "bias_regularizer": None,
        "activity_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
    }
    assert list(by_keyword) == COMMON
    assert (by_keyword["name"], by_keyword["trainable"], by_keyword["dtype"]) == (None, True, None)


def test_signature_of_a_convolution() -> None:
    positional, by_keyword = signature(layers.Conv2D)
    assert list(positional) == [
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
        "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
        "activity_regularizer", "kernel_constraint", "bias_constraint",
    ]  # fmt: skip
    assert (positional["strides"], positional["padding"]) == (1, "valid")
    assert list(by_keyword) == COMMON


def test_signature_of_a_wrapper() -> None:
    positional, by_keyword = signature(layers.SpectralNormalization)
    assert positional == {"layer": inspect.Parameter.empty, "power_iterations": 1}
    assert list(by_keyword) == COMMON


def test_signature_of_an_initializer() -> None:
    assert signature(initializers.VarianceScaling) == (
        {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": None}, {},
    )  # fmt: skip


def test_signature_of_a_constructor_that_is_written_out() -> None:
    class Own(layers.Dense, register=False):
        def __init__(self, size: int, *, use_bias: bool = False, **options: Any) -> None:
            super().__init__(size, use_bias=use_bias, **options)

    positional, by_keyword = signature(Own)
    assert list(positional) == ["size"]
    assert by_keyword["use_bias"] is False
    assert {"units", "activation", "name"} <= by_keyword.keys()


def test_what_a_parameter_takes() -> None:
    parameters = inspect.signature(layers.Dense).parameters
    assert parameters["units"].annotation is int
    assert str in parameters["activation"].annotation.__args__
    assert parameters["batch_size"].annotation == int | None
    assert (
        inspect.signature(Machine).parameters["price"].annotation == "Decimal | None"
    )  # not there at run time


def test_signature_of_an_instance_is_that_of_its_call() -> None:
    assert list(inspect.signature(layers.Dense(2)).parameters) == ["inputs", "kwargs"]


def test_help() -> None:
    text = pydoc.plain(pydoc.render_doc(layers.Dense))
    assert re.search(
        r"Dense\([\s|]*units: int,[\s|]+activation: .* = None,[\s|]+use_bias: bool = True,\s", text
    )
    assert "units: size of the output's last axis." in text


# Types.

TYPED = """
from kerasfmt import Input, Model, Sequential
from kerasfmt.graph import Value
from kerasfmt.ir import Weight, fields, regularizers
from kerasfmt.ir.initializers import VarianceScaling
from kerasfmt.layers import BatchNormalization, Conv2D, Dense, Embedding, InputLayer, Layer, TimeDistributed

Dense(5, "relu", name="a")
Dense(5, activation=None, kernel_initializer="zeros")
Dense(units=5, kernel_regularizer=regularizers.L2(0.1), dtype="float16", input_shape=(None, 3))
Dense(5, activation={"class_name": "relu", "config": {}}, bias_constraint={"class_name": "NonNeg"})
Conv2D(8, 3)
Conv2D(8, [3, 3], strides=(1, 2), data_format=None, batch_input_shape=[None, 8, 8, 3])
BatchNormalization([1, -1])
Embedding(5, 3, input_length=None)
InputLayer(batch_input_shape=(None, 3), name="x")
TimeDistributed(Dense(2))
VarianceScaling(2.0, "fan_avg", "normal")
Sequential([Dense(2)], name="stack")
Model(Input((2,)), Input((2,)))


class Scale(Layer):
    factor: float = 2.0
    kernel: Weight = fields.weight()

    def call(self, inputs: Value) -> Value:
        return inputs * self.factor


Scale(3, name="s")
dense = Dense(5)
dense.activation = "relu"
value: Value = dense.activation(Value.__new__(Value))
units: int = dense.units
Dense("x")  # error: arg-type
Dense(5, activaton="relu")  # error: call-arg
Dense()  # error: call-arg
Dense(5, activation=3)  # error: arg-type
Dense(5, kernel=None)  # error: call-arg
Dense(5, None, True, "zeros", "zeros", None, None, None, None, None, "name")  # error: call-arg
Conv2D(8, "3")  # error: arg-type
Scale("x")  # error: arg-type
Scale(kernel=None)  # error: call-arg
VarianceScaling(scal=1.0)  # error: call-arg
VarianceScaling(1.0).scale = 2.0  # error: misc
TimeDistributed("dense")  # error: arg-type
"""
ROOT = Path(__file__).parents[2]


def test_type_checkers_see_the_constructors(tmp_path: Path) -> None:
    source = tmp_path / "typed.py"
    source.write_text(TYPED)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", str(source)], cwd=ROOT, capture_output=True, text=True
    )
    found: dict[int, set[str]] = {}
    for line, code in re.findall(r"typed\.py:(\d+): error: .*\[([a-z-]+)\]", checked.stdout):
        found.setdefault(int(line), set()).add(code)
    wanted = {
        number: set(text.split(", "))
        for number, line in enumerate(TYPED.splitlines(), 1)
        if (text := line.partition("# error: ")[2])
    }
    assert found == wanted, checked.stdout + checked.stderr
