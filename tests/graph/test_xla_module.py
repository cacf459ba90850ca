"""Modules of StableHLO on arrays. What needs jaxlib is run where that is; `python tools/env.py test` sees to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError, InvalidModelError, OutOfMemoryError
from kerasfmt.graph import xla_client
from kerasfmt.graph.xla_module import PURE_CALLS, XlaModule, refusal

DATA = Path(__file__).parents[1] / "data" / "stablehlo"
with_jaxlib = pytest.mark.skipif(not xla_client.is_installed(), reason="jaxlib is not installed")
F32 = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


def stored(name: str) -> bytes:
    return (DATA / f"{name}.mlirbc").read_bytes()


def attrs(module: bytes, *results: dtypes.DType, **others: Any) -> dict[str, Any]:
    plain = {"platforms": ["CPU"], "disabled_checks": [], "dim_args_spec": [], "function_list": []}
    return {
        "version": 9,
        "module": module,
        "Tout": list(results),
        "has_token_input_output": False,
        **plain,
        **others,
    }


def module(text: str, *results: dtypes.DType, **others: Any) -> XlaModule:
    """The module of a text."""
    hlo = xla_client.jaxlib().stablehlo
    return XlaModule(attrs(hlo.serialize_portable_artifact_str(text, "1.0.0"), *results, **others), "node n")


def main(arguments: str, results: str, body: str, head: str = "") -> str:
    return f"module {head} {{ func.func public @main({arguments}) -> ({results}) {{ {body} }} }}"


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"version": 4}, "version 4 of its calls, which is not known; expected 5 to 10"),
        ({"version": 11}, "version 11"),
        ({"function_list": ["callee"]}, "calls functions of the graph: callee"),
        ({"has_token_input_output": True}, "tokens"),
        ({"dim_args_spec": ["0.1"]}, "takes sizes as arguments: 0.1"),
        ({"platforms": ["CUDA"]}, "it is for CUDA, and runs on CPU alone here"),
        ({"platforms": ["CUDA", "TPU"], "disabled_checks": ["platform"]}, "it is for CUDA, TPU"),
        ({"module": stored("custom_call")}, "calls native code by name: evil_target"),
        ({"module": stored("custom_call_0.14")}, "calls native code by name: evil_target"),
        ({"module": "module {}"}, "not in MLIR's bytecode"),
        ({"module": stored("plain")[:40]}, "is cut short"),
    ],
)
def test_refused_without_jaxlib(others: dict[str, Any], message: str) -> None:
    reason = refusal({**attrs(stored("plain"), dtypes.float32), **others})
    assert reason is not None
    assert message in reason


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"module": stored("symbolic")},
        {"platforms": []},
        {"platforms": ["CUDA", "CPU"]},
        {"platforms": ["CUDA"], "disabled_checks": ["platform"]},
    ],
)
def test_not_refused(others: dict[str, Any]) -> None:
    assert refusal({**attrs(stored("plain"), dtypes.float32), **others}) is None


def test_no_native_library_is_among_the_pure_calls() -> None:
    assert not [name for name in PURE_CALLS if "lapack" in name or "cu" in name.lower()]


@with_jaxlib
def test_a_symbolic_module_is_compiled_once_for_each_shape() -> None:
    call = XlaModule(attrs(stored("symbolic"), dtypes.float32), "node n")
    for rows in (2, 1, 2, 5, 1):
        x = np.resize(F32, (rows, 3))
        (y,) = call([x])
        np.testing.assert_allclose(y, np.sin(x) @ x.T, rtol=1e-5, atol=1e-6)
        assert y.dtype == np.float32
        assert y.flags.writeable
    assert sorted(key[0][0] for key in call._programs) == [(1, 3), (2, 3), (5, 3)]


@with_jaxlib
def test_so_many_programs_are_kept() -> None:
    call = XlaModule(attrs(stored("symbolic"), dtypes.float32), "node n")
    for rows in range(1, 19):
        call([np.ones((rows, 3), np.float32)])
    assert [key[0][0][0] for key in call._programs] == list(range(3, 19))


@with_jaxlib
def test_the_platform_is_an_argument_where_there_are_several() -> None:
    text = main(
        "%p: tensor<i32>, %x: tensor<?xi32>",
        "tensor<?xi32>",
        "%0 = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xi32>) -> tensor<i32> "
        "%1 = stablehlo.reshape %0 : (tensor<i32>) -> tensor<1xi32> "
        "%2 = stablehlo.dynamic_broadcast_in_dim %p, %1, dims = [] : (tensor<i32>, tensor<1xi32>) -> tensor<?xi32> "
        "%3 = stablehlo.add %x, %2 : tensor<?xi32> return %3 : tensor<?xi32>",
    )
    call = module(text, dtypes.int32, platforms=["CUDA", "ROCM", "CPU"])
    np.testing.assert_array_equal(call([np.int32([1, 2])])[0], [3, 4])
    with pytest.raises(InvalidModelError, match="got the number of the platform and 2 operands"):
        call([np.int32([1]), np.int32([1])])


@with_jaxlib
def test_results_of_every_dtype_in_their_order() -> None:
    names = ["i1", "i4", "i8", "i16", "i32", "i64", "ui4", "ui8", "ui16", "ui32", "ui64"]
    names += ["bf16", "f16", "f32", "f64", "complex<f32>", "complex<f64>", "f8E5M2", "f8E4M3FN"]
    kinds = [dtypes.bool_, dtypes.int4, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint4]
    kinds += [dtypes.uint8, dtypes.uint16, dtypes.uint32, dtypes.uint64, dtypes.bfloat16, dtypes.float16]
    kinds += [dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128]
    kinds += [dtypes.float8_e5m2, dtypes.float8_e4m3fn]
    types = [f"tensor<2x{name}>" for name in names]
    arguments = ", ".join(f"%{n}: {kind}" for n, kind in enumerate(types))
    order = list(reversed(range(len(types))))
    returned = f"return {', '.join(f'%{n}' for n in order)} : {', '.join(types[n] for n in order)}"
    call = module(main(arguments, ", ".join(types[n] for n in order), returned), *kinds[::-1])
    given = [np.array([0, 1]).astype(kind.numpy) for kind in kinds]
    for result, n in zip(call(given), order, strict=True):
        assert result.dtype == given[n].dtype
        np.testing.assert_array_equal(result, given[n])


@with_jaxlib
@pytest.mark.parametrize("x", [np.float32(2), np.zeros((0,), np.float32), F32.T[::2], F32[:, ::-1]])
def test_every_layout_of_memory(x: np.ndarray[Any, Any]) -> None:
    kind = f"tensor<{'?x' * np.ndim(x)}f32>"
    text = main(f"%x: {kind}", kind, f"%0 = stablehlo.negate %x : {kind} return %0 : {kind}")
    (y,) = module(text, dtypes.float32)([x])
    assert y.shape == np.shape(x)
    np.testing.assert_array_equal(y, -x)


@with_jaxlib
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (F32[0], r"operand 0: expected tensor<\?x3xf32>, got tensor<3xf32>"),
        (F32[:, :2], r"operand 0: expected tensor<\?x3xf32>, got tensor<2x2xf32>"),
        (F32.astype(np.float64), r"operand 0: expected tensor<\?x3xf32>, got tensor<2x3xf64>"),
        (np.array([[b"a"] * 3], object), "operand 0: XLA has no object"),
    ],
)
def test_operands_that_it_does_not_take(x: Any, message: str) -> None:
    with pytest.raises(InvalidModelError, match=f"node n: {message}"):
        XlaModule(attrs(stored("symbolic"), dtypes.float32), "node n")([x])


@with_jaxlib
def test_results_that_the_node_does_not_state() -> None:
    with pytest.raises(InvalidModelError, match="expected results of float64, got float32"):
        XlaModule(attrs(stored("symbolic"), dtypes.float64), "node n")([F32])


@with_jaxlib
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('%0 = stablehlo.custom_call @evil(%x) : (tensor<2xf32>) -> tensor<2xf32>', "'evil' of the runtime"),
        ('%t = stablehlo.create_token : !stablehlo.token %0, %1 = "stablehlo.infeed"(%t) {infeed_config = ""} : '
         "(!stablehlo.token) -> (tensor<2xf32>, !stablehlo.token)", "stablehlo.infeed"),
        ('%0 = "stablehlo.all_reduce"(%x) ({ ^bb0(%a: tensor<f32>, %b: tensor<f32>): '
         '%s = stablehlo.add %a, %b : tensor<f32> "stablehlo.return"(%s) : (tensor<f32>) -> () }) '
         "{replica_groups = dense<[[0]]> : tensor<1x1xi64>} : (tensor<2xf32>) -> tensor<2xf32>",
         "stablehlo.all_reduce"),
    ],
)  # fmt: skip
def test_what_does_more_than_compute_is_refused_before_it_is_compiled(
    body: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiled(self: Any, module: bytes) -> Any:
        raise AssertionError("compiled")

    call = module(
        main("%x: tensor<2xf32>", "tensor<2xf32>", f"{body} return %0 : tensor<2xf32>"), dtypes.float32
    )
    monkeypatch.setattr(xla_client.Jaxlib, "compiled", compiled)
    monkeypatch.setattr(xla_client.Jaxlib, "refined", compiled)
    with pytest.raises(GraphError, match=f"node n: its module calls {named}, which does more than compute"):
        call([np.ones(2, np.float32)])


@with_jaxlib
def test_a_module_for_several_devices() -> None:
    text = main(
        "%x: tensor<f32>",
        "tensor<f32>",
        "return %x : tensor<f32>",
        "attributes {mhlo.num_partitions = 2 : i32}",
    )
    with pytest.raises(GraphError, match=r"for several devices \(mhlo.num_partitions\)"):
        module(text, dtypes.float32)([np.float32(1)])


@with_jaxlib
def test_a_tensor_that_no_machine_holds() -> None:
    text = main(
        "%x: tensor<f32>",
        "tensor<f32>",
        "%0 = stablehlo.broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<1000000x1000000000xf32> "
        "%1 = stablehlo.reduce(%0 init: %x) applies stablehlo.add across dimensions = [0, 1] : "
        "(tensor<1000000x1000000000xf32>, tensor<f32>) -> tensor<f32> return %1 : tensor<f32>",
    )
    with pytest.raises(OutOfMemoryError, match=r"node n: stablehlo\.broadcast_in_dim of tensor<1000000x"):
        module(text, dtypes.float32)([np.float32(1)])


ASSERTED = main(
    "%x: tensor<?xf32>",
    "tensor<?xf32>",
    "%c = stablehlo.constant dense<2> : tensor<i32> "
    "%0 = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf32>) -> tensor<i32> "
    "%1 = stablehlo.compare GE, %0, %c, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1> "
    'stablehlo.custom_call @shape_assertion(%1, %0) {api_version = 2 : i32, error_message = "too few: {0}", '
    "has_side_effect = true} : (tensor<i1>, tensor<i32>) -> () return %x : tensor<?xf32>",
)


@with_jaxlib
def test_its_own_checks_of_sizes() -> None:
    call = module(ASSERTED, dtypes.float32)
    assert len(call([np.ones(2, np.float32)])[0]) == 2
    with pytest.raises(GraphError, match=r"for these operands, with jaxlib .*too few: 1"):
        call([np.ones(1, np.float32)])
    call = module(ASSERTED, dtypes.float32, disabled_checks=["shape_assertions"])
    assert len(call([np.ones(1, np.float32)])[0]) == 1


@with_jaxlib
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module { func.func public @other() { return } }", "has no function main"),
        (main("%x: !stablehlo.token", "!stablehlo.token", "return %x : !stablehlo.token"), "operand 0: expected"),
    ],
)  # fmt: skip
def test_modules_that_are_called_in_another_way(text: str, message: str) -> None:
    with pytest.raises((GraphError, InvalidModelError), match=message):
        module(text, dtypes.float32)([np.float32(1)])


@with_jaxlib
def test_a_module_that_jaxlib_cannot_read(capfd: pytest.CaptureFixture[str]) -> None:
    newer = stored("plain").replace(b"StableHLO_v1.0.0", b"StableHLO_v9.0.0")
    with pytest.raises(GraphError, match=r"cannot be read as StableHLO up to .*; a newer jaxlib may"):
        XlaModule(attrs(newer[:-9], dtypes.float32), "node n")([F32])
