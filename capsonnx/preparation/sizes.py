"""How large the symbols of a page are, by the boxes of its components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.windows import WIDEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SMALLEST", "SYMBOL", "are_frames", "clean_sizes", "longest_of", "middle", "sides_of", "symbol_size"]

SYMBOL = 20
"""Pixels of an MNIST digit's longer side."""
SMALLEST = 6
"""The least side in pixels of a plausible symbol."""
CLEAN_BAND = (0.75, 1.33)
"""Between these scales a clean page is better left alone, ..."""
TALL_BAND = (0.87, np.inf)
"""... unless its single symbols are taller than that."""
MOST = 2000
"""Boxes that are compared with each other, in some tens of milliseconds. One frame among more hardly moves a median."""


def middle(sides: NDArray[np.int64]) -> float:
    """The side in pixels of most ink, of sides (count,) of components; 0 if none is of a plausible symbol.

    >>> middle(np.array([2, 2, 19, 20, 21])), middle(np.array([2]))
    (20.0, 0.0)
    """
    sides = np.sort(sides[sides >= SMALLEST])
    if not len(sides):
        return 0.0
    return float(sides[np.searchsorted(np.cumsum(sides), sides.sum() / 2)])


def longest_of(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The longer side in pixels of each box, (count, 4) to (count,)."""
    longest: NDArray[np.int64] = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return longest


def sides_of(boxes: NDArray[np.int64], *, skirt: int = 0, widest: float = WIDEST) -> NDArray[np.int64]:
    """The longer side in pixels of what each box holds, (count, 4) to (count,); of two joined symbols the height.

    Args:
        boxes: left, top, right and bottom edge of each.
        skirt: pixels by which a box is longer than what it holds.
        widest: the greatest width of a symbol by its height; what is wider is two of them.
    """
    left, top, right, bottom = boxes.T
    widths, heights = right - left - skirt, bottom - top - skirt
    sides: NDArray[np.int64] = np.where(widths < widest * heights, np.maximum(widths, heights), heights)
    return sides


def clean_sizes(boxes: NDArray[np.int64], widest: float) -> list[tuple[NDArray[np.int64], tuple[float, float]]]:
    """By what the size of a clean page is judged.

    Args:
        boxes: (count, 4), of its components.
        widest: as for :func:`sides_of`.

    Returns:
        Sizes in pixels, (count,) each, and between which scales a page of such is not resized; the first beyond them
        decide. The second are the heights of what is no wider than high, a single symbol for certain, or 0.
    """
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    return [(sides_of(boxes, widest=widest), CLEAN_BAND), (np.where(widths <= heights, heights, 0), TALL_BAND)]


def are_frames(boxes: NDArray[np.int64], *, held: int = 3) -> NDArray[np.bool_]:
    """Which boxes, (count, 4), hold the centres of so many smaller ones or more: frames and tables, not symbols.

    None of very many: each is compared with each.
    """
    if not held < len(boxes) <= MOST:
        return np.zeros(len(boxes), np.bool_)
    left, top, right, bottom = boxes.T
    x, y = (left + right) / 2, (top + bottom) / 2
    holds = (left[:, None] < x) & (x < right[:, None]) & (top[:, None] < y) & (y < bottom[:, None])
    areas = (right - left) * (bottom - top)
    frames: NDArray[np.bool_] = (holds & (areas < areas[:, None])).sum(axis=1) >= held
    return frames


def symbol_size(boxes: NDArray[np.int64], areas: NDArray[np.int64], widest: float) -> float:
    """The side in pixels of the symbols; 0 if there are none.

    A symbol is what is no line and holds nothing else; if there is no such thing, upright lines, which may be ones; or
    else what holds others, of which symbols may be a part.

    Args:
        boxes: (count, 4), of the components of the ink.
        areas: (count,), the pixels of each.
        widest: the greatest width of a symbol by its height.
    """
    plausible = longest_of(boxes) >= SMALLEST
    boxes, areas = boxes[plausible], areas[plausible]
    sides = np.sort(boxes[:, 2:] - boxes[:, :2], axis=1)
    are_lines = (sides[:, 1] > 6 * sides[:, 0]) & (areas > 0.6 * sides.prod(axis=1))
    holding = are_frames(boxes, held=1)
    are_tall = boxes[:, 3] - boxes[:, 1] > boxes[:, 2] - boxes[:, 0]
    kinds = (~are_lines & ~holding, are_lines & are_tall, ~are_lines)
    return next((size for kind in kinds if (size := middle(sides_of(boxes[kind], widest=widest)))), 0.0)
