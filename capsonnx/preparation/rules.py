"""Find the rules of a page, as opposed to its symbols, and remove them: printed lines, underlines, squares and boxes.

A rule is straight, within a few degrees of horizontal or vertical, and longer than symbols. The sides of a box run from
one such rule to another. Where a stroke crosses a rule, the stroke is kept.
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
"""The minimum length of a rule in pixels. The longer side of MNIST's symbols is 20."""

SHARP = 0.8
"""Pixels below this fraction of the smoothed page are not part of a rule but only next to one."""

# Chosen on pages of MNIST training digits ruled by capsonnx.exam.stationery.
LONG, SIDE, BOX, TELLING = 2.5, 0.9, 1.2, 4.0
"""The minimum lengths, in symbol sizes, of a rule, of the side of a box between two rules, of the side of a box that
stands alone, and of a rule from which the rotation of the page is estimated."""
THICK = 0.4
"""The maximum thickness of a rule in symbol sizes."""
SPAN, LINES = 0.8, 3
"""The minimum share of the page that lines of squared paper span, and their minimum number in each direction."""
BRIGHTER = 1.4
"""Pixels brighter than most of the rules by this factor are ink on top of them."""
DEGREE, TURNS = 0.0175, (0, -1, 1, -2, 2, -3, 3)
"""The slope of one degree, and the rotations of the page to try, in degrees."""
UNTURNED = 1.1
"""A page counts as rotated if correcting the rotation makes its rules longer by this factor."""
LARGEST = 1 << 20
"""The maximum number of pixels to search at full resolution."""


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of a page.

    Attributes:
        level: (height, width) bool, the pixels of horizontal rules.
        upright: (height, width) bool, the pixels of vertical rules.
    """

    level: NDArray[np.bool_]
    upright: NDArray[np.bool_]

    def widened(self) -> Rules:
        """The rules with one more pixel on either side, as blur widens them."""
        return Rules(widened(self.level), widened(self.upright.T).T)

    def erased(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Erase the rules from a page, except where ink on them is brighter or a stroke continues on both sides.

        Args:
            ink: (height, width) float32, at least 0.

        Returns:
            (height, width) float32, nowhere greater than ``ink``.
        """
        ink = _erased(ink, self.level, self.level | self.upright)
        return _erased(ink.T, self.upright.T, self.upright.T).T


def find_rules(mask: NDArray[np.bool_], *, smallest: float = 0.0, widest: float = WIDEST) -> Rules | None:
    """Find the rules of a page.

    Args:
        mask: (height, width) bool, the ink of the page.
        smallest: the minimum size of its symbols in pixels, if known.
        widest: the largest ratio of a symbol's width to its height.

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
    """Find the rules of a page that is not too large."""
    if not (below(mask, SHORTEST).any() or below(mask.T, SHORTEST).any()):
        return None  # true of most pages

    def size_of(ink: NDArray[np.bool_]) -> float:
        components = find_components(ink)
        return max(smallest, symbol_size(components.boxes, components.areas(), widest))

    size = size_of(mask)
    turn = _turn(mask, size)
    found = _on_level_page(turn.there(mask), size, size_of, loose=turn.slope != 0)
    return found and Rules(turn.back(found.level), turn.back(found.upright))


def _turn(mask: NDArray[np.bool_], size: float) -> Rotation:
    """The rotation that makes the most rules horizontal, judged by long rules if there are any."""
    telling, thick = _limits(TELLING, size)

    def level_rules(slope: float, length: int) -> float:
        pixels = np.count_nonzero(straight(Rotation(mask.shape, slope).levelled(mask), length, thick, loose=True))
        return float(pixels if slope else UNTURNED * pixels)

    # On a small page both lengths are the same.
    for length in dict.fromkeys((max(telling, mask.shape[1] // 2), min(telling, round(SPAN * mask.shape[1])))):
        # Rotations that would move one end of a strip by more than its height reveal nothing about it and take long.
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
    """Find the rules of a page that is not rotated and has symbols of ``size`` pixels.

    A symbol that touches a rule forms one component with it. So once the first rules are gone, the symbols are measured
    again and all rules are searched for anew.
    """
    first = _squares(mask, loose=loose) or _rules(mask, size, loose=loose)
    if first is None:
        return None
    rest = first.widened().erased(mask.astype(np.float32)) > 0
    return _rules(mask, size_of(rest), loose=loose) or first


def _squares(mask: NDArray[np.bool_], *, loose: bool) -> Rules | None:
    """Find the lines of squared paper. They may connect all symbols, so that there is no symbol size to go by."""
    level, upright = (
        straight(part, round(SPAN * part.shape[1]), max(4, part.shape[0] // 8), loose=loose) for part in (mask, mask.T)
    )
    edges = min(np.count_nonzero(np.diff(part.any(axis=1), prepend=False, append=False)) for part in (level, upright))
    return Rules(level, upright.T) if edges >= 2 * LINES else None


def _rules(mask: NDArray[np.bool_], size: float, *, loose: bool) -> Rules | None:
    """Find lines longer than symbols of ``size`` pixels, and the sides of boxes between them or standing alone."""
    if not size:
        return None
    level, upright = (straight(part, *_limits(LONG, size), loose=loose) for part in (mask, mask.T))
    side = max(SHORTEST // 2, round(SIDE * size))
    sides = between(mask, level, side, loose=loose), between(mask.T, upright, side, loose=loose)
    boxes = _boxes(mask, size, loose=loose)
    rules = Rules(level | sides[1].T | boxes.level, upright.T | sides[0] | boxes.upright)
    return rules if rules.level.any() or rules.upright.any() else None


def _boxes(mask: NDArray[np.bool_], size: float, *, loose: bool) -> Rules:
    """Find the sides of boxes that stand alone: lines slightly longer than a symbol, each of which ends at others."""
    length, thick = _limits(BOX, size)
    level, upright = (straight(part, length, thick, loose=loose) for part in (mask, mask.T))
    sides = upright.T & between(mask, level, length, loose=loose)
    return Rules(level & between(mask.T, sides.T, length, loose=loose).T, sides)


def _limits(share: float, size: float) -> tuple[int, int]:
    """The minimum length, ``share`` times a symbol of ``size`` pixels, and the maximum thickness of a rule."""
    return max(SHORTEST, round(share * size)), max(4, round(THICK * size))


def _erased(ink: NDArray[np.float32], level: NDArray[np.bool_], rules: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Erase horizontal rules: replace each column of a rule by the lesser of the ink just above and just below it.

    Pixels of rules do not count as ink there.
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
    """Whether any pixel is set in each square of ``step`` × ``step`` pixels."""
    whole = np.pad(mask, [(0, -side % step) for side in mask.shape])
    squares = whole.reshape(len(whole) // step, step, -1, step)
    pooled: NDArray[np.bool_] = np.logical_or.reduce(squares, axis=(1, 3))
    return pooled


def _unpooled(squares: NDArray[np.bool_], step: int, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a mask that are in the chosen squares."""
    whole = squares.repeat(step, axis=0).repeat(step, axis=1)
    found: NDArray[np.bool_] = mask & whole[: mask.shape[0], : mask.shape[1]]
    return found
