"""Shadows on a page: areas that stand out of the background as ink does, but are broader than any stroke.

An area that a square half as broad as a symbol fits into is no stroke: it is paper in the shadow of a hand or a
telephone, or the table beside the paper. The grey-level opening of the page by that square preserves all such areas,
with their edges as sharp as they are, and removes strokes. So it serves as the background.
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

# Chosen on pages of MNIST training digits with shadows as in capsonnx.exam.shadow, and on bold digits cropped close.
CLEAR = 6.0
"""An area broader than strokes is a shadow if it stands out of the background by this many times the noise."""
SAMPLES = 4
"""The number of pixels along the side of the square that is enough to detect a shadow."""
DARKEST, GAIN = 5.0, 3.0
"""The minimum light in levels that is assumed, and the maximum gain for ink in a shadow."""
LIT = 95
"""The percentile of the light that is full light."""


def has_shadow(smooth: NDArray[np.float32], ground: NDArray[np.float32], breadth: int) -> bool:
    """Whether anything broader than a stroke stands out of the background of a page.

    Args:
        smooth: (height, width) float32 in 0..255, light ink on a dark background, without fine noise.
        ground: (height, width) float32, as from :func:`capsonnx.preparation.ground.estimate_ground`.
        breadth: the side in pixels, at least 1, of a square that fits into no stroke.
    """
    stride = max(1, min(int(smooth.size**0.5 / SAMPLED), breadth // SAMPLES))
    sample, below = smooth[::stride, ::stride], ground[::stride, ::stride]
    excess = opened(sample, 1 + math.ceil((breadth - 1) / stride)) - below
    return bool(excess.max() > CLEAR * noise_of(sample - below))


def shadowed_ground(smooth: NDArray[np.float32], breadth: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Estimate the background of a page with shadows.

    Args:
        smooth: as for :func:`has_shadow`.
        breadth: as for :func:`has_shadow`.

    Returns:
        The levels as they would be without the ink, and the gain for what the ink adds to them: where less light falls
        on dark ink and its paper, the ink adds less. Both are (height, width) float32.
    """
    # At the edge of the page, only part of a shadow may be visible: half of the square may lie beyond the edge.
    beyond, (height, width) = breadth // 2, smooth.shape
    broad = opened(np.pad(smooth, beyond, mode="edge"), breadth)[beyond : beyond + height, beyond : beyond + width]
    ground = broad + estimate_ground(smooth - broad)
    light = 255 - ground.clip(0, 255 - DARKEST)
    return ground, (np.float32(np.percentile(light, LIT)) / light).clip(1, GAIN)
