"""What runs along the border of an image but is neither ink nor background: frames, table lines, edges of scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["border_of", "unframed", "without_edges"]

FRAME = 7 / 8
"""The minimum share of frame pixels in a row or column at the border of an image that is part of a frame."""
MOST, ALONG = 2 / 3, 0.85
"""The minimum share of background inside a frame, and along the border of the inside, where other lines may end."""

INK = 32
"""How much lighter than the background an edge is, in levels."""
FULL, BARE = 0.95, 0.25
"""The minimum share of ink in a row or column of an edge, and the maximum in the first one that is free of the edge."""
SOFT = 3
"""The number of rows or columns after the full ones among which there must be one that is free of the edge."""
CLEAR = 10
"""The number of strips that a page is divided into; the topmost and the lowest must each have a row without ink."""


def border_of(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels of (height, width) values, each once."""
    if 1 in values.shape:
        return values.ravel()
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def unframed(levels: NDArray[np.uint8], *, border_is_light: bool) -> NDArray[np.uint8]:
    """Paint over the frame of an image, such as that of a cell cut out of a table.

    A frame encloses a rectangle that fills most of the image and mostly contrasts with the frame: dark inside a light
    one, light inside a dark one. The rectangle has background along its own border, and ink within.

    Args:
        levels: (height, width) uint8.
        border_is_light: whether the border, which may be a frame, is light.

    Returns:
        (height, width) uint8 with the background in place of the frame; ``levels`` itself if there is no frame.

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
    """The rows or columns inside the frame, given the share of pixels in each that differ from the frame."""
    inside = np.flatnonzero(shares > 1 - FRAME)
    return slice(inside[0], inside[-1] + 1)


def without_edges(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paint over the edges along one or more sides of an image: those of a scanner, or the lines of a table.

    An edge runs along a whole side and ends abruptly. So may a stroke in an image cropped close to a line of symbols,
    but there the other symbols are as high as the image. Edges on the left or right are therefore painted over only if
    there is room above and below the ink, those at the top or bottom only if there is room to its left and right.

    Args:
        levels: (height, width) uint8, light ink on a dark background.

    Returns:
        (height, width) uint8 with the background in place of edges; ``levels`` itself if there are none.

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
        return levels  # the usual case
    ground = int(np.median(levels))
    least = min(ground + INK, 255)
    ink = levels > least
    (top, bottom), (left, right) = (_inside(ink.mean(axis=axis), levels.mean(axis=axis)) for axis in (1, 0))
    inside = levels[top:bottom, left:right]
    # The threshold is half way up to the level of the edges, if that is higher, so that noise does not count as ink.
    strong = inside > max(least, (ground + max(int(np.median(side)) for side in full)) // 2)
    if (right - left < levels.shape[1] and not _has_room(strong)) or (
        bottom - top < levels.shape[0] and not _has_room(strong.T)
    ):
        return levels
    # Extend the background next to an edge under it, since it may be shaded, but not the ink next to it.
    beyond = (top, len(levels) - bottom), (left, levels.shape[1] - right)
    painted = np.pad(np.minimum(inside, least), beyond, mode="edge")
    painted[top:bottom, left:right] = inside
    return painted


def _inside(shares: NDArray[np.float64], means: NDArray[np.float64]) -> tuple[int, int]:
    """The (start, stop) of the part without edges, given the share of ink and the mean level of each row or column."""
    return _edge(shares, means), len(shares) - _edge(shares[::-1], means[::-1])


def _edge(shares: NDArray[np.float64], means: NDArray[np.float64]) -> int:
    """The number of leading rows or columns that are an edge; 0 for a shade, which fades out gradually."""
    full = shares >= FULL
    count = len(full) if full.all() else int(full.argmin())
    bare = count + np.flatnonzero(shares[count : count + SOFT] <= BARE)
    return int(bare[0]) if count and len(bare) and means[count - 1] - means[bare[0]] > INK else 0


def _has_room(page: NDArray[np.bool_]) -> bool:
    """Whether there is a row without ink near the top and another near the bottom."""
    part = max(1, len(page) // CLEAR)
    return not (page[:part].any(axis=1).all() or page[len(page) - part :].any(axis=1).all())
