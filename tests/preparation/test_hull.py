from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capsonnx.preparation.hull import area_of, convex_hull, four_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

grids = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.booleans()).filter(
    np.any
)


def turns(corners: list[tuple[int, int]]) -> list[int]:
    """Of each corner, how sharply the edges turn there; above 0: all the same way round."""
    after, last = corners[1:] + corners[:1], corners[-1:] + corners[:-1]
    return [
        (x - x0) * (y1 - y) - (y - y0) * (x1 - x)
        for (x0, y0), (x, y), (x1, y1) in zip(last, corners, after, strict=True)
    ]


@given(grids)
def test_a_hull_is_convex_and_holds_every_cell(cells: NDArray[np.bool_]) -> None:
    corners = convex_hull(cells)
    assert len(corners) >= 4
    assert min(turns(corners)) > 0
    rows, cols = cells.nonzero()
    taken = set(zip(cols.tolist(), rows.tolist(), strict=True))
    everywhere = {(x + right, y + down) for x, y in taken for right in (0, 1) for down in (0, 1)}
    assert set(corners) <= everywhere
    for one, other in zip(corners, corners[1:] + corners[:1], strict=True):
        assert min(turns([one, other, point])[1] for point in everywhere) >= 0
    assert area_of(corners) >= np.count_nonzero(cells)


@given(st.integers(1, 9), st.integers(1, 9))
def test_a_rectangle_is_its_own_hull(height: int, width: int) -> None:
    corners = convex_hull(np.ones((height, width), np.bool_))
    assert sorted(corners) == [(0, 0), (0, height), (width, 0), (width, height)]
    assert area_of(corners) == height * width
    assert four_of(corners) == corners


@given(grids)
def test_four_corners_are_of_the_hull_and_cut_little_off(cells: NDArray[np.bool_]) -> None:
    corners = convex_hull(cells)
    four = four_of(corners)
    assert len(four) == 4
    assert [corner for corner in corners if corner in four] == four
    best = max(area_of(list(some)) for some in combinations(corners, 4))
    assert 0.75 * best <= area_of(four) <= best


def test_a_disc_is_no_quadrilateral() -> None:
    y, x = np.indices((40, 40))
    corners = convex_hull(np.hypot(y - 20, x - 20) < 18)
    assert area_of(four_of(corners)) < 0.7 * area_of(corners)
