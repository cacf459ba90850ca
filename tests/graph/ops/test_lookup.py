from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError, InvalidModelError
from kerasfmt.graph import Builder, EagerConstant, Function, KeyValues, Spec, Table, ops
from kerasfmt.graph.op import Effect, find_op
from kerasfmt.graph.ops.lookup import UsesTable
from kerasfmt.graph.run import LazyState, run
from kerasfmt.graph.table_content import TableContent
from tests.graph.ops.op_tests import Array, FrontendTests, KernelTests, Samples, value


def strings(*texts: str) -> Array:
    return np.array([text.encode() for text in texts], object)


def i64(*values: int) -> Array:
    return np.array(values, np.int64)


SAMPLES = Samples()
case = SAMPLES.case
_WORDS = (strings("a", "\u00e9", ""), i64(3, 4, 5))
_NUMBERS = (i64(7, -8), strings("seven", "minus eight"))
case("LookupTableFindV2", strings("", "a", "b").reshape(3, 1), np.int64(-1), table=_WORDS)
case("LookupTableFindV2", i64(7, 9, -8), np.array(b"none", object), table=_NUMBERS)
case("LookupTableImportV2", strings("x", "y"), i64(1, 2), table=(strings(), i64()))
case("LookupTableInsertV2", strings("a", "z"), i64(8, 9), table=_WORDS)
case("LookupTableRemoveV2", strings("a", "z"), table=_WORDS)
case("LookupTableSizeV2", table=_WORDS)
case("LookupTableExportV2", table=_NUMBERS, Tkeys=dtypes.int64, Tvalues=dtypes.string, shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


def table(keys: Array | None = None, default: int = -1) -> Table:
    numbers = EagerConstant("default", np.array(default, np.int64))
    made = Table("words", dtypes.string, dtypes.int64, numbers)
    if keys is not None:
        values = np.arange(len(keys), dtype=np.int64)
        made.initializer = KeyValues(EagerConstant("keys", keys), EagerConstant("values", values))
    return made


class TestFrontends(FrontendTests):
    uses = {
        "find": (
            lambda: ops.lookup_table_find(table(), value(None, 3, dtype=dtypes.string)),
            (None, 3),
            ["LookupTableFindV2"],
        ),
    }
    refused = {
        "dtype": (lambda: ops.lookup_table_find(table(), value(3)), "float32"),
    }


def test_the_keys_of_a_table_have_its_dtype() -> None:
    with pytest.raises(GraphError, match="keys are string, got int64"):
        ops.lookup_table_find(table(), value(3, dtype=dtypes.int64))


def test_a_function_captures_the_table_and_its_default() -> None:
    graph = Builder()
    words = table(strings("a", "b"))
    x = graph.input(Spec((None,), dtypes.string), "x")
    with graph.scope("lookup"):
        found = ops.lookup_table_find(words, x)
    function = graph.finish([found])
    assert function.captured == (words, words.default)
    assert [argument.node.name for _, argument in function.captures] == [
        "lookup_none_lookup_lookuptablefindv2_table_handle",
        "lookup_none_lookup_lookuptablefindv2_default_value",
    ]
    (y,) = run(function, [strings("b", "c", "a")], LazyState(lambda variable: np.zeros(())))
    np.testing.assert_array_equal(y, i64(1, -1, 0))


def test_ops_on_one_table_keep_their_order() -> None:
    graph = Builder()
    words = table(strings("a"))
    x = graph.input(Spec((None,), dtypes.string), "x")
    ops.lookup_table_find(words, x)
    ops.lookup_table_find(words, x)
    first, second = graph.nodes
    assert second.controls == [first]


def test_every_op_on_a_table_counts_as_one_that_writes() -> None:
    assert UsesTable.effect is Effect.WRITES
    assert issubclass(find_op("InitializeTableFromTextFileV2"), UsesTable)


@pytest.mark.parametrize(
    ("options", "keys", "values"),
    [
        ({"key_index": -2, "value_index": -1, "offset": 2}, [b"a 5", b"b 6", b"c 7"], [2, 3, 4]),
        ({"key_index": 0, "value_index": 1, "delimiter": " ", "vocab_size": 2}, [b"a", b"b"], [5, 6]),
    ],
)
def test_a_table_is_filled_from_an_asset(options: Any, keys: list[bytes], values: list[int]) -> None:
    words = table()
    content = TableContent(words.key_dtype, words.value_dtype)
    run(
        _filling(words, **options),
        [np.array(b"words", object)],
        {words: content},
        {b"words": b"a 5\nb 6\nc 7\n"},
    )
    assert [part.tolist() for part in content.export()] == [keys, values]


def test_a_table_is_filled_with_constants() -> None:
    words = table()
    graph = Builder()
    graph.emit("InitializeTableV2", words, graph.constant(strings("a", "b")), graph.constant(i64(5, 6)))
    content = TableContent(words.key_dtype, words.value_dtype)
    run(graph.finish([]), [], {words: content})
    assert [part.tolist() for part in content.export()] == [[b"a", b"b"], [5, 6]]


def test_only_assets_are_opened() -> None:
    words = table(strings("a"))
    filling = _filling(words, key_index=-2, value_index=-1)
    with pytest.raises(GraphError, match="expected an asset of the model; no other file is opened"):
        run(filling, [np.array(b"/etc/passwd", object)], {words: words.first_content()}, {b"words": b"a"})


def test_a_file_with_too_few_lines() -> None:
    words = table()
    content = TableContent(words.key_dtype, words.value_dtype)
    filling = _filling(words, key_index=-2, value_index=-1, vocab_size=3)
    with pytest.raises(InvalidModelError, match="expected 3 lines in the file, got 1"):
        run(filling, [np.array(b"words", object)], {words: content}, {b"words": b"a"})


def _filling(words: Table, **options: Any) -> Function:
    graph = Builder()
    path = graph.input(Spec((), dtypes.string), "path")
    graph.emit("InitializeTableFromTextFileV2", words, path, **options)
    return graph.finish([])
