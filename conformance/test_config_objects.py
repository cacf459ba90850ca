"""Initializers, regularizers, constraints and activations against a real Keras 2 (tf_keras or tf.keras)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from conformance.installed import keras2  # noqa: E402
from kerasfmt import dtypes, protos  # noqa: E402
from kerasfmt.graph import Builder, Function, Spec, Value  # noqa: E402
from kerasfmt.graph.run import run  # noqa: E402
from kerasfmt.graphdef.function_names import FunctionNames  # noqa: E402
from kerasfmt.graphdef.functions import FunctionEncoder  # noqa: E402
from kerasfmt.ir import activations, constraints, initializers, regularizers  # noqa: E402
from kerasfmt.ir.identifiers import to_config  # noqa: E402
from kerasfmt.ir.options import FrozenOptions  # noqa: E402
from kerasfmt.nn import activations as nn_activations  # noqa: E402

keras: Any = keras2()

Array = np.ndarray[Any, Any]
MODULES = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}
REGISTRIES: dict[str, Any] = {
    "initializer": initializers.REGISTRY,
    "regularizer": regularizers._REGISTRY,
    "constraint": constraints._REGISTRY,
}

# Kind, class, arguments.
OBJECTS: list[tuple[str, str, dict[str, Any]]] = [
    ("initializer", "Zeros", {}),
    ("initializer", "Ones", {}),
    ("initializer", "Constant", {"value": 0.3}),
    ("initializer", "Constant", {"value": [1, 2.5]}),
    ("initializer", "RandomNormal", {"mean": 0.5, "stddev": 0.2, "seed": 3}),
    ("initializer", "RandomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("initializer", "TruncatedNormal", {"mean": 0.5, "stddev": 0.2}),
    *(
        ("initializer", "VarianceScaling", {"scale": 3.0, "mode": mode, "distribution": distribution})
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("uniform", "normal", "truncated_normal", "untruncated_normal")
    ),
    ("initializer", "Orthogonal", {"gain": 2.0}),
    ("initializer", "Identity", {"gain": 2.0}),
    *(
        ("initializer", name, {"seed": seed})
        for name in ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")
        for seed in (None, 7)
    ),
    ("regularizer", "L1", {}),
    ("regularizer", "L1", {"l1": 0.1}),
    ("regularizer", "L2", {"l2": 0.1}),
    ("regularizer", "L1L2", {"l1": 0.1}),
    ("regularizer", "L1L2", {"l1": 0.1, "l2": 0.3}),
    ("regularizer", "OrthogonalRegularizer", {}),
    ("regularizer", "OrthogonalRegularizer", {"factor": 0.1, "mode": "columns"}),
    ("constraint", "MaxNorm", {}),
    ("constraint", "MaxNorm", {"max_value": 1.5, "axis": [0, 1]}),
    ("constraint", "NonNeg", {}),
    ("constraint", "UnitNorm", {"axis": 1}),
    ("constraint", "MinMaxNorm", {"min_value": 0.5, "max_value": 1.5, "rate": 0.7, "axis": 0}),
    ("constraint", "RadialConstraint", {}),
]


def both(kind: str, name: str, options: dict[str, Any]) -> tuple[Any, Any]:
    """Our object and Keras's."""
    ours = MODULES[kind].get({"class_name": name, "config": options})
    return ours, getattr(getattr(keras, f"{kind}s"), name)(**options)


def of_kind(kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [case for case in OBJECTS if case[0] == kind]


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize(("kind", "name", "options"), OBJECTS)
def test_configs(kind: str, name: str, options: dict[str, Any], legacy: bool) -> None:
    ours, theirs = both(kind, name, options)
    serialized = getattr(keras, f"{kind}s").serialize(theirs, use_legacy_format=legacy)
    assert MODULES[kind].get(serialized) == ours
    if legacy:
        written = to_config(ours)
        assert written == serialized
        assert list(ours.get_config()) == list(serialized["config"])
        back = getattr(keras, f"{kind}s").deserialize(written, use_legacy_format=True)
        assert back.get_config() == theirs.get_config()


def keras_names(kind: str) -> list[str]:
    """Names that Keras itself resolves, of ours."""
    return sorted(REGISTRIES[kind]._makers)


# Names that only Keras 3 writes.
KERAS_3_NAMES = {"IdentityInitializer", "OrthogonalInitializer"}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, n) for kind in MODULES for n in keras_names(kind) if n not in KERAS_3_NAMES]
)
def test_names(kind: str, name: str) -> None:
    module = getattr(keras, f"{kind}s")
    assert to_config(MODULES[kind].get(name)) == module.serialize(module.get(name), use_legacy_format=True)


@pytest.mark.parametrize(("kind", "name", "options"), of_kind("initializer"))
def test_initializer_moments(kind: str, name: str, options: dict[str, Any]) -> None:
    shape = (300, 200) if name in ("Identity", "Orthogonal") else (3, 5, 40, 60)
    if isinstance(options.get("value"), list):
        shape = (2,)
    ours, theirs = both(kind, name, options)
    a = ours(shape, dtypes.float32, np.random.default_rng(1)).astype(np.float64)
    keras.utils.set_random_seed(1)
    b = theirs(shape, dtype="float32").numpy().astype(np.float64)
    # Two samples of at least 36,000 draws each: 6 standard errors.
    assert abs(a.mean() - b.mean()) <= 6 * np.sqrt(2 / b.size) * b.std()
    np.testing.assert_allclose(a.std(), b.std(), rtol=0.02)
    np.testing.assert_allclose(np.quantile(a, [0.1, 0.9]), np.quantile(b, [0.1, 0.9]), rtol=0.05)
    if name not in ("RandomNormal",) and options.get("distribution") != "untruncated_normal":
        np.testing.assert_allclose(
            np.abs(a).max(), np.abs(b).max(), rtol=0.1 if name == "Orthogonal" else 0.02
        )


@pytest.mark.parametrize(("kind", "name", "options"), of_kind("constraint"))
@pytest.mark.parametrize("size", [3, 4, 5])
def test_constraints(kind: str, name: str, options: dict[str, Any], size: int) -> None:
    ours, theirs = both(kind, name, options)
    w = np.random.default_rng(2).standard_normal((size, size, 3, 2)).astype(np.float32)
    np.testing.assert_allclose(ours.apply(w), theirs(tf.constant(w)).numpy(), rtol=1e-6)


def traced(build: Callable[[Value], Value], spec: Spec) -> Function:
    graph = Builder("traced")
    return graph.finish([build(graph.input(spec, "x"))])


def in_tensorflow(function: Function) -> Any:
    """Our function, loaded from its FunctionDef."""
    from tensorflow.core.framework import function_pb2
    from tensorflow.python.eager.polymorphic_function.concrete_function import ConcreteFunction
    from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

    library = protos.FunctionDefLibrary()
    names = FunctionNames()
    names.add(function)
    FunctionEncoder(names).encode_library(library)
    (written,) = library.function
    proto = function_pb2.FunctionDef.FromString(written.SerializeToString())
    shapes = [v.shape for v in function.inputs]
    return ConcreteFunction.from_func_graph(function_def_to_graph(proto, shapes), None, {})


def traced_by_keras(function: Any, spec: Spec) -> tuple[Any, Counter[str]]:
    """Keras's function as a graph, which TensorFlow optimizes as it does ours, and its ops."""
    concrete = tf.function(function).get_concrete_function(tf.TensorSpec(spec.shape, spec.dtype.name))
    ops = (op.type for op in concrete.graph.get_operations())
    return concrete, Counter(op for op in ops if op not in ("Const", "Placeholder", "Identity"))


def compare(
    ours: Callable[[Value], Value], theirs: Any, x: Array, spec: Spec, extra: Counter[str] | None = None
) -> None:
    """Same values in TensorFlow and, but for rounding, in our interpreter; same ops but for Keras's `extra`.

    Where `extra` is None, this TensorFlow computes the function by another formula.
    """
    function = traced(ours, spec)
    keras_function, keras_ops = traced_by_keras(theirs, spec)
    if extra is not None:
        assert Counter(n.op for n in function.nodes if n.op != "Const") + extra == keras_ops
    # 11 bits of mantissa in float16; float32 kernels sum and round in other orders than NumPy.
    close = {"rtol": 4e-3, "atol": 1e-3} if spec.dtype is dtypes.float16 else {"rtol": 2e-5, "atol": 1e-6}
    expected = keras_function(tf.constant(x)).numpy()
    if function.nodes:
        loaded = in_tensorflow(function)(tf.constant(x))
        loaded = loaded[0] if isinstance(loaded, list | tuple) else loaded
        exact = close if extra is None else {"rtol": 1e-6, "atol": 1e-7}
        np.testing.assert_allclose(loaded.numpy(), expected, **exact)
    (computed,) = run(function, [x], {})
    assert computed.dtype == expected.dtype
    np.testing.assert_allclose(computed, expected, **close)


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.float32, dtypes.float64])
@pytest.mark.parametrize("known_rank", [True, False])
@pytest.mark.parametrize(("kind", "name", "options"), of_kind("regularizer"))
def test_regularizers(
    kind: str, name: str, options: dict[str, Any], known_rank: bool, dtype: dtypes.DType
) -> None:
    if name == "OrthogonalRegularizer" and (not known_rank or dtype is dtypes.float16):
        pytest.skip("it needs a known rank; in float16 its epsilon underflows")
    ours, theirs = both(kind, name, options)
    x = np.random.default_rng(3).standard_normal((4, 5)).astype(dtype.numpy)
    compare(ours.loss, theirs, x, Spec(x.shape if known_rank else None, dtype), Counter())


KERAS_2 = [
    *("linear", "relu", "elu", "selu", "softplus", "softsign", "silu", "swish", "tanh", "sigmoid"),
    *("hard_sigmoid", "exponential", "gelu", "softmax", "mish", "relu6", "leaky_relu", "log_softmax"),
]
# tf.nn.silu multiplies by beta = 1 and wraps the result for a gradient that saves memory.
SILU = Counter(["Mul", "IdentityN"])


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.float32, dtypes.float64])
@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 4)])
@pytest.mark.parametrize("name", KERAS_2)
def test_activations(name: str, shape: tuple[int, ...], dtype: dtypes.DType) -> None:
    theirs = keras.activations.get(name)
    ours = activations.get(name)
    for legacy in (True, False):
        assert activations.to_config(ours) == keras.activations.serialize(theirs, use_legacy_format=legacy)
    x = (3 * np.random.default_rng(4).standard_normal(shape)).astype(dtype.numpy)
    extra: Counter[str] | None = Counter(SILU if name in ("silu", "swish") else ())
    if name == "gelu" and not tf.__version__.startswith("2.15"):
        extra = None  # later releases write it with Erfc
    elif name in ("silu", "swish", "gelu") and dtype is not dtypes.float32:
        extra += Counter(["Cast"])  # of a constant
    compare(ours, theirs, x, Spec((None, *shape[1:]), dtype), extra)


OPTIONS = [
    ("relu", {"alpha": 0.1}),
    ("relu", {"max_value": 6.0}),
    ("relu", {"max_value": 2.0}),
    ("relu", {"threshold": 0.5}),
    ("relu", {"alpha": 0.1, "max_value": 2.0, "threshold": 0.5}),
    ("relu", {"alpha": 0.1, "max_value": 6.0}),
    ("elu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("softmax", {"axis": 2}),
    ("softmax", {"axis": [1, 2]}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_activation_options(name: str, options: dict[str, Any]) -> None:
    x = np.random.default_rng(5).standard_normal((2, 3, 4)).astype(np.float32)
    ours, theirs = getattr(nn_activations, name), getattr(keras.activations, name)
    compare(partial(ours, **options), partial(theirs, **options), x, Spec(x.shape, dtypes.float32), Counter())


@pytest.mark.parametrize("axis", [0, 1, -2, -3])
def test_softmax_on_another_axis(axis: int) -> None:
    """Keras computes the permutation in the graph; ours is a constant."""
    x = np.random.default_rng(6).standard_normal((2, 3, 4)).astype(np.float32)
    function = traced(lambda v: nn_activations.softmax(v, axis), Spec(x.shape, dtypes.float32))
    (computed,) = run(function, [x], {})
    np.testing.assert_allclose(computed, keras.activations.softmax(tf.constant(x), axis).numpy(), rtol=1e-5)


KERAS_3 = {
    **{name: name for name in ("log_sigmoid", "celu", "glu", "hard_tanh", "hard_shrink", "soft_shrink")},
    **{name: name for name in ("tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "hard_silu")},
    "hard_sigmoid_keras3": "hard_sigmoid",
}


@pytest.mark.parametrize(("name", "keras_name"), KERAS_3.items())
def test_activations_of_keras_3(name: str, keras_name: str) -> None:
    keras3 = pytest.importorskip("keras")
    if not keras3.__version__.startswith("3."):
        pytest.skip("Keras 3 is not installed")
    x = (2 * np.random.default_rng(7).standard_normal((4, 6))).astype(np.float32)
    function = traced(activations.get(name), Spec(x.shape, dtypes.float32))
    (computed,) = run(function, [x], {})
    expected = np.asarray(getattr(keras3.activations, keras_name)(x))
    # float32 kernels round at other places than NumPy.
    np.testing.assert_allclose(computed, expected, rtol=2e-5, atol=1e-6)


def test_every_config_object_has_a_case() -> None:
    known = {c.__name__ for r in REGISTRIES.values() for c, _ in r._makers.values()}
    assert known == {name for _, name, _ in OBJECTS}
    assert all(issubclass(c, FrozenOptions) for r in REGISTRIES.values() for c, _ in r._makers.values())
