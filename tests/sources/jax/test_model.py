"""Signatures of several functions over the same variables, with models of kerasfmt before and after them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from tests.sources.jax.jax_tests import normal

jax = pytest.importorskip("jax")
jnp = jax.numpy
PARAMS = {"table": normal(6, 4), "kernel": normal(4, 2)}


def embed(params: Any, ids: Any) -> Any:
    return jnp.take(params["table"], ids, 0, mode="clip").mean(1)


def score(params: Any, ids: Any) -> Any:
    return jax.nn.softmax(embed(params, ids) @ params["kernel"])


def served() -> Any:
    return kerasfmt.from_jax(
        score, PARAMS, {"ids": "int64[b, t]"}, outputs=["scores"], constraints=["t >= 1"]
    )


def test_signatures_share_variables(tmp_path: Path) -> None:
    model = served()
    model.add_signature("embed", embed, {"ids": "int64[b, t]"})
    kerasfmt.save_model(model, tmp_path / "m")
    again = kerasfmt.load_graph_model(tmp_path / "m")
    assert len(model.variables) == len(again.variables) == 2
    ids = np.array([[0, 3], [5, 1]])
    for one in (model, again):
        np.testing.assert_allclose(
            one.signatures["embed"](ids=ids)["output_0"], embed(PARAMS, ids), atol=1e-6
        )
        np.testing.assert_allclose(
            one.signatures["serving_default"](ids=ids)["scores"], score(PARAMS, ids), atol=1e-6
        )


def test_texts_go_through_a_layer_before_and_a_layer_after(tmp_path: Path) -> None:
    lookup = kerasfmt.layers.StringLookup(vocabulary=["a", "b", "c"])
    before = kerasfmt.Sequential([kerasfmt.Input((2,), dtype="string", name="words"), lookup])
    after = kerasfmt.Sequential([kerasfmt.layers.Dense(3, input_shape=(2,), name="head")])
    model = served()
    model.add_signature("text", score, {"ids": "int64[b, 2]"}, before=before, after=after)
    kerasfmt.save_model(model, tmp_path / "m")
    again = kerasfmt.load_graph_model(tmp_path / "m")
    words = np.array([["a", "c"], ["?", "b"]], object)
    expected = after.predict(np.asarray(score(PARAMS, lookup_ids(words))))
    for one in (model, again):
        assert len(one.variables) == 4
        found = one.signatures["text"](words=words)
        assert list(found) == ["head"]
        np.testing.assert_allclose(found["head"], expected, atol=1e-6)


def lookup_ids(words: Any) -> Any:
    return np.vectorize({"?": 0, "a": 1, "b": 2, "c": 3}.get)(words)


def test_what_does_not_fit_is_refused() -> None:
    model = served()
    with pytest.raises(InvalidModelError, match="there is one of that name"):
        model.add_signature("serving_default", embed, {"ids": "int64[b, t]"})
    with pytest.raises(InvalidModelError, match="expected a name"):
        model.add_signature("", embed, {"ids": "int64[b, t]"})
    before = kerasfmt.Sequential([kerasfmt.layers.Dense(3, input_shape=(2,))])
    with pytest.raises(InvalidModelError, match="before gives float32"):
        model.add_signature("x", embed, {"ids": "int64[b, 3]"}, before=before)
