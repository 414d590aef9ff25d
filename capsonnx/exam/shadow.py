"""Make pages look like scans or photos with the shadow of a hand, a phone or a straight edge on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from capsonnx.exam.degrade import degrade

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cast", "shadowed"]

LIGHT = (0.45, 0.8)
"""The minimum and maximum share of light that is left in the shadow."""
SOFT = (0.6, 1.5, 3.0, 6.0, 12.0)
"""The possible values in pixels of the sigma by which the edge of a shadow is blurred."""
PHONE, HAND = (0.15, 0.35), (0.2, 0.4)
"""The ranges of half the width of a phone and of the radius of a hand, as shares of the diagonal of the page."""
FAR = 3
"""The distance to which an unbounded shadow extends, in diagonals of the page."""
CORNERS = 24
"""The number of corners in the outline of a hand."""


def shadowed(pages: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Make clean pages look scanned, as :func:`capsonnx.exam.degrade.degrade` does, with a shadow on each.

    Args:
        pages: (batch, height, width) uint8, light ink on black.
        generator: its state advances page by page.

    Returns:
        (batch, height, width) uint8, dark ink on light paper.
    """
    return degrade(pages, generator, light=cast)


def cast(height: int, width: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw a shadow: of something with one straight edge, of a phone that extends in from outside, or of a hand.

    Returns:
        (height, width) float64, the share in 0..1 of the light that falls on each pixel.
    """
    kind, softness = int(generator.integers(3)), SOFT[int(generator.integers(len(SOFT)))]
    share, angle = generator.uniform([LIGHT[0], 0], [LIGHT[1], 2 * np.pi]).tolist()
    middle, diagonal = generator.uniform(0.2, 0.8, 2) * (width, height), float(np.hypot(height, width))
    if kind < 2:
        across = np.array([np.cos(angle), np.sin(angle)])
        along = np.array([-across[1], across[0]]) * diagonal * (FAR if kind == 0 else generator.uniform(*PHONE))
        away = across * diagonal * FAR
        outline = middle + np.array([along, along + away, away - along, -along])
    else:
        turn = 2 * np.pi * np.arange(CORNERS) / CORNERS
        bumps = generator.uniform(0.7, 1.3, CORNERS)
        radius = diagonal * generator.uniform(*HAND) * (bumps + np.roll(bumps, 1)) / 2
        outline = middle + radius[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    image = Image.new("L", (width, height), 255)
    # Rounded, so that a cosine that differs between machines in its last bit changes nothing.
    ImageDraw.Draw(image).polygon([(x, y) for x, y in outline.round(3).tolist()], fill=round(255 * share))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(softness)), float) / 255
