"""Archives that are read: golden files, every spelling, weights that do not fit, and what is refused."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import kerasfmt
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    KerasfmtError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
    UnsupportedLayerError,
)
from kerasfmt.formats.keras_archive import reader
from kerasfmt.layers import Dense
from tests.formats.keras_archive.build import (
    DIALECTS,
    masked_model,
    members,
    pack,
    removed,
    replaced,
    respelt,
    reweighted,
    shards,
    small,
    write,
)

DATA = Path(__file__).parent / "data"
GOLDEN = sorted(DATA.glob("*.keras"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_predicts_as_the_keras_that_wrote_it(path: Path, tmp_path: Path) -> None:
    expected = dict(np.load(path.with_suffix(".npz")))
    y = expected.pop("y")
    model = reader.load(path)
    # float32 sums of a few terms, in another order than Keras's
    np.testing.assert_allclose(model.predict(expected), y, rtol=1e-5, atol=1e-6)
    assert model.training_config is not None
    names = [variable.name for variable in model.training_config.variables]
    assert names[:3] == ["iteration", "SGD/m/embedding/embeddings", "SGD/m/shared/kernel"]
    assert len(names) == 1 + len(model.trainable_weights)
    for dialect in DIALECTS:
        again = reader.load(write(tmp_path / f"{dialect}.keras", model, dialect))
        np.testing.assert_array_equal(again.predict(expected), model.predict(expected))
        assert again.get_config() == model.get_config()


def joined_as_on_windows(file: h5py.File) -> None:
    for name in list(file["layers"]):
        file.move(f"layers/{name}", f"layers\\{name}")
    del file["layers"]


def test_groups_that_windows_named(tmp_path: Path) -> None:
    expected = [weight.numpy() for weight in reader.load(write(tmp_path / "m.keras")).weights]
    again = reader.load(reweighted(write(tmp_path / "w.keras"), joined_as_on_windows))
    with zipfile.ZipFile(tmp_path / "w.keras") as archive:
        (tmp_path / "w.weights.h5").write_bytes(archive.read("model.weights.h5"))
    other = reader.load(tmp_path / "m.keras")
    other.set_weights([np.zeros_like(array) for array in expected])
    kerasfmt.load_weights(other, tmp_path / "w.weights.h5")
    for model in (again, other):
        for weight, array in zip(model.weights, expected, strict=True):
            np.testing.assert_array_equal(weight.numpy(), array)


def named_both_ways(file: h5py.File) -> None:
    file["layers\\dense/vars/0"] = np.ones((3, 4), np.float32)


MISFITS: list[tuple[Callable[[h5py.File], Any], type[KerasfmtError], str]] = [
    (
        removed("layers/dense/vars/0"),
        InvalidModelError,
        "layer hidden (Dense): expected 2 weights (hidden/kernel [3, 4], hidden/bias [4]), "
        "got 1 (layers/dense/vars/1 [4])",
    ),
    (removed("layers/dense"), InvalidModelError, "layer hidden (Dense): expected 2 weights"),
    (replaced("layers/dense/vars/2", 1.0), InvalidModelError, "got 3 ("),
    (
        replaced("layers/gone/vars/0", np.ones(2)),
        InvalidModelError,
        "expected no variables at layers/gone, as the model has no such object; got layers/gone/vars/0 [2]",
    ),
    (
        replaced("layers/dense/vars/0", np.ones((3, 5), "f")),
        InvalidModelError,
        "layer hidden (Dense): weight hidden/kernel: expected shape [3, 4], got [3, 5] from layers/dense/vars/0",
    ),
    (
        replaced("layers/dense/vars/0", np.ones((3, 4), "c8")),
        InvalidModelError,
        "weight hidden/kernel: expected dtype float32, got complex64 from layers/dense/vars/0",
    ),
    (named_both_ways, CorruptFileError, "two groups are called layers/dense/vars"),
    (replaced("stray", 1.0), InvalidModelError, "got a dataset 'stray' elsewhere"),
    (replaced("optimizer/vars/99", 1.0), InvalidModelError, "optimizer: expected variables 0 to 14"),
    (replaced("layers/dense/vars/0", h5py.SoftLink("/vars")), UnsafeFileError, "is a soft link"),
    (
        replaced("layers/dense/vars/0", h5py.ExternalLink("x.h5", "/a")),
        UnsafeFileError,
        "a link to another file",
    ),
    (
        lambda file: replaced("layers/again", file["layers"])(file),
        CorruptFileError,
        "is reached by two paths",
    ),
    (
        lambda file: replaced("layers/b/vars/0", file["layers/dense/vars/0"])(file),
        CorruptFileError,
        "two paths",
    ),
]


@pytest.mark.parametrize(("edit", "kind", "said"), MISFITS, ids=range(len(MISFITS)))
def test_weights_that_do_not_fit(
    tmp_path: Path, edit: Callable[[h5py.File], Any], kind: type[KerasfmtError], said: str
) -> None:
    path = reweighted(write(tmp_path / "m.keras"), edit)
    with pytest.raises(kind, match=re.escape(said)) as caught:
        reader.load(path)
    assert str(path) in str(caught.value)


def test_names_of_groups_that_claim_too_much(tmp_path: Path) -> None:
    content = members(write(tmp_path / "m.keras"))
    weights = bytearray(content["model.weights.h5"])
    at = weights.index(b"HEAP\0", weights.index(b"HEAP\0") + 1)  # not the root's
    weights[at + 8 : at + 16] = (1 << 60).to_bytes(8, "little")
    path = pack(tmp_path / "m.keras", {**content, "model.weights.h5": bytes(weights)})
    with pytest.raises(CorruptFileError, match=r"model\.weights\.h5: .*the names of a group claim"):
        reader.load(path)


def test_compressed_archives_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, members(path), zipfile.ZIP_DEFLATED)
    np.testing.assert_array_equal(reader.load(path).weights[0].numpy(), small().weights[0].numpy())


def test_state_of_random_layers_is_passed_over(tmp_path: Path) -> None:
    edit = replaced("layers/dropout/seed_generator/vars/0", np.zeros(2, np.uint32))
    assert reader.load(reweighted(write(tmp_path / "m.keras"), edit)).name == "small"


def test_sharded_weights(tmp_path: Path) -> None:
    content = shards(write(tmp_path / "m.keras"))
    model = reader.load(pack(tmp_path / "m.keras", content))
    for mine, other in zip(small().weights, model.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    fresh = kerasfmt.model_from_config(small().described())
    reader.load_weights(fresh, tmp_path / "model.weights.json")
    np.testing.assert_array_equal(fresh.weights[0].numpy(), model.weights[0].numpy())


@pytest.mark.parametrize("name", ["../x.weights.h5", "/x.weights.h5", "a\\x.weights.h5"])
def test_shards_that_lie_elsewhere(tmp_path: Path, name: str) -> None:
    content = shards(write(tmp_path / "m.keras"))
    content["model.weights.json"] = json.dumps({"weight_map": {"/vars": name}}).encode()
    with pytest.raises(UnsafeFileError, match="is not beside the map"):
        reader.load(pack(tmp_path / "m.keras", content))


@pytest.mark.parametrize("name", ["x" * 300 + ".weights.h5", "日" * 100 + ".weights.h5", "a\0.weights.h5"])
def test_shards_that_no_file_can_be_called(tmp_path: Path, name: str) -> None:
    content = shards(write(tmp_path / "m.keras"))
    content["model.weights.json"] = json.dumps({"weight_map": {"/vars": name}}).encode()
    (tmp_path / "model.weights.json").write_bytes(content["model.weights.json"])
    with pytest.raises(CorruptFileError, match="is not the name of a file"):
        reader.load(pack(tmp_path / "m.keras", content))
    with pytest.raises(CorruptFileError, match="is not the name of a file"):
        reader.load_weights(kerasfmt.model_from_config(small().described()), tmp_path / "model.weights.json")


def test_shards_that_are_missing(tmp_path: Path) -> None:
    content = shards(write(tmp_path / "m.keras"))
    content["model.weights.json"] = json.dumps({"weight_map": {"/vars": "gone.weights.h5"}}).encode()
    with pytest.raises(CorruptFileError, match=r"names the shard 'gone\.weights\.h5', which is not there"):
        reader.load(pack(tmp_path / "m.keras", content))


def test_weights_alone(tmp_path: Path) -> None:
    data = members(write(tmp_path / "m.keras"))["model.weights.h5"]
    (tmp_path / "m.weights.h5").write_bytes(data)
    for name in ("m.weights.h5", "m.keras"):
        fresh = kerasfmt.model_from_config(small().described())
        reader.load_weights(fresh, tmp_path / name)
        np.testing.assert_array_equal(fresh.weights[-1].numpy(), small().weights[-1].numpy())
    with pytest.raises(MissingFileError):
        reader.load_weights(small(), tmp_path / "none.weights.h5")


LAMBDA = {
    "class_name": "__lambda__",
    "config": {"code": "4wEAAAAA", "defaults": None, "closure": None},
}


def with_layer(layer: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["config"]["layers"].append(layer)


def test_marshalled_functions_are_refused(tmp_path: Path) -> None:
    for function in (LAMBDA, ["4wEAAAAA", None, None]):
        path = write(tmp_path / "m.keras")
        layer = {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "l", "function": function},
        }
        with pytest.raises(UnsafeFileError, match="marshalled Python function, which is never run"):
            reader.load(respelt(path, with_layer(layer)))
        path.unlink()


@pytest.mark.parametrize("function", [LAMBDA, ["4wEAAAAA", None, None]])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_function_in_place_of_a_marshalled_one(tmp_path: Path, dialect: str, function: Any) -> None:
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": function}}
    if function is not LAMBDA:
        layer["config"] |= {"function_type": "lambda", "module": "m"}
    path = respelt(write(tmp_path / "m.keras"), with_layer(layer))
    given = {"l": lambda x: x * 2}
    model = reader.load(path, custom_objects=given)
    expected = small().predict(np.ones((1, 3), np.float32)) * 2
    np.testing.assert_array_equal(model.predict(np.ones((1, 3), np.float32)), expected)
    again = write(tmp_path / "again.keras", model, dialect)
    kept = json.loads(members(again)["config.json"])["config"]["layers"][-1]["config"]
    if dialect == "keras3":
        assert kept["function"] == {**LAMBDA, "config": {**LAMBDA["config"], "code": "4wEAAAAA"}}
        assert not [key for key in kept if key.endswith(("_type", "module"))]
    else:
        assert kept["function"] == ["4wEAAAAA", None, None]
        assert kept["function_type"] == "lambda"
    np.testing.assert_array_equal(
        reader.load(again, custom_objects=given).predict(np.ones((1, 3), np.float32)), expected
    )


def test_custom_objects(tmp_path: Path) -> None:
    def edit(config: dict[str, Any]) -> None:
        layer = config["config"]["layers"][1]
        layer.update(module="mine", registered_name="pack>Dense")

    path = respelt(write(tmp_path / "m.keras"), edit)
    with pytest.raises(UnsupportedLayerError, match=r"class 'pack>Dense' of module mine.*custom_objects="):
        reader.load(path)
    for name in ("pack>Dense", "Dense"):
        assert reader.load(path, custom_objects={name: Dense}).layers[0].name == "hidden"


def test_assets(tmp_path: Path) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, {**members(path), "assets/layers/lookup/vocabulary.txt": b"a"})
    with pytest.raises(InvalidModelError, match=r"expected no files at assets/layers/lookup"):
        reader.load(path)


DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
BAD_JSON = [
    (b"", CorruptFileError, "expected JSON"),
    (b"[]", CorruptFileError, "expected a JSON object"),
    (b"\xff\xfe", CorruptFileError, "expected UTF-8"),
    (b'{"a": NaN}', CorruptFileError, "holds NaN"),
    (b'{"a": 1, "a": 2}', CorruptFileError, "names the key 'a' twice"),
    (DEEP, UnsafeFileError, "nested deeper than"),
    (b"{}", InvalidModelError, "expected a layer's class_name and config"),
]


@pytest.mark.parametrize(("text", "kind", "said"), BAD_JSON, ids=range(len(BAD_JSON)))
def test_bad_json(tmp_path: Path, text: bytes, kind: type[KerasfmtError], said: str) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, {**members(path), "config.json": text})
    with pytest.raises(kind, match=said):
        reader.load(path)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_missing_members(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "m.keras")
    pack(path, {key: data for key, data in members(path).items() if key != name})
    with pytest.raises(UnsupportedFormatError, match=f"expected a member {re.escape(name)}, got none"):
        reader.load(path)


def everything(path: Path) -> None:
    """Load a file, weights included."""
    for weight in reader.load(path).weights:
        weight.numpy()


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(data=st.data())
def test_damaged_bytes_give_our_errors_only(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.keras"
    if not good.exists():
        write(good)
    content = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    bad = tmp_path / "bad.keras"
    bad.write_bytes(
        content[: data.draw(st.sampled_from([len(content), len(content) // 2, len(content) - 9]))]
    )
    try:
        everything(bad)
    except KerasfmtError as error:
        assert str(bad) in str(error)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(max_size=5)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@QUICK
@given(data=st.data())
def test_mutated_configs_give_our_errors_only(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.keras"
    if not good.exists():
        write(good, masked_model())
    content = members(good)
    config = json.loads(content["config.json"])
    spot: Any = config
    while isinstance(spot, dict | list) and spot:
        keys = sorted(spot) if isinstance(spot, dict) else range(len(spot))
        key: Any = data.draw(st.sampled_from(list(keys)))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.booleans()):
            spot[key] = data.draw(JSON)
            break
        spot = spot[key]
    content["config.json"] = json.dumps(config).encode()
    bad = pack(tmp_path / "bad.keras", content)
    try:
        everything(bad)
    except KerasfmtError as error:
        assert str(bad) in str(error)
