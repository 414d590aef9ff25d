"""How the ink of an image and its ground lie to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from capsonnx.images.borders import border_of, unframed, without_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["light_on_dark"]

# Chosen on scans and photos of MNIST training digits, with shadows and without.
DARK = 32
"""Up to this level a ground is dark, and the ink light."""
SAMPLED = 256
"""Pixels, the mean side to which an image is made smaller to tell whether its ink is dark."""
STROKES = 20
"""The part of that side within which pixels are surroundings."""


def light_on_dark(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image as light ink on a dark ground: inverted if it has dark ink on a light one; without a frame, and edges.

    Told by the border, which is ground, unless it is a frame. If the ground is a dark grey, it is told by the ink, for
    it may be paper in a shadow, or a table. Frames and edges are painted over, see :mod:`capsonnx.images.borders`.

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
    >>> np.array_equal(light_on_dark(dark // 2), 255 - dark // 2), light_on_dark(dark[:5]).any()
    (True, np.False_)
    >>> np.array_equal(light_on_dark(np.pad(dark, 3)), np.pad(page, 3, constant_values=40))
    True
    """
    if levels.min() == levels.max():
        return np.zeros_like(levels)
    border = border_of(levels)
    ground_is_light = _are_light(border)
    page = unframed(levels, border_is_light=ground_is_light)
    if page is not levels:
        ground_is_light = not ground_is_light
    elif not ground_is_light and 2 * np.count_nonzero(border > DARK) > border.size:
        ground_is_light = _ink_is_dark(levels)
    return without_edges(255 - page if ground_is_light else page)


def _are_light(border: NDArray[np.uint8]) -> bool:
    """Whether the median of some pixels is light."""
    twice = 2 * np.count_nonzero(border > 127)
    # Unless half of them are, counting tells what the median is, in a fraction of the time.
    return bool(np.median(border) > 127 if twice == border.size else twice > border.size)


def _ink_is_dark(levels: NDArray[np.uint8]) -> bool:
    """Whether it is dark rather than light what is narrow and stands out of its surroundings: of paper in a shadow."""
    image = Image.fromarray(levels).reduce(max(1, int(levels.size**0.5 / SAMPLED)))
    radius = (image.width * image.height) ** 0.5 / STROKES
    around = np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32)
    # By the third power strokes count, and noise and the edges of sheets and shadows, alike on either side, do not.
    return bool(((np.asarray(image, np.float32) - around) ** 3).sum() < 0)
