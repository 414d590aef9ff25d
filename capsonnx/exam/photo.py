"""Simulated phone photos of a sheet of paper on a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from capsonnx.exam.degrade import compressed, lit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ZOOM", "photographed"]

SIZE = (6.4, 3.8)
"""Height and width of a photo as multiples of those of the page."""
ZOOM = (2.0, 3.0)
"""The minimum and maximum scale, in pixels of the photo per pixel of the page."""
TURN = 6.0
"""The maximum rotation of the sheet in degrees, in either direction."""
KEPT = 12
"""A margin in pixels of the page: what is at least this far from all of its edges is always in the photo."""
PAPER, TABLE = (200.0, 250.0), (20.0, 150.0)
"""The ranges of the levels of paper and table in full light."""
LIGHT = (0.6, 1.0)
"""The minimum and maximum share of light on a photo."""
BILINEAR = Image.Resampling.BILINEAR
QUALITY = 60
"""The quality of the JPEG compression, on libjpeg's scale of 1 to 95."""


def photographed(
    pages: NDArray[np.uint8], generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Print each page in dark ink on a sheet, and take a photo of it.

    Each photo has its own paper and its own table with a grain. The sheet is rotated and may extend beyond the photo on
    any side, but hardly by more than its margin. Uneven light, blur of sigma 0.5 to 1.2 pixels, noise of sigma 1 to 5
    levels and JPEG compression are added. The same pages and generator give the same result, except for about one level
    between builds of libjpeg and of Pillow.

    Args:
        pages: (batch, height, width) uint8, light ink on black, with a margin of about 14 pixels.
        generator: its state advances photo by photo, so that a photo does not depend on those after it.

    Returns:
        photos: (batch, rows, cols) uint8, of the size given by :data:`SIZE`.
        places: (batch, 2, 3) float64, for each page the matrix that maps a point (x, y, 1) to its (x, y) in the photo.
    """
    height, width = pages.shape[1:]
    rows, cols = round(SIZE[0] * height), round(SIZE[1] * width)
    photos, places = np.empty((len(pages), rows, cols), np.uint8), np.empty((len(pages), 2, 3))
    for page, photo, place in zip(pages, photos, places, strict=True):
        place[:] = _place((width, height), (cols, rows), generator)
        photo[:] = _photo(page, place, (rows, cols), generator)
    return photos, places


def _place(page: tuple[int, int], photo: tuple[int, int], generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw the matrix that maps a page to its place in a photo, given the (width, height) of both."""
    zoom, turn = generator.uniform([ZOOM[0], -TURN], [ZOOM[1], TURN]).tolist()
    cosine, sine = zoom * np.cos(np.deg2rad(turn)), zoom * np.sin(np.deg2rad(turn))
    turned = np.array([[cosine, -sine], [sine, cosine]])
    middle, centre = np.array(page) / 2, np.array(photo) / 2
    centre += np.maximum(centre - abs(turned) @ (middle - KEPT), 0) * generator.uniform(-1, 1, 2)
    # Rounded, so that a cosine that differs between machines in its last bit changes nothing.
    return np.column_stack([turned, centre - turned @ middle]).round(6)


def _photo(
    page: NDArray[np.uint8], place: NDArray[np.float64], shape: tuple[int, int], generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Render one photo; ``shape`` is its height and width."""
    paper, table, contrast, grain = generator.uniform(
        [PAPER[0], TABLE[0], 0.6, 0], [PAPER[1], TABLE[1], 1, 10]
    ).tolist()
    angle, pitch, blur, noise = generator.uniform([0, 2, 0.5, 1], [np.pi, 20, 1.2, 5]).tolist()
    back = np.linalg.inv(place[:, :2])
    inverse = np.column_stack([back, -back @ place[:, 2]]).ravel().tolist()
    ink, sheet = (
        np.asarray(Image.fromarray(levels).transform(shape[::-1], Image.Transform.AFFINE, inverse, BILINEAR), float)
        / 255
        for levels in (page, np.full_like(page, 255))
    )
    y, x = np.indices(shape)
    wood = table + grain * np.sin((x * np.cos(angle) + y * np.sin(angle)) / pitch)
    levels = (sheet * paper * (1 - contrast * ink) + (1 - sheet) * wood) * lit(*shape, LIGHT, generator)
    sharp = Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))
    blurred = np.asarray(sharp.filter(ImageFilter.GaussianBlur(blur)), float)
    return compressed(blurred + generator.normal(0, noise, shape), QUALITY)
