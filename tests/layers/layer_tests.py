"""What holds of every layer; the tests of a family inherit from LayerTests and declare its layers.

class TestLayers(LayerTests):
    uses = [use(Dense(4), (None, 3), gives=(None, 4), weights={"kernel": (3, 4), "bias": (4,)})]
    refused = {"units": (lambda: Dense(0, name="it"), "option units: expected a whole number of at least 1, got 0")}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.graph.run import LazyState, run
from kerasfmt.ir.layer import Layer, find_layer_class

Array = np.ndarray[Any, Any]
Shape: TypeAlias = "tuple[int | None, ...]"
Refusal: TypeAlias = tuple[Callable[[], object], str]
"""What makes or calls a layer called "it" in vain, and what the error says."""

FILES = {"h5": ("m.h5", None), "keras": ("m.keras", 3), "tf_keras": ("m.keras", 2)}
"""Format -> name of a file, and the Keras whose layers alone it holds; None for those of both."""

TEXTS = (b"", b"a", b"b c", "grüße".encode(), b"\xff broken")
"""Inputs of strings."""
NONSENSE: tuple[Any, ...] = (
    *(-1, -2.5, 10**30, float("nan"), "x", b"x", "", {}, object()),
    *([None], ["a"], [1.5, 2, 1], [True, 1], [[1, 2], [3]], [[-1, 0]] * 2, [[0, -1]] * 3, [1] * 9),
)
"""What no option of a layer of windows or sizes takes."""


@dataclass(frozen=True)
class Use:
    """A layer called on inputs of some shapes, whose first axis is the batch.

    Attributes:
      layer: the layer; each test makes one of its own from its config.
      shapes: of the inputs.
      gives: the shape of the output.
      weights: names, behind that of the layer, and shapes of the weights.
      dtype: of the inputs.
      not_in: format that cannot hold the layer with these options -> what the error says.
      arguments: of the call.
    """

    layer: Layer
    shapes: tuple[Shape, ...]
    gives: Shape
    weights: Mapping[str, Shape] = field(default_factory=dict)
    dtype: str = "float32"
    not_in: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{type(self.layer).__name__}-{'-'.join(map(str, self.shapes))}".replace(" ", "")

    def made(self) -> Layer:
        """The layer made again from its config."""
        return type(self.layer).from_config(self.layer.get_config())

    def model(self, layer: Layer | None = None, batch: int | None = None) -> kerasfmt.Model:
        """A model that calls the layer, with a batch of this size where it is not known."""
        shapes = [(batch if shape[0] is None else shape[0], *shape[1:]) for shape in self.shapes]
        inputs = [kerasfmt.Input(batch_shape=shape, dtype=self.dtype) for shape in shapes]
        outputs = (self.made() if layer is None else layer)(one_or_all(inputs), **self.arguments)
        return kerasfmt.Model(one_or_all(inputs), outputs, name="model")

    def arrays(self, batch: int = 2) -> list[Array]:
        """Inputs, with 7 for each size that is not known."""
        rng = np.random.default_rng(1)
        sizes = [(shape[0] or batch, *(d or 7 for d in shape[1:])) for shape in self.shapes]
        if self.dtype == "string":
            return [np.array(TEXTS, object)[rng.integers(0, len(TEXTS), size)] for size in sizes]
        return [rng.uniform(0, 2, size).astype(self.dtype) for size in sizes]


def use(
    layer: Layer,
    *shapes: Shape,
    gives: Shape,
    weights: Mapping[str, Shape] | None = None,
    dtype: str = "float32",
    not_in: Mapping[str, str] | None = None,
    **arguments: Any,
) -> Use:
    return Use(layer, shapes, gives, weights or {}, dtype, not_in or {}, arguments)


def one_or_all(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def outputs_of(model: kerasfmt.Model, arrays: Sequence[Array], training: bool) -> list[Array]:
    function = model.default_trace(training=training).function
    return list(run(function, list(arrays), LazyState(lambda weight: weight.numpy()))[: len(model.outputs)])


def fits(known: Shape | None, found: tuple[int, ...]) -> bool:
    """Whether an array has a shape, as far as it is known."""
    return (
        known is not None
        and len(known) == len(found)
        and all(k in (None, f) for k, f in zip(known, found, strict=True))
    )


class LayerTests:
    """Declares itself by these attributes.

    Attributes:
      uses: layers of the family, with what they are called on and what comes of it.
      refused: what is refused, by what it is about.
    """

    uses: ClassVar[Sequence[Use]]
    refused: ClassVar[Mapping[str, Refusal]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", self.uses, ids=str)
        if "refusal" in metafunc.fixturenames:
            metafunc.parametrize("refusal", self.refused.values(), ids=self.refused)

    def test_config_comes_back(self, case: Use) -> None:
        config, cls = case.layer.get_config(), type(case.layer)
        assert find_layer_class(cls.__name__) is cls
        assert cls.from_config(config).get_config() == config
        again = cls.from_config(json.loads(json.dumps(config)))
        assert json.dumps(again.get_config()) == json.dumps(config)

    def test_options_by_position_are_options_by_name(self, case: Use) -> None:
        cls = type(case.layer)
        given = {name: getattr(case.layer, name) for name in cls.positional}
        by_position = cls(*given.values(), name="it")
        assert by_position.get_config() == cls(**given, name="it").get_config()

    def test_shapes_are_those_that_are_computed(self, case: Use) -> None:
        arrays, open_batch = case.arrays(), case.model()
        assert open_batch.outputs[0].shape == case.gives
        for model in (open_batch, case.model(batch=len(arrays[0]))):
            for training in (False, True):
                for tensor, result in zip(model.outputs, outputs_of(model, arrays, training), strict=True):
                    assert tensor.dtype.numpy == result.dtype
                    assert fits(tensor.shape, result.shape)

    def test_weights_are_the_same_in_every_model(self, case: Use) -> None:
        for batch in (None, 3):
            layer = case.made()
            case.model(layer, batch)
            prefix = f"{layer.name}/"
            assert {w.name.removeprefix(prefix): w.shape for w in layer.weights} == dict(case.weights)
            assert all(w.name.startswith(prefix) for w in layer.weights)

    def test_it_is_saved_and_loaded(self, case: Use, tmp_path: Path) -> None:
        layer, arrays = case.made(), case.arrays()
        model = case.model(layer)
        config = json.dumps(layer.get_config())
        for save_format, (name, keras) in FILES.items():
            paths = [tmp_path / f"{save_format}_{number}_{name}" for number in range(2)]
            refused = case.not_in.get(save_format)
            if refused is None and keras is not None and layer.facts.absent_in == keras:
                refused = f"Keras {keras} has no such layer"
            if refused is not None:
                with pytest.raises(UnsupportedLayerError, match=rf"layer {layer.name} \(.*{refused}"):
                    kerasfmt.save_model(model, paths[0], save_format=save_format)
                continue
            for path in paths:
                kerasfmt.save_model(model, path, save_format=save_format)
            assert paths[0].read_bytes() == paths[1].read_bytes()
            again = kerasfmt.load_model(paths[0])
            found = again.get_layer(layer.name)
            assert type(found) is type(layer)
            assert json.dumps(found.get_config()) == config
            for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
                np.testing.assert_array_equal(ours, theirs)
            results = [outputs_of(m, arrays, training=False) for m in (model, again)]
            for before, after in zip(*results, strict=True):
                np.testing.assert_array_equal(before, after)

    def test_refused(self, refusal: Refusal) -> None:
        make, text = refusal
        with pytest.raises(KerasfmtError) as caught:
            make()
        assert text in str(caught.value)
        assert "layer it (" in str(caught.value)


def rank_of(cls: type[Layer]) -> int:
    """The number of spatial axes that the name of a class says; 1 where it says none."""
    return next((int(c) for c in cls.__name__ if c.isdigit()), 1)


class SizedLayerTests(LayerTests):
    """Tests of layers whose options are sizes: nonsense is refused by option, and inputs of too few axes by layer.

    Attributes:
      needed: class -> the options that it needs.
      axes: the number of axes of a class's inputs, with the batch, where it is not the rank in its name and two.
    """

    needed: ClassVar[Mapping[type[Layer], Mapping[str, Any]]]
    axes: ClassVar[Mapping[type[Layer], int]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        super().pytest_generate_tests(metafunc)
        if "sized" in metafunc.fixturenames:
            metafunc.parametrize("sized", self.needed, ids=lambda cls: cls.__name__)

    def axes_of(self, cls: type[Layer]) -> int:
        return self.axes.get(cls, rank_of(cls) + 2)

    def test_no_option_takes_nonsense(self, sized: type[Layer]) -> None:
        shape = (None, *(6,) * (self.axes_of(sized) - 2), 4)
        for option in sized.positional:
            for value in NONSENSE:
                with pytest.raises(KerasfmtError) as caught:
                    sized(**{**self.needed[sized], option: value}, name="it")(
                        kerasfmt.Input(batch_shape=shape)
                    )
                assert f"layer it ({sized.__name__}): " in str(caught.value)
                assert f"option {option}: " in str(caught.value), (option, value)
                assert "expected" in str(caught.value) or "kerasfmt knows no" in str(caught.value)

    @pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
    def test_inputs_of_too_few_axes(self, sized: type[Layer], data_format: str) -> None:
        formats = {"data_format": data_format} if "data_format" in sized.fields else {}
        for rank in range(1, self.axes_of(sized)):
            with pytest.raises(KerasfmtError) as caught:
                sized(**self.needed[sized], **formats, name="it")(
                    kerasfmt.Input(batch_shape=(None, *(6,) * (rank - 1)))
                )
            assert f"layer it ({sized.__name__}): " in str(caught.value)
            assert "expected" in str(caught.value), (rank, str(caught.value))
