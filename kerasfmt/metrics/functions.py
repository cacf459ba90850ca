"""The names that stand for functions where a metric is asked for, and what each version of Keras makes of them.

    mae     Keras 2: the function mean_absolute_error; Keras 3: the class MeanAbsoluteError

Keras 2 takes `accuracy`, `acc`, `crossentropy` and `ce`, in any case of letters, for one of several functions: the
shapes of labels and predictions decide. Keras 3 does so for the first two.

Source: tf_keras/src/metrics/__init__.py, get; keras/src/metrics/__init__.py, ALL_OBJECTS_DICT (3.x);
  tf_keras/src/engine/compile_utils.py, MetricsContainer._get_metric_object
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kerasfmt.losses.functions import FunctionTable, NamedFunction


def _row(
    name: str, class_name: str, *aliases: str, keras_2: tuple[str, ...] = (), later: tuple[str, ...] = ()
) -> NamedFunction:
    return NamedFunction(name, class_name, (name, *aliases), {2: keras_2, 3: later})


METRIC_FUNCTIONS: Final = FunctionTable(
    (
        _row("accuracy", "Accuracy", keras_2=("acc", "ACC")),
        _row("binary_accuracy", "BinaryAccuracy"),
        _row("categorical_accuracy", "CategoricalAccuracy"),
        _row("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
        _row("top_k_categorical_accuracy", "TopKCategoricalAccuracy"),
        _row("sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy"),
        _row("binary_crossentropy", "BinaryCrossentropy", later=("bce", "BCE")),
        _row("categorical_crossentropy", "CategoricalCrossentropy"),
        _row("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        NamedFunction(
            "kl_divergence", "KLDivergence", only={2: ("kullback_leibler_divergence",), 3: ("kl_divergence",)}
        ),
        _row("poisson", "Poisson"),
        _row("cosine_similarity", "CosineSimilarity", keras_2=("cosine_proximity",)),
        NamedFunction("log_cosh", "LogCoshError", only={2: ("log_cosh", "logcosh"), 3: ("log_cosh_error",)}),
        _row("mean_squared_error", "MeanSquaredError", "mse", "MSE"),
        _row("mean_absolute_error", "MeanAbsoluteError", "mae", "MAE"),
        _row("mean_absolute_percentage_error", "MeanAbsolutePercentageError", "mape", "MAPE"),
        _row("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", "msle", "MSLE"),
        _row("hinge", "Hinge"),
        _row("squared_hinge", "SquaredHinge"),
        _row("categorical_hinge", "CategoricalHinge"),
    )
)
"""The functions that are metrics by name."""


@dataclass(frozen=True, eq=False)
class ByShape:
    """A family of functions: the shapes of labels and predictions decide which one a word stands for.

    Attributes:
      binary: the function where the predictions are one number.
      sparse: the function where the labels are class numbers.
      categorical: the function of all other cases.
    """

    binary: str
    sparse: str
    categorical: str

    def functions(self) -> tuple[str, ...]:
        """All functions of the family."""
        return self.binary, self.sparse, self.categorical


_ACCURACY: Final = ByShape("binary_accuracy", "sparse_categorical_accuracy", "categorical_accuracy")
_CROSSENTROPY: Final = ByShape(
    "binary_crossentropy", "sparse_categorical_crossentropy", "categorical_crossentropy"
)
BY_SHAPE: Final[Mapping[str, ByShape]] = {
    "accuracy": _ACCURACY,
    "acc": _ACCURACY,
    "crossentropy": _CROSSENTROPY,
    "ce": _CROSSENTROPY,
}
"""The words that go by the shapes, in lower case."""
