from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib.stride_tricks import sliding_window_view

from capsonnx.masks import dilated, eroded, opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

small = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 255))
masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(small, st.integers(1, 12))
def test_opening_is_the_brightest_of_the_darkest_levels_of_squares(levels: NDArray[np.float32], breadth: int) -> None:
    height, width = (min(breadth, side) for side in levels.shape)
    darkest = sliding_window_view(levels, (height, width)).min(axis=(2, 3))
    expected = np.zeros_like(levels)
    for (top, left), level in np.ndenumerate(darkest):
        square = expected[top : top + height, left : left + width]
        np.maximum(square, level, out=square)
    np.testing.assert_array_equal(opened(levels, breadth), expected)


@given(small, st.integers(1, 12))
def test_opening_takes_away_and_what_is_opened_stays(levels: NDArray[np.float32], breadth: int) -> None:
    found = opened(levels, breadth)
    assert (found <= levels).all()
    np.testing.assert_array_equal(opened(found, breadth), found)


@given(masks, st.sampled_from([1, 3, 5, 15]))
def test_a_mask_is_eroded_and_dilated_by_the_square_around_each_place(mask: NDArray[np.bool_], side: int) -> None:
    squares = sliding_window_view(np.pad(mask, side // 2, mode="edge"), (side, side))
    np.testing.assert_array_equal(eroded(mask, side), squares.all(axis=(2, 3)))
    np.testing.assert_array_equal(dilated(mask, side), squares.any(axis=(2, 3)))
