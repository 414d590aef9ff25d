"""Find horizontal and vertical lines in a mask of ink, whatever symbols there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.masks import Stretches, below, counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["between", "straight", "widened"]

SOLID = 0.95
"""The minimum share of a line's length that is ink. Digits side by side without space come close to a line."""
UNBROKEN = 16
"""Every line has a stretch of at least this many pixels without a gap."""
BEFORE, WITHIN = 2, 5
"""The side of a box ends at most this many pixels before a rule, or this many pixels inside it."""


def straight(mask: NDArray[np.bool_], length: int, thick: int, *, loose: bool) -> NDArray[np.bool_]:
    """Find the pixels of horizontal lines at least ``length`` long and at most ``thick`` thick, in pixels.

    If ``loose``, lines may waver by one pixel.
    """
    found = np.zeros_like(mask)
    if mask.shape[1] < length:
        return found
    near = widened(mask) if loose else mask
    # Narrow down the rows that may hold a line with increasingly expensive tests: on most pages, soon none are left.
    rows = np.flatnonzero(np.count_nonzero(near, axis=1) >= SOLID * length)
    rows = rows[below(near[rows].T, UNBROKEN).any(axis=0)]
    full = counts(near[rows], length) >= SOLID * length
    hold_one = full.any(axis=1)
    rows, full = rows[hold_one], full[hold_one]
    if not len(rows):
        return found
    found[rows] = mask[rows] & (counts(np.pad(full, ((0, 0), (length - 1, length - 1))), length) > 0)
    lines = Stretches.of(found)
    return lines.mask(lines.lengths <= thick, mask.shape)


def between(mask: NDArray[np.bool_], level: NDArray[np.bool_], least: int, *, loose: bool) -> NDArray[np.bool_]:
    """Find vertical stretches, at least ``least`` pixels long, that run from one horizontal rule to another.

    They are at most one pixel thicker than two typical rules. If ``loose``, they may waver by one pixel.
    """
    if not level.any():
        return level
    above = np.pad(np.cumsum(level, axis=0, dtype=np.int32), ((1, 0), (0, 0)))
    found = Stretches.of(widened(mask.T).T if loose else mask)
    kept = found.lengths >= least
    for first, last in ((found.starts - BEFORE, found.starts + WITHIN), (found.ends - WITHIN, found.ends + BEFORE)):
        kept &= above[last.clip(max=len(level)), found.columns] > above[first.clip(min=0), found.columns]
    thickness = 2 * np.median(Stretches.of(level).lengths) + 1
    across = Stretches.of((mask & found.mask(kept, mask.shape)).T)
    return across.mask(across.lengths <= thickness, mask.T.shape).T


def widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Dilate a mask by one pixel upwards and downwards."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    return wide
