"""How large the symbols of a page are, by the boxes of its components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import WIDEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SYMBOL", "are_fit", "are_frames", "clean_scale", "longest_of", "middle", "sides_of", "symbol_size"]

SYMBOL = 20
"""Pixels of an MNIST digit's longer side."""
SMALLEST = 6
"""The least side in pixels of a plausible symbol."""
CLEAN_BAND = (0.75, 1.33)
"""Between these scales a clean page is better left alone, ..."""
MOST_LARGER = 1.15
"""How much larger or smaller a symbol may be and still be about as large as another."""
TALL_BAND = (1 / MOST_LARGER, np.inf)
"""... unless its single symbols are taller than this says."""
GAP, SLIMMEST = 2, 1.8
"""Pixels between pieces of one symbol, at most, down and to the side; and its greatest height by its width: what is
slimmer are rather two small ones."""
WHOLE = 1 / 3
"""Of the heights of all components those of whole symbols, beside which the others are pieces."""
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
    """The longer side in pixels of what each box holds, (count, 4) to (count,); of joined symbols the height.

    What is no wider than high is one symbol, what is very wide are several that touch. In between are wide symbols, and
    pairs of narrow ones: that is told by which of the two is more nearly as large as the other symbols of the page.

    Args:
        boxes: left, top, right and bottom edge of each.
        skirt: pixels by which a box is longer than what it holds.
        widest: the greatest width of a symbol by its height.

    >>> wide, low, high = [0, 0, 28, 20], [40, 0, 50, 20], [40, 0, 50, 28]
    >>> sides_of(np.array([wide])), sides_of(np.array([wide, low])), sides_of(np.array([wide, high]))
    (array([28]), array([20, 20]), array([28, 28]))
    """
    left, top, right, bottom = boxes.T
    widths, heights = right - left - skirt, bottom - top - skirt
    is_one, are_several = widths <= heights, widths >= widest * heights
    usual = middle(heights[is_one]) or middle(heights[are_several]) or np.inf
    is_wide = ~is_one & ~are_several & (widths * heights < usual**2)
    sides: NDArray[np.int64] = np.where(is_wide, widths, heights)
    return sides


def clean_scale(boxes: NDArray[np.int64], symbol: float, widest: float) -> float:
    """By what to resize a clean page, so that its symbols are of a size in pixels; 1 unless they are clearly not.

    Args:
        boxes: (count, 4), of its components.
        symbol: the longer side in pixels that symbols should have.
        widest: as for :func:`sides_of`.

    >>> clean_scale(np.array([[0, 0, 30, 40]]), 20, WIDEST), clean_scale(np.array([[0, 0, 40, 30]]), 20, WIDEST)
    (0.5, 0.5)
    >>> clean_scale(np.array([[0, 0, 28, 21]]), 20, WIDEST)  # two that touch, more likely than one too wide
    1.0
    """
    for sides, (least, most) in ((sides_of(boxes, widest=widest), CLEAN_BAND), (_of_lone(boxes), TALL_BAND)):
        size = middle(sides)
        if size and not least <= symbol / size <= most:
            # Two that touch may look like one too large, and the pieces of one like several that are too small.
            is_right = _is_joined if size > symbol else _is_broken
            return 1.0 if is_right(boxes, symbol) else symbol / size
    return 1.0


def _is_joined(boxes: NDArray[np.int64], symbol: float) -> bool:
    """Whether symbols are no larger than a size in pixels, if they are as high as their boxes, (count, 4)."""
    return middle(_heights(boxes)) <= MOST_LARGER * symbol


def _is_broken(boxes: NDArray[np.int64], symbol: float) -> bool:
    """Whether boxes, (count, 4), hold pieces of symbols of a size in pixels: of one in all, or beside whole ones."""
    heights, extent = _of_lone(boxes), boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)
    if heights[_are_about(heights, symbol)].sum() > WHOLE * _heights(boxes).sum():
        return True
    is_one = _are_about(extent.max(), symbol) and extent[1] <= SLIMMEST * extent[0]
    return bool(is_one) and all(_hang_together(boxes[:, axis::2]) for axis in (0, 1))


def _hang_together(stretches: NDArray[np.int64]) -> bool:
    """Whether stretches, (count, 2), in pixels, leave no wider gap than :data:`GAP` between them all."""
    starts, ends = stretches[np.argsort(stretches[:, 0])].T
    return bool((starts[1:] <= np.maximum.accumulate(ends)[:-1] + GAP).all())


def _are_about(sides: NDArray[np.int64], symbol: float) -> NDArray[np.bool_]:
    """Which sides in pixels, of any shape, are about as long as a symbol."""
    return (sides * MOST_LARGER >= symbol) & (sides <= MOST_LARGER * symbol)


def are_fit(boxes: NDArray[np.int64], symbol: float, widest: float) -> NDArray[np.bool_]:
    """Which boxes, (count, 4) to (count,), are no reason to resize a clean page, whatever else is on it.

    What is said of each is of it alone: where no box of a page is unfit, :func:`clean_scale` is 1.
    """
    fit = np.ones(len(boxes), np.bool_)
    bounds = (_heights(boxes), CLEAN_BAND), (_longer(boxes, widest), CLEAN_BAND), (_of_lone(boxes), TALL_BAND)
    for sides, (least, most) in bounds:
        scales = symbol / np.maximum(sides, 1)
        fit &= (sides < SMALLEST) | ((least <= scales) & (scales <= most))
    return fit


def _heights(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The height of each box, (count, 4) to (count,)."""
    heights: NDArray[np.int64] = boxes[:, 3] - boxes[:, 1]
    return heights


def _longer(boxes: NDArray[np.int64], widest: float) -> NDArray[np.int64]:
    """The longer side of each box, (count, 4) to (count,), but the height of what is too wide for one symbol."""
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    longer: NDArray[np.int64] = np.where(widths < widest * heights, longest_of(boxes), heights)
    return longer


def _of_lone(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The height of each box, (count, 4) to (count,), that is no wider than high, a single symbol for certain; or 0."""
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    return np.where(widths <= heights, heights, 0)


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
