from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capsonnx.masks import Stretches, below, counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(masks)
def test_stretches_cover_the_mask_and_are_as_long_as_they_go(mask: NDArray[np.bool_]) -> None:
    found = Stretches.of(mask)
    np.testing.assert_array_equal(found.mask(np.ones(len(found.columns), bool), mask.shape), mask)
    padded = np.pad(mask, ((1, 1), (0, 0)))
    assert not padded[found.starts, found.columns].any()
    assert not padded[found.ends + 1, found.columns].any()


@given(masks)
def test_a_value_lies_on_its_own_stretch(mask: NDArray[np.bool_]) -> None:
    found = Stretches.of(mask)
    page = found.spread(np.arange(1, len(found.columns) + 1, dtype=np.float32), mask.shape)
    np.testing.assert_array_equal(page > 0, mask)
    np.testing.assert_array_equal(page[found.starts, found.columns], np.arange(1, len(found.columns) + 1))
    np.testing.assert_array_equal(page[found.ends - 1, found.columns], np.arange(1, len(found.columns) + 1))


@given(masks, st.integers(1, 12))
def test_below_and_counts_are_what_windows_say(mask: NDArray[np.bool_], length: int) -> None:
    if length <= mask.shape[0]:
        windows = np.lib.stride_tricks.sliding_window_view(mask, length, axis=0)
        np.testing.assert_array_equal(below(mask, length), windows.all(axis=2))
    else:
        assert not below(mask, length).size
    if length <= mask.shape[1]:
        windows = np.lib.stride_tricks.sliding_window_view(mask, length, axis=1)
        np.testing.assert_array_equal(counts(mask, length), windows.sum(axis=2))
