"""Measure the symbols of a page by the bounding boxes of its connected components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import WIDEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SYMBOL", "are_fit", "are_frames", "clean_scale", "longest_of", "middle", "sides_of", "symbol_size"]

SYMBOL = 20
"""The length in pixels of the longer side of an MNIST digit."""
SMALLEST = 6
"""The minimum side in pixels of a plausible symbol."""
CLEAN_BAND = (0.75, 1.33)
"""A clean page is not resized by factors in this range, unless :data:`TALL_BAND` requires it."""
MOST_LARGER = 1.15
"""The maximum ratio between the sizes of two symbols that are about equally large."""
TALL_BAND = (1 / MOST_LARGER, np.inf)
"""Like :data:`CLEAN_BAND`, for the heights of boxes certain to hold one symbol: only too tall ones are resized."""
GAP, SLIMMEST = 2, 1.8
"""The maximum gap in pixels, vertically and horizontally, between pieces of one symbol, and the maximum ratio of its
height to its width: anything slimmer is more likely two small symbols."""
WHOLE = 1 / 3
"""If whole symbols make up more than this share of the total height of all components, the others are pieces."""
MOST = 2000
"""The maximum number of boxes that are compared with each other, which takes some tens of milliseconds. Among more, one
frame hardly moves the median."""


def middle(sides: NDArray[np.int64]) -> float:
    """The median of sides of components, (count,) in pixels, weighted by their length; 0 if none is plausible.

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
    """The longer side in pixels of the symbol in each box, (count, 4) to (count,); if several touch, the height.

    A box no wider than it is high holds one symbol; a very wide one holds several that touch. A box in between holds
    one wide symbol or two narrow ones, whichever is closer in size to the other symbols of the page.

    Args:
        boxes: the left, top, right and bottom edge of each.
        skirt: the number of pixels by which a box is longer than its contents.
        widest: the largest ratio of a symbol's width to its height.

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
    """The factor by which to resize a clean page to symbols of the desired size; 1 unless they clearly differ.

    Args:
        boxes: (count, 4), the bounding boxes of its connected components.
        symbol: the desired length in pixels of the longer side of symbols.
        widest: as for :func:`sides_of`.

    >>> clean_scale(np.array([[0, 0, 30, 40]]), 20, WIDEST), clean_scale(np.array([[0, 0, 40, 30]]), 20, WIDEST)
    (0.5, 0.5)
    >>> clean_scale(np.array([[0, 0, 28, 21]]), 20, WIDEST)  # two that touch, more likely than one too wide
    1.0
    """
    for sides, (least, most) in ((sides_of(boxes, widest=widest), CLEAN_BAND), (_of_lone(boxes), TALL_BAND)):
        size = middle(sides)
        if size and not least <= symbol / size <= most:
            # Two touching symbols may look like one that is too large, the pieces of one like several that are too
            # small.
            is_right = _is_joined if size > symbol else _is_broken
            return 1.0 if is_right(boxes, symbol) else symbol / size
    return 1.0


def _is_joined(boxes: NDArray[np.int64], symbol: float) -> bool:
    """Whether symbols as high as their boxes, (count, 4), are at most about ``symbol`` pixels large."""
    return middle(_heights(boxes)) <= MOST_LARGER * symbol


def _is_broken(boxes: NDArray[np.int64], symbol: float) -> bool:
    """Whether boxes, (count, 4), hold pieces of symbols of this size: of the only one, or next to whole ones."""
    heights, extent = _of_lone(boxes), boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)
    if heights[_are_about(heights, symbol)].sum() > WHOLE * _heights(boxes).sum():
        return True
    is_one = _are_about(extent.max(), symbol) and extent[1] <= SLIMMEST * extent[0]
    return bool(is_one) and all(_hang_together(boxes[:, axis::2]) for axis in (0, 1))


def _hang_together(stretches: NDArray[np.int64]) -> bool:
    """Whether all gaps between intervals in pixels, (count, 2), are at most :data:`GAP` wide."""
    starts, ends = stretches[np.argsort(stretches[:, 0])].T
    return bool((starts[1:] <= np.maximum.accumulate(ends)[:-1] + GAP).all())


def _are_about(sides: NDArray[np.int64], symbol: float) -> NDArray[np.bool_]:
    """Which sides in pixels, of any shape, are about as long as ``symbol``."""
    return (sides * MOST_LARGER >= symbol) & (sides <= MOST_LARGER * symbol)


def are_fit(boxes: NDArray[np.int64], symbol: float, widest: float) -> NDArray[np.bool_]:
    """Which boxes, (count, 4) to (count,), give no reason to resize a clean page, whatever else is on it.

    Each box is judged alone: if all boxes of a page are fit, :func:`clean_scale` is 1.
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
    """The longer side of each box, (count, 4) to (count,), or the height of a box too wide for one symbol."""
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    longer: NDArray[np.int64] = np.where(widths < widest * heights, longest_of(boxes), heights)
    return longer


def _of_lone(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The height of each box, (count, 4) to (count,), or 0 if it is wider than high.

    A box that is no wider than high is certain to hold a single symbol.
    """
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    return np.where(widths <= heights, heights, 0)


def are_frames(boxes: NDArray[np.int64], *, held: int = 3) -> NDArray[np.bool_]:
    """Find boxes, (count, 4), that hold the centres of at least ``held`` smaller ones: frames and tables, not symbols.

    None of them if there are more than :data:`MOST`, because each is compared with each.
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
    """The size of the symbols in pixels; 0 if there are none.

    Symbols are the components that are not lines and contain no others. If there are none, they are vertical lines,
    which may be ones; or else components that contain others, of which symbols may be a part.

    Args:
        boxes: (count, 4), the bounding boxes of the components of the ink.
        areas: (count,), the number of pixels of each component.
        widest: the largest ratio of a symbol's width to its height.
    """
    plausible = longest_of(boxes) >= SMALLEST
    boxes, areas = boxes[plausible], areas[plausible]
    sides = np.sort(boxes[:, 2:] - boxes[:, :2], axis=1)
    are_lines = (sides[:, 1] > 6 * sides[:, 0]) & (areas > 0.6 * sides.prod(axis=1))
    holding = are_frames(boxes, held=1)
    are_tall = boxes[:, 3] - boxes[:, 1] > boxes[:, 2] - boxes[:, 0]
    kinds = (~are_lines & ~holding, are_lines & are_tall, ~are_lines)
    return next((size for kind in kinds if (size := middle(sides_of(boxes[kind], widest=widest)))), 0.0)
