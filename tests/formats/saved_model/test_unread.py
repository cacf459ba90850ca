"""What a SavedModel holds beside its model."""

from __future__ import annotations

from pathlib import Path

import kerasfmt
from kerasfmt import protos
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.unread import unread
from tests.formats.saved_model.saved import compiled, save


def test_what_keras_writes_is_read(tmp_path: Path) -> None:
    assert list(unread(save(compiled(), tmp_path / "m").directory)) == []
    model = kerasfmt.Sequential([kerasfmt.layers.Conv2D(2, 3, input_shape=(5, 5, 2), groups=2)])
    assert list(unread(save(model, tmp_path / "conv").directory)) == []


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    saved = save(compiled(), tmp_path / "m")
    path = saved.directory
    (path / layout.ASSETS_EXTRA).mkdir()
    proto = protos.SavedModel.FromString((path / layout.SAVED_MODEL).read_bytes())
    (meta,) = proto.meta_graphs
    function = saved.at("layer-1", "__call__")
    meta.object_graph_def.nodes[saved.at("layer-1")].children.add(local_name="my\x1bfn", node_id=function)
    other = proto.meta_graphs.add()
    other.meta_info_def.tags.append("train")
    (path / layout.SAVED_MODEL).write_bytes(proto.SerializeToString())
    graphs, functions, folder = unread(path)
    assert graphs == f"{path}: graphs with other tags are left out: [['train']]"
    assert functions == rf"{path}: functions of its own are left out: inner.my\x1bfn"
    assert folder == f"{path}: the folder assets.extra, which belongs to its users, is left out"
