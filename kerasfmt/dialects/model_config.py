"""Models from their configs, in the dialect of Keras 2 or of Keras 3.

Source: tf_keras/src/engine/functional.py and sequential.py, from_config; keras/src/models/functional.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from kerasfmt import layers, limits  # noqa: F401  (the classes that configs name)
from kerasfmt.dialects import keras2
from kerasfmt.dialects.calls import Finder, find_ends, make_calls, states_arguments
from kerasfmt.dialects.layer_options import normalized, takes_functions, with_plain_policy
from kerasfmt.dialects.older_keras2 import OLDER_NAMES
from kerasfmt.dialects.refused_layers import refusal, refuse_code_alone
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir import Functional, Model, naming
from kerasfmt.ir.compilable import MODEL_METHODS
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.json_values import LEAVES
from kerasfmt.ir.keras_facts import LATER_PACKAGE, Major
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.ir.own_modules import holds_operations
from kerasfmt.ir.sequential import Sequential
from kerasfmt.ir.trace_sharing import SharedTraces
from kerasfmt.typing import record

_MAX_DEPTH = 64
"""Models nested deeper than this are refused."""

_PACKAGES = ("TensorFlow>", LATER_PACKAGE)
"""Prefixes of the names of Keras's own classes."""
_MAX_NESTING = 4 * _MAX_DEPTH
"""Lists and dicts nested deeper than this are refused; each nested model takes three levels."""


def _import_compiling(_name: str | None) -> None:
    from kerasfmt import compiling  # noqa: F401  (enters its methods)


MODEL_METHODS.when_missing(_import_compiling)


@gc_paused()
def model_from_config(
    config: Mapping[str, Any],
    custom_objects: Mapping[str, Any] | None = None,
    keras: Major | None = None,
    max_expansion: float = limits.MAX_EXPANSION,
    members: Members | None = None,
) -> Model:
    """The model that a config stands for, with fresh weights; each is made when it is used.

    Args:
      config: `{"class_name", "config"}` of a Functional or Sequential model, or the inner config alone, as
        `get_config` of a model of Keras or kerasfmt returns it; JSON values in the dialect of Keras 2 or Keras 3.
      custom_objects: what is not Keras's own, by the name in the config: subclasses of `kerasfmt.layers.Layer`;
        activations, functions of Values; subclasses of `kerasfmt.initializers.Initializer`,
        `kerasfmt.constraints.Constraint` and `kerasfmt.regularizers.Regularizer`, or functions: of NumPy for the first
        two, of Values for the last. For Lambda layers, functions by the layers' names.
      keras: the version of Keras whose dialect it is; by default recognized by what only one version writes.
      max_expansion: what the functions of the layers may cost for each byte of the config, beyond the 128 MiB that any
        config may cost; infinity for no limit. A reader of a file counts the bytes of the file in place of these.
      members: what the file knows of the layers beside their configs.

    Example:
      >>> dense = {"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [None, 3]}}
      >>> kerasfmt.model_from_config({"name": "small", "layers": [dense]}).count_params()
      8

    Raises:
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: the config contradicts itself.
      UnsafeFileError: it holds code, is nested too deeply, or costs more than it may.
    """
    _check_nesting(config)
    reading = _Reading(custom_objects or {}, SharedTraces(), members)
    if limits.is_limited():
        return _model_from(config, reading, keras)
    with limits.limited(max_expansion) as allowance:
        allowance.add_file(_size(config))
        return _model_from(config, reading, keras)


class Members(Protocol):
    """What a file knows of the layers of a model, by their entries and the names of the models around them."""

    def made(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Layer | None:
        """The layer, if it was made already and was not called."""

    def enter(self, entry: Mapping[str, Any], path: tuple[str, ...], layer: Layer) -> None:
        """Is told a layer that was made of its config."""

    def revived(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Layer | None:
        """A layer that its config does not make; None if the file knows no more than that."""


def layer_from_config(
    entry: Mapping[str, Any], custom_objects: Mapping[str, Any], members: Members | None = None
) -> Layer:
    """The layer or model of an entry `{"class_name", "config"}` in the dialect of Keras 2.

    Args:
      entry: the entry.
      custom_objects: layer classes by the class name in the entry.
      members: what the file knows of the layers in it beside their configs.

    Raises:
      UnsupportedLayerError: the class or an option is not known.
      InvalidModelError: the config contradicts itself.
      UnsafeFileError: it is nested too deeply.
    """
    _check_nesting(entry)
    return _layer_from(entry, _Reading(custom_objects, SharedTraces(), members), ())


def _model_from(config: Mapping[str, Any], reading: _Reading, keras: Major | None) -> Model:
    if "layers" in config and "class_name" not in config:
        config = {"class_name": "Functional" if "input_layers" in config else "Sequential", "config": config}
    if keras is None:
        from kerasfmt.dialects.architecture import recognized

        config, keras = recognized(config)
    if reading.members is None:
        refuse_code_alone(config)
    if keras == 3:
        from kerasfmt.dialects.keras3 import keras3_to_keras2

        with _located((str(config.get("class_name")),)):
            config = keras3_to_keras2(config)
    layer = _layer_from(config, reading, ())
    if not isinstance(layer, Model):
        raise InvalidModelError(f"config: expected a model, got {config.get('class_name')!r}")
    return layer


@record(frozen=True, eq=False)
class _Reading:
    """The state shared by all models and layers of one config.

    Attributes:
      custom_objects: layer classes by name.
      shared_traces: the traces that equal layers share.
      members: what the file knows of the layers beside their configs.
    """

    custom_objects: Mapping[str, Any]
    shared_traces: SharedTraces
    members: Members | None = None


def _check_nesting(config: Any) -> None:
    level: list[Any] = [[config]]
    depth = 0
    while level:
        if depth > _MAX_NESTING + 1:
            raise UnsafeFileError(f"config: lists and dicts nested more than {_MAX_NESTING} deep")
        depth += 1
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, Mapping) else value)
            if type(item) not in LEAVES and isinstance(item, Mapping | list | tuple)
        ]


def _size(config: Any) -> int:
    """The characters of a config as JSON, not counting keys and spaces; four for a number."""
    pending, size = [config], 0
    while pending:
        value = pending.pop()
        size += len(value) if isinstance(value, str) else 4
        if type(value) not in LEAVES and isinstance(value, Mapping | list | tuple):
            pending.extend(value.values() if isinstance(value, Mapping) else value)
    return size


@contextmanager
def _located(path: tuple[str, ...]) -> Iterator[None]:
    """Turns every error into a KerasfmtError that states the path of the model."""
    if not path:
        yield
        return
    where = "/".join(path)
    try:
        yield
    except KerasfmtError as error:
        raise type(error)(naming.located(where, str(error))) from error
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InvalidModelError(f"model {where}: its config is malformed: {error!r}") from error


def _layer_from(entry: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]) -> Layer:
    """The layer of an entry; `path` holds the names of the models around it."""
    if len(path) > _MAX_DEPTH:
        raise UnsafeFileError(f"config: models nested more than {_MAX_DEPTH} deep")
    with _located(path):
        made = _checked(entry, reading, path)
    if isinstance(made, InputLayer):
        made.outputs.shared_traces = reading.shared_traces
    if made is None:
        config, kind = entry["config"], str(entry["class_name"])
        inside = (*path, str(config.get("name") or kind.lower()))
        made = (_functional if "input_layers" in config else _sequential)(config, reading, inside)
        if _given(entry, reading) is not None:
            made.own_class = kind
    if reading.members is not None:
        reading.members.enter(entry, path, made)
    return made


def _checked(entry: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]) -> Layer | None:
    """The layer of an entry, from its config or as the file knows it; None if the entry is a model."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config"), Mapping):
        raise InvalidModelError(f"config: expected a layer's class_name and config, got {str(entry)[:80]}")
    members = reading.members
    if members is None:
        return _leaf_from(entry, reading, path)
    known = members.made(entry, path)
    if known is not None:
        return known
    try:
        # The layers that a layer holds may have the names of layers of the model.
        return _leaf_from(entry, replace(reading, members=None), path)
    except (UnsupportedLayerError, TypeError, UnsafeFileError) as error:
        holds_code = takes_functions(str(entry.get("class_name")))
        if _given(entry, reading) is not None or (isinstance(error, UnsafeFileError) and not holds_code):
            raise
        found = members.revived(entry, path)  # by its functions; the code in its config is not run
        if found is None and isinstance(error, UnsupportedLayerError):
            raise UnsupportedLayerError(
                f"{error}; the file has no functions that compute the layer, as when it is saved with save_traces=False"
            ) from error
        if found is None:
            raise
        return found


def _given(entry: Mapping[str, Any], reading: _Reading) -> Any:
    """What the caller gave for the class of an entry."""
    objects = reading.custom_objects
    return objects.get(str(entry.get("class_name"))) or objects.get(str(entry.get("registered_name")))


def _leaf_from(entry: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]) -> Layer | None:
    """The layer of an entry, from its config; None if the entry is a model."""
    kind, config = str(entry.get("class_name")), dict(entry["config"])
    custom = _given(entry, reading)
    kind = OLDER_NAMES.get(kind, kind) if custom is None else kind
    if custom is None and isinstance(config.get("dtype"), Mapping):
        kind, config = with_plain_policy(kind, config)
    cls: type[Layer] | None
    if inspect.isclass(custom) and issubclass(custom, Model) and "layers" in config:
        return None
    if custom is not None and (inspect.isclass(custom) or not takes_functions(kind)):
        cls = _custom_class(kind, custom)
        return _revived(cls, config, reading, path)
    if holds_operations(str(entry.get("module"))):
        from kerasfmt.layers.keras3_ops import Operation

        made = Operation(kind, **config)
        made.module = str(entry["module"])
        return made
    if kind == "FeatureSpace" and "features" in config:
        from kerasfmt.dialects.feature_space import read_feature_space  # models without one do not load it

        return read_feature_space(config, lambda e: _layer_from(e, reading, path))
    if kind == "Sequential" or (kind in ("Functional", "Model") and "layers" in config):
        return None
    cls = find_layer_class(kind.rpartition(">")[2] if kind.startswith(_PACKAGES) else kind)
    if cls is None or issubclass(cls, Model):
        if "layers" in config:
            raise UnsupportedLayerError(
                f"model {config.get('name')!r} of class {kind!r}: a class of the user's own, which may compute "
                f"something else than its layers; if it does not, pass custom_objects={{{kind!r}: kerasfmt.Model}}"
            )
        raise UnsupportedLayerError(
            f"layer {config.get('name', entry.get('name'))!r} of class {kind!r}: {refusal(kind)}"
        )
    return _revived(cls, config, reading, path)


def _revived(cls: type[Layer], config: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]) -> Layer:
    """The layer of a class and a config, with the custom objects that the options name."""
    options = normalized(cls, config)
    objects = reading.custom_objects
    for name, value in options.items():
        field = cls.fields.get(name)
        if field is None or field.custom is None:
            continue
        given = field.custom(value, objects) if objects else None
        if given is not None:
            options[name] = given
    return cls.revive(options, objects, lambda e: _layer_from(e, reading, path))


def _custom_class(kind: str, custom: Any) -> type[Layer]:
    if inspect.isclass(custom) and issubclass(custom, Layer):
        return custom
    raise UnsupportedLayerError(
        f"custom_objects[{kind!r}]: expected a subclass of kerasfmt.layers.Layer, got {custom!r}"
    )


def _members(
    config: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]
) -> list[tuple[Mapping[str, Any], Layer]]:
    entries = config.get("layers")
    if not isinstance(entries, list | tuple):
        raise InvalidModelError(f"model {'/'.join(path)}: expected a list of layers, got {str(entries)[:80]}")
    return [(entry, _layer_from(entry, reading, path)) for entry in entries]


def _sequential(config: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]) -> Sequential:
    members = _members(config, reading, path)
    with _located(path):
        model = Sequential(
            [layer for _, layer in members],
            name=config.get("name"),
            trainable=config.get("trainable", True),
            dtype=config.get("dtype"),
            build_input_shape=config.get("build_input_shape"),
        )
        if (
            not model.built and len(path) == 1
        ):  # one inside of another model takes the shape of its first call
            raise InvalidModelError(
                "its input shape is not in the file; it was saved before it was built or called"
            )
    return model


def _functional(config: Mapping[str, Any], reading: _Reading, path: tuple[str, ...]) -> Model:
    members = _members(config, reading, path)
    with _located(path):
        layers: dict[str, Layer] = {}
        pending: list[tuple[str, Any]] = []
        for entry, layer in members:
            own = str(entry.get("name") or layer.name)
            if own in layers:
                raise InvalidModelError(f"two layers are called {own!r}")
            layers[own] = layer
            pending.extend((own, node) for node in entry.get("inbound_nodes") or ())
        is_keras3 = any(states_arguments(node) for _, node in pending)
        if is_keras3:
            from kerasfmt.dialects import keras3, keras3_masks

            find = Finder(layers, keras3.CALLS)
            make_calls(find, pending)
            keras3_masks.refuse_other_masks(list(layers.values()))
        else:
            find = Finder(layers, keras2.CALLS)
            make_calls(find, pending)
        inputs = find_ends(config["input_layers"], find)
        outputs = find_ends(config["output_layers"], find)
        model = Functional(inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True))
        if not is_keras3:
            met = set(model.layers)
            beside = [layer for layer in layers.values() if layer not in met and not layer.is_input]
            model.insert_layers([layer for layer in beside if layer.calls])
        return model
