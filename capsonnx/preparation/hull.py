"""Convex hulls of grid cells, and the four corners of a hull that span most of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Point", "area_of", "convex_hull", "four_of"]

Point: TypeAlias = tuple[int, int]
"""The coordinates x and y, in cells from the upper left corner of the grid."""


def convex_hull(cells: NDArray[np.bool_]) -> list[Point]:
    """The corners of the convex hull of a mask of cells, by A. M. Andrew's monotone chain (1979).

    Args:
        cells: (rows, columns) bool, with at least one cell set.

    >>> convex_hull(np.array([[0, 1, 0], [1, 1, 0]], bool))
    [(0, 1), (1, 0), (2, 0), (2, 2), (0, 2)]
    """
    rows = np.flatnonzero(cells.any(axis=1)).tolist()
    ends = [(int(row.argmax()), len(row) - int(row[::-1].argmax())) for row in cells[rows]]
    points = sorted({(x, y + down) for y, pair in zip(rows, ends, strict=True) for x in pair for down in (0, 1)})
    return _chain(points)[:-1] + _chain(reversed(points))[:-1]


def area_of(corners: list[Point]) -> float:
    """The area, in cells, of a convex polygon with its corners in the order of :func:`convex_hull`.

    >>> area_of([(0, 1), (1, 0), (2, 0), (2, 2), (0, 2)])
    3.5
    """
    return sum(_turn(corners[0], one, other) for one, other in pairwise(corners[1:])) / 2


def four_of(corners: list[Point]) -> list[Point]:
    """Reduce a convex polygon to four corners by repeatedly dropping the corner that cuts off the smallest area.

    >>> four_of([(0, 1), (1, 0), (2, 0), (2, 2), (0, 2)])
    [(1, 0), (2, 0), (2, 2), (0, 2)]
    """
    corners = list(corners)
    while len(corners) > 4:
        areas = [_turn(corners[i - 1], corners[i], corners[(i + 1) % len(corners)]) for i in range(len(corners))]
        corners.pop(areas.index(min(areas)))
    return corners


def _chain(points: Iterable[Point]) -> list[Point]:
    """The points that remain when every turn must go the same way."""
    chain: list[Point] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(one: Point, other: Point, third: Point) -> int:
    """Twice the signed area of a triangle: positive if its corners run clockwise on the image."""
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])
