"""What the code of a live Keras 3 layer does, recorded on symbolic tensors; no backend computes anything.

The `call` of the layer runs on KerasTensors. Operations of `keras.ops` and calls of layers on such tensors become
events; so do random numbers, assignments to variables, added losses, and branches and loops with what their functions
do. While it runs, a symbolic tensor stands in the place of every variable that an attribute holds, so that
`self.scale * x` is recorded too. Everything is put back in the end. A layer that has code of its own is run for the
specs of its outputs; its events are recorded when it is traced itself.

Source: keras/src/ops/operation.py, Operation.symbolic_call; keras/src/random/random.py;
keras/src/backend/common/variables.py
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from kerasfmt.ir.structure import flatten
from kerasfmt.sources.live.code_lines import raising_line, reason_of, running_line
from kerasfmt.sources.live.events import Body, Event, NotComputable, NotRecordable, Recording, options_of
from kerasfmt.sources.live.objects import (
    JAX,
    backend_module,
    backend_of,
    by_name,
    classes,
    keras_base,
    keras_classes,
    keras_root,
    layers_in,
    with_mode,
)
from kerasfmt.sources.live.replacing import LOCK, attribute_replaced, mode_of_call, replaced
from kerasfmt.sources.live.symbolic_arrays import MADE, SPREAD, making, spreading
from kerasfmt.sources.live.symbolic_control import (
    CONTROL,
    OPERATIONS,
    SymbolicControl,
    chosen_branch,
    leaves_of,
)
from kerasfmt.sources.live.symbolic_operators import operators
from kerasfmt.sources.live.symbolic_random import RANDOM, drawn
from kerasfmt.sources.live.symbolic_variables import held_variables, is_variable, symbolic_variable_class


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
        self._root = keras_root(live)
        self._backend = backend_of(live)
        found = vars(sys.modules[self._operation.__module__])["any_symbolic_tensors"]
        self.tensor_class: Any = vars(sys.modules[found.__module__])["KerasTensor"]
        self._proxy_class = symbolic_variable_class(self.tensor_class)
        self._events: list[Event] = []
        self._quiet = 0
        self._thread = 0
        self._inside: list[str] = []
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
            self._inside = []
            inputs, kwargs = make_inputs(self.tensor_class)
            self._enter(restored, training)
            try:
                outputs = self.live.call(inputs, **with_mode(self.live, kwargs, training))
            except NotRecordable:
                raise
            except Exception as error:
                raise NotRecordable(
                    raising_line(error), f"{type(error).__name__}: {reason_of(error)}"
                ) from error
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
        self._swaps = [swap for layer in layers for swap in held_variables(layer, self._stand_in)]
        self._put(True)
        restored.callback(self._put, False)
        holders = {c for layer in layers for c in classes(layer) if "symbolic_call" in vars(c)}
        for holder in sorted({self._operation, *holders}, key=lambda c: c.__qualname__):
            patched = self._symbolic_call(vars(holder)["symbolic_call"])
            restored.enter_context(attribute_replaced(holder, "symbolic_call", patched))
        random = vars(sys.modules[f"{self._root}.random.random"])["backend"].random
        for name in RANDOM:
            if hasattr(random, name):
                restored.enter_context(
                    attribute_replaced(random, name, self._drawing(name, getattr(random, name)))
                )
        self._replace_arrays(restored)
        core = vars(sys.modules[f"{self._root}.ops.core"])["backend"].core
        for name in CONTROL:
            restored.enter_context(
                attribute_replaced(core, name, self._controlling(name, getattr(core, name)))
            )
        for name, method in operators(self.tensor_class, self._backend, self._take).items():
            restored.enter_context(attribute_replaced(self.tensor_class, name, method))
        restored.enter_context(mode_of_call(self.live, training))

    def _replace_arrays(self, restored: ExitStack) -> None:
        operations = sys.modules[f"{self._root}.ops.numpy"]
        arrays = vars(operations)["backend"].numpy
        for name in MADE:
            replaced = making(name, getattr(arrays, name), self._made, self._open_sizes, self._floatx)
            restored.enter_context(attribute_replaced(arrays, name, replaced))
        for name in SPREAD:
            replaced = spreading(name, getattr(arrays, name), operations, self._open_sizes)
            restored.enter_context(attribute_replaced(arrays, name, replaced))

    def _open_sizes(self) -> Any:
        return self._sizes if self._records and self._swapped else None

    def _made(self, name: str, given: dict[str, Any], shape: tuple[int, ...]) -> Any:
        outputs = self.tensor_class(shape, given["dtype"])
        self._add(Event("array", name, None, {}, (), given), outputs, running_line())
        return outputs

    def _controlling(self, name: str, original: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread or not self._swapped:
                return original(*args, **kwargs)
            return self._controlled(name, original, args, kwargs)

        return run

    def _controlled(self, name: str, original: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a function that runs functions of the user's returns; it becomes an event where that is symbolic."""
        if not any(map(self._is_symbolic, flatten([args, kwargs]))):
            chosen = chosen_branch(name, args, kwargs)
            if chosen is not None:
                return chosen()
            done = self._without_events(lambda: original(*args, **kwargs))
            if done is not None:
                return done
        line = running_line()
        control = SymbolicControl(self.tensor_class, partial(self._run_inside, name), self._floatx, self.kept)
        made = control.record(name, args, kwargs)
        if not self._quiet:
            event = Event("control", name, None, made.options, made.args, bodies=made.bodies)
            self._add(event, made.outputs, line)
        return made.returned

    def _without_events(self, run: Callable[[], Any]) -> Any:
        """What the backend computes, if it needs nothing symbolic for that; else None."""
        count = len(self._events)
        try:
            found = run()
        except Exception:  # what the backend says of a symbolic tensor is its own
            found = None
        if len(self._events) > count or any(map(self._is_symbolic, flatten(found))):
            found = None
        del self._events[count:]
        return found

    def _run_inside(self, name: str, function: Any, args: Sequence[Any]) -> tuple[Body, Any]:
        """Records a function that `name` runs."""
        around, self._events = self._events, []
        self._inside.append(name)
        try:
            returned = function(*args)
        finally:
            self._inside.pop()
            events, self._events = self._events, around
        return Body(leaves_of(list(args)), events, leaves_of(returned)), returned

    def _is_symbolic(self, value: Any) -> bool:
        return isinstance(value, self.tensor_class) or is_variable(value)

    def _refuse_inside(self, what: str) -> None:
        raise NotComputable(running_line(), f"{what} in a function that keras.ops.{self._inside[-1]} runs")

    def _refuse_state_inside(self, what: str) -> None:
        """Refuses what changes a variable in a function of the user's, where the backend traces that."""
        if self._inside and self._backend == JAX:
            self._refuse_inside(f"on JAX, Keras cannot {what}")

    def kept(self, dtype: str) -> str:
        """The dtype in which the backend keeps an array of a dtype."""
        if dtype not in ("float64", "int64", "uint64"):
            return dtype
        return str(backend_module(self.live).result_type(dtype))

    def _take(self, x: Any, index: Any, axis: int) -> Any:
        return vars(sys.modules[f"{self._root}.ops.numpy"])["Take"](axis=axis).symbolic_call(x, index)

    @property
    def _floatx(self) -> str:
        return str(backend_module(self.live).floatx())

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
        line = running_line()
        if "Layer" not in keras_classes(target):
            if self._swapped and OPERATIONS & keras_classes(target):
                return target.call(*args, **kwargs)
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
            given, named = by_name(target, args, kwargs) if custom else (args, kwargs)
            self._add(Event("layer", type(target).__name__, target, {}, tuple(given), named), outputs, line)
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
                if self._inside:
                    self._refuse_inside("it adds a loss")
                for item in loss if isinstance(loss, list | tuple) else [loss]:
                    self._add(Event("loss", target=layer, args=(item,)), None, running_line())

        return add_loss

    def _drawing(self, name: str, original: Any) -> Any:
        def draw(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread or not self._swapped:
                return original(*args, **kwargs)
            given = {**dict(zip(RANDOM[name], args, strict=False)), **kwargs}
            outputs = self.tensor_class(*drawn(name, given, self._floatx))
            if not self._quiet:
                if not isinstance(given.get("seed"), int):
                    self._refuse_state_inside("draw random numbers without a seed that is a number")
                self._add(Event("random", name, None, {}, (), given), outputs, running_line())
            return outputs

        return draw

    _swapped = False

    def _stand_in(self, variable: Any, dtype: str) -> Any:
        return self._proxy_class(variable, dtype, self._assigned)

    def _put(self, symbolic: bool) -> None:
        self._swapped = symbolic
        for holder, key, variable, proxy in self._swaps:
            setter = list.__setitem__ if isinstance(holder, list) else dict.__setitem__
            setter(holder, key, proxy if symbolic else variable)

    def _assigned(self, variable: Any, value: Any) -> None:
        """Records that the code assigns to a variable."""
        if self._records:
            self._refuse_state_inside(f"assign to variable {variable.path}")
            self._add(Event("assign", target=variable, args=(value,)), None, running_line())
