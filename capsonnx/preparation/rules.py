"""Rules on a page: printed lines, underlines, squares and boxes, told from the symbols and taken away.

A rule is straight, level or upright but for a few degrees, and longer than symbols are; the sides of a box go from one
such rule to another. Where a stroke crosses a rule, the stroke is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import WIDEST
from capsonnx.masks import Stretches, below, find_components
from capsonnx.preparation.lines import between, straight, widened
from capsonnx.preparation.rotation import Rotation
from capsonnx.preparation.sizes import symbol_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["SHARP", "SHORTEST", "Rules", "find_rules"]

SHORTEST = 24
"""Pixels, the least length of a rule: of MNIST's symbols the longer side is 20."""

SHARP = 0.8
"""What is darker than the page without fine noise, by this factor, is not of a rule, but only beside one."""

# Chosen on pages of MNIST training digits, ruled by capsonnx.exam.stationery.
LONG, SIDE, BOX, TELLING = 2.5, 0.9, 1.2, 4.0
"""The least lengths in symbols: of a rule, of the side of a box between two of them, of the side of a box that stands
alone, and of a rule that tells how the page is turned."""
THICK = 0.4
"""The greatest thickness of a rule in symbols."""
SPAN, LINES = 0.8, 3
"""The lines of squared paper go over this share of the page, and there are so many of them at least, both ways."""
BRIGHTER = 1.4
"""What is brighter than most of the rules by this factor is ink on them."""
DEGREE, TURNS = 0.0175, (0, -1, 1, -2, 2, -3, 3)
"""The slope of a degree, and by how many of them the page may be turned."""
UNTURNED = 1.1
"""A page is turned if its rules are longer then by this factor."""
LARGEST = 1 << 20
"""Pixels; a page of more is looked at with fewer."""


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
        return Rules(widened(self.level), widened(self.upright.T).T)

    def erased(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The page without its rules, but with what is brighter than they are, and what goes on beyond them.

        Args:
            ink: (height, width) float32, at least 0.

        Returns:
            (height, width) float32, nowhere more than ``ink``.
        """
        ink = _erased(ink, self.level, self.level | self.upright)
        return _erased(ink.T, self.upright.T, self.upright.T).T


def find_rules(mask: NDArray[np.bool_], *, smallest: float = 0.0, widest: float = WIDEST) -> Rules | None:
    """Find the rules of a page.

    Args:
        mask: (height, width) bool, its ink.
        smallest: the least size in pixels of its symbols, where that is known.
        widest: the greatest width of one by its height.

    Returns:
        The rules, or None if there are none.

    >>> page = np.zeros((60, 200), bool)
    >>> page[20:40, 30:33] = page[20:40, 60:63] = page[42, 10:190] = True
    >>> rules = find_rules(page)
    >>> int(rules.level.sum()), int(rules.upright.sum())
    (180, 0)
    """
    step = math.ceil((mask.size / LARGEST) ** 0.5)
    if step == 1:
        return _find(mask, smallest, widest)
    found = _find(_pooled(mask, step), smallest / step, widest)
    return found and Rules(_unpooled(found.level, step, mask), _unpooled(found.upright, step, mask))


def _find(mask: NDArray[np.bool_], smallest: float, widest: float) -> Rules | None:
    """The same of a page that is not too large."""
    if not (below(mask, SHORTEST).any() or below(mask.T, SHORTEST).any()):
        return None  # as of most pages

    def size_of(ink: NDArray[np.bool_]) -> float:
        components = find_components(ink)
        return max(smallest, symbol_size(components.boxes, components.areas(), widest))

    size = size_of(mask)
    turn = _turn(mask, size)
    found = _on_level_page(turn.there(mask), size, size_of, loose=turn.slope != 0)
    return found and Rules(turn.back(found.level), turn.back(found.upright))


def _turn(mask: NDArray[np.bool_], size: float) -> Rotation:
    """By what the page is to be turned so that the most rules are level: long ones tell best, where there are any."""
    telling, thick = _limits(TELLING, size)

    def level_rules(slope: float, length: int) -> float:
        pixels = np.count_nonzero(straight(Rotation(mask.shape, slope).levelled(mask), length, thick, loose=True))
        return float(pixels if slope else UNTURNED * pixels)

    # On a small page both are the same.
    for length in dict.fromkeys((max(telling, mask.shape[1] // 2), min(telling, round(SPAN * mask.shape[1])))):
        # A turn that moves one side of a strip by more than its height tells nothing of it, and takes long.
        slopes = [DEGREE * turn for turn in TURNS if abs(DEGREE * turn) * mask.shape[1] <= mask.shape[0]]
        found = {slope: level_rules(slope, length) for slope in slopes}
        slope = max(found, key=lambda slope: found[slope])
        if not found[slope]:
            continue
        for finer in (DEGREE / 2, DEGREE / 4) if slope else ():
            slope = max((slope, slope - finer, slope + finer), key=partial(level_rules, length=length))
        return Rotation(mask.shape, slope)
    return Rotation(mask.shape, 0.0)


def _on_level_page(
    mask: NDArray[np.bool_], size: float, size_of: Callable[[NDArray[np.bool_]], float], *, loose: bool
) -> Rules | None:
    """The rules of a page that is not turned, of symbols of so many pixels.

    Symbols that touch a rule are one component with it. So when the first rules are gone, the symbols are measured once
    more, and all rules found anew.
    """
    first = _squares(mask, loose=loose) or _rules(mask, size, loose=loose)
    if first is None:
        return None
    rest = first.widened().erased(mask.astype(np.float32)) > 0
    return _rules(mask, size_of(rest), loose=loose) or first


def _squares(mask: NDArray[np.bool_], *, loose: bool) -> Rules | None:
    """The lines of squared paper: all symbols may hang together by them, so that there is no size to go by."""
    level, upright = (
        straight(part, round(SPAN * part.shape[1]), max(4, part.shape[0] // 8), loose=loose) for part in (mask, mask.T)
    )
    edges = min(np.count_nonzero(np.diff(part.any(axis=1), prepend=False, append=False)) for part in (level, upright))
    return Rules(level, upright.T) if edges >= 2 * LINES else None


def _rules(mask: NDArray[np.bool_], size: float, *, loose: bool) -> Rules | None:
    """What is longer than symbols of so many pixels, and the sides of boxes between."""
    if not size:
        return None
    level, upright = (straight(part, *_limits(LONG, size), loose=loose) for part in (mask, mask.T))
    side = max(SHORTEST // 2, round(SIDE * size))
    sides = between(mask, level, side, loose=loose), between(mask.T, upright, side, loose=loose)
    boxes = _boxes(mask, size, loose=loose)
    rules = Rules(level | sides[1].T | boxes.level, upright.T | sides[0] | boxes.upright)
    return rules if rules.level.any() or rules.upright.any() else None


def _boxes(mask: NDArray[np.bool_], size: float, *, loose: bool) -> Rules:
    """The sides of boxes that stand alone: lines but little longer than a symbol, all of which end at one another."""
    length, thick = _limits(BOX, size)
    level, upright = (straight(part, length, thick, loose=loose) for part in (mask, mask.T))
    sides = upright.T & between(mask, level, length, loose=loose)
    return Rules(level & between(mask.T, sides.T, length, loose=loose).T, sides)


def _limits(share: float, size: float) -> tuple[int, int]:
    """The least length, a share of symbols of so many pixels, and the greatest thickness."""
    return max(SHORTEST, round(share * size)), max(4, round(THICK * size))


def _erased(ink: NDArray[np.float32], level: NDArray[np.bool_], rules: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The page without its level rules: in each column the lesser ink of what is just above and just below it.

    What is itself a rule does not count as ink there.
    """
    inked = ink[level & (ink > 0)]
    if not inked.size:
        return ink
    beside = np.pad(np.where(rules, 0, ink), 1)
    beside = np.maximum(np.maximum(beside[:, :-2], beside[:, 2:]), beside[:, 1:-1])  # strokes may be slanted
    lines = Stretches.of(level)
    lesser = np.minimum(beside[lines.starts, lines.columns], beside[lines.ends + 1, lines.columns])
    bare = level & (ink < BRIGHTER * float(np.percentile(inked, 75)))
    return np.where(bare, np.minimum(ink, lines.spread(lesser, ink.shape)), ink)


def _pooled(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Of each square of so many pixels whether there is one set."""
    whole = np.pad(mask, [(0, -side % step) for side in mask.shape])
    squares = whole.reshape(len(whole) // step, step, -1, step)
    pooled: NDArray[np.bool_] = np.logical_or.reduce(squares, axis=(1, 3))
    return pooled


def _unpooled(squares: NDArray[np.bool_], step: int, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a mask in the chosen squares."""
    whole = squares.repeat(step, axis=0).repeat(step, axis=1)
    found: NDArray[np.bool_] = mask & whole[: mask.shape[0], : mask.shape[1]]
    return found
