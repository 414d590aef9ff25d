"""Sheets of paper among the cells of a page, by their size, their outline and their edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from capsonnx.masks import dilated, eroded, find_components
from capsonnx.preparation.hull import area_of, convex_hull, four_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sheets_of"]

# Chosen on photos of MNIST training digits, made as by capsonnx.exam.photo, and on pages of large digits without paper.
SHEET, AT_EDGE, LARGEST = 0.015, 0.15, 0.97
"""Shares of the page's cells: the least of a sheet, of one that reaches beyond the page, and the greatest."""
ARM, KEPT = 5, 0.92
"""What is narrower than so many cells may lie across the edge of a sheet, if all but it is so much of the piece."""
BREADTHS, SMALL = (7, 9), 0.04
"""The cells along the square that a sheet holds, if its share of them is small, and else: strokes are narrower."""
WHOLE = 0.9
"""The least share of the convex hull of a sheet that is of it."""
DEEP, NOTCH = 3, 0.015
"""Of what is so many cells inside that hull, this part of the hull may be something else: less than a stroke is that
begins at the page's edge."""
STRAIGHT = 0.85
"""The least share of that hull which a polygon of four corners covers."""
STEP = 25.0
"""Levels by which a sheet and what lies around it differ at least."""
SHARP = 0.5
"""The part of that difference that three of four places at the edge show from one cell to the next but two."""


def sheets_of(cells: NDArray[np.bool_], medians: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of some cells, and of what they enclose, the pieces that have the edges of a sheet; and what is beyond them all.

    What they enclose is ink at most. Other large pieces, a cup perhaps, are neither of the two.
    """
    around = find_components(np.pad(~cells, 1, constant_values=True))
    found = find_components(around.mask(np.arange(len(around)) != around.owners[0])[1:-1, 1:-1] | cells)
    sheets, beyond = np.zeros_like(cells), np.ones_like(cells)
    for number in np.flatnonzero(found.areas() >= SHEET * cells.size):
        piece = found.mask(np.arange(len(found)) == number)
        beyond &= ~piece
        if _is_sheet(piece, medians):
            sheets |= piece
        elif (bare := _without_arms(piece)) is not None and _is_sheet(bare, medians):
            sheets |= bare
    return sheets, beyond


def _is_large(piece: NDArray[np.bool_]) -> bool:
    """Whether a piece is as large as a sheet, and as broad, unlike strokes of large symbols, and what they part."""
    share = float(piece.mean())
    at_edge = piece[[0, -1]].any() or piece[:, [0, -1]].any()
    is_broad = eroded(piece, BREADTHS[share >= SMALL]).any()
    return bool((AT_EDGE if at_edge else SHEET) <= share <= LARGEST and is_broad)


def _is_sheet(piece: NDArray[np.bool_], medians: NDArray[np.float32]) -> bool:
    """Whether a piece has the size, the outline and the edges of a sheet."""
    return _is_large(piece) and _has_edges(piece) and _is_sharp(medians, piece)


def _without_arms(piece: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """A piece without what is narrow of it: a light pen, say, across the edge of a sheet; None if that is much."""
    bare = dilated(eroded(piece, ARM), ARM) & piece
    return bare if np.count_nonzero(bare) >= KEPT * np.count_nonzero(piece) else None


def _has_edges(piece: NDArray[np.bool_]) -> bool:
    """Whether a piece has the outline of a sheet: about four straight edges, and no notches."""
    hull = convex_hull(piece)
    area = area_of(hull)
    if np.count_nonzero(piece) < WHOLE * area or area_of(four_of(hull)) < STRAIGHT * area:
        return False
    image = Image.new("L", piece.shape[::-1])
    ImageDraw.Draw(image).polygon(hull, fill=1)
    deep = eroded(np.asarray(image) > 0, 2 * DEEP + 1)
    return bool(np.count_nonzero(deep & ~piece) <= NOTCH * area)


def _is_sharp(medians: NDArray[np.float32], piece: NDArray[np.bool_]) -> bool:
    """Whether the level changes enough between the piece and what lies around it, and does so at its edge."""
    step, found = _step(medians, piece), []
    for turn in range(4):
        values, inside = np.rot90(medians, turn), np.rot90(piece, turn)
        row, col = np.nonzero(inside[:, 1:-2] & ~inside[:, 2:-1])
        # One cell left out on either side: the edge passes through them.
        found.append(values[row, col] - values[row, col + 3])
    steps = np.concatenate(found) * np.sign(step)
    return bool(abs(step) >= STEP and steps.size and np.percentile(steps, 25) >= SHARP * abs(step))


def _step(medians: NDArray[np.float32], piece: NDArray[np.bool_]) -> float:
    return float(np.median(medians[piece]) - np.median(medians[~piece]))
