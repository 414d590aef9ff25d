"""Shadows on a page: what stands out of its ground as ink does, but is broader than any stroke.

Where a square half as broad as a symbol fits, there is no stroke: it is paper in the shadow of a hand or a telephone,
or the table beside the paper. The opening of the page by that square keeps all such places, with edges as sharp as they
are, and leaves strokes out; so it becomes ground.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.masks import opened
from capsonnx.preparation.ground import SAMPLED, estimate_ground, noise_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["has_shadow", "shadowed_ground"]

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
