"""Weights from checkpoints: by the paths of objects, by names, and what is left over on either side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import CorruptFileError, InvalidModelError
from kerasfmt.ir import Model
from kerasfmt.layers import Dense, Dropout, MultiHeadAttention, TimeDistributed
from tests.formats.checkpoint.saved import VALUE, graph, put, same_weights, small, state, trained, zeros


def save(model: Model, path: Path) -> Path:
    kerasfmt.save_weights(model, path, save_format="tf")
    return path


def by_names(path: Path, model: Model, **others: Any) -> Path:
    return put(path, {weight.name: weight.numpy() for weight in model.weights} | others)


def test_by_the_paths_of_objects(tmp_path: Path) -> None:
    """The names of the layers do not count."""
    model, other = small(), zeros(small("other_"))
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    assert same_weights(other.weights, model.weights)


def test_arrays_stay_in_the_file(tmp_path: Path) -> None:
    other = zeros(small())
    kerasfmt.load_weights(other, save(small(), tmp_path / "ckpt"))
    assert all(isinstance(weight.value, kerasfmt.tensorbundle.StoredTensor) for weight in other.weights)
    save(other, tmp_path / "ckpt")
    assert same_weights(other.weights, small().weights)


def test_layers_in_layers_and_models_in_models(tmp_path: Path) -> None:
    def build() -> Model:
        x = kerasfmt.Input((5, 4))
        inner = kerasfmt.Sequential([Dense(3, input_shape=(5, 4)), Dropout(0.5)], name="inner")
        y = TimeDistributed(Dense(4))(inner(x))
        return kerasfmt.Model(x, MultiHeadAttention(2, 3)(y, y))

    model, other = build(), zeros(build())
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    assert same_weights(other.weights, model.weights)
    kerasfmt.save_model(model, tmp_path / "saved")
    zeros(other)
    kerasfmt.load_weights(other, tmp_path / "saved")
    assert same_weights(other.weights, model.weights)


def test_a_functional_model_into_a_sequential_one(tmp_path: Path) -> None:
    """The one counts its input layer, the other does not; layers that have weights have numbers of their own."""
    model = small()
    x = kerasfmt.Input((3,))
    y = x
    for layer in small().layers:
        y = layer(y)
    other = zeros(kerasfmt.Model(x, y))
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    assert same_weights(other.weights, model.weights)
    again = zeros(small())
    kerasfmt.load_weights(again, save(other, tmp_path / "other"))
    assert same_weights(again.weights, model.weights)


def nested(model_graph: bytes, name: str) -> bytes:
    """The graph with a new root, which holds the old one under a name."""
    message = kerasfmt.protos.TrackableObjectGraph.FromString(model_graph)
    for node in message.nodes:
        for child in node.children:
            child.node_id += 1
    found = kerasfmt.protos.TrackableObjectGraph()
    found.nodes.add().children.add(local_name=name, node_id=1)
    found.nodes.extend(message.nodes)
    return found.SerializeToString()


@pytest.mark.parametrize("name", ["model", "net", "small"])
def test_a_model_that_is_a_child_of_the_root(tmp_path: Path, name: str) -> None:
    """As `tf.train.Checkpoint(net=model)` stores it."""
    model = small()
    found = dict(kerasfmt.open_checkpoint(save(model, tmp_path / "ckpt")))
    stored = found.pop("_CHECKPOINTABLE_OBJECT_GRAPH")[()]
    put(tmp_path / "outer", found, nested(stored, name))
    other = zeros(small("other_"))
    kerasfmt.load_weights(other, tmp_path / "outer")
    assert same_weights(other.weights, model.weights)


def two_models(path: Path) -> Path:
    """A checkpoint of two models with one Dense each, which are called left and right."""
    nodes: list[Any] = [{"children": {"left": 1, "right": 2, "again": 1}}]
    nodes += [{"children": {"layer-0": 3}}, {"children": {"layer-0": 4}}]
    nodes += [{"children": {"kernel": 5, "bias": 6}}, {"children": {"kernel": 7, "bias": 8}}]
    tensors = {}
    for number, shape in enumerate([(2, 3), (3,)] * 2):
        nodes.append({"keys": {"VARIABLE_VALUE": f"v{number}"}})
        tensors[f"v{number}"] = np.full(shape, number, np.float32)
    return put(path, tensors, graph(*nodes))


def dense(name: str) -> Model:
    return kerasfmt.Sequential([Dense(3, input_shape=(2,))], name=name)


def test_several_models_that_fit(tmp_path: Path) -> None:
    two_models(tmp_path / "ckpt")
    with pytest.raises(
        InvalidModelError, match="several objects fit it: left, right; give the model the name"
    ):
        kerasfmt.load_weights(dense("other"), tmp_path / "ckpt")
    model = dense("right")
    with pytest.warns(UserWarning, match="model right: other variables are left out: v0, v1"):
        kerasfmt.load_weights(model, tmp_path / "ckpt")
    assert [weight.numpy().flat[0] for weight in model.weights] == [2, 3]


def test_what_is_missing(tmp_path: Path) -> None:
    save(small(), tmp_path / "ckpt")
    larger = kerasfmt.Sequential([*small().layers, Dense(1, name="last")], name="larger")
    before = larger.get_weights()
    expected = r"ckpt: model larger: expected its weights below the root .* none for last/kernel, last/bias$"
    with pytest.raises(InvalidModelError, match=expected):
        kerasfmt.load_weights(larger, tmp_path / "ckpt")
    assert all(np.array_equal(a, b) for a, b in zip(larger.get_weights(), before, strict=True))
    with pytest.warns(UserWarning, match=r"last/kernel, last/bias; skipped"):
        kerasfmt.load_weights(larger, tmp_path / "ckpt", skip_mismatch=True)
    assert same_weights(larger.weights[:-2], small().weights)


def test_what_is_left_over(tmp_path: Path) -> None:
    save(small(), tmp_path / "ckpt")
    smaller = zeros(kerasfmt.Sequential(small().layers[:2], name="smaller"))
    expected = (
        "model smaller: expected no more variables below the root .* as the model has no such objects; got "
        f"layer_with_weights-2/kernel{VALUE}, layer_with_weights-2/bias{VALUE}$"
    )
    with pytest.raises(InvalidModelError, match=expected):
        kerasfmt.load_weights(smaller, tmp_path / "ckpt")
    with pytest.warns(UserWarning, match="layer_with_weights-2/bias.*; skipped"):
        kerasfmt.load_weights(smaller, tmp_path / "ckpt", skip_mismatch=True)
    assert same_weights(smaller.weights, small().weights[:6])


def test_shapes_and_dtypes(tmp_path: Path) -> None:
    save(small(units=5), tmp_path / "ckpt")
    with pytest.raises(
        InvalidModelError, match=r"weight hidden/kernel: expected shape \[3, 4\], got \[3, 5\]"
    ):
        kerasfmt.load_weights(small(), tmp_path / "ckpt")
    model = zeros(small())
    with pytest.warns(UserWarning, match="skipped") as told:
        kerasfmt.load_weights(model, tmp_path / "ckpt", skip_mismatch=True)
    assert len(told) == 7
    assert model.weights[-1].numpy().any()
    assert not model.weights[0].numpy().any()


def test_arrays_of_other_dtypes_are_cast(tmp_path: Path) -> None:
    wide = {weight.name: weight.numpy().astype("float64") for weight in small().weights}
    model = zeros(small())
    kerasfmt.load_weights(model, put(tmp_path / "ckpt", wide))
    assert same_weights(model.weights, small().weights)
    assert {weight.numpy().dtype.name for weight in model.weights} == {"float32"}


@pytest.mark.parametrize(
    "value", [np.full((3, 4), b"text", object), np.zeros((3, 4), np.complex64)], ids=["string", "complex"]
)
def test_arrays_that_cannot_be_cast(tmp_path: Path, value: Any) -> None:
    by_names(tmp_path / "ckpt", small(), **{"hidden/kernel": value})
    with pytest.raises(InvalidModelError, match="weight hidden/kernel: expected dtype float32, got"):
        kerasfmt.load_weights(small(), tmp_path / "ckpt")


def test_by_names(tmp_path: Path) -> None:
    """As `tf.compat.v1.train.Saver` stores them."""
    by_names(tmp_path / "ckpt", small(), global_step=3)
    model = zeros(small())
    with pytest.warns(UserWarning, match="model small: other variables are left out: global_step"):
        kerasfmt.load_weights(model, tmp_path / "ckpt")
    assert same_weights(model.weights, small().weights)
    zeros(model)
    kerasfmt.load_weights(model, tmp_path / "ckpt", by_name=True)
    assert same_weights(model.weights, small().weights)


def test_names_that_are_missing(tmp_path: Path) -> None:
    by_names(tmp_path / "ckpt", kerasfmt.Sequential(small().layers[:2]), step=3)
    expected = "got none for out/kernel, out/bias; left over are step$"
    with pytest.raises(InvalidModelError, match=expected):
        kerasfmt.load_weights(small(), tmp_path / "ckpt")
    model = zeros(small())
    kerasfmt.load_weights(model, tmp_path / "ckpt", by_name=True)
    assert same_weights(model.weights[:6], small().weights[:6])
    assert not model.weights[6].numpy().any()


def test_the_names_of_an_object_graph(tmp_path: Path) -> None:
    """Where no path of the model is there, and where names are asked for."""
    tensors, nodes = {}, []
    for number, weight in enumerate(small().weights):
        tensors[f"w/{number}{VALUE}"] = weight.numpy()
        nodes.append({"keys": {"VARIABLE_VALUE": f"w/{number}{VALUE}"}, "full_name": weight.name})
    root = {"children": {f"w{number}": number + 1 for number in range(len(nodes))}}
    put(tmp_path / "ckpt", tensors, graph(root, *nodes))
    model = zeros(small())
    kerasfmt.load_weights(model, tmp_path / "ckpt")
    assert same_weights(model.weights, small().weights)
    save(small(), tmp_path / "objects")
    part = zeros(kerasfmt.Sequential([Dense(2, input_shape=(4,), name="out")]))
    kerasfmt.load_weights(part, tmp_path / "objects", by_name=True)
    assert same_weights(part.weights, small().weights[6:])


def test_two_weights_of_one_name(tmp_path: Path) -> None:
    inner = kerasfmt.Sequential([Dense(3, input_shape=(3,), name="d")], name="inner")
    model = kerasfmt.Sequential([inner, Dense(3, name="d")])
    assert len({weight.name for weight in model.weights}) == 2
    put(tmp_path / "ckpt", {"d/kernel": np.zeros((3, 3), np.float32), "d/bias": np.zeros(3, np.float32)})
    with pytest.raises(
        InvalidModelError, match="expected weights of different names, got two called d/kernel"
    ):
        kerasfmt.load_weights(model, tmp_path / "ckpt")


def test_a_name_in_the_graph_that_is_not_there(tmp_path: Path) -> None:
    nodes = [{"children": {"layer-0": 1}}, {"children": {"kernel": 2, "bias": 2}}]
    put(tmp_path / "ckpt", {"a": 1}, graph(*nodes, {"keys": {"VARIABLE_VALUE": "gone"}}))
    with pytest.raises((CorruptFileError, InvalidModelError), match="ckpt"):
        kerasfmt.load_weights(dense("m"), tmp_path / "ckpt")
    nodes[1] = {"children": {"kernel": 2, "bias": 3}}
    gone = [{"keys": {"VARIABLE_VALUE": name}} for name in ("gone", "too")]
    put(tmp_path / "ckpt", {"a": 1}, graph(*nodes, *gone))
    with pytest.raises(
        CorruptFileError, match="its object graph names the variable 'gone', which is not there"
    ):
        kerasfmt.load_weights(dense("m"), tmp_path / "ckpt")


def test_the_state_of_an_optimizer_comes_with_the_weights(tmp_path: Path) -> None:
    model = trained(kerasfmt.optimizers.Adam(0.25))
    other = small()
    other.compile(kerasfmt.optimizers.Adam(), "mse")
    kerasfmt.load_weights(other, save(model, tmp_path / "ckpt"))
    assert state(other.training_config) == state(model.training_config)
    assert other.training_config is not None
    assert other.training_config.optimizer_config["learning_rate"] == 0.25


def test_the_state_of_another_optimizer_is_left_out_with_a_warning(tmp_path: Path) -> None:
    save(trained(kerasfmt.optimizers.Adam()), tmp_path / "ckpt")
    other = zeros(small())
    other.compile(kerasfmt.optimizers.SGD(), "mse")
    with pytest.warns(UserWarning, match="are not those of the model's SGD; they are left out"):
        kerasfmt.load_weights(other, tmp_path / "ckpt")
    assert same_weights(other.weights, small().weights)


def test_a_model_that_is_not_compiled_takes_no_optimizer(tmp_path: Path) -> None:
    other = small()
    kerasfmt.load_weights(other, save(trained("adam"), tmp_path / "ckpt"))
    assert other.training_config is None
