"""What lies along the border of an image, neither ink nor ground: frames, lines of tables, dark edges of scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["border_of", "unframed", "without_edges"]

FRAME = 7 / 8
"""The least share of a row or column at the border of an image that is a frame, where it is part of one."""
MOST, ALONG = 2 / 3, 0.85
"""The least share of ground in what a frame holds, and along the border of that, where other lines may end."""

INK = 32
"""How much lighter than the ground an edge is, in levels."""
FULL, BARE = 0.95, 0.25
"""The least share of a row or column that an edge fills, and the greatest that is filled of the one after it, ..."""
SOFT = 3
"""... which is one of so many."""
CLEAR = 10
"""In the outermost of so many parts of the page there is a row without ink, above a line of symbols and below it."""


def border_of(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels, each once, of (height, width)."""
    if 1 in values.shape:
        return values.ravel()
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def unframed(levels: NDArray[np.uint8], *, border_is_light: bool) -> NDArray[np.uint8]:
    """An image with its frame painted over, as a cell that is cut out of a table has one; the image itself without.

    What a frame holds is a rectangle that fills most of the image, mostly dark where the border of the image is light,
    or light where that is dark, with ground along its own border, and ink within.

    Args:
        levels: (height, width) uint8.
        border_is_light: whether the border, which may be a frame, is light.

    >>> page = np.full((20, 20), 200, np.uint8)
    >>> page[5:15, 9:11] = 40
    >>> np.array_equal(unframed(np.pad(page, 3), border_is_light=False), np.pad(page, 3, constant_values=200))
    True
    """
    unlike = levels < 128 if border_is_light else levels > 127
    if 2 * np.count_nonzero(unlike) <= unlike.size:
        return levels
    rows = _within(unlike.mean(axis=1))
    columns = _within(unlike[rows].mean(axis=0))
    page, is_ground = levels[rows, columns], unlike[rows, columns]
    if is_ground.mean() < MOST or border_of(is_ground).mean() < ALONG or is_ground[1:-1, 1:-1].all():
        return levels
    painted = np.full_like(levels, np.median(border_of(page)))
    painted[rows, columns] = page
    return painted


def _within(shares: NDArray[np.float64]) -> slice:
    """From the first to the last row or column that is no frame, by the share of each that is unlike one."""
    inside = np.flatnonzero(shares > 1 - FRAME)
    return slice(inside[0], inside[-1] + 1)


def without_edges(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image with the edges along one or more of its sides painted over: a scanner's, or the lines of a table.

    An edge goes along a whole side, and ends at once. A stroke may do so too, where an image is cut close to a line of
    symbols: there the others are as high. So there must be room above and below them, or left and right.

    Args:
        levels: (height, width) uint8, light ink on a dark ground.

    Returns:
        The image with its ground in place of edges; the image itself without.

    >>> page = np.zeros((20, 60), np.uint8)
    >>> page[5:15, 30:33] = 255
    >>> edged = page.copy()
    >>> edged[:, :4] = 255
    >>> np.array_equal(without_edges(edged), page), without_edges(page) is page
    (True, True)
    """
    sides = levels[0], levels[-1], levels[:, 0], levels[:, -1]
    full = [side for side in sides if np.count_nonzero(side > INK) >= FULL * len(side)]
    if not full:
        return levels  # as of most images
    ground = int(np.median(levels))
    least = min(ground + INK, 255)
    ink = levels > least
    (top, bottom), (left, right) = (_inside(ink.mean(axis=axis), levels.mean(axis=axis)) for axis in (1, 0))
    inside = levels[top:bottom, left:right]
    # Half way up to the edges, if that is more: noise is none.
    strong = inside > max(least, (ground + max(int(np.median(side)) for side in full)) // 2)
    if (right - left < levels.shape[1] and not _has_room(strong)) or (
        bottom - top < levels.shape[0] and not _has_room(strong.T)
    ):
        return levels
    # The ground beside an edge goes on under it, for it may be shaded; the ink beside it does not.
    beyond = (top, len(levels) - bottom), (left, levels.shape[1] - right)
    painted = np.pad(np.minimum(inside, least), beyond, mode="edge")
    painted[top:bottom, left:right] = inside
    return painted


def _inside(shares: NDArray[np.float64], means: NDArray[np.float64]) -> tuple[int, int]:
    """From where to where there is no edge, by the share of each row or column that is ink, and its mean level."""
    return _edge(shares, means), len(shares) - _edge(shares[::-1], means[::-1])


def _edge(shares: NDArray[np.float64], means: NDArray[np.float64]) -> int:
    """How many rows or columns are an edge, from the first on; of a shade, which ends bit by bit, none."""
    full = shares >= FULL
    count = len(full) if full.all() else int(full.argmin())
    bare = count + np.flatnonzero(shares[count : count + SOFT] <= BARE)
    return int(bare[0]) if count and len(bare) and means[count - 1] - means[bare[0]] > INK else 0


def _has_room(page: NDArray[np.bool_]) -> bool:
    """Whether there is a row without ink at the top, and one at the bottom."""
    part = max(1, len(page) // CLEAR)
    return not (page[:part].any(axis=1).all() or page[len(page) - part :].any(axis=1).all())
