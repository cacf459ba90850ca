"""Constants, files and tables in the main graph; the numbers of constants are compared with TensorFlow's elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.layers import StringLookup


def saved(tmp_path: Path, *layers: StringLookup) -> protos.MetaGraphDef:
    inputs = kerasfmt.Input((2,), dtype="string", name="x")
    model = kerasfmt.Model(inputs, [layer(inputs) for layer in layers])
    kerasfmt.save_model(model, tmp_path / "saved")
    data = (tmp_path / "saved" / "saved_model.pb").read_bytes()
    return protos.SavedModel.FromString(data).meta_graphs[0]


def node(meta: protos.MetaGraphDef, name: str) -> protos.NodeDef:
    return next(n for n in meta.graph_def.node if n.name == name)


def test_the_init_op_waits_for_the_tables(tmp_path: Path) -> None:
    meta = saved(tmp_path, StringLookup(vocabulary=["a"]), StringLookup(vocabulary=["b"]))
    (init,) = meta.collection_def["saved_model_main_op"].node_list.value
    calls = [name.removeprefix("^") for name in node(meta, init).input]
    assert [node(meta, name).op for name in calls] == ["StatefulPartitionedCall"] * 2
    tables = [node(meta, name).input[0] for name in calls]
    assert [node(meta, name).op for name in tables] == ["HashTableV2"] * 2
    assert len({node(meta, name).attr["shared_name"].s for name in tables}) == 2


def test_constants_are_those_that_the_object_graph_names(tmp_path: Path) -> None:
    meta = saved(tmp_path, StringLookup(vocabulary=["a", "b"], mask_token=""))
    names = [n.constant.operation for n in meta.object_graph_def.nodes if n.WhichOneof("kind") == "constant"]
    assert sorted(names) == ["Const", "Const_1", "Const_2", "Const_3", "Const_4"]
    assert {node(meta, name).op for name in names} == {"Const"}


@pytest.mark.parametrize("same", [False, True])
def test_files_are_assets(tmp_path: Path, same: bool) -> None:
    texts = ["a\nb\n", "a\nb\n" if same else "c\n"]
    paths = []
    for number, text in enumerate(texts):
        (tmp_path / str(number)).mkdir()
        paths.append(tmp_path / str(number) / "words.txt")
        paths[-1].write_text(text)
    meta = saved(tmp_path, *(StringLookup(vocabulary=str(path)) for path in paths))
    names = ["words.txt", "words.txt" if same else "words.txt_1"]
    assert [asset.filename for asset in meta.asset_file_def] in (names, names[::-1])
    assert [asset.tensor_info.name for asset in meta.asset_file_def] == [
        "asset_path_initializer:0",
        "asset_path_initializer_1:0",
    ]
    written = {path.name: path.read_text() for path in (tmp_path / "saved" / "assets").iterdir()}
    assert sorted(written) == sorted(set(names))
    assert sorted(written.values()) == sorted(set(texts))
