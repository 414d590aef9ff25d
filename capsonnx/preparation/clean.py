"""Clean pages, whose background is exact black: detect them and remove their printed rules."""

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
"""Pixels above this level are certain to be ink on a clean page."""
REACH = 4
"""Fainter pixels within this distance in pixels of strong ink belong to its strokes."""
INKED, HAZE = 0.5, 0.02
"""The maximum shares of nonzero pixels, and of nonzero pixels without ink nearby, on a page with a black background."""
FILLED = 0.95
"""The maximum share of nonzero pixels on the page itself. :data:`INKED` is a share of the page with a margin, which
allows for pages cropped close to their symbols."""


def needs_preparation(levels: NDArray[np.uint8]) -> bool:
    """Whether a page's background is anything but exact black.

    The background is black if most pixels are 0 and hardly any faint pixel is away from ink. A page cropped close to
    its symbols is judged as if it had a margin.

    Args:
        levels: (height, width) uint8, light ink on a dark background.

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
    """The maximum number of nonzero pixels on pages of these sizes with a black background; arrays of any shape.

    >>> most_inked(np.array([20, 200]), np.array([16, 200])).tolist()
    [304.0, 21632.0]
    """
    most: NDArray[np.float64] = np.minimum(INKED * (height + 2 * REACH) * (width + 2 * REACH), FILLED * height * width)
    return most


def near_ink(strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels have strong ink within :data:`REACH` pixels, down and across; both masks (height, width) bool."""
    image = Image.fromarray(strong.view(np.uint8) * np.uint8(255))
    near: NDArray[np.bool_] = np.asarray(image.filter(ImageFilter.BoxBlur(REACH))) > 0
    return near


def unruled(levels: NDArray[np.uint8], boxes: NDArray[np.int64], widest: float) -> NDArray[np.uint8]:
    """A clean page without its rules, or ``levels`` itself if it has none.

    Args:
        levels: (height, width) uint8.
        boxes: (count, 4), the bounding boxes of the connected components of its strong ink.
        widest: the largest ratio of a symbol's width to its height.
    """
    if not (longest_of(boxes) >= SHORTEST).any():
        return levels
    rules = _rules_of(levels, widest)
    if rules is None:
        return levels
    erased: NDArray[np.uint8] = np.rint(rules.erased(levels.astype(np.float32))).astype(np.uint8)
    return erased


def _rules_of(levels: NDArray[np.uint8], widest: float) -> Rules | None:
    """Find the rules of a page with a black background, in all of its ink and, in case of blur, in its sharp ink."""
    components = find_components(levels > 0)
    # Without the haze around a symbol: by the size of its specks, the symbol would be a frame of small symbols.
    strong = components.peaks(levels.astype(np.float32)) > STRONG
    inked = components.mask(strong)
    # The sharp ink of a symbol is often in pieces. Judged by their size, its strokes would be rules.
    size = symbol_size(components.boxes[strong], components.areas()[strong], widest)
    is_sharp = levels > SHARP * smoothed(levels)
    exact = find_rules(inked, widest=widest)
    sharp = find_rules(inked & is_sharp, smallest=size, widest=widest)
    found = [rules for rules in (exact, sharp and sharp.widened()) if rules is not None]
    if not found:
        return None
    return Rules(np.any([one.level for one in found], axis=0), np.any([one.upright for one in found], axis=0))
