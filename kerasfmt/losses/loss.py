"""The base of every loss: its options, as Keras's config states them.

    HDF5      {"class_name": "Huber", "config": {"reduction": "auto", "name": "huber_loss", "delta": 1.0,
               "fn": "huber"}}

Source: tf_keras/src/losses.py, Loss and LossFunctionWrapper; keras/src/losses/loss.py, Loss (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.families import FamilyTable
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.json_values import unwrap
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts, Major
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.typing import override

_T = TypeVar("_T", bound=FrozenOptions)

LOSS_CLASSES: Final = FamilyTable["type[Loss]"]()
"""The losses by class name."""

Reduction: TypeAlias = Field[str, str | None]
"""The type of the option `reduction`."""

REDUCTIONS: Final[Mapping[str, int | None]] = {
    "auto": 2,
    "sum_over_batch_size": None,
    "sum": None,
    "none": None,
    "mean": 3,
    "mean_with_sample_weight": 3,
}
"""The ways to make one number of the losses of a batch: the only version of Keras that has each, or None.

Source: tf_keras/src/utils/losses_utils.py, ReductionV2; keras/src/losses/loss.py, standardize_reduction (3.x)
"""


def find_loss(name: str) -> type[Loss] | None:
    """The class of a loss; None if kerasfmt does not know the name.

    `kerasfmt.losses.functions` has the names of functions, `mse` among them.
    """
    return LOSS_CLASSES.find(name)


def from_words(kind: type[_T], config: Mapping[str, Any]) -> _T:
    """The loss or metric of a class whose config a file states.

    Raises:
      UnsupportedLayerError: an option that the class does not have, or a value that it cannot take.
      InvalidModelError: an option that the class needs is missing.
    """
    try:
        return kind.from_config({key: unwrap(item) for key, item in config.items()})
    except TypeError as error:
        raise InvalidModelError(str(error)) from error


def _reduction(value: Any) -> str:
    found = "none" if value is None else value
    if not isinstance(found, str) or found not in REDUCTIONS:
        raise ValueError(f"expected one of {', '.join(REDUCTIONS)}, got {value!r}")
    return found


def _optional_text(value: Any) -> str | None:
    found: str | None = fields.optional(fields.text()).convert(value)
    return found


def _dtype(value: Any) -> str | None:
    return None if value is None else dtypes.of(value).name


def reduction() -> Any:
    """The option `reduction`; None stands for `none`, as in Keras 3."""
    return fields.option(default="auto", convert=_reduction)


def loss_name(default: str | None) -> Any:
    """The option `name`: a text, or None."""
    return fields.option(default=default, convert=_optional_text)


class Loss(FrozenOptions):
    """Base of the losses: the options of one class of Keras.

    A loss describes itself in files; kerasfmt does not train. A subclass adds its options, `reduction` and `name`, in
    the order of Keras 2.

    Args:
      reduction: how the losses of a batch become one: `auto`, which is `sum_over_batch_size`, or `sum`, `none`, and
        `mean` or `mean_with_sample_weight` in Keras 3 only.
      name: name of the loss.
      dtype: the dtype in which it is computed; Keras 3 only.

    Raises:
      UnsupportedLayerError: the loss does not have an option, or an option cannot take its value.

    Source: tf_keras/src/losses.py, Loss; keras/src/losses/loss.py, Loss (3.x)

    Example:
      >>> kerasfmt.losses.Huber(delta=0.5).get_config()
      {'reduction': 'auto', 'name': 'huber_loss', 'delta': 0.5, 'fn': 'huber'}
    """

    category: ClassVar[str] = "loss"
    facts: ClassVar[KerasFacts] = KerasFacts(
        module="keras.losses",
        implied_by_keras3={"fn": ANY_VALUE},
        implied_by_keras2={"dtype": (None, "float32")},
    )
    function: ClassVar[str] = ""
    """The function that the class computes, which configs of Keras 2 name too."""

    dtype: str | None = fields.option(default=None, convert=_dtype, kw_only=True, implied=True)

    @override
    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not abstract:
            LOSS_CLASSES.enter(cls.__name__, cls)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options without the name of the function, which follows from the class."""
        return {name: value for name, value in given.items() if name != "fn"}

    @override
    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect, the name of the function last."""
        return {**super().get_config(), "fn": self.function}

    def reduction_in(self, keras: Major) -> str:
        """What a version of Keras calls its reduction.

        Raises:
          UnsupportedLayerError: that version has no such reduction.
        """
        found: str = vars(self)["reduction"]
        if found == "auto" and keras != REDUCTIONS["auto"]:
            return "sum_over_batch_size"
        if REDUCTIONS[found] not in (None, keras):
            raise UnsupportedLayerError(
                f"{self._label()}: Keras {keras} has no reduction {found!r}; choose sum_over_batch_size, sum or none"
            )
        return found

    def config_in(self, keras: Major) -> dict[str, Any]:
        """The config in the words of an archive (`.keras`) of a version of Keras.

        Raises:
          UnsupportedLayerError: that version lacks the class, the reduction or an option.
        """
        if self.facts.absent_in == keras:
            raise UnsupportedLayerError(f"{self._label()}: Keras {keras} has no such class")
        config = {**self.get_config(), "reduction": self.reduction_in(keras)}
        if keras == 3:
            del config["fn"]
            return config
        for option in self.facts.implied_by_keras2:
            if option in config:
                raise UnsupportedLayerError(
                    f"{self._label()}: Keras {keras} has no option {option}, which is {config[option]!r}"
                )
        return config

    def module_in(self, keras: Major) -> tuple[str, str | None]:
        """The module under which archives of a version of Keras state the class, and its registered name."""
        return self.facts.module, None

    def entry(self) -> dict[str, Any]:
        """Class name and config, as the training config of Keras 2 states them."""
        return {"class_name": type(self).__name__, "config": self.get_config()}


class PlainLoss(Loss, abstract=True):
    """Base of the losses without options of their own."""

    reduction: Reduction = reduction()
    name: str | None = loss_name(None)


LATER: Final = replace(Loss.facts, absent_in=2)
"""The facts of a class that only Keras 3 has."""
