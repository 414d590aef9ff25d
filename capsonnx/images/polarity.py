"""Whether the ink of an image is lighter or darker than its background."""

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
"""A background up to this level is certainly dark, and its ink light."""
SAMPLED = 256
"""The mean side in pixels towards which an image is reduced, by a whole factor, to tell whether its ink is dark."""
STROKES = 20
"""The mean side divided by the radius of a pixel's surroundings."""


def light_on_dark(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert an image to light ink on a dark background: invert dark ink on a light one, and remove frame and edges.

    The border decides: it is background unless it is a frame. If it is a dark grey, the ink decides, because the border
    may be paper in a shadow or a table. Frames and edges are painted over, see :mod:`capsonnx.images.borders`.

    Args:
        levels: (height, width) uint8.

    Returns:
        (height, width) uint8; ``levels`` itself if nothing has to change. An image of one level holds no ink and
        becomes black.

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
    """Whether the median of the pixels is light, above 127."""
    twice = 2 * np.count_nonzero(border > 127)
    # Unless exactly half of them are light, counting gives the answer in a fraction of the time.
    return bool(np.median(border) > 127 if twice == border.size else twice > border.size)


def _ink_is_dark(levels: NDArray[np.uint8]) -> bool:
    """Whether narrow shapes that stand out from their surroundings are mostly dark, as ink on paper in a shadow is."""
    image = Image.fromarray(levels).reduce(max(1, int(levels.size**0.5 / SAMPLED)))
    radius = (image.width * image.height) ** 0.5 / STROKES
    around = np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32)
    # The third power makes strokes count. Noise, and the edges of sheets and shadows, cancel out: they deviate equally
    # to either side.
    return bool(((np.asarray(image, np.float32) - around) ** 3).sum() < 0)
