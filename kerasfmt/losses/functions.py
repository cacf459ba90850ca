"""The names that stand for functions where a loss is asked for, and what each version of Keras makes of them.

    mse, MSE, mean_squared_error    the function mean_squared_error, in both versions
    logcosh, log_cosh               the function log_cosh; Keras 3 knows only the second name

Source: tf_keras/src/losses.py, get; keras/src/losses/__init__.py, ALL_OBJECTS_DICT (3.x)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt.ir.keras_facts import Major


@dataclass(frozen=True, eq=False)
class NamedFunction:
    """A function of Keras that losses or metrics are computed with.

    Attributes:
      name: the name of the Python function, which configs state.
      class_name: the class that computes the same.
      both: the names that both versions of Keras take for it.
      only: the names that one version of Keras takes for it.
    """

    name: str
    class_name: str
    both: tuple[str, ...] = ()
    only: Mapping[Major, tuple[str, ...]] = field(default_factory=dict)

    def names(self, keras: Major) -> tuple[str, ...]:
        """The names that a version of Keras takes for it; empty if it lacks the function."""
        return (*self.both, *self.only.get(keras, ()))


class FunctionTable:
    """Functions by every name that some version of Keras takes for them, and by the name of the Python function."""

    def __init__(self, rows: Iterable[NamedFunction]) -> None:
        self.rows: Final = tuple(rows)
        self._by_name = {row.name: row for row in self.rows}
        for row in self.rows:
            for name in (*row.names(2), *row.names(3)):
                assert self._by_name.setdefault(name, row) is row, name

    def find(self, name: str) -> NamedFunction | None:
        """The function that a name stands for; None for any other name."""
        return self._by_name.get(name)

    def python_name(self, given: Any) -> Any:
        """The name of the Python function that a name stands for; what stands for none, as it is."""
        row = self.find(given) if isinstance(given, str) else None
        return given if row is None else row.name

    def names_in(self, keras: Major) -> dict[str, NamedFunction]:
        """Every name that a version of Keras takes, and its function."""
        return {name: row for row in self.rows for name in row.names(keras)}


def _row(name: str, class_name: str, *aliases: str, keras_2: tuple[str, ...] = ()) -> NamedFunction:
    return NamedFunction(name, class_name, (name, *aliases), {2: keras_2})


LOSS_FUNCTIONS: Final = FunctionTable(
    (
        _row("mean_squared_error", "MeanSquaredError", "mse", "MSE"),
        _row("mean_absolute_error", "MeanAbsoluteError", "mae", "MAE"),
        _row("mean_absolute_percentage_error", "MeanAbsolutePercentageError", "mape", "MAPE"),
        _row("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", "msle", "MSLE"),
        _row("binary_crossentropy", "BinaryCrossentropy", "bce", "BCE"),
        _row("binary_focal_crossentropy", "BinaryFocalCrossentropy"),
        _row("categorical_crossentropy", "CategoricalCrossentropy"),
        _row("categorical_focal_crossentropy", "CategoricalFocalCrossentropy"),
        _row("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        _row("kl_divergence", "KLDivergence", "kld", "KLD", keras_2=("kullback_leibler_divergence",)),
        _row("poisson", "Poisson"),
        _row("cosine_similarity", "CosineSimilarity"),
        _row("log_cosh", "LogCosh", keras_2=("logcosh",)),
        _row("huber", "Huber", keras_2=("huber_loss",)),
        _row("hinge", "Hinge"),
        _row("squared_hinge", "SquaredHinge"),
        _row("categorical_hinge", "CategoricalHinge"),
        NamedFunction("ctc", "CTC", only={3: ("ctc",)}),
        NamedFunction("dice", "Dice", only={3: ("dice",)}),
        NamedFunction("tversky", "Tversky", only={3: ("tversky",)}),
        NamedFunction("circle", "Circle", only={3: ("circle",)}),
    )
)
"""The functions that are losses by name.

`find` gives the canonical name of an alias. `names_in` says which names a version of Keras takes.
"""
