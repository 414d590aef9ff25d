"""Find the paper in a photo: sheets that lie on something else, perhaps a table, of which the photo shows a part.

The edge of a sheet is sharper than any shading on it. So the page is divided into cells, whose medians ink hardly
affects, and the cells into two classes by level. The connected components of a class are sheets if they are large
enough and have straight edges where the level changes abruptly, and if there is ink on them and no similar ink beyond
them, or nothing on or beyond them.
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

# Chosen on photos of MNIST training digits as in capsonnx.exam.photo, and on pages of large digits without paper.
SMALLEST = 160
"""The minimum mean side (square root of the area), in pixels, of a page on which to look for paper."""
CELLS = 64
"""The number of cells along the mean side of a page, fewer if they would be less than :data:`LEAST` pixels wide."""
LEAST = 4
SAMPLES = 8
"""The number of pixels along a cell that is enough to represent it."""
CERTAIN = 15
"""The side, in cells, of a square that must fit into a sheet if it has no ink."""
INKED = 0.25
"""The minimum contrast of the ink, as a fraction of the contrast between the paper and its surroundings."""
RARE = 0.05
"""The percentile of the paper's levels, from either end, that is ink if there is any."""
FAINT = 0.4
"""Pixels look like ink if they differ from the background by more than this fraction of the contrast of the ink or,
next to a sheet without ink, of the contrast between the paper and its surroundings."""
DIM = 0.4
"""The minimum contrast of ink in shadow, as a fraction of its contrast on the paper: less light falls on both there."""
EMPTY = 0.2
"""The maximum share of pixels beyond the paper that look like ink, as a fraction of the share on the paper."""


@dataclass(frozen=True, eq=False)
class Paper:
    """The paper on a page, one or several sheets, and what it looks like.

    Attributes:
        inside: (height, width) bool, the pixels that are certain to be paper.
        ground: (height, width) float32 in 0..255, the levels of the paper without ink, extrapolated beyond it.
        has_dark_ink: whether the ink is darker than the paper; true for paper without ink.
    """

    inside: NDArray[np.bool_]
    ground: NDArray[np.float32]
    has_dark_ink: bool

    @cached_property
    def box(self) -> tuple[slice, slice]:
        """The rows and columns of the bounding box of the paper."""
        return bounding_box(self.inside)

    def cut_out(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut out the bounding box of the paper: light ink on a dark background, which replaces anything else.

        Args:
            levels: (height, width) uint8, the page.
        """
        whole = np.where(self.inside, levels, np.rint(self.ground)).astype(np.uint8)[self.box]
        return 255 - whole if self.has_dark_ink else whole


def find_paper(levels: NDArray[np.uint8]) -> Paper | None:
    """Find the paper on a page, if the page also shows something else.

    Args:
        levels: (height, width) uint8, of either polarity.

    Returns:
        The paper. None if there is none, if nothing lies around it, if it is uncertain, or if the mean side of the page
        is below :data:`SMALLEST` pixels.
    """
    side = levels.size**0.5
    if side < SMALLEST:
        return None
    # As in background estimation, a few pixels represent a cell.
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
    """A subsampled page and its cells.

    Attributes:
        sample: (height, width) float32, the page, or some of the pixels of a large one.
        medians: (rows, columns) float32, the medians of the cells.
        step: the side of a cell in pixels of the sample.
    """

    sample: NDArray[np.float32]
    medians: NDArray[np.float32]
    step: int

    def excess(self, cells: NDArray[np.bool_]) -> NDArray[np.float32]:
        """How much pixels well inside some cells, beyond the reach of soft edges, differ from the background."""
        ground = spread(ground_of(self.medians, cells), self.step, *self.sample.shape)
        excess: NDArray[np.float32] = (self.sample - ground)[
            pixels_of(eroded(eroded(cells)), self.step, self.sample.shape)
        ]
        return excess


def _certain(
    sides: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]], seen: _Seen
) -> tuple[NDArray[np.bool_], bool] | None:
    """The sheets that are certain, and whether their ink is dark; None if there are none.

    Sheets with ink are preferred to empty ones, then larger to smaller ones.
    """
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
    """What there is on and around some sheets.

    Attributes:
        on_them: by how much the pixels on the sheets differ from the background, of any shape.
        around: the same for the pixels around the sheets.
        level: the median level of the sheets' cells.
        other: the median level of all other cells.
    """

    on_them: NDArray[np.float32]
    around: NDArray[np.float32]
    level: float
    other: float

    @classmethod
    def of(cls, sheets: NDArray[np.bool_], beyond: NDArray[np.bool_], seen: _Seen) -> _Contents:
        """Measure the contents of the cells of ``sheets`` and ``beyond``."""
        level, other = (float(np.median(seen.medians[cells])) for cells in (sheets, ~sheets))
        return cls(seen.excess(sheets), seen.excess(beyond), level, other)

    @property
    def step(self) -> float:
        """The contrast in levels between the sheets and what lies around them."""
        return abs(self.level - self.other)

    def has_dark_ink(self) -> bool | None:
        """Whether the ink on the sheets is dark; None if there is none, or similar ink around them."""
        if not (self.on_them.size and self.around.size):
            return None  # one of them has no interior: lines, perhaps
        dark, light = np.percentile(self.on_them, [RARE, 100 - RARE]).tolist()
        sign, contrast = (-1, -dark) if -dark > light else (1, light)
        # The surroundings may be more of the paper, in shadow, rather than a table. On a page of the opposite polarity,
        # where ink is light, levels count from white.
        lit, dim = (value if sign < 0 else 255 - value for value in (self.level, self.other))
        share = float(np.clip(dim / max(lit, 1), DIM, 1))
        here, there = (
            np.count_nonzero(sign * rest > FAINT * most) / rest.size
            for rest, most in ((self.on_them, contrast), (self.around, share * contrast))
        )
        return sign < 0 if contrast >= INKED * self.step and there <= EMPTY * here else None

    def are_empty(self) -> bool:
        """Whether there is nothing on or around the sheets."""
        parts = ((self.on_them, INKED), (self.around, FAINT))
        return all(rest.size == 0 or np.percentile(abs(rest), 100 - RARE) < most * self.step for rest, most in parts)
