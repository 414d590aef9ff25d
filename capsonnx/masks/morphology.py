"""Morphology with squares, on masks and grey levels (J. Serra, "Image Analysis and Mathematical Morphology", 1982)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = TypeVar("Values", NDArray[np.bool_], NDArray[np.float32])

__all__ = ["dilated", "eroded", "opened", "running"]


def eroded(mask: NDArray[np.bool_], side: int = 3) -> NDArray[np.bool_]:
    """Erode a mask with a square: a pixel stays set if the whole square around it is set.

    Beyond its edges, the mask is continued by its edge pixels.

    Args:
        mask: (height, width) bool.
        side: the side of the square in pixels, odd, at least 1.

    >>> eroded(np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)).tolist()
    [[True, True, False, False], [True, True, False, False]]
    """
    padded = np.pad(mask, side // 2, mode="edge")
    return running(running(padded, side, np.logical_and).T, side, np.logical_and).T


def dilated(mask: NDArray[np.bool_], side: int = 3) -> NDArray[np.bool_]:
    """Dilate a mask with a square: a pixel is set if any pixel of the square around it is set.

    Args:
        mask: (height, width) bool.
        side: the side of the square in pixels, odd, at least 1.

    >>> dilated(np.array([[1, 0, 0, 0], [0, 0, 0, 0]], bool)).tolist()
    [[True, True, False, False], [True, True, False, False]]
    """
    return ~eroded(~mask, side)


def opened(levels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Open grey levels with a square: each pixel gets the maximum, over all squares containing it, of their minimum.

    Squares lie inside the image. If the image is lower or narrower than the square, the square is cut to fit.

    Args:
        levels: (height, width) float32.
        side: the side of the square in pixels, at least 1.

    Returns:
        (height, width) float32, nowhere greater than ``levels``.

    >>> page = np.zeros((9, 9), np.float32)
    >>> page[1:5, 1:5], page[7, :] = 3, 5
    >>> bool((opened(page, 4)[1:5, 1:5] == 3).all()), float(opened(page, 4)[6:].max())
    (True, 0.0)
    """
    height, width = (min(side, length) for length in levels.shape)
    darkest = running(running(levels, height, np.minimum).T, width, np.minimum)
    around = np.pad(darkest, ((width - 1,) * 2, (height - 1,) * 2), constant_values=-np.inf)
    return running(running(around, width, np.maximum).T, height, np.maximum)


def running(values: Values, length: int, pick: Callable[..., Any]) -> Values:
    """Combine every ``length`` consecutive rows, for example into their minimum.

    Args:
        values: (rows, columns).
        length: the number of consecutive rows, at least 1.
        pick: combines two arrays element by element; must be associative and idempotent, like ``np.minimum``.

    Returns:
        (rows - length + 1, columns); no rows if there are fewer than ``length``.

    >>> running(np.array([[3.0], [1.0], [2.0]], np.float32), 2, np.minimum).tolist()
    [[1.0], [1.0]]
    """
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        values = pick(values[:-step], values[step:])
        reached += step
    return values
