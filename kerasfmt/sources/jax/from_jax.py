"""`kerasfmt.from_jax`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from kerasfmt.errors import InvalidModelError
from kerasfmt.sources.jax.exported import Modules, arguments_of, called, export, is_exported
from kerasfmt.sources.jax.inputs import Arguments, Scope
from kerasfmt.sources.jax.library import jax as imported
from kerasfmt.sources.jax.lowering import Shared
from kerasfmt.sources.jax.model import JaxModel
from kerasfmt.sources.jax.parameters import Parameters
from kerasfmt.sources.jax.traced import LoweredFunction, lowered


def from_jax(
    function: Callable[..., Any] | Any,
    params: Any = None,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[str] | None = None,
    signature: str | None = "serving_default",
    trainable: Any = True,
    constraints: Sequence[str] = (),
    platforms: Sequence[str] = ("cpu",),
    target_tf: str | None = None,
    lowering: Literal["ops", "stablehlo"] = "ops",
    gradient: Literal[0, 1] = 0,
) -> JaxModel:
    """A function of JAX with its parameters, as a model that `save_model` writes as a SavedModel.

    With `lowering="ops"` the function becomes TensorFlow's own ops, which TensorFlow differentiates, converters read,
    and NumPy runs. A gradient that your `custom_vjp` or `custom_jvp` defines is kept.

    With `lowering="stablehlo"` the function becomes a module that TensorFlow compiles with XLA: any function, on the
    platforms that are named. It does not run in NumPy. TensorFlow can differentiate it once, with `gradient=1`.

    The object that TensorFlow loads is callable, with the arguments of `inputs`; it has `variables`,
    `trainable_variables`, `params` and its signatures.

    Args:
      function: `function(params, *inputs)`, or `function(*inputs)` if `params` is None. It gives an array or a pytree
        of arrays. A jax.export.Exported is taken as it is.
      params: a pytree of arrays of JAX or NumPy: dicts, a Flax State, an Equinox module. Each array becomes a
        variable, called by its path; an array that is used twice is one variable. What is no array stays as it is.
      inputs: the shape and dtype of each argument after `params`, by name, in their order: "float32[b, t, 64]", a
        Spec, a jax.ShapeDtypeStruct, an array, or dicts, lists and tuples of these. Letters are dimensions that are
        known when the graph runs.
      outputs: the names of the outputs in the signature; by default the keys of the pytree, or `output_0` and on.
      signature: the name of the signature of `function`; None for no signature.
      trainable: whether variables of floats may be trained, for all, or as a pytree like `params`.
      constraints: what holds for symbolic dimensions, as "t >= 8".
      platforms: for which platforms a StableHLO module is made: "cpu", "cuda", "rocm", "tpu".
      target_tf: the line of TensorFlow that is to run a StableHLO module: "2.15" or "2.21"; None for the newest.
        Ops need none.
      lowering: "ops" for TensorFlow's ops, "stablehlo" for a module.
      gradient: how often TensorFlow can differentiate a StableHLO module: 0 or 1. Ops need none.

    Raises:
      ImportError: JAX is not installed.
      UnsupportedLayerError: primitives have no rule; the error lists all of them with the lines that made them.
      UnsupportedFormatError: no module can be written for that line of TensorFlow.
      InvalidModelError: the inputs do not fit, or JAX cannot trace the function for them.

    Example:
      >>> import jax, numpy as np
      >>> def apply(params, x):
      ...     return {"scores": jax.nn.softmax(x @ params["kernel"] + params["bias"])}
      >>> params = {"kernel": np.zeros((4, 2), np.float32), "bias": np.zeros(2, np.float32)}
      >>> served = kerasfmt.from_jax(apply, params, inputs={"x": "float32[b, 4]"})
      >>> served.signatures["serving_default"](x=np.ones((3, 4)))["scores"].shape
      (3, 2)
      >>> kerasfmt.save_model(served, "saved_model")
    """
    jax = imported()
    if lowering not in ("ops", "stablehlo"):
        raise InvalidModelError(f'lowering: expected "ops" or "stablehlo", got {lowering!r}')
    ready = is_exported(function)
    if ready:
        lowering = "stablehlo"
    if inputs is None and not ready:
        raise InvalidModelError(
            "inputs: expected the shape and dtype of each argument, as {'x': 'float32[b, 4]'}"
        )
    modules = Modules(platforms, target_tf, gradient)
    modules.check()
    scope = Scope(jax, constraints)
    parameters = Parameters(jax, params, trainable)
    takes = params is not None

    def lower(
        where: str, given: Any, arguments: Arguments | None, names: Sequence[str] | None
    ) -> LoweredFunction:
        if is_exported(given):
            arguments = arguments_of(given, parameters, arguments)
            return called(jax, given, parameters, takes, arguments, names, modules, where)
        assert arguments is not None
        if lowering == "stablehlo":
            exported = export(jax, given, parameters if takes else None, arguments, modules, where)
            return called(jax, exported, parameters, takes, arguments, names, modules, where)
        shared = Shared(jax, parameters.variable_of)
        return lowered(shared, where, given, parameters, arguments, names, takes)

    model = JaxModel(parameters, scope, lower)
    made = lower("function", function, None if inputs is None else scope.arguments(inputs), outputs)
    model.set_call(made)
    if signature is not None:
        model.add_lowered(signature, made)
    return model
