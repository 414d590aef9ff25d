from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capsonnx.preparation.rotation import Rotation

if TYPE_CHECKING:
    from numpy.typing import NDArray

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=60))


@given(masks, st.floats(-0.2, 0.2))
def test_back_is_where_it_was(mask: NDArray[np.bool_], slope: float) -> None:
    turn = Rotation(mask.shape, slope)
    turned = turn.there(mask)
    assert np.count_nonzero(turned) == np.count_nonzero(mask)
    np.testing.assert_array_equal(turn.back(turned), mask)


@pytest.mark.parametrize("slope", [-0.05, -0.02, 0.02, 0.05])
def test_a_line_of_that_slope_becomes_level_and_one_across_upright(slope: float) -> None:
    mask = np.zeros((120, 200), np.bool_)
    columns, rows = np.arange(200), np.arange(120)
    mask[np.rint(60 + slope * (columns - 100)).astype(int), columns] = True
    mask[rows, np.rint(100 - slope * (rows - 60)).astype(int)] = True
    turned = Rotation(mask.shape, slope).there(mask)
    assert np.sort(turned.sum(axis=1))[-2:].sum() > 190
    assert np.sort(turned.sum(axis=0))[-2:].sum() > 110


def test_no_slope_is_no_turn() -> None:
    mask = np.eye(5, 8, dtype=np.bool_)
    np.testing.assert_array_equal(Rotation(mask.shape, 0.0).there(mask), mask)
