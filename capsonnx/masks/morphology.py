"""Morphology by squares, of masks and of grey levels (J. Serra, "Image Analysis and Mathematical Morphology", 1982)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = TypeVar("Values", NDArray[np.bool_], NDArray[np.float32])

__all__ = ["dilated", "eroded", "opened", "running"]


def eroded(mask: NDArray[np.bool_], side: int = 3) -> NDArray[np.bool_]:
    """Where all of the square around a place is set; beyond its edges the mask goes on as it ends there.

    Args:
        mask: (height, width) bool.
        side: of the square, odd, from 1.

    >>> eroded(np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)).tolist()
    [[True, True, False, False], [True, True, False, False]]
    """
    padded = np.pad(mask, side // 2, mode="edge")
    return running(running(padded, side, np.logical_and).T, side, np.logical_and).T


def dilated(mask: NDArray[np.bool_], side: int = 3) -> NDArray[np.bool_]:
    """Where any of the square around a place is set.

    Args:
        mask: (height, width) bool.
        side: of the square, odd, from 1.

    >>> dilated(np.array([[1, 0, 0, 0], [0, 0, 0, 0]], bool)).tolist()
    [[True, True, False, False], [True, True, False, False]]
    """
    return ~eroded(~mask, side)


def opened(levels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The grey-level opening by a square: the brightest, over the squares that hold a pixel, of their darkest levels.

    Squares lie inside the image; of one less high or wide, what of the square fits.

    Args:
        levels: (height, width) float32.
        side: of the square in pixels, from 1.

    Returns:
        (height, width) float32, nowhere more than ``levels``.

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
    """A pick, as of the least, among each so many consecutive rows: (rows - length + 1, columns), or without rows.

    Args:
        values: (rows, columns).
        length: how many rows, from 1.
        pick: of two arrays, element by element; associative, and of equal ones the same.

    >>> running(np.array([[3.0], [1.0], [2.0]], np.float32), 2, np.minimum).tolist()
    [[1.0], [1.0]]
    """
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        values = pick(values[:-step], values[step:])
        reached += step
    return values
