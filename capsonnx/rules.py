"""Rules on a page: printed lines, underlines, squares and boxes, told from the symbols and taken away.

A rule is straight, level or upright, and longer than symbols are; the sides of a box go from one such rule to another.
Where a stroke crosses a rule, the stroke is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from capsonnx.components import Components, find_components
from capsonnx.sizes import SMALLEST, are_frames, middle, sides_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SHORTEST", "Rules", "find_rules"]

SHORTEST = 24
"""Pixels, the least length of a rule: of MNIST's symbols the longer side is 20."""

# Chosen on pages of MNIST training digits, ruled by capsonnx.exam.stationery.
LONG, SIDE = 2.5, 1.1
"""The least length of a rule in symbols, and that of the side of a box."""
SOLID = 0.95
"""The least share of its length that is ink: digits side by side without space come near to a line."""
UNBROKEN = 16
"""Pixels, the least stretch without a gap in some place of it."""
THICK = 0.4
"""The greatest thickness of a rule in symbols."""
SPAN, LINES = 0.8, 3
"""The lines of squared paper go over this share of the page, and there are so many of them at least, both ways."""
BEFORE, WITHIN = 2, 5
"""Pixels: the side of a box ends so little before a rule, or in it."""
BRIGHTER = 1.4
"""What is brighter than most of the rules by this factor is ink on them."""


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of a page.

    Attributes:
        level: (height, width) bool, the pixels of those from left to right.
        upright: (height, width) bool, of those from top to bottom.
    """

    level: NDArray[np.bool_]
    upright: NDArray[np.bool_]

    def widened(self) -> Rules:
        """The same with a pixel more on either side, as blur spreads them."""
        return Rules(_widened(self.level), _widened(self.upright.T).T)

    def erased(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The page without its rules, but with what is brighter than they are, and what goes on beyond them.

        Args:
            ink: (height, width) float32, at least 0.

        Returns:
            (height, width) float32, nowhere more than ``ink``.
        """
        ink = _erased(ink, self.level, self.level | self.upright)
        return _erased(ink.T, self.upright.T, self.upright.T).T


def find_rules(mask: NDArray[np.bool_]) -> Rules | None:
    """Find the rules of a page.

    They are told by their length in symbols. But symbols that touch a rule are one component with it. So when the first
    rules are gone, the symbols are measured once more, and all rules found anew.

    Args:
        mask: (height, width) bool, its ink.

    Returns:
        The rules, or None if there are none.

    >>> page = np.zeros((60, 200), bool)
    >>> page[20:40, 30:33] = page[20:40, 60:63] = page[42, 10:190] = True
    >>> rules = find_rules(page)
    >>> int(rules.level.sum()), int(rules.upright.sum())
    (180, 0)
    """
    if not (_from_each(mask, SHORTEST).any() or _from_each(mask.T, SHORTEST).any()):
        return None  # as of most pages
    found = find_components(mask)
    spans = (found.boxes[:, 2:] - found.boxes[:, :2] >= SPAN * np.array(mask.shape[::-1])).all(axis=1)
    first = (_squares(mask) if spans.any() else None) or _rules(mask, _size(found))
    if first is None:
        return None
    rest = find_components(first.widened().erased(mask.astype(np.float32)) > 0)
    return _rules(mask, _size(rest)) or first


def _size(found: Components) -> float:
    """The side in pixels of the symbols: of what is no line and holds nothing else, if there is any; or 0."""
    boxes, areas = found.boxes, np.bincount(found.owners, found.ends - found.starts)
    plausible = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) >= SMALLEST
    boxes, areas = boxes[plausible], areas[plausible]
    sides = np.sort(boxes[:, 2:] - boxes[:, :2], axis=1)
    are_lines = (sides[:, 1] > 6 * sides[:, 0]) & (areas > 0.6 * sides.prod(axis=1))
    single = ~(are_lines | are_frames(boxes, held=1))
    return middle(sides_of(boxes[single])) or middle(sides_of(boxes[~are_lines]))


def _squares(mask: NDArray[np.bool_]) -> Rules | None:
    """The lines of squared paper: all symbols may hang together by them, so that there is no size to go by."""
    level, upright = (
        _straight(part, round(SPAN * part.shape[1]), max(4, part.shape[0] // 8)) for part in (mask, mask.T)
    )
    edges = min(np.count_nonzero(np.diff(part.any(axis=1), prepend=False, append=False)) for part in (level, upright))
    return Rules(level, upright.T) if edges >= 2 * LINES else None


def _rules(mask: NDArray[np.bool_], size: float) -> Rules | None:
    """What is longer than symbols of so many pixels, and the sides of boxes between."""
    if not size:
        return None
    length, side = (max(SHORTEST, round(share * size)) for share in (LONG, SIDE))
    level, upright = (_straight(part, length, max(4, round(THICK * size))) for part in (mask, mask.T))
    sides = _between(mask, level, side), _between(mask.T, upright, side)
    rules = Rules(level | sides[1].T, upright.T | sides[0])
    return rules if rules.level.any() or rules.upright.any() else None


def _straight(mask: NDArray[np.bool_], length: int, thick: int) -> NDArray[np.bool_]:
    """The pixels of level lines at least so long and at most so thick."""
    found = np.zeros_like(mask)
    if mask.shape[1] < length:
        return found
    rows = np.flatnonzero(_from_each(mask.T, UNBROKEN).any(axis=0))
    full = _counts(mask[rows], length) >= SOLID * length
    found[rows] = mask[rows] & (_counts(np.pad(full, ((0, 0), (length - 1, length - 1))), length) > 0)
    if not found.any():
        return found
    lines = _Stretches.of(found)
    return lines.where(lines.ends - lines.starts <= thick, mask.shape)


def _between(mask: NDArray[np.bool_], level: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Upright stretches at least so long that go from one level rule to another, and are as thin as these."""
    if not level.any():
        return level
    height = len(level)
    above = np.pad(np.cumsum(level, axis=0, dtype=np.int32), ((1, 0), (0, 0)))
    found = _Stretches.of(mask)
    kept = found.ends - found.starts >= least
    for first, last in ((found.starts - BEFORE, found.starts + WITHIN), (found.ends - WITHIN, found.ends + BEFORE)):
        kept &= above[last.clip(max=height), found.columns] > above[first.clip(min=0), found.columns]
    lines, across = _Stretches.of(level), _Stretches.of(found.where(kept, mask.shape).T)
    thickness = np.median(lines.ends - lines.starts) + 1
    return across.where(across.ends - across.starts <= thickness, mask.T.shape).T


def _erased(ink: NDArray[np.float32], level: NDArray[np.bool_], rules: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The page without its level rules: in each column the lesser ink of what is just above and just below it.

    What is itself a rule does not count as ink there.
    """
    inked = ink[level & (ink > 0)]
    if not inked.size:
        return ink
    beside = np.pad(np.where(rules, 0, ink), 1)
    beside = np.maximum(np.maximum(beside[:, :-2], beside[:, 2:]), beside[:, 1:-1])  # strokes may be slanted
    lines = _Stretches.of(level)
    lesser = np.minimum(beside[lines.starts, lines.columns], beside[lines.ends + 1, lines.columns])
    bare = level & (ink < BRIGHTER * np.percentile(inked, 75))
    return np.where(bare, np.minimum(ink, lines.spread(lesser, ink.shape)), ink)


class _Stretches(NamedTuple):
    """The stretches of set pixels in the columns of a mask, each as long as it goes.

    Attributes:
        columns: (count,) int64, the column of each.
        starts: (count,) int64, its first row.
        ends: (count,) int64, the row after its last.
    """

    columns: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> _Stretches:
        steps = np.diff(np.pad(mask.T.view(np.int8), ((0, 0), (1, 1))), axis=1)
        columns, starts = np.nonzero(steps == 1)
        return cls(columns, starts, np.nonzero(steps == -1)[1])

    def spread(self, values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """One value for each stretch, (count,), at all of its pixels, and 0 elsewhere: (height, width)."""
        lengths = self.ends - self.starts
        rows = np.arange(lengths.sum()) + np.repeat(self.starts - (np.cumsum(lengths) - lengths), lengths)
        page = np.zeros(shape, np.float32)
        page[rows, np.repeat(self.columns, lengths)] = np.repeat(values, lengths)
        return page

    def where(self, chosen: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The pixels of some stretches, of which ``chosen``, (count,) bool, is set: (height, width) bool."""
        return self.spread(chosen.astype(np.float32), shape) > 0


def _from_each(mask: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Whether so many pixels are set from each one downwards: (height - length + 1, width)."""
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        mask = mask[:-step] & mask[step:]
        reached += step
    return mask


def _widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the pixels just above and just below."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    return wide


def _counts(mask: NDArray[np.bool_], length: int) -> NDArray[np.int32]:
    """How many are set in every window of so many columns: (height, width - length + 1)."""
    sums = np.zeros((len(mask), mask.shape[1] + 1), np.int32)
    np.cumsum(mask, axis=1, out=sums[:, 1:])
    return sums[:, length:] - sums[:, :-length]
