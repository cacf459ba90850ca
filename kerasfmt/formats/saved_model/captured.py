"""What the functions of a SavedModel capture: its variables, constants, assets and tables, by their objects.

    variable     its value in the checkpoint
    constant     a Const of the main graph
    asset        a file below `assets`; functions get its path
    resource     a table: `_create_resource` says its dtypes, `_initialize` fills it, and a mutable one lies in the
                 checkpoint as `<path>/.ATTRIBUTES/table-keys` and `-values`

A table is filled when it is first used.

Source: tensorflow/python/saved_model/load.py, Loader._recreate and RestoredResource
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes, limits
from kerasfmt.containers.tensorbundle.reader import StoredTensor
from kerasfmt.errors import CorruptFileError, GraphError, InvalidModelError, UnsafeFileError
from kerasfmt.formats.checkpoint.layout import TABLE_ATTRIBUTE, TABLE_PARTS
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.stored import Place, StoredModel
from kerasfmt.graph import EagerConstant, Function, Table
from kerasfmt.graph.attr_values import decode_tensor
from kerasfmt.graph.run import run
from kerasfmt.graph.table_content import TableContent
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.ir import Weight
from kerasfmt.ir.asset import Asset

TABLES: Final = frozenset(
    {"HashTableV2", "MutableHashTableV2", "AnonymousHashTable", "AnonymousMutableHashTable"}
)
"""The ops that make tables."""
CREATE: Final = "_create_resource"
INITIALIZE: Final = "_initialize"


def decoder_of(
    stored: StoredModel,
    allowance: limits.Allowance | None = None,
    gradients: Mapping[str, str] = MappingProxyType({}),
) -> FunctionDecoder:
    """Decodes the functions of a SavedModel, in what its files may cost.

    Args:
      stored: the SavedModel.
      allowance: what decoding may cost; by default what reading may.
      gradients: the functions that are gradients of nodes, by what nodes call them.
    """
    return FunctionDecoder(
        stored.meta.graph_def.library.function,
        stored.meta.meta_info_def.stripped_op_list.op,
        limits.allowance_for(0) if allowance is None else allowance,
        str(Path(stored.directory) / layout.SAVED_MODEL),
        gradients,
    )


class Captured:
    """What functions capture, made when it is asked for.

    Args:
      stored: the SavedModel.
      decoder: its functions.

    Attributes:
      by_key: its variables by their names in the checkpoint.
      tables: its tables that were asked for, by the beginning of their keys in the checkpoint; mutable ones only.
      files: what the assets that were asked for hold, by their paths.
    """

    def __init__(self, stored: StoredModel, decoder: FunctionDecoder) -> None:
        self.stored = stored
        self.decoder = decoder
        self.by_key: dict[str, Weight] = {}
        self.tables: dict[str, Table] = {}
        self.files: dict[bytes, bytes] = {}
        self._weights: dict[int, Weight] = {}
        self._made_tables: dict[int, Table] = {}
        self._assets: dict[int, Asset] = {}
        for number, each in enumerate(stored.objects):
            if each.message.WhichOneof("kind") == "variable" and number in stored.checkpoint_numbers:
                self._add_variable(stored.at(number))

    def _add_variable(self, place: Place) -> None:
        tensor = place.tensor
        weight = self.by_key.get(tensor.name)
        if weight is None:
            weight = self.by_key[tensor.name] = stored_weight(place.variable.name or tensor.name, tensor)
            weight.trainable = place.variable.trainable
        self._weights[place.number] = weight

    def bound(self, name: str, where: str) -> list[Any]:
        """What a function captures: variables, tables and arrays, in the order of its last arguments.

        Args:
          name: the name of the function.
          where: what errors begin with.

        Raises:
          CorruptFileError: it captures an object that is not there.
          GraphError: it captures an object of another kind.
        """
        numbers = self.stored.meta.object_graph_def.concrete_functions[name].bound_inputs
        return [self._argument(number, where) for number in numbers]

    def _argument(self, number: int, where: str) -> Any:
        message = self.stored.captured(number, where).object.message
        if number in self._weights:
            return self._weights[number]
        kind = message.WhichOneof("kind")
        if kind == "constant":
            return self.constant(message.constant.operation, where)
        if kind == "asset":
            return self.asset(number).value
        if kind == "resource":
            return self.table(number)
        raise GraphError(
            f"{where}: captures object {number}, a {kind}; only variables, constants, assets and tables are read "
            "from SavedModels"
        )

    def constant(self, operation: str, where: str) -> Any:
        """The value of a constant of the main graph.

        Raises:
          GraphError: there is none of this name.
        """
        message = self.stored.constant(operation, where)
        self.decoder.spend_constant(message)
        return decode_tensor(message)

    def asset(self, number: int) -> Asset:
        """The file of an object; it is read.

        Raises:
          CorruptFileError: no file is named for it.
          UnsafeFileError: it is named outside of the directory `assets`, or costs more than it may.
          InvalidModelError: it is not there.
        """
        index = self.stored.objects[number].message.asset.asset_file_def_index
        files = self.stored.assets
        if not 0 <= index < len(files):
            raise CorruptFileError(
                f"{self.stored.directory}: object {number} is asset {index}, where there are {len(files)}; the "
                "file is damaged"
            )
        return self.asset_file(index)

    def asset_file(self, index: int) -> Asset:
        """The asset of an index in the list of assets, as `asset` says."""
        if index not in self._assets:
            path = asset_path(self.stored.directory, self.stored.assets[index].filename)
            try:
                limits.spend(path.stat().st_size, str(path))
                made = self._assets[index] = Asset(path)
            except OSError as error:
                raise InvalidModelError(f"{path}: an asset that cannot be read: {error.strerror}") from error
            self.files[made.value.item()] = made.data
        return self._assets[index]

    def table(self, number: int) -> Table:
        """The table of an object.

        Raises:
          GraphError: the object is no table, or one of a kind that is not read.
        """
        if number not in self._made_tables:
            self._made_tables[number] = self._new_table(self.stored.at(number))
        return self._made_tables[number]

    def _new_table(self, place: Place) -> Table:
        name = self.function_of(place, CREATE)
        made = None if name is None else self.decoder.function(name)
        created = made.outputs[0].node if made is not None and made.outputs else None
        while created is not None and created.op == "Identity":
            created = created.inputs[0].node
        if created is None or created.op not in TABLES:
            got = "nothing" if created is None else f"a resource of the op {created.op}"
            raise GraphError(
                f"{place.where}: expected a table, which is the only resource that is read, got {got}"
            )
        content = self.checkpoint_content(place)
        return new_table(
            place.where.partition(": ")[2],
            created.attrs,
            mutable="Mutable" in created.op,
            initializer=_Initializer(self, place, content),
            kept=self.tables if content is not None else None,
            key=self._table_key(place),
        )

    def function_of(self, place: Place, name: str) -> str | None:
        """The name of the only function of a child; None where there is none."""
        child = place.child(name)
        if child is None:
            return None
        message = child.object.message
        if message.WhichOneof("kind") == "bare_concrete_function":
            return str(message.bare_concrete_function.concrete_function_name)
        names = message.function.concrete_functions
        return str(names[0]) if len(names) == 1 else None

    def initializers(self, names: Iterable[str]) -> list[str]:
        """The names of the functions that fill the tables that functions capture."""
        concrete = self.stored.meta.object_graph_def.concrete_functions
        bound = {number for name in names if name in concrete for number in concrete[name].bound_inputs}
        places = [
            self.stored.at(number) for number in sorted(bound) if 0 <= number < len(self.stored.objects)
        ]
        found = (self.function_of(place, INITIALIZE) for place in places)
        return [name for name in found if name is not None and name in self.decoder]

    def _table_key(self, place: Place) -> str:
        """What the names of a table in the checkpoint begin with; empty where it is not in there."""
        number = self.stored.checkpoint_numbers.get(place.number)
        if number is None:
            return ""
        return self.stored.checkpointed[number].keys.get(TABLE_ATTRIBUTE, "")

    def checkpoint_content(self, place: Place) -> tuple[Any, Any] | None:
        """The keys and the values of a table in the checkpoint; None where it holds none."""
        key, variables = self._table_key(place), self.stored.variables
        if not key or variables is None:
            return None
        tensors = [variables.get(f"{key}{part}") for part in TABLE_PARTS]
        if any(tensor is None or len(tensor.shape) != 1 for tensor in tensors):
            raise InvalidModelError(
                f"{place.where}: expected keys and values in the checkpoint at {key!r:.200}"
            )
        keys, values = tensors
        return keys, values


def new_table(
    name: str,
    attrs: Mapping[str, Any],
    *,
    mutable: bool,
    initializer: Any,
    kept: dict[str, Table] | None = None,
    key: str = "",
) -> Table:
    """A table of a file.

    Args:
      name: its name, for errors.
      attrs: the attributes of the node that makes it.
      mutable: whether functions change it.
      initializer: gives its first content.
      kept: where it is entered under `key`, the beginning of its names in a checkpoint.
      key: see `kept`.
    """
    dtype = attrs["value_dtype"]
    zero = np.zeros((), dtype.numpy) if dtype is not dtypes.string else np.array(b"", object)
    default = EagerConstant(f"{name}/default", zero, dtype)
    made = Table(name, attrs["key_dtype"], dtype, default, initializer, mutable=mutable)
    if kept is not None:
        kept[key] = made
    return made


@dataclass(frozen=True, eq=False)
class _Initializer:
    """Fills a table as TensorFlow does when it loads the SavedModel: by a function, then from the checkpoint."""

    captured: Captured
    place: Place
    stored: tuple[Any, Any] | None

    def content(self, table: Table) -> TableContent:
        made = TableContent(table.key_dtype, table.value_dtype)
        captured, place = self.captured, self.place
        name = captured.function_of(place, INITIALIZE)
        if name is not None:
            function = captured.decoder.function(name)
            bound = captured.bound(name, place.where)
            check_arguments(function, len(bound), place.where)
            state: dict[Any, Any] = {
                each: each.first_content() for each in bound if isinstance(each, Table) and each is not table
            }
            run(function, bound, {**state, table: made}, captured.files)
        if self.stored is not None:
            made.load(*map(np.asarray, self.stored))
        return made


def check_arguments(function: Function, count: int, where: str) -> None:
    """Checks that a function takes as many arguments as there are.

    Raises:
      GraphError: it does not.
    """
    if len(function.inputs) != count:
        raise GraphError(
            f"{where}: expected {len(function.inputs)} arguments of {function.name}, got {count}"
        )


def asset_path(directory: str, name: str) -> Path:
    """The path of an asset.

    Raises:
      UnsafeFileError: the name leads out of the directory `assets`.
    """
    if not name or name in (".", "..") or "\0" in name or Path(name).name != name:
        raise UnsafeFileError(
            f"{directory}: names the asset {name!r:.200}: expected a name in its folder {layout.ASSETS}"
        )
    return Path(directory) / layout.ASSETS / name


def stored_weight(name: str, tensor: StoredTensor) -> Weight:
    """A weight whose value stays in the checkpoint until it is used."""
    found = Weight(name, tuple(tensor.shape), tensor.tensor_dtype)
    found.value = tensor
    return found
