from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capsonnx.preparation.lines import between, straight, widened

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=50))


@given(masks, st.integers(24, 60), st.integers(1, 8), st.booleans())
def test_lines_are_of_the_ink(mask: np.ndarray, length: int, thick: int, loose: bool) -> None:
    assert not (straight(mask, length, thick, loose=loose) & ~mask).any()


@pytest.mark.parametrize(
    ("length", "thickness", "is_line"),
    [(40, 1, True), (40, 4, True), (38, 1, True), (37, 1, False), (40, 5, False)],
)
def test_a_line_is_as_long_but_for_a_twentieth_and_no_thicker(length: int, thickness: int, is_line: bool) -> None:
    mask = np.zeros((30, 100), bool)
    mask[10 : 10 + thickness, 20 : 20 + length] = True
    found = straight(mask, 40, 4, loose=False)
    np.testing.assert_array_equal(found, mask if is_line else np.zeros_like(mask))


def test_a_loose_line_may_waver_by_a_pixel() -> None:
    mask = np.zeros((30, 100), bool)
    for left in range(0, 100, 10):
        mask[12 + left // 10 % 2, left : left + 10] = True
    assert not straight(mask, 60, 4, loose=False).any()
    np.testing.assert_array_equal(straight(mask, 60, 4, loose=True), mask)


def test_what_goes_from_line_to_line_lies_between() -> None:
    mask = np.zeros((60, 100), bool)
    mask[[10, 40]] = True
    level = mask.copy()
    mask[10:41, 20] = True  # from one to the other
    mask[10:35, 60] = True  # ends on the way
    found = between(mask, level, 20, loose=False)
    assert np.flatnonzero(found.any(axis=0)).tolist() == [20]
    assert not between(mask, np.zeros_like(level), 20, loose=False).any()


@given(masks)
def test_wide_is_the_pixel_above_and_below(mask: np.ndarray) -> None:
    padded = np.pad(mask, ((1, 1), (0, 0)))
    np.testing.assert_array_equal(widened(mask), padded[:-2] | padded[1:-1] | padded[2:])
