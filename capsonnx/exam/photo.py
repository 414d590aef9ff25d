"""Photos of a sheet of paper that lies on a table, as someone takes them with a telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from capsonnx.exam.degrade import compressed, lit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ZOOM", "photographed"]

SIZE = (6.4, 3.8)
"""Height and width of a photo, by those of the page."""
ZOOM = (2.0, 3.0)
"""Pixels of the photo per pixel of the page."""
TURN = 6.0
"""The most degrees that the sheet lies askew, either way."""
KEPT = 12
"""Pixels of the page, from each of its edges: what lies further in is always on the photo."""
PAPER, TABLE = (200.0, 250.0), (20.0, 150.0)
"""Levels in full light."""
LIGHT = (0.6, 1.0)
"""How much light falls on the photo's darkest and brightest place."""
BILINEAR = Image.Resampling.BILINEAR
QUALITY = 60
"""Of the JPEG compression, on libjpeg's scale of 1 to 95."""


def photographed(
    pages: NDArray[np.uint8], generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Print each page in dark ink on a sheet, and take a photo of it.

    Each photo has its own paper and table, which has a grain; the sheet lies askew, and may reach beyond the photo on
    any side, but hardly more than a margin of it. Light from a side, blur of sigma 0.5 to 1.2 pixels, noise of sigma 1
    to 5 levels and JPEG compression come on top. The same pages and generator give the same result, but for a level or
    so between builds of libjpeg and of Pillow.

    Args:
        pages: (batch, height, width) uint8, light ink on black, with a margin of 14 pixels or so.
        generator: its state advances, photo by photo, so that one does not depend on those after it.

    Returns:
        photos: (batch, rows, cols) uint8, as :data:`SIZE` says.
        places: (batch, 2, 3) float64, for each what takes a point (x, y, 1) of the page to its x and y on the photo.
    """
    height, width = pages.shape[1:]
    rows, cols = round(SIZE[0] * height), round(SIZE[1] * width)
    photos, places = np.empty((len(pages), rows, cols), np.uint8), np.empty((len(pages), 2, 3))
    for page, photo, place in zip(pages, photos, places, strict=True):
        place[:] = _place((width, height), (cols, rows), generator)
        photo[:] = _photo(page, place, (rows, cols), generator)
    return photos, places


def _place(page: tuple[int, int], photo: tuple[int, int], generator: np.random.Generator) -> NDArray[np.float64]:
    """Where a page comes to lie on a photo, both given by width and height."""
    zoom, turn = generator.uniform([ZOOM[0], -TURN], [ZOOM[1], TURN]).tolist()
    cosine, sine = zoom * np.cos(np.deg2rad(turn)), zoom * np.sin(np.deg2rad(turn))
    turned = np.array([[cosine, -sine], [sine, cosine]])
    middle, centre = np.array(page) / 2, np.array(photo) / 2
    centre += np.maximum(centre - abs(turned) @ (middle - KEPT), 0) * generator.uniform(-1, 1, 2)
    # Rounded, so that a cosine that differs in its last bit from machine to machine moves nothing.
    return np.column_stack([turned, centre - turned @ middle]).round(6)


def _photo(
    page: NDArray[np.uint8], place: NDArray[np.float64], shape: tuple[int, int], generator: np.random.Generator
) -> NDArray[np.uint8]:
    """One photo of that height and width."""
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
