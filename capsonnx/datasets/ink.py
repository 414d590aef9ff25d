"""The size of the ink in images of single symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import WIDEST
from capsonnx.masks import ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["symbol_size", "widest_symbol"]

FAINT = 63
"""Levels up to this do not count as ink when the size of a symbol is measured."""


def symbol_size(images: NDArray[np.uint8]) -> float:
    """The median length in pixels of the longer side of the ink, over images (count, height, width) of one symbol each.

    >>> images = np.zeros((3, 28, 28), np.uint8)
    >>> images[:, 4:24, 10:14] = 255
    >>> symbol_size(images)
    20.0
    """
    return float(np.median(np.maximum(*_ink_sides(images))))


def widest_symbol(images: NDArray[np.uint8]) -> float:
    """The ratio of ink width to height that only one in a hundred images (count, height, width) exceeds.

    It is at least :data:`capsonnx.contract.WIDEST`, so that ink hardly wider than a digit counts as one symbol.

    >>> images = np.zeros((3, 28, 28), np.uint8)
    >>> images[:, 10:14, 4:24] = 255
    >>> widest_symbol(images), widest_symbol(images.transpose(0, 2, 1))
    (5.0, 1.45)
    """
    widths, heights = _ink_sides(images)
    return max(WIDEST, round(float(np.percentile(widths / np.maximum(heights, 1), 99)), 2))


def _ink_sides(images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The width and the height in pixels of the ink in each image (count, height, width); 0 if there is no ink."""
    ink = images > FAINT
    sides = []
    for axis in (1, 2):
        there = np.asarray(ink.any(axis=axis))
        first, last = ends(there)
        sides.append(np.where(there.any(axis=1), last - first, 0))
    return sides[0], sides[1]
