"""The paper in a photo: sheets that lie on something else, a table perhaps, of which the photo shows a part.

The edge of a sheet is sharper than any shade upon it. So the page is split into cells, whose medians hardly see ink,
and these in two by their level. The pieces of one kind are sheets if they are large enough and have straight edges
where the level changes at once; and if there is ink on them and no such ink beyond, or nothing on them nor beyond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from capsonnx.components import find_components
from capsonnx.preparation.ground import blocks, spread, windows
from capsonnx.preparation.hull import area_of, four_of, hull_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["Paper", "find_paper"]

# Chosen on photos of MNIST training digits, made as by capsonnx.exam.photo, and on pages of large digits without paper.
SMALLEST = 160
"""Pixels, the mean side of a page on which paper is looked for."""
CELLS = 64
"""Cells along the mean side of a page, unless they were less than :data:`LEAST` pixels wide."""
LEAST = 4
SAMPLES = 8
"""Pixels along a cell that say enough of it."""

ROUNDS = 4
"""How often the cells are parted anew by what the last parting tells of the light."""
SHEET, AT_EDGE, LARGEST = 0.015, 0.15, 0.97
"""Shares of the page's cells: the least of a sheet, of one that reaches beyond the page, and the greatest."""
ARM, KEPT = 5, 0.92
"""What is narrower than so many cells may lie across the edge of a sheet, if all but it is so much of the piece."""
BREADTHS, SMALL = (7, 9), 0.04
"""The cells along the square that a sheet holds, if its share of them is small, and else: strokes are narrower."""
CERTAIN = 15
"""The same of one without ink."""
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
INKED = 0.25
"""The least contrast of the ink, as a part of it."""
RARE = 0.05
"""The percentile of the paper that is ink, if it has any."""
FAINT = 0.4
"""What stands out by more, as a part of that contrast, is like ink."""
DIM = 0.4
"""In the shadow, where less light falls on either, ink is fainter; so much fainter than on the paper at most."""
EMPTY = 0.2
"""The most of such that there is beyond the paper, of what there is on it, by share of the pixels."""


@dataclass(frozen=True, eq=False)
class Paper:
    """Where the paper is on a page, one sheet or several, and how it looks there.

    Attributes:
        inside: (height, width) bool, the pixels that are surely of the paper.
        ground: (height, width) float32 in 0..255, its levels without ink, continued beyond it.
        has_dark_ink: whether the ink is darker than the paper; of paper without ink, true.
    """

    inside: NDArray[np.bool_]
    ground: NDArray[np.float32]
    has_dark_ink: bool

    @cached_property
    def box(self) -> tuple[slice, slice]:
        """The rows and columns that hold it."""
        rows, cols = (np.flatnonzero(self.inside.any(axis=axis)) for axis in (1, 0))
        return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)

    def cut_out(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The paper alone, its box full: light ink on a dark ground.

        Args:
            levels: (height, width) uint8, the page.
        """
        whole = np.where(self.inside, levels, np.rint(self.ground)).astype(np.uint8)[self.box]
        return 255 - whole if self.has_dark_ink else whole


def find_paper(levels: NDArray[np.uint8]) -> Paper | None:
    """Find the paper on a page, if the page shows more than that.

    Args:
        levels: (height, width) uint8, either way round.

    Returns:
        The paper; None if nothing lies around it, if there is none, if it is not certain, or if the page is small, its
        mean side below :data:`SMALLEST` pixels.
    """
    side = levels.size**0.5
    if side < SMALLEST:
        return None
    # As for the ground: a few pixels tell a cell.
    stride = max(1, int(side / (CELLS * SAMPLES)))
    step = max(LEAST, int(side / stride / CELLS))
    sample = levels[::stride, ::stride].astype(np.float32)
    seen = _Seen(sample, np.median(blocks(sample, step), axis=2), step)
    is_light = _parted(seen.medians)
    sides = [_sheets_of(cells, seen.medians) for cells in (is_light, ~is_light)]
    certain = _certain([(sheets, beyond) for sheets, beyond in sides if sheets.any()], seen)
    if certain is None:
        return None
    sheets, has_dark_ink = certain
    inside = _pixels(_inner(sheets), step * stride, levels.shape)
    return Paper(inside, spread(_ground(seen.medians, sheets), step * stride, *levels.shape), has_dark_ink)


class _Seen(NamedTuple):
    """A page as it is looked at.

    Attributes:
        sample: (height, width) float32, the page, or of a large one some of its pixels.
        medians: (rows, columns) float32, of its cells.
        step: how many pixels of the sample are the side of a cell.
    """

    sample: NDArray[np.float32]
    medians: NDArray[np.float32]
    step: int

    def excess(self, cells: NDArray[np.bool_]) -> NDArray[np.float32]:
        """By how much the pixels well inside some cells, where even soft edges do not reach, differ from the ground."""
        ground = spread(_ground(self.medians, cells), self.step, *self.sample.shape)
        excess: NDArray[np.float32] = (self.sample - ground)[
            _pixels(_inner(_inner(cells)), self.step, self.sample.shape)
        ]
        return excess


def _sheets_of(cells: NDArray[np.bool_], medians: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


def _certain(
    sides: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]], seen: _Seen
) -> tuple[NDArray[np.bool_], bool] | None:
    """The sheets that are certain, with ink rather than empty, the larger ones first; and whether their ink is dark."""
    sides = sorted(sides, key=lambda side: -np.count_nonzero(side[0]))
    judged = [(sheets, _Contents.of(sheets, beyond, seen)) for sheets, beyond in sides]
    for sheets, contents in judged:
        has_dark_ink = contents.has_dark_ink()
        if has_dark_ink is not None:
            return sheets, has_dark_ink
    for sheets, contents in judged:
        if _inner(sheets, CERTAIN).any() and contents.are_empty():
            return sheets, True
    return None


class _Contents(NamedTuple):
    """What there is on some sheets, and around them.

    Attributes:
        on_them: by how much the pixels on the sheets differ from the ground, ...
        around: ... and those around them; both of any shape.
        level, other: of the sheets' cells, and of all other ones.
    """

    on_them: NDArray[np.float32]
    around: NDArray[np.float32]
    level: float
    other: float

    @classmethod
    def of(cls, sheets: NDArray[np.bool_], beyond: NDArray[np.bool_], seen: _Seen) -> _Contents:
        """Of these cells of a page."""
        level, other = (float(np.median(seen.medians[cells])) for cells in (sheets, ~sheets))
        return cls(seen.excess(sheets), seen.excess(beyond), level, other)

    @property
    def step(self) -> float:
        """By how much the sheets differ from what lies around them."""
        return abs(self.level - self.other)

    def has_dark_ink(self) -> bool | None:
        """Whether the ink on the sheets is dark; None if there is none, or such ink around them, too."""
        if not (self.on_them.size and self.around.size):
            return None  # nothing well inside one of them: lines, perhaps
        dark, light = np.percentile(self.on_them, [RARE, 100 - RARE]).tolist()
        sign, contrast = (-1, -dark) if -dark > light else (1, light)
        # What is around is perhaps no table, but more of the paper, in a shadow. Of a page that is the other way round,
        # where ink is light, levels count from white.
        lit, dim = (value if sign < 0 else 255 - value for value in (self.level, self.other))
        share = float(np.clip(dim / max(lit, 1), DIM, 1))
        here, there = (
            np.count_nonzero(sign * rest > FAINT * most) / rest.size
            for rest, most in ((self.on_them, contrast), (self.around, share * contrast))
        )
        return sign < 0 if contrast >= INKED * self.step and there <= EMPTY * here else None

    def are_empty(self) -> bool:
        """Whether there is nothing on the sheets, nor around them."""
        parts = ((self.on_them, INKED), (self.around, FAINT))
        return all(rest.size == 0 or np.percentile(abs(rest), 100 - RARE) < most * self.step for rest, most in parts)


def _is_large(piece: NDArray[np.bool_]) -> bool:
    """Whether a piece is as large as a sheet, and as broad, unlike strokes of large symbols, and what they part."""
    share = float(piece.mean())
    at_edge = piece[[0, -1]].any() or piece[:, [0, -1]].any()
    is_broad = _inner(piece, BREADTHS[share >= SMALL]).any()
    return bool((AT_EDGE if at_edge else SHEET) <= share <= LARGEST and is_broad)


def _is_sheet(piece: NDArray[np.bool_], medians: NDArray[np.float32]) -> bool:
    """Whether a piece has the size, the outline and the edges of a sheet."""
    return _is_large(piece) and _has_edges(piece) and _is_sharp(medians, piece)


def _without_arms(piece: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """A piece without what is narrow of it: a light pen, say, across the edge of a sheet; None if that is much."""
    kept = windows(_inner(piece, ARM).astype(np.float32), ARM).max(axis=2) > 0
    opened: NDArray[np.bool_] = kept & piece
    return opened if np.count_nonzero(opened) >= KEPT * np.count_nonzero(piece) else None


def _has_edges(piece: NDArray[np.bool_]) -> bool:
    """Whether a piece has the outline of a sheet: about four straight edges, and no notches."""
    hull = hull_of(piece)
    area = area_of(hull)
    if np.count_nonzero(piece) < WHOLE * area or area_of(four_of(hull)) < STRAIGHT * area:
        return False
    image = Image.new("L", piece.shape[::-1])
    ImageDraw.Draw(image).polygon(hull, fill=1)
    deep = _inner(np.asarray(image) > 0, 2 * DEEP + 1)
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


def _parted(medians: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The lighter of two kinds of cells, each of which has a level, and a slope for the light that falls on it."""
    is_light = medians >= _parting(medians)
    rows, cols = np.indices(medians.shape)
    places = np.stack([np.ones_like(rows), rows, cols], axis=-1)
    for _ in range(ROUNDS):
        if is_light.all() or not is_light.any():
            break
        light, dark = (places @ np.linalg.lstsq(places[of], medians[of])[0] for of in (is_light, ~is_light))
        is_light = abs(medians - light) < abs(medians - dark)
    return is_light


def _parting(values: NDArray[np.float32]) -> float:
    """The level that parts values in 0..255 best.

    After N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979).
    """
    counts, edges = np.histogram(values, 64, (0, 256))
    below, sums = counts.cumsum(), (counts * (edges[1:] + edges[:-1]) / 2).cumsum()
    sides = np.maximum(below * (below[-1] - below), 1)
    return float(edges[1:][((sums[-1] * below / below[-1] - sums) ** 2 / sides).argmax()])


def _inner(cells: NDArray[np.bool_], side: int = 3) -> NDArray[np.bool_]:
    """The cells with none but such ones in the square around them, so many wide: the edge passes through others."""
    inner: NDArray[np.bool_] = windows(cells.astype(np.float32), side).min(axis=2) > 0
    return inner


def _pixels(cells: NDArray[np.bool_], step: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels, of that height and width, of cells that are so many pixels wide.

    But half a cell at the edges of the page: that much of something else may be in a cell that shows paper.
    """
    pixels = cells.repeat(step, axis=0).repeat(step, axis=1)[: shape[0], : shape[1]]
    edge = -(-step // 2)
    pixels[:edge] = pixels[-edge:] = pixels[:, :edge] = pixels[:, -edge:] = False
    return pixels


def _ground(medians: NDArray[np.float32], piece: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The levels of the piece without ink, continued to all other cells."""
    sure = _inner(piece)
    around = windows(np.where(sure, medians, np.nan), 5)
    known = np.where(sure, np.nanmedian(np.where(sure[..., np.newaxis], around, 0), axis=2), np.nan)
    for values in (known, known[:, ::-1], known.T, known.T[:, ::-1]):
        places = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(values.shape[1])), axis=1)
        values[:] = np.take_along_axis(values, places, axis=1)
    return known.astype(np.float32)
