from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph.ops import window
from kerasfmt.graph.ops.window import Window

# size, window, stride, dilation, padding, pads: how many windows lie along the axis.
SIZES: list[tuple[int | None, int | None, int, int, str, tuple[int, int], int | None]] = [
    (7, 3, 1, 1, "VALID", (0, 0), 5),
    (7, 3, 2, 1, "VALID", (0, 0), 3),
    (7, 3, 1, 3, "VALID", (0, 0), 1),
    (7, 3, 2, 1, "SAME", (0, 0), 4),
    (7, None, 2, 1, "SAME", (0, 0), 4),
    (7, 3, 2, 1, "EXPLICIT", (1, 2), 4),
    (None, 3, 2, 1, "SAME", (0, 0), None),
    (7, None, 2, 1, "VALID", (0, 0), None),
]


@pytest.mark.parametrize(("size", "extent", "stride", "dilation", "padding", "pads", "out"), SIZES)
def test_how_many_windows_lie_along_an_axis(
    size: int | None,
    extent: int | None,
    stride: int,
    dilation: int,
    padding: str,
    pads: tuple[int, int],
    out: int | None,
) -> None:
    assert window.out_size(size, extent, stride, dilation, padding, pads) == out
    if size is not None and extent is not None:
        (along,) = window.windows([size], [extent], [stride], [dilation], padding, [pads])
        assert along.out == out


def test_a_window_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="a window of 5 does not fit into 4 elements"):
        window.out_size(4, 3, 1, 2, "VALID")
    # Where TensorFlow's kernel meets it, the result is empty if the stride allows it.
    assert window.windows([4], [3], [1], [2], "VALID", [(0, 0)]) == [Window(3, 1, 2, 0, 0, 0)]


def test_the_odd_element_of_same_padding_is_behind() -> None:
    (along,) = window.windows([4], [4], [1], [1], "SAME", [(0, 0)])
    assert (along.before, along.after) == (1, 2)


def test_layouts() -> None:
    assert window.spatial("nchw", "NCHW") == ("h", "w")
    assert window.spatial("ndhwc", "NDHWC") == ("d", "h", "w")
    assert (window.channels("nchw", "NCHW"), window.channels("nhwc", "NHWC")) == ("c", "c")
    assert window.assemble(None, (4, 5), 3, "NCHW") == (None, 3, 4, 5)
    assert window.assemble(None, (4, 5), 3, "NHWC") == (None, 4, 5, 3)
    x = np.zeros((2, 3, 4, 5))
    assert window.to_channels_last(x, "NCHW").shape == (2, 4, 5, 3)
    assert window.from_channels_last(window.to_channels_last(x, "NCHW"), "NCHW").shape == x.shape
    assert window.to_channels_last(x, "NHWC") is x


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_explicit_paddings_of_the_spatial_axes(layout: str) -> None:
    flat = [0, 0, 1, 2, 3, 4, 0, 0] if layout == "NHWC" else [0, 0, 0, 0, 1, 2, 3, 4]
    attrs = {"padding": "EXPLICIT", "explicit_paddings": flat, "data_format": layout}
    assert window.explicit_pads(attrs, 2) == ((1, 2), (3, 4))
    with pytest.raises(ValueError, match="explicit_paddings has 8 entries, expected 10"):
        window.explicit_pads(attrs, 3)
    assert window.explicit_pads({"padding": "SAME"}, 2) == ((0, 0), (0, 0))


def test_taps_are_the_elements_under_each_position_of_the_window() -> None:
    x = np.arange(7.0).reshape(1, 7, 1)
    along = window.windows([7], [2], [2], [3], "VALID", [(0, 0)])
    found = {position: tap.ravel().tolist() for position, tap in window.taps(x, along)}
    assert found == {(0,): [0, 2], (1,): [3, 5]}
    padded = window.pad_spatial(x, [Window(2, 1, 1, 8, 1, 2)], -1)
    assert padded.ravel().tolist() == [-1, *range(7), -1, -1]
    assert window.pad_spatial(x, along) is x
