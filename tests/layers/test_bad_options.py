"""Options that no layer can have: convolutions, poolings and layers that move say so, by layer and option."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import KerasfmtError

OPTIONS: dict[str, dict[str, Any]] = {
    **{
        f"Conv{rank}D{suffix}": {"filters": 2, "kernel_size": 2}
        for rank in "123"
        for suffix in ("", "Transpose")
    },
    **{f"SeparableConv{rank}D": {"filters": 2, "kernel_size": 2} for rank in "12"},
    **{f"DepthwiseConv{rank}D": {"kernel_size": 2} for rank in "12"},
    **{f"LocallyConnected{rank}D": {"filters": 2, "kernel_size": 2} for rank in "12"},
    **{f"{kind}Pooling{rank}D": {} for kind in ("Max", "Average") for rank in "123"},
    **{f"Global{kind}Pooling{rank}D": {} for kind in ("Max", "Average") for rank in "123"},
    **{f"{kind}{rank}D": {} for kind in ("ZeroPadding", "Cropping", "UpSampling") for rank in "123"},
    "Permute": {"dims": (2, 1)},
    "RepeatVector": {"n": 2},
    "Reshape": {"target_shape": (-1,)},
}
"""Class name -> options that it needs."""

WRONG: tuple[Any, ...] = (
    *(-1, -2.5, 10**30, float("nan"), "x", b"x", "", {}, object()),
    *([None], ["a"], [1.5, 2, 1], [True, 1], [[1, 2], [3]], [[-1, 0]] * 2, [[0, -1]] * 3, [1] * 9),
)
"""What no option of these layers takes."""


def rank_of(name: str) -> int:
    return next((int(c) for c in name if c.isdigit()), 1)


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "Reshape"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_inputs_of_too_few_axes(name: str, data_format: str) -> None:
    cls = getattr(layers, name)
    formats = {"data_format": data_format} if "data_format" in cls.fields else {}
    axes = {"RepeatVector": 2, "Permute": 3}.get(name, rank_of(name) + 2)
    for rank in range(1, axes if name != "UpSampling3D" else 4):
        with pytest.raises(KerasfmtError) as caught:
            cls(**OPTIONS[name], **formats, name="it")(kerasfmt.Input(batch_shape=(None, *(6,) * (rank - 1))))
        assert f"layer it ({name}): " in str(caught.value)
        assert "expected" in str(caught.value), (rank, str(caught.value))


@pytest.mark.parametrize("name", OPTIONS)
def test_no_option_takes_nonsense(name: str) -> None:
    cls = getattr(layers, name)
    shape = (None, 4) if name == "RepeatVector" else (None, *(6,) * rank_of(name), 4)
    for option in cls.positional:
        for value in WRONG:
            with pytest.raises(KerasfmtError) as caught:
                cls(**{**OPTIONS[name], option: value}, name="it")(kerasfmt.Input(batch_shape=shape))
            assert f"layer it ({name}): " in str(caught.value)
            assert f"option {option}: " in str(caught.value), (option, value)
            assert "expected" in str(caught.value) or "kerasfmt knows no" in str(caught.value)
