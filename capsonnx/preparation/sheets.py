"""Find sheets of paper among the cells of a page by their size, outline and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from capsonnx.masks import dilated, eroded, find_components
from capsonnx.preparation.hull import area_of, convex_hull, four_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sheets_of"]

# Chosen on photos of MNIST training digits as in capsonnx.exam.photo, and on pages of large digits without paper.
SHEET, AT_EDGE, LARGEST = 0.015, 0.15, 0.97
"""The minimum share of the cells for a sheet, the minimum for one that extends beyond the page, and the maximum."""
ARM, KEPT = 5, 0.92
"""An object narrower than ARM cells may cross the edge of a sheet if the share KEPT of the piece remains without it."""
BREADTHS, SMALL = (7, 9), 0.04
"""The side, in cells, of a square that fits into a sheet: the first if the sheet's share of the cells is below SMALL,
else the second. Strokes are narrower."""
WHOLE = 0.9
"""The minimum share of its convex hull that a sheet covers."""
DEEP, NOTCH = 3, 0.015
"""Cells that are not part of the sheet, but lie DEEP cells inside its convex hull, may make up at most the share NOTCH
of the hull: less than a stroke that starts at the edge of the page."""
STRAIGHT = 0.85
"""The minimum share of the convex hull that a polygon of four of its corners covers."""
STEP = 25.0
"""The minimum difference in levels between a sheet and what lies around it."""
SHARP = 0.5
"""The minimum fraction of the difference between a sheet and its surroundings that occurs within three cells, at three
quarters of the places along the edge."""


def sheets_of(cells: NDArray[np.bool_], medians: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the sheets among some cells, and the cells beyond all large pieces.

    A piece is a connected component with its holes filled, since these are at most ink. Large pieces that are not
    sheets, perhaps a cup, are in neither result.
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
    """Whether a piece is as large and broad as a sheet, unlike large strokes and the areas between them."""
    share = float(piece.mean())
    at_edge = piece[[0, -1]].any() or piece[:, [0, -1]].any()
    is_broad = eroded(piece, BREADTHS[share >= SMALL]).any()
    return bool((AT_EDGE if at_edge else SHEET) <= share <= LARGEST and is_broad)


def _is_sheet(piece: NDArray[np.bool_], medians: NDArray[np.float32]) -> bool:
    """Whether a piece has the size, the outline and the edges of a sheet."""
    return _is_large(piece) and _has_edges(piece) and _is_sharp(medians, piece)


def _without_arms(piece: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Remove the narrow parts of a piece, perhaps a light pen across the edge of a sheet; None if they are large."""
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
    """Whether the level changes enough, and abruptly, at the edge between a piece and what lies around it."""
    step, found = _step(medians, piece), []
    for turn in range(4):
        values, inside = np.rot90(medians, turn), np.rot90(piece, turn)
        row, col = np.nonzero(inside[:, 1:-2] & ~inside[:, 2:-1])
        # Leave out one cell on either side: the edge passes through them.
        found.append(values[row, col] - values[row, col + 3])
    steps = np.concatenate(found) * np.sign(step)
    return bool(abs(step) >= STEP and steps.size and np.percentile(steps, 25) >= SHARP * abs(step))


def _step(medians: NDArray[np.float32], piece: NDArray[np.bool_]) -> float:
    return float(np.median(medians[piece]) - np.median(medians[~piece]))
