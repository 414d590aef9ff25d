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

from capsonnx.masks import bounding_box, eroded
from capsonnx.preparation.cells import ground_of, parted, pixels_of
from capsonnx.preparation.ground import blocks, spread
from capsonnx.preparation.sheets import sheets_of

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
CERTAIN = 15
"""The cells along the square that a sheet without ink holds."""
INKED = 0.25
"""The least contrast of the ink, as a part of that between the paper and what lies around it."""
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
        return bounding_box(self.inside)

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
    is_light = parted(seen.medians)
    sides = [sheets_of(cells, seen.medians) for cells in (is_light, ~is_light)]
    certain = _certain([(sheets, beyond) for sheets, beyond in sides if sheets.any()], seen)
    if certain is None:
        return None
    sheets, has_dark_ink = certain
    inside = pixels_of(eroded(sheets), step * stride, levels.shape)
    return Paper(inside, spread(ground_of(seen.medians, sheets), step * stride, *levels.shape), has_dark_ink)


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
        ground = spread(ground_of(self.medians, cells), self.step, *self.sample.shape)
        excess: NDArray[np.float32] = (self.sample - ground)[
            pixels_of(eroded(eroded(cells)), self.step, self.sample.shape)
        ]
        return excess


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
        if eroded(sheets, CERTAIN).any() and contents.are_empty():
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
