"""Keras's metadata: a JSON text for each layer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conformance.structure.artefact import Artefact
from conformance.structure.rules import Difference
from conformance.structure.values import SharedIds, equal, json_values, text


def keras_metadata(a: Artefact, b: Artefact) -> Iterator[Difference]:
    if a.keras is None or b.keras is None:
        yield from equal("keras_metadata.pb", "presence", a.keras is not None, b.keras is not None)
        return
    ids = SharedIds()
    nodes = [{n.node_path: (n, json.loads(n.metadata)) for n in keras.nodes} for keras in (a.keras, b.keras)]
    yield from equal("keras_metadata", "node paths", sorted(nodes[0]), sorted(nodes[1]))
    yield from equal(
        "keras_metadata",
        "order of nodes",
        *([p for p in n if p in nodes[0] and p in nodes[1]] for n in nodes),
    )
    for path in sorted(nodes[0].keys() & nodes[1].keys()):
        (mine, metadata), (other, their_metadata) = nodes[0][path], nodes[1][path]
        yield from equal(f"metadata {path}", "identifier", mine.identifier, other.identifier)
        yield from equal(f"metadata {path}", "version", text(mine.version), text(other.version))
        yield from equal(f"metadata {path}", "node_id", mine.node_id, other.node_id)
        yield from json_values(f"metadata {path}", "", metadata, their_metadata, ids)
        texts = [re.sub(r'"shared_object_id": \d+', "", json.dumps(m)) for m in (metadata, their_metadata)]
        if texts[0] != texts[1] and sorted(texts[0]) == sorted(texts[1]):
            yield Difference(f"metadata {path}", "order of keys", *texts)
