"""Shadows on a page: what stands out of its ground as ink does, but is broader than any stroke.

Where a square half as broad as a symbol fits, there is no stroke: it is paper in the shadow of a hand or a telephone,
or the table beside the paper. The opening of the page by that square keeps all such places, with edges as sharp as they
are, and leaves strokes out; so it becomes ground. (Opening: the brightest, over the squares that hold a pixel, of the
darkest levels in them; J. Serra, "Image Analysis and Mathematical Morphology", 1982.)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.preparation.ground import SAMPLED, estimate_ground, noise_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["has_shadow", "opened", "shadowed_ground"]

# Chosen on pages of MNIST training digits, with shadows as by capsonnx.exam.shadow, and on bold digits cut close.
CLEAR = 6.0
"""What is broader than strokes is a shadow if it stands out of the ground by so many times the noise."""
SAMPLES = 4
"""Pixels along the square that tell whether there is one."""
DARKEST, GAIN = 5.0, 3.0
"""The least light in levels that is reckoned with, and the most by which ink in a shadow is strengthened."""
LIT = 95
"""The percentile of the light that is full light."""


def has_shadow(smooth: NDArray[np.float32], ground: NDArray[np.float32], breadth: int) -> bool:
    """Whether something broader than a stroke stands out of the ground of a page.

    Args:
        smooth: (height, width) float32 in 0..255, light ink on a dark ground, without fine noise.
        ground: (height, width) float32, as :func:`capsonnx.preparation.ground.estimate_ground` gives it.
        breadth: the side of the square, in pixels from 1, that no stroke holds.
    """
    stride = max(1, min(int(smooth.size**0.5 / SAMPLED), breadth // SAMPLES))
    sample, below = smooth[::stride, ::stride], ground[::stride, ::stride]
    excess = opened(sample, 1 + math.ceil((breadth - 1) / stride)) - below
    return bool(excess.max() > CLEAR * noise_of(sample - below))


def shadowed_ground(smooth: NDArray[np.float32], breadth: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The ground of a page on which shadows lie.

    Args:
        smooth: as for :func:`has_shadow`.
        breadth: likewise.

    Returns:
        The levels as they would be without the ink; and by what to multiply what the ink adds to them, for there is
        less of that where less light falls on dark ink and its paper. Both (height, width) float32.
    """
    # A corner of a shadow at the edge of the page is only its visible part: half a square may lie beyond.
    beyond, (height, width) = breadth // 2, smooth.shape
    broad = opened(np.pad(smooth, beyond, mode="edge"), breadth)[beyond : beyond + height, beyond : beyond + width]
    ground = broad + estimate_ground(smooth - broad)
    light = 255 - ground.clip(0, 255 - DARKEST)
    return ground, (np.float32(np.percentile(light, LIT)) / light).clip(1, GAIN)


def opened(levels: NDArray[np.float32], breadth: int) -> NDArray[np.float32]:
    """The grey-level opening of a page by a square, or, of a page less high or wide, by what of the square fits.

    Args:
        levels: (height, width) float32.
        breadth: the side of the square in pixels, from 1.

    Returns:
        (height, width) float32, nowhere more than ``levels``.

    >>> page = np.zeros((9, 9), np.float32)
    >>> page[1:5, 1:5], page[7, :] = 3, 5
    >>> bool((opened(page, 4)[1:5, 1:5] == 3).all()), float(opened(page, 4)[6:].max())
    (True, 0.0)
    """
    height, width = (min(breadth, side) for side in levels.shape)
    darkest = _of_windows(_of_windows(levels, height, np.minimum).T, width, np.minimum)
    around = np.pad(darkest, ((width - 1,) * 2, (height - 1,) * 2), constant_values=-np.inf)
    return _of_windows(_of_windows(around, width, np.maximum).T, height, np.maximum)


def _of_windows(
    values: NDArray[np.float32], size: int, pick: Callable[..., NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The least or greatest of so many rows from each on, of windows that lie inside: (rows - size + 1, columns)."""
    have = 1
    while have < size:
        more = min(have, size - have)
        values = pick(values[:-more], values[more:])
        have += more
    return values
