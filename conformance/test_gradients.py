"""Gradients agree with TensorFlow's, on the cases of `tests/gradient` and on functions that are made at random.

TensorFlow loads the function that kerasfmt writes, runs it below a tape, and differentiates it itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tensorflow.core.function.polymorphism import function_type  # noqa: E402
from tensorflow.python.eager.polymorphic_function import concrete_function  # noqa: E402
from tensorflow.python.saved_model import function_deserialization  # noqa: E402

from kerasfmt import dtypes, protos  # noqa: E402
from kerasfmt.gradient import ForwardBackward, forward_backward  # noqa: E402
from kerasfmt.graph import Builder, Function, Spec  # noqa: E402
from kerasfmt.graph.run import run  # noqa: E402
from kerasfmt.graphdef.function_names import FunctionNames  # noqa: E402
from kerasfmt.graphdef.functions import FunctionEncoder  # noqa: E402
from tests.gradient.all_cases import CASES  # noqa: E402
from tests.gradient.random_functions import random_case  # noqa: E402
from tests.gradient.rule_tests import Array, GradientCase, gradients_of, seeds_of  # noqa: E402


def loaded(function: Function) -> Any:
    """TensorFlow's concrete function."""
    names = FunctionNames()
    names.add(function)
    library = protos.FunctionDefLibrary()
    FunctionEncoder(names).encode_library(library)
    theirs = tf.compat.v1.GraphDef().library
    theirs.ParseFromString(library.SerializeToString())
    graph = function_deserialization.load_function_def_library(theirs)[names[function]].graph
    graph.structured_outputs = list(graph.outputs)
    signature = function_type.from_structured_signature(
        graph.structured_input_signature, graph.structured_outputs, graph.function_captures.capture_types
    )
    return concrete_function.ConcreteFunction.from_func_graph(graph, signature, {})


def their_gradients(
    concrete: Any, arguments: Sequence[Array], pair: ForwardBackward, seeds: Sequence[Array]
) -> tuple[list[Array], list[Array | None]]:
    """The outputs and the gradient of each argument, by TensorFlow's tape."""
    given = [tf.constant(a) for a in arguments]
    with tf.GradientTape() as tape:
        tape.watch(given)
        outputs = concrete._call_flat(given, [])
    found = tape.gradient([outputs[i] for i in pair.seeds], given, [tf.constant(s) for s in seeds])
    dense = [None if g is None else tf.convert_to_tensor(g).numpy() for g in found]
    return [o.numpy() if o.dtype != tf.variant else o for o in outputs], dense


RELEASE = tuple(map(int, tf.__version__.split(".")[:2]))
NO_FLOAT64 = ("AvgPool3D", "max_pool_of_volumes")
"""Cases of ops that TensorFlow has no float64 kernel for."""
NOT_WITHOUT_GPU = ("dilations=[1, 2, 2, 1])",)
"""Cases that TensorFlow differentiates, but does not run without a GPU."""
OTHER_ACCUMULATORS = {
    # In a function that it loads, TensorFlow does not know that a graph is the body of a loop: it stores a value to
    # make zeros of it, not its shape.
    ("loop_in_a_loop", "some"),
    ("loop_in_a_loop", "nothing"),
}


def needs_less(function: Function) -> bool:
    """Whether this TensorFlow makes the gradient of a Reshape without its operand, of which one size is open."""
    shapes = [node.inputs[0].shape for node in function.nodes if node.op == "Reshape"]
    return RELEASE > (2, 15) and any(shape is not None and shape.count(None) == 1 for shape in shapes)


def check_signatures(concrete: Any, pair: ForwardBackward) -> None:
    """Our pair takes and gives what TensorFlow's own pair takes and gives.

    A tape changes the branches and loops of a function that it differentiates: this one is fresh.
    """
    forward, backward = concrete._delayed_rewrite_functions.forward_backward()
    ours = [v.dtype.name for v in pair.forward.outputs]
    assert ours == [t.dtype.name for t in forward.function_type.flat_outputs]
    ours = [v.dtype.name for v in pair.backward.inputs]
    assert ours == [t.dtype.name for t in backward.inputs if t.dtype != tf.resource]
    assert [v.dtype.name for v in pair.backward.outputs] == [t.dtype.name for t in backward.outputs]


def check(function: Function, arguments: Sequence[Array], rtol: float, *, signatures: bool = True) -> None:
    """Compares outputs, gradients, and what the pair takes and gives."""
    pair = forward_backward(function)
    seeds = seeds_of(pair, run(function, arguments, {}))
    outputs, grads = gradients_of(pair, arguments, seeds)
    concrete = loaded(function)
    wanted, wanted_grads = their_gradients(concrete, arguments, pair, seeds)
    for ours, theirs in zip(outputs, wanted, strict=False):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)
    for place, (ours, theirs) in enumerate(zip(grads, wanted_grads, strict=True)):
        assert (ours is None) == (theirs is None), f"argument {place}"
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol, err_msg=f"argument {place}")
    if signatures and not needs_less(function):
        check_signatures(loaded(function) if function.call_sites else concrete, pair)


RANDOM = [random_case(seed) for seed in range(40)]
ROWS = [(case, known) for case in CASES for known in case.known if known != "rank"]


@pytest.mark.parametrize("case", RANDOM, ids=str)
def test_random_function(case: GradientCase) -> None:
    for known in case.known:
        check(case.function(known), case.arguments(), 1e-10)


@pytest.mark.parametrize(
    ("case", "known"),
    [
        pytest.param(case, known, id=f"{case}-{known}", marks=[pytest.mark.sweep] if place % 6 else [])
        for place, (case, known) in enumerate(ROWS)
    ],
)
def test_rule(case: GradientCase, known: str) -> None:
    wide, narrow = (np.float64, 1e-12), (np.float32, 1e-4)
    kinds = [narrow] if case.name.startswith(NO_FLOAT64) else [wide, narrow] if known == "all" else [wide]
    for dtype, rtol in kinds:
        function = case.function(known, dtype)
        if case.runs and not case.name.endswith(NOT_WITHOUT_GPU):
            signatures = (case.name, known) not in OTHER_ACCUMULATORS
            check(function, case.arguments(dtype), rtol, signatures=signatures)
        else:
            check_signatures(loaded(function), forward_backward(function))


@pytest.mark.parametrize("training", [True, False])
def test_fused_batch_norm(training: bool) -> None:
    graph = Builder("f")
    rng = np.random.default_rng(5)
    arrays = [rng.uniform(0.5, 1, s).astype(np.float32) for s in ((3, 2, 4, 2), *[(2,)] * 4)]
    inputs = [graph.input(Spec(a.shape, dtypes.of(a.dtype)), "x") for a in arrays]
    outputs = graph.emit("FusedBatchNormV3", *inputs, is_training=training, epsilon=0.01)
    check(graph.finish(outputs[:1]), arrays, 1e-4)
