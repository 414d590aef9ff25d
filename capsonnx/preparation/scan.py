"""Extract the ink of scans and photos, without background, shadows, noise, specks, rules or anything but the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from capsonnx.masks import find_components
from capsonnx.preparation.ground import estimate_ground, noise_of, smoothed
from capsonnx.preparation.paper import find_paper
from capsonnx.preparation.rules import SHARP, find_rules
from capsonnx.preparation.shadow import has_shadow, shadowed_ground
from capsonnx.preparation.sizes import SYMBOL, are_frames, middle, sides_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.masks import Components

__all__ = ["ink_on_paper"]

# Chosen on pages of MNIST training digits degraded by capsonnx.exam.degrade.
LOW, HIGH = 2.5, 6.0
"""Ink is a connected component of pixels above LOW times the noise, one of them above HIGH times the noise."""
LOW_SHARE, HIGH_SHARE = 0.15, 0.35
"""The minimums of the thresholds :data:`LOW` and :data:`HIGH`, as shares of the level of the page's strong ink."""
SPECK = 0.25
"""A component whose longer side is below this many symbol sizes is a speck."""
BREADTH, LEAST_BREADTH, NARROWER = 0.5, 3, 0.8
"""Anything broader than BREADTH symbol sizes, at least LEAST_BREADTH pixels, is not a stroke but a shadow. If the
symbols turn out to be smaller by the factor NARROWER once such shadows are removed, the page is examined again."""
SKIRT = 2
"""The number of pixels by which blur makes a component longer than its symbol."""


def ink_on_paper(levels: NDArray[np.uint8], widest: float) -> tuple[NDArray[np.float32], float]:
    """The result of :func:`_ink`, for the paper alone if the page shows anything else."""
    paper = find_paper(levels)
    if paper is None:
        return _ink(levels, widest)
    ink, size = _ink(paper.cut_out(levels), widest)
    page = np.zeros(levels.shape, np.float32)
    page[paper.box] = np.where(paper.inside[paper.box], ink, 0)
    return page, size


def _ink(
    levels: NDArray[np.uint8], widest: float, *, ruled: bool = True, breadth: int | None = None
) -> tuple[NDArray[np.float32], float]:
    """Extract the ink of a page.

    If ``ruled``, rules are removed. For large symbols on a ruled page, this is done at half the resolution or less,
    where the edges of rules are less ragged and the gaps in pale rules closed. With a ``breadth`` in pixels, anything
    broader is taken for a shadow.

    Returns:
        What the ink adds to the background, (height, width) float32, at least 0; and the size of the symbols in pixels,
        or 0.
    """
    smooth = smoothed(levels)
    ground, gain = (estimate_ground(smooth), np.float32(1)) if breadth is None else shadowed_ground(smooth, breadth)
    excess = (smooth - ground) * gain
    strokes = _strokes(excess)
    if strokes is None:
        return np.zeros_like(excess), 0.0
    found, chosen = strokes
    boxes = found.boxes[chosen]
    size = middle(sides_of(boxes[~are_frames(boxes)], skirt=SKIRT, widest=widest))
    narrower = round(BREADTH * size)
    if narrower >= LEAST_BREADTH and (
        has_shadow(smooth, ground, narrower) if breadth is None else narrower < NARROWER * breadth
    ):
        return _ink(levels, widest, ruled=ruled, breadth=narrower)
    added = (levels - ground).clip(0)
    ink = added * gain
    rules = find_rules(found.mask(chosen) & (ink > SHARP * excess), widest=widest) if ruled else None
    if rules is not None:
        # The rules were partly taken for background or noise, so start again without them.
        unruled = np.rint(levels - added + rules.widened().erased(added)).astype(np.uint8)
        rest, size = _ink(unruled, widest, ruled=False, breadth=breadth)
        if size > 3 * SYMBOL:
            half, half_size = _ink(np.asarray(Image.fromarray(levels).reduce(2)), widest)
            if half_size >= SYMBOL:
                whole = Image.fromarray(half).resize(levels.shape[::-1], Image.Resampling.BILINEAR)
                return np.asarray(whole), 2 * half_size
        return rest, size
    left, top, right, bottom = found.boxes.T
    chosen &= np.maximum(right - left, bottom - top) >= SPECK * size
    return np.where(found.mask(chosen), ink, 0).astype(np.float32), size


def _strokes(excess: NDArray[np.float32]) -> tuple[Components, NDArray[np.bool_]] | None:
    """Find the components that stand out of the noise, and which are strong enough to be ink; None if none are."""
    noise = noise_of(excess)
    strong = excess[excess > HIGH * noise]
    if not strong.size:
        return None
    full = float(np.percentile(strong, 75))
    found = find_components(excess > max(LOW * noise, LOW_SHARE * full))
    return found, found.peaks(excess) > max(HIGH * noise, HIGH_SHARE * full)
