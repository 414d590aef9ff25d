"""Bounding boxes of symbols: where the ink begins and ends in the windows in which they were found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.masks import ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.contract import Windows

__all__ = ["Cells", "ink_boxes"]

Cells: TypeAlias = "tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]"
"""Cells of a batch of fields: the page, the row and the column of each."""

FAINT = 64
"""Ink below this level does not count towards the bounding box of a symbol."""


def ink_boxes(pages: NDArray[np.uint8], cells: Cells, windows: Windows) -> NDArray[np.float64]:
    """Find the bounding box of the ink in each window.

    Only ink in the middle half of a window counts, with the ink that continues it from column to column without a gap.

    Args:
        pages: (batch, height, width) uint8, light ink on black.
        cells: the windows, in any order.
        windows: where the windows lie.

    Returns:
        (window, 4): left, top, right and bottom in pixels of the pages; the window itself if there is no such ink.
    """
    page, row, col = cells
    (y, x), (height, width) = windows.origin, windows.size
    centres = np.stack([x + windows.stride * col, y + windows.stride * row], axis=1)
    corners = np.floor(centres - (width / 2, height / 2)).astype(np.intp)
    ink = _cut_out(pages, page, corners, (height, width)) >= FAINT
    columns = np.any(ink, axis=1)
    place = np.arange(width) + corners[:, :1] - centres[:, :1]  # of each column, relative to the centre of its window
    middle = columns & (place >= -width / 4) & (place <= width / 4)
    left, right = _run_around(columns, middle)
    inside = (np.arange(width) >= left[:, None]) & (np.arange(width) < right[:, None])
    top, bottom = ends(np.any(ink & inside[:, None], axis=2))
    boxes = np.stack([left, top, right, bottom], axis=1) + np.tile(corners, 2)
    whole = np.tile(centres, 2) + np.array([-width, -height, width, height]) / 2
    return np.where(np.any(middle, axis=1)[:, None], boxes, whole)


def _cut_out(
    pages: NDArray[np.uint8], page: NDArray[np.intp], corners: NDArray[np.intp], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Cut pieces, (piece, height, width), out of pages at their upper left corners x, y; black beyond the page."""
    height, width = size
    padded = np.pad(pages, ((0, 0), (height, height), (width, width)))
    every = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(1, 2))
    pieces: NDArray[np.uint8] = every[page, corners[:, 1] + height, corners[:, 0] + width]
    return pieces


def _run_around(filled: NDArray[np.bool_], middle: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Extend the stretch from the first to the last column of the middle at both ends as far as columns are filled.

    Args:
        filled: (window, cols), whether a column holds ink.
        middle: (window, cols), the filled columns in the middle of the window.

    Returns:
        The first column of each stretch, and the one after its last.
    """
    first, last = ends(middle)
    cols = np.arange(filled.shape[1])
    before = np.where(~filled & (cols < first[:, None]), cols, -1).max(axis=1)
    after = np.where(~filled & (cols >= last[:, None]), cols, len(cols)).min(axis=1)
    return before + 1, after
