"""Tables of features as vectors: each column has its preprocessing, and all of them become one vector or a dict.

Source: keras/src/layers/preprocessing/feature_space.py (3.x); tf_keras/src/utils/feature_space.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir import naming
from kerasfmt.ir.adapting import BATCH, AdaptableLayer, Array, Learning
from kerasfmt.ir.input_layer import Input
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import Model
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.structure import Structure
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.category import CategoryEncoding
from kerasfmt.layers.discretization import Discretization
from kerasfmt.layers.features import FLOAT, Cross, Feature, TFDConcat, TFDIdentity
from kerasfmt.layers.hashing import HashedCrossing, Hashing
from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.layers.lookup import IntegerLookup, StringLookup
from kerasfmt.layers.preprocessing import Normalization, Rescaling
from kerasfmt.nn.categorical import INT, MULTI_HOT, ONE_HOT
from kerasfmt.typing import override

_CONCAT, _DICT = "concat", "dict"


def _name(name: str | None, kind: str) -> str:
    return f"{name or naming.unique_name(kind)}_preprocessor"


class FeatureSpace(Model):
    """The preprocessing of a table: a model from a dict of columns to one vector, or to a dict of encoded features.

    It is adapted to data, unless nothing of it has to learn; only then it is a model that predicts and is saved.

    Args:
      features: by the name of the column, what the class methods give, or their names: "float", "float_normalized",
        "float_rescaled", "float_discretized", "integer_categorical", "string_categorical", "integer_hashed",
        "string_hashed".
      output_mode: "concat" for one vector, "dict" for a dict of features.
      crosses: columns that are hashed together: tuples of names, or what `cross` gives.
      crossing_dim: the number of bins of a cross that does not state it.
      hashing_dim: the number of bins of features that are hashed by name.
      num_discretization_bins: the number of bins of "float_discretized".
      name: the model's name.

    Raises:
      InvalidModelError: there are no features, a type is not known, or a cross is of columns that are not there.

    Example:
      >>> space = kerasfmt.layers.FeatureSpace({"age": "float", "town": "string_categorical"})
      >>> space.adapt({"age": [20.0, 30.0], "town": ["Rome", "Oslo"]})
      >>> space.predict({"age": [40.0], "town": ["Oslo"]}).tolist()
      [[40.0, 0.0, 0.0, 1.0]]
    """

    keeps_features: ClassVar[bool] = True

    def __init__(
        self,
        features: Mapping[str, Feature | str],
        output_mode: str = _CONCAT,
        crosses: Sequence[Cross | Sequence[str]] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        Layer.__init__(self, name=name)
        self.training_config = None
        if not isinstance(features, Mapping) or not features:
            raise self.fail(f"option features: expected features by name, got {features!r:.80}")
        if output_mode not in (_CONCAT, _DICT):
            raise self.fail(f"option output_mode: expected {_CONCAT!r} or {_DICT!r}, got {output_mode!r:.80}")
        self.output_mode = output_mode
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {name: self._feature(name, feature) for name, feature in features.items()}
        self.crosses = [
            cross if isinstance(cross, Cross) else Cross(tuple(cross), crossing_dim)
            for cross in crosses or ()
        ]
        for cross in self.crosses:
            unknown = [name for name in cross.feature_names if name not in self.features]
            if unknown:
                raise self.fail(f"option crosses: expected names of features, got {unknown}")
        self.preprocessors = {name: feature.preprocessor for name, feature in self.features.items()}
        self.crossers = {
            cross.name: HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses
        }
        self.one_hot_encoders: dict[str, CategoryEncoding] = {}
        if all(self._is_known(layer) for layer in self.preprocessors.values()):
            self.assemble()

    @staticmethod
    def _is_known(layer: Layer) -> bool:
        """Whether a preprocessor has what it computes with."""
        if isinstance(layer, IndexLookup):
            return layer.vocabulary_size is not None
        return not isinstance(layer, AdaptableLayer) or not layer.learns

    # Features.

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """A number as it is."""
        return Feature("float32", TFDIdentity(dtype="float32", name=_name(name, "float")), FLOAT)

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """`number * scale + offset`."""
        return Feature("float32", Rescaling(scale, offset, name=_name(name, "float_rescaled")), FLOAT)

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """A number less the mean, by the standard deviation, both of which are learned."""
        return Feature("float32", Normalization(axis=-1, name=_name(name, "float_normalized")), FLOAT)

    @classmethod
    def float_discretized(
        cls,
        num_bins: int,
        bin_boundaries: ArrayLike | None = None,
        output_mode: str = ONE_HOT,
        name: str | None = None,
    ) -> Feature:
        """The bin that a number is in; the boundaries are learned unless they are given."""
        layer = Discretization(bin_boundaries, num_bins, name=_name(name, "float_discretized"))
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = ONE_HOT,
        name: str | None = None,
    ) -> Feature:
        """One of the integers that are learned."""
        layer = IntegerLookup(max_tokens, num_oov_indices, name=_name(name, "integer_categorical"))
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = ONE_HOT,
        name: str | None = None,
    ) -> Feature:
        """One of the strings that are learned."""
        layer = StringLookup(max_tokens, num_oov_indices, name=_name(name, "string_categorical"))
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = ONE_HOT, name: str | None = None) -> Feature:
        """The bin of the hash of a string."""
        return Feature("string", Hashing(num_bins, name=_name(name, "string_hashed")), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = ONE_HOT, name: str | None = None) -> Feature:
        """The bin of the hash of an integer."""
        return Feature("int32", Hashing(num_bins, name=_name(name, "integer_hashed")), output_mode)

    @classmethod
    def cross(cls, feature_names: Sequence[str], crossing_dim: int, output_mode: str = ONE_HOT) -> Cross:
        """Columns that are hashed together."""
        return Cross(tuple(feature_names), crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Layer, output_mode: str) -> Feature:
        """A column that goes through a layer of one's own choice."""
        return Feature(dtype, preprocessor, output_mode)

    def _feature(self, name: str, given: Feature | str) -> Feature:
        if isinstance(given, Feature):
            return given
        made = {
            "float": lambda: self.float(name),
            "float_normalized": lambda: self.float_normalized(name),
            "float_rescaled": lambda: self.float_rescaled(name=name),
            "float_discretized": lambda: self.float_discretized(self.num_discretization_bins, name=name),
            "integer_categorical": lambda: self.integer_categorical(name=name),
            "string_categorical": lambda: self.string_categorical(name=name),
            "integer_hashed": lambda: self.integer_hashed(self.hashing_dim, name=name),
            "string_hashed": lambda: self.string_hashed(self.hashing_dim, name=name),
        }
        if not isinstance(given, str) or given not in made:
            raise self.fail(
                f"option features: {name}: expected a feature or one of {list(made)}, got {given!r:.80}"
            )
        return made[given]()

    # Learning.

    def adapt(self, data: Mapping[str, ArrayLike] | Iterable[Mapping[str, ArrayLike]]) -> None:
        """Learns from data what the features need, and forgets what was learned before.

        Args:
          data: columns by name, or an iterable of batches of such columns: (rows,) or (rows, 1).

        Raises:
          InvalidModelError: a column is missing, or does not fit its feature.
        """
        learning = {}
        for name, feature in self.features.items():
            layer = feature.preprocessor
            if isinstance(layer, AdaptableLayer) and layer.learns:
                layer.ensure_built(Spec((None, 1), dtypes.of(feature.dtype)))
                learning[name] = Learning(layer)
        for batch in _batches(self._columns(data)) if isinstance(data, Mapping) else map(self._columns, data):
            for name, learner in learning.items():
                learner.take(batch[name])
        for learner in learning.values():
            learner.finish()
        self.assemble()

    def _columns(self, data: Mapping[str, ArrayLike]) -> dict[str, Array]:
        found = {}
        for name in self.features:
            if name not in data:
                raise self.fail(f"expected a column {name!r}, got {list(data)}")
            column = np.asarray(data[name])
            found[name] = column[:, None] if column.ndim == 1 else column
        return found

    # The model.

    def assemble(self) -> None:
        """Makes the graph from columns to outputs, with encoders for as many categories as there are now.

        Raises:
          InvalidModelError: a feature cannot be encoded or joined as its options say.
        """
        columns = {
            name: Input((1,), name=name, dtype=feature.dtype) for name, feature in self.features.items()
        }
        shared = next(iter(columns.values())).shared_traces
        for column in columns.values():
            column.shared_traces = shared
        values = {name: self.preprocessors[name](column) for name, column in columns.items()}
        crossed = {
            cross.name: self.crossers[cross.name]([values[name] for name in cross.feature_names])
            for cross in self.crosses
        }
        modes = {name: feature.output_mode for name, feature in self.features.items()}
        modes |= {cross.name: cross.output_mode for cross in self.crosses}
        encoded: dict[str, Any] = {}
        self.one_hot_encoders = {}
        for name, value in (*sorted(values.items()), *sorted(crossed.items())):
            if modes[name] == ONE_HOT:
                encoder = CategoryEncoding(self._categories(name, value), output_mode=MULTI_HOT)
                self.one_hot_encoders[name] = encoder
                value = encoder(value)
            if self.output_mode == _CONCAT and not value.dtype.is_floating:
                raise self.fail(
                    f"feature {name}: expected an output of numbers to join, got {value.dtype.name}; encode it "
                    f"as {ONE_HOT!r}, or make the FeatureSpace with output_mode={_DICT!r}"
                )
            encoded[name] = value
        joined = encoded if self.output_mode == _DICT else self._joined(list(encoded.values()))
        self._connect(columns, joined)
        _ = self._graph

    @staticmethod
    def _joined(values: list[Tensor]) -> Structure:
        return TFDConcat(axis=-1)(values)

    def _categories(self, name: str, value: Tensor) -> int:
        layer: Layer = self.preprocessors.get(name) or self.crossers[name]
        if not value.dtype.is_integer:
            raise self.fail(f"feature {name}: expected integers to encode, got {value.dtype.name}")
        if isinstance(layer, IndexLookup) and layer.vocabulary_size is not None:
            return layer.vocabulary_size
        if isinstance(layer, Discretization):
            return layer.depth if layer.num_bins is None else layer.num_bins
        if isinstance(layer, Hashing | HashedCrossing):
            return layer.num_bins
        if isinstance(layer, CategoryEncoding):
            return layer.num_tokens
        raise self.fail(
            f"feature {name}: the number of categories that a {type(layer).__name__} gives is not known; use "
            f"output_mode {INT!r}"
        )

    def _require_built(self) -> None:
        if not self.built:
            raise self.fail("it has not learned its features yet; call adapt first")

    @property
    @override
    def keras_name(self) -> str:
        """Keras 2's name of what it is in files that hold models only."""
        return "Functional"

    @override
    def archive_layers(self) -> Mapping[str, Sequence[Layer]]:
        return {
            "crossers": [*self.crossers.values()],
            "one_hot_encoders": [*self.one_hot_encoders.values()],
            "preprocessors": [*self.preprocessors.values()],
        }

    @property
    @override
    def layers(self) -> list[Layer]:
        """The layers; before it is adapted, those of the features."""
        return super().layers if self.built else [*self.preprocessors.values(), *self.crossers.values()]

    @override
    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure:
        """The specs of the columns.

        Raises:
          InvalidModelError: it has not been adapted.
        """
        self._require_built()
        return super().keras_signature(names)

    @override
    def config_in(self, names: LayerNames) -> dict[str, Any]:
        self._require_built()
        return super().config_in(names)

    @override
    def predict(self, x: Any, batch_size: int = BATCH, verbose: bool | None = None) -> Any:
        """The vectors, or the dict of features, of columns by name; a column is (rows,) or (rows, 1).

        Raises:
          InvalidModelError: it has not been adapted, or the columns do not fit the features.
        """
        self._require_built()
        if not isinstance(x, Mapping):
            raise self.fail(f"expected columns by name, got {type(x).__name__}")
        return super().predict(self._columns(x), batch_size, verbose)


def _batches(columns: Mapping[str, Array]) -> Iterable[dict[str, Array]]:
    rows = max((len(column) for column in columns.values()), default=0)
    for start in range(0, rows, BATCH):
        yield {name: column[start : start + BATCH] for name, column in columns.items()}
