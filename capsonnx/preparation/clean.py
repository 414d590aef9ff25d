"""Clean pages, whose ground is exact black: which they are, and what they are without printed rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from capsonnx.masks import find_components
from capsonnx.preparation.ground import smoothed
from capsonnx.preparation.rules import SHARP, SHORTEST, Rules, find_rules
from capsonnx.preparation.sizes import longest_of, symbol_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HAZE", "REACH", "STRONG", "most_inked", "near_ink", "needs_preparation", "unruled"]

STRONG = 63
"""Above this level a pixel of a clean page is ink for certain."""
REACH = 4
"""Pixels: fainter ones so near to strong ink belong to its strokes."""
INKED, HAZE = 0.5, 0.02
"""The greatest share of pixels, of those that are not 0, and of such without ink near, on a page of black ground."""
FILLED = 0.95
"""The same of those that are not 0, on a page that is cut close to its symbols: the first share is of more then."""


def needs_preparation(levels: NDArray[np.uint8]) -> bool:
    """Whether a page's ground is anything but exact black.

    It is black if most pixels are 0 and hardly any is faint without ink near it. A page that is cut close to its
    symbols is judged as with a margin around it.

    Args:
        levels: (height, width) uint8, light ink on a dark ground.

    >>> page = np.zeros((40, 40), np.uint8)
    >>> page[10:30, 19:22] = 255
    >>> needs_preparation(page), needs_preparation(page + np.uint8(9))
    (False, True)
    """
    inked = levels > 0
    if np.count_nonzero(inked) > most_inked(*np.array(levels.shape)):
        return True
    haze = inked & ~near_ink(levels > STRONG)
    return bool(np.count_nonzero(haze) > HAZE * levels.size)


def most_inked(height: NDArray[np.int64], width: NDArray[np.int64]) -> NDArray[np.float64]:
    """The most pixels that are not 0, on pages of black ground of so many pixels; any shape.

    >>> most_inked(np.array([20, 200]), np.array([16, 200])).tolist()
    [304.0, 21632.0]
    """
    most: NDArray[np.float64] = np.minimum(INKED * (height + 2 * REACH) * (width + 2 * REACH), FILLED * height * width)
    return most


def near_ink(strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a pixel of strong ink lies within :data:`REACH` pixels, down and to the side; of (height, width) bool."""
    image = Image.fromarray(strong.view(np.uint8) * np.uint8(255))
    near: NDArray[np.bool_] = np.asarray(image.filter(ImageFilter.BoxBlur(REACH))) > 0
    return near


def unruled(levels: NDArray[np.uint8], boxes: NDArray[np.int64], widest: float) -> NDArray[np.uint8]:
    """A clean page without its rules; the page itself if it has none.

    Args:
        levels: (height, width) uint8.
        boxes: (count, 4), of the components of its strong ink.
        widest: the greatest width of a symbol by its height.
    """
    if not (longest_of(boxes) >= SHORTEST).any():
        return levels
    rules = _rules_of(levels, widest)
    if rules is None:
        return levels
    erased: NDArray[np.uint8] = np.rint(rules.erased(levels.astype(np.float32))).astype(np.uint8)
    return erased


def _rules_of(levels: NDArray[np.uint8], widest: float) -> Rules | None:
    """Of a page whose ground is black: those of all its ink, and, where it is not exact, of what is sharp of it."""
    components = find_components(levels > 0)
    # Not the haze around a symbol, by whose size it would be a frame with small symbols in it.
    strong = components.peaks(levels.astype(np.float32)) > STRONG
    inked = components.mask(strong)
    # What is sharp of a symbol are often pieces of it, by whose size its strokes would be rules.
    size = symbol_size(components.boxes[strong], components.areas()[strong], widest)
    is_sharp = levels > SHARP * smoothed(levels)
    exact = find_rules(inked, widest=widest)
    sharp = find_rules(inked & is_sharp, smallest=size, widest=widest)
    found = [rules for rules in (exact, sharp and sharp.widened()) if rules is not None]
    if not found:
        return None
    return Rules(np.any([one.level for one in found], axis=0), np.any([one.upright for one in found], axis=0))
