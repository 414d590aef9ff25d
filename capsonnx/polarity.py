"""How the ink of an image and its ground lie to each other, and what is neither: a frame around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["light_on_dark"]

FRAME = 7 / 8
"""The least share of a row or column at the edge of an image that is a frame, where it is part of one."""
MOST, ALONG = 2 / 3, 0.95
"""The least share of ground in what a frame holds, and along the border of that."""
# Chosen on scans and photos of MNIST training digits, with shadows and without.
DARK = 32
"""Up to this level a ground is dark, and the ink light."""
SAMPLED = 256
"""Pixels, the mean side to which an image is made smaller to tell whether its ink is dark."""
STROKES = 20
"""The part of that side within which pixels are surroundings."""


def light_on_dark(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image as light ink on a dark ground: inverted if it has dark ink on a light one, and without a frame.

    Told by the border, which is ground, unless it is a frame: that is painted over. If the ground is a dark grey, it is
    told by the ink, for it may be paper in a shadow, or a table.

    Args:
        levels: (height, width) uint8.

    Returns:
        (height, width) uint8; ``levels`` itself where nothing is to be done. Black if it has but one level, and so no
        ink.

    >>> page = np.full((20, 20), 40, np.uint8)
    >>> page[5:15, 9:11] = 200
    >>> dark = 255 - page
    >>> all(np.array_equal(light_on_dark(image), page) for image in (page, dark))
    True
    >>> np.array_equal(light_on_dark(np.pad(dark, 3)), np.pad(page, 3, constant_values=40))
    True
    """
    if levels.min() == levels.max():
        return np.zeros_like(levels)
    border = _border(levels)
    ground_is_light = _are_light(border)
    page = _unframed(levels, border_is_light=ground_is_light)
    if page is not levels:
        ground_is_light = not ground_is_light
    elif not ground_is_light and 2 * np.count_nonzero(border > DARK) > border.size:
        ground_is_light = _ink_is_dark(levels)
    return 255 - page if ground_is_light else page


def _border(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels, each once, of (height, width)."""
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def _are_light(border: NDArray[np.uint8]) -> bool:
    """Whether the median of some pixels is light."""
    twice = 2 * np.count_nonzero(border > 127)
    # Unless half of them are, counting tells what the median is, in a fraction of the time.
    return bool(np.median(border) > 127 if twice == border.size else twice > border.size)


def _unframed(levels: NDArray[np.uint8], *, border_is_light: bool) -> NDArray[np.uint8]:
    """The image with its frame painted over, as a cell that is cut out of a table has one; the image itself without.

    What a frame holds is a rectangle that fills most of the image, mostly dark where the border of the image is light,
    or light where that is dark, with ground all along its own border, and ink within.
    """
    unlike = levels < 128 if border_is_light else levels > 127
    if 2 * np.count_nonzero(unlike) <= unlike.size:
        return levels
    rows = _within(unlike.mean(axis=1))
    columns = _within(unlike[rows].mean(axis=0))
    page, is_ground = levels[rows, columns], unlike[rows, columns]
    if is_ground.mean() < MOST or _border(is_ground).mean() < ALONG or is_ground[1:-1, 1:-1].all():
        return levels
    painted = np.full_like(levels, np.median(_border(page)))
    painted[rows, columns] = page
    return painted


def _within(shares: NDArray[np.float64]) -> slice:
    """From the first to the last row or column that is no frame, by the share of each that is unlike one."""
    inside = np.flatnonzero(shares > 1 - FRAME)
    return slice(inside[0], inside[-1] + 1)


def _ink_is_dark(levels: NDArray[np.uint8]) -> bool:
    """Whether it is dark rather than light what is narrow and stands out of its surroundings: of paper in a shadow."""
    image = Image.fromarray(levels).reduce(max(1, int(levels.size**0.5 / SAMPLED)))
    radius = (image.width * image.height) ** 0.5 / STROKES
    around = np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32)
    # By the third power strokes count, and noise and the edges of sheets and shadows, alike on either side, do not.
    return bool(((np.asarray(image, np.float32) - around) ** 3).sum() < 0)
