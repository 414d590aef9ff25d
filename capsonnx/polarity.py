"""How the ink of an image and its ground lie to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ground_is_light"]

# Chosen on scans and photos of MNIST training digits, with shadows and without.
DARK = 32
"""Up to this level a ground is dark, and the ink light."""
SAMPLED = 256
"""Pixels, the mean side to which an image is made smaller to tell whether its ink is dark."""
STROKES = 20
"""The part of that side within which pixels are surroundings."""


def ground_is_light(levels: NDArray[np.uint8]) -> bool:
    """Whether an image has dark ink on a light ground, rather than light ink on a dark one.

    By the border, which is ground; if it is a dark grey, by the ink, for it may be paper in a shadow, or a table.

    Args:
        levels: (height, width) uint8.

    Returns:
        False, too, of an image of one single level, which has no ink.

    >>> page = np.full((20, 20), 200, np.uint8)
    >>> page[5:15, 9:11] = 40
    >>> ground_is_light(page), ground_is_light(page // 2), ground_is_light(255 - page), ground_is_light(page[:5])
    (True, True, False, False)
    """
    border = np.concatenate([levels[0], levels[-1], levels[1:-1, 0], levels[1:-1, -1]])
    twice = 2 * np.count_nonzero(border > 127)
    # Unless half of them are, counting tells what the median is, in a fraction of the time.
    is_light = np.median(border) > 127 if twice == border.size else twice > border.size
    if not is_light and 2 * np.count_nonzero(border > DARK) > border.size:
        is_light = _ink_is_dark(levels)
    return bool(is_light and levels.min() < levels.max())


def _ink_is_dark(levels: NDArray[np.uint8]) -> bool:
    """Whether it is dark rather than light what is narrow and stands out of its surroundings: of paper in a shadow."""
    image = Image.fromarray(levels).reduce(max(1, int(levels.size**0.5 / SAMPLED)))
    radius = (image.width * image.height) ** 0.5 / STROKES
    around = np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32)
    # By the third power strokes count, and noise and the edges of sheets and shadows, alike on either side, do not.
    return bool(((np.asarray(image, np.float32) - around) ** 3).sum() < 0)
