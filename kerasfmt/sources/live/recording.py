"""What the code of a live Keras 3 layer does, recorded on symbolic tensors; no backend computes anything.

The `call` of the layer runs on KerasTensors. Operations of `keras.ops` and calls of layers on such tensors become
events; so do random numbers, assignments to variables and added losses. While it runs, a symbolic tensor stands in
the place of every variable that an attribute holds, so that `self.scale * x` is recorded too. Everything is put back
in the end. A layer that has code of its own is run for the specs of its outputs; its events are recorded when it is
traced itself.

Source: keras/src/ops/operation.py, Operation.symbolic_call; keras/src/random/random.py;
keras/src/backend/common/variables.py
"""

from __future__ import annotations

import inspect
import linecache
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt.ir.own_modules import defines_keras
from kerasfmt.sources.live.objects import classes, keras_base, keras_classes
from kerasfmt.sources.live.symbolic_arrays import MADE, SPREAD, making, spreading

LOCK: Final = threading.RLock()
"""Code of live layers runs in one thread at a time, while what it calls is replaced."""
_BOLD: Final = re.compile(r"\x1b\[1m(.*?)\x1b\[0m", re.DOTALL)
"""What a layer raised, in the error of Keras's that says with which arguments it was called."""
RANDOM: Final = {
    "normal": ("shape", "mean", "stddev", "dtype", "seed"),
    "truncated_normal": ("shape", "mean", "stddev", "dtype", "seed"),
    "uniform": ("shape", "minval", "maxval", "dtype", "seed"),
    "randint": ("shape", "minval", "maxval", "dtype", "seed"),
    "dropout": ("inputs", "rate", "noise_shape", "seed"),
    "categorical": ("logits", "num_samples", "dtype", "seed"),
    "shuffle": ("x", "axis", "seed"),
    "gamma": ("shape", "alpha", "dtype", "seed"),
    "binomial": ("shape", "counts", "probabilities", "dtype", "seed"),
    "beta": ("shape", "alpha", "beta", "dtype", "seed"),
}
"""The functions of `keras.random`, and their parameters."""


@dataclass(eq=False)
class Event:
    """One step of the code.

    Attributes:
      kind: "operation", "layer", "array", "random", "assign" or "loss".
      name: the class of the operation, or the name of the function that makes an array or random numbers.
      target: the layer or the variable.
      options: the options of an operation.
      args: its arguments.
      kwargs: its arguments by name.
      outputs: a structure of symbolic tensors.
      line: where in the user's code it stands.
    """

    kind: str
    name: str = ""
    target: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Any = None
    line: str = ""


@dataclass(eq=False)
class Recording:
    """What one run of the code did.

    Attributes:
      inputs: the symbolic tensors that it ran on: the inputs, then further arguments by name.
      events: its steps.
      outputs: what it returned.
      sizes: the size that stood for each size that is not known.
    """

    inputs: tuple[Any, Mapping[str, Any]]
    events: list[Event]
    outputs: Any
    sizes: Mapping[int, int]


class NotRecordable(Exception):
    """The code cannot be recorded.

    Args:
      line: where in the user's code it stands.
      reason: why.
    """

    def __init__(self, line: str, reason: str) -> None:
        super().__init__(f"{line}: {reason}" if line else reason)
        self.line = line


class Recorder:
    """Records the code of a live layer.

    Args:
      live: the layer.
      is_custom: whether a layer has code of its own.
    """

    def __init__(self, live: Any, is_custom: Callable[[Any], bool]) -> None:
        self.live = live
        self._is_custom = is_custom
        self._operation = keras_base(live, "Operation")
        self._root = self._operation.__module__.rpartition(".ops.")[0]
        found = vars(sys.modules[self._operation.__module__])["any_symbolic_tensors"]
        self.tensor_class: Any = vars(sys.modules[found.__module__])["KerasTensor"]
        self._proxy_class = _proxy_class(self.tensor_class)
        self._events: list[Event] = []
        self._quiet = 0
        self._thread = 0
        self._sizes: Any = ()
        self._swaps: list[tuple[Any, Any, Any, Any]] = []

    def record(
        self, make_inputs: Callable[[Any], tuple[Any, Mapping[str, Any]]], training: bool | None,
        sizes: Mapping[int, int],
    ) -> Recording:  # fmt: skip
        """Runs the code once.

        Args:
          make_inputs: makes the inputs and the further arguments, given the class of symbolic tensors.
          training: the mode; None where there is only one.
          sizes: the size that stands for each size that is not known.

        Raises:
          NotRecordable: the code does something else than operations on tensors.
        """
        with LOCK, ExitStack() as restored:
            self._events, self._thread, self._sizes = [], threading.get_ident(), sizes.values()
            inputs, kwargs = make_inputs(self.tensor_class)
            self._enter(restored, training)
            takes_mode = "training" in inspect.signature(self.live.call).parameters
            given = {**kwargs, "training": training} if takes_mode and training is not None else dict(kwargs)
            try:
                outputs = self.live.call(inputs, **given)
            except NotRecordable:
                raise
            except Exception as error:
                raise NotRecordable(line_of(error), f"{type(error).__name__}: {reason_of(error)}") from error
            return Recording((inputs, kwargs), self._events, outputs, sizes)

    def _enter(self, restored: ExitStack, training: bool | None) -> None:
        """Puts the recorder in its places, until `restored` is closed."""
        layers = list(dict.fromkeys([self.live, *layers_in(self.live)]))
        for layer in layers:
            for name in ("_inbound_nodes", "_outbound_nodes"):
                nodes = vars(layer).get(name)
                if isinstance(nodes, list):
                    restored.callback(nodes.__delitem__, slice(len(nodes), None))
            restored.enter_context(replaced(vars(layer), "add_loss", self._adder(layer)))
        self._swaps = [swap for layer in layers for swap in self._variables_of(layer)]
        self._put(True)
        restored.callback(self._put, False)
        holders = {c for layer in layers for c in classes(layer) if "symbolic_call" in vars(c)}
        for holder in sorted({self._operation, *holders}, key=lambda c: c.__qualname__):
            patched = self._symbolic_call(vars(holder)["symbolic_call"])
            restored.enter_context(_set(holder, "symbolic_call", patched))
        drawn = vars(sys.modules[f"{self._root}.random.random"])["backend"].random
        for name in RANDOM:
            if hasattr(drawn, name):
                restored.enter_context(_set(drawn, name, self._drawing(name, getattr(drawn, name))))
        self._replace_arrays(restored)
        context = getattr(self.live, "_get_call_context", None)
        if context is not None:
            found = context()
            if hasattr(found, "set_value"):
                found.set_value("training", training)
            else:
                found.training = training
            restored.callback(self.live._maybe_reset_call_context)

    def _replace_arrays(self, restored: ExitStack) -> None:
        operations = sys.modules[f"{self._root}.ops.numpy"]
        arrays = vars(operations)["backend"].numpy
        for name in MADE:
            replaced = making(name, getattr(arrays, name), self._made, self._open_sizes, self._floatx)
            restored.enter_context(_set(arrays, name, replaced))
        for name in SPREAD:
            replaced = spreading(name, getattr(arrays, name), operations, self._open_sizes)
            restored.enter_context(_set(arrays, name, replaced))

    def _open_sizes(self) -> Any:
        return self._sizes if self._records and self._swapped else None

    def _made(self, name: str, given: dict[str, Any], shape: tuple[int, ...]) -> Any:
        outputs = self.tensor_class(shape, given["dtype"])
        self._add(Event("array", name, None, {}, (), given), outputs, current_line())
        return outputs

    @property
    def _floatx(self) -> str:
        return str(vars(sys.modules[f"{self._root}.backend"])["floatx"]())

    @property
    def _records(self) -> bool:
        return threading.get_ident() == self._thread and not self._quiet

    def _symbolic_call(self, original: Any) -> Any:
        recorder = self

        def symbolic_call(target: Any, *args: Any, **kwargs: Any) -> Any:
            return recorder.called(original, target, args, kwargs)

        return symbolic_call

    def called(self, original: Any, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The outputs of a symbolic call, which becomes an event."""
        if threading.get_ident() != self._thread:
            return original(target, *args, **kwargs)
        line = current_line()
        if "Layer" not in keras_classes(target):
            outputs = target.compute_output_spec(*args, **kwargs)
            if not self._quiet:
                event = Event("operation", type(target).__name__, target, options_of(target), args, kwargs)
                self._add(event, outputs, line)
            return outputs
        custom = self._is_custom(target)
        self._quiet += 1
        try:
            if custom:
                outputs = self._mapped(target.call(*args, **kwargs))
            else:
                outputs = self._with_variables(target.compute_output_spec, args, kwargs)
        finally:
            self._quiet -= 1
        if not self._quiet:
            self._add(Event("layer", type(target).__name__, target, {}, args, kwargs), outputs, line)
        return outputs

    def _with_variables(self, run: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._put(False)
        try:
            return run(*args, **kwargs)
        finally:
            self._put(True)

    def _mapped(self, outputs: Any) -> Any:
        """New symbolic tensors in the place of the outputs of a layer."""
        if isinstance(outputs, Mapping):
            return {key: self._mapped(item) for key, item in outputs.items()}
        if isinstance(outputs, list | tuple):
            return type(outputs)(map(self._mapped, outputs))
        if outputs is None:
            return None
        return self.tensor_class(outputs.shape, outputs.dtype)

    def _add(self, event: Event, outputs: Any, line: str) -> None:
        event.outputs, event.line = outputs, line
        self._events.append(event)

    def _adder(self, layer: Any) -> Any:
        def add_loss(loss: Any) -> None:
            if self._records:
                for item in loss if isinstance(loss, list | tuple) else [loss]:
                    self._add(Event("loss", target=layer, args=(item,)), None, current_line())

        return add_loss

    def _drawing(self, name: str, original: Any) -> Any:
        def draw(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread or not self._swapped:
                return original(*args, **kwargs)
            given = {**dict(zip(RANDOM[name], args, strict=False)), **kwargs}
            outputs = self._drawn(name, given)
            if not self._quiet:
                self._add(Event("random", name, None, {}, (), given), outputs, current_line())
            return outputs

        return draw

    def _drawn(self, name: str, given: Mapping[str, Any]) -> Any:
        like = given.get("inputs", given.get("x"))
        if like is not None:
            return self.tensor_class(like.shape, like.dtype)
        dtype = given.get("dtype") or ("int32" if name in ("randint", "categorical") else self._floatx)
        if name == "categorical":
            return self.tensor_class((given["logits"].shape[0], given["num_samples"]), dtype)
        return self.tensor_class(tuple(given["shape"]), dtype)

    # Variables.

    def _variables_of(self, layer: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
        """What holds the variables that attributes of a layer name, the key, the variable, and what stands for it."""
        skipped = (
            "_trainable_variables",
            "_non_trainable_variables",
            "_metrics",
            "_losses",
            "_seed_generators",
        )
        autocast = bool(getattr(layer, "autocast", True))
        compute = str(getattr(layer, "compute_dtype", "float32"))

        def walk(holder: Any, items: Any, depth: int) -> Iterator[tuple[Any, Any, Any, Any]]:
            for key, value in items:
                if is_variable(value):
                    dtype = str(value.dtype)
                    cast = autocast and getattr(value, "_autocast", True)
                    floats = all(kind.startswith(("float", "bfloat")) for kind in (dtype, compute))
                    proxy = self._proxy_class(
                        self, value, (layer, vars(layer)), compute if cast and floats else dtype
                    )
                    yield holder, key, value, proxy
                elif depth < 4 and isinstance(value, list):
                    yield from walk(value, enumerate(value), depth + 1)
                elif depth < 4 and isinstance(value, dict):
                    yield from walk(value, list(value.items()), depth + 1)

        yield from walk(vars(layer), [(k, v) for k, v in vars(layer).items() if k not in skipped], 0)

    _swapped = False

    def _put(self, symbolic: bool) -> None:
        self._swapped = symbolic
        for holder, key, variable, proxy in self._swaps:
            setter = list.__setitem__ if isinstance(holder, list) else dict.__setitem__
            setter(holder, key, proxy if symbolic else variable)

    def assigned(self, variable: Any, value: Any) -> None:
        """Records that the code assigns to a variable."""
        if self._records:
            self._add(Event("assign", target=variable, args=(value,)), None, current_line())


def is_variable(value: Any) -> bool:
    """Whether a value is a variable of Keras 3."""
    return bool({"Variable", "KerasVariable"} & keras_classes(value))


def _proxy_class(tensor_class: Any) -> Any:
    """The class of the symbolic tensors that stand for variables."""

    def __init__(self: Any, recorder: Recorder, variable: Any, owner: Any, dtype: str) -> None:
        tensor_class.__init__(self, tuple(variable.shape), dtype)
        vars(self).update(kerasfmt_variable=variable, kerasfmt_recorder=recorder)

    def assign(self: Any, value: Any) -> Any:
        self.kerasfmt_recorder.assigned(self.kerasfmt_variable, value)
        return self

    def refused(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotRecordable(
            current_line(), f"it reads the content of variable {self.kerasfmt_variable.path} in Python"
        )

    def __getattr__(self: Any, name: str) -> Any:
        if name.startswith("__") or name in ("_keras_history", "_keras_mask"):
            raise AttributeError(name)
        return getattr(self.kerasfmt_variable, name)

    names = {
        "__init__": __init__,
        "__getattr__": __getattr__,
        "assign": assign,
        "assign_add": lambda self, value: assign(self, self + value),
        "assign_sub": lambda self, value: assign(self, self - value),
        "value": property(lambda self: self),
        "numpy": refused,
        "__array__": refused,
    }
    return type("SymbolicVariable", (tensor_class,), names)


def variable_of(value: Any) -> Any:
    """The variable that an argument is or stands for; None for others."""
    if is_variable(value):
        return value
    return vars(value).get("kerasfmt_variable") if hasattr(value, "__dict__") else None


def options_of(operation: Any) -> dict[str, Any]:
    """The options of an operation of Keras 3."""
    try:
        config = dict(operation.get_config())
        config.pop("name", None)
        return config
    except NotImplementedError:
        names = list(inspect.signature(type(operation).__init__).parameters)[1:]
        return {name: vars(operation)[name] for name in names if name in vars(operation) and name != "name"}


def layers_in(live: Any) -> list[Any]:
    """The layers that a live layer of Keras 3 holds, and those in them."""
    return list(live._flatten_layers(include_self=False, recursive=True))


@contextmanager
def replaced(holder: dict[str, Any], key: str, value: Any) -> Iterator[None]:
    """Another value for a key, or for a new key, until the block ends."""
    missing = object()
    before = holder.get(key, missing)
    holder[key] = value
    try:
        yield
    finally:
        if before is missing:
            del holder[key]
        else:
            holder[key] = before


@contextmanager
def _set(holder: Any, name: str, value: Any) -> Iterator[None]:
    before = vars(holder)[name]
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, before)


def _is_users(module: str) -> bool:
    return not defines_keras(module) and module.partition(".")[0] not in (
        "kerasfmt", "jax", "jaxlib", "flax", "numpy", "torch", "tensorflow", "optree", "contextlib", "inspect",
    )  # fmt: skip


def reason_of(error: BaseException) -> str:
    """What an error says, without what Keras puts around it."""
    text = str(error).strip()
    found = _BOLD.search(text)
    return found.group(1).strip() if found else text or type(error).__name__


def current_line() -> str:
    """The line of the user's code that is running."""
    frame = inspect.currentframe()
    while frame is not None and not _is_users(str(frame.f_globals.get("__name__"))):
        frame = frame.f_back
    return "" if frame is None else _located(frame.f_code.co_filename, frame.f_lineno)


def line_of(error: BaseException) -> str:
    """The line of the user's code in which an error was raised."""
    found = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        if _is_users(str(frame.f_globals.get("__name__"))):
            found = _located(frame.f_code.co_filename, number)
    return found


def _located(path: str, number: int) -> str:
    text = linecache.getline(path, number).strip()
    return f"{path}:{number}" + (f" ({text:.120})" if text else "")
