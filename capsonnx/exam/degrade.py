"""Make pages look scanned: dark ink on uneven paper, blurred, noisy and compressed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Light", "compressed", "degrade", "lit"]

Light: TypeAlias = Callable[[int, int, np.random.Generator], "NDArray[np.float64]"]
"""Draws, given a height and a width, the share of light for each pixel of such a page."""

PAPER = (140.0, 250.0)
"""The range of the levels of paper, from the deepest shadow to the brightest light."""

QUALITY = 30
"""The quality of the JPEG compression, on libjpeg's scale of 1 to 95."""


def degrade(
    images: NDArray[np.uint8], generator: np.random.Generator, *, light: Light | None = None
) -> NDArray[np.uint8]:
    """Make clean pages look scanned.

    Each page gets its own paper, shaded in a random direction and from a random point; its own ink, which absorbs 0.5
    to 1 of the paper's light; a blur of sigma 0.3 to 0.9 pixels; noise of sigma 3 to 10 levels; and JPEG compression.
    The same pages and generator give the same result, except for about one level between builds of libjpeg.

    Args:
        images: (batch, height, width) uint8, light ink on black.
        generator: its state advances page by page, so that a page does not depend on those after it.
        light: draws a share of light for each pixel, by which the light on the page is multiplied.

    Returns:
        (batch, height, width) uint8, dark ink on light paper.

    >>> page = np.zeros((1, 32, 32), np.uint8)
    >>> page[0, 8:24, 14:18] = 255
    >>> scanned = degrade(page, np.random.default_rng(0))
    >>> bool(scanned[0, 8:24, 15:17].max() < scanned[0, :, :8].min())
    True
    """
    return np.array([_degrade_one(image, generator, light) for image in images], np.uint8).reshape(images.shape)


def _degrade_one(image: NDArray[np.uint8], generator: np.random.Generator, more: Light | None) -> NDArray[np.uint8]:
    """Degrade one page, (height, width) uint8."""
    height, width = image.shape
    light = lit(height, width, PAPER, generator) * (1 if more is None else more(height, width, generator))
    contrast, blur, noise = generator.uniform([0.5, 0.3, 3], [1, 0.9, 10]).tolist()
    ink = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(blur)))
    levels = light * (1 - contrast * ink / 255) + generator.normal(0, noise, image.shape)
    return compressed(levels, QUALITY)


def compressed(levels: NDArray[np.float64], quality: int) -> NDArray[np.uint8]:
    """Compress a page, (height, width), as JPEG and decode it; levels are clipped to 0..255 first."""
    file = io.BytesIO()
    Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def lit(height: int, width: int, levels: tuple[float, float], generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw uneven light, (height, width) float64 within a range of levels: a slope and a spot in random shares."""
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    angle, share = generator.uniform(0, [2 * np.pi, 1])
    row, column = generator.uniform(-1, 1, 2)
    slope = rows * np.sin(angle) + columns * np.cos(angle)
    spot = -np.hypot(rows - row, columns - column)
    light = share * slope + (1 - share) * spot
    light = (light - light.min()) / max(float(np.ptp(light)), 1e-9)
    low, high = np.sort(generator.uniform(*levels, 2))
    return np.asarray(low + (high - low) * light)
