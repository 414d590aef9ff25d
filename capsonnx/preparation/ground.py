"""The ground of a scanned page: what the paper would look like without the ink, and how noisy it is.

The ground is estimated wherever there is no ink and continued beneath it, as in B. Gatos, I. Pratikakis and
S. J. Perantonis, "Adaptive degraded document image binarization", Pattern Recognition 39 (2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blocks", "estimate_ground", "noise_of", "smoothed", "spread", "windows"]

# Chosen, as those of capsonnx.preparation, on pages of MNIST training digits, degraded by capsonnx.exam.degrade.
FAINT = 2.5
"""The least noise in levels that is reckoned with: JPEG replaces fine noise by steps of some levels."""
SAMPLED = 320
"""Pixels, the mean side to which a page is thinned out: neighbouring ones say the same."""
BLOCKS = 40
"""How many blocks the mean side has, ..."""
LEAST_BLOCK = 4
"""... each of so many of these pixels at least, where the page has them."""
NEAR, FAR = 3, 13
"""The windows, in blocks, by which the ground is estimated."""
LOW = 30
"""The percentile that is ground: ink may cover two thirds of a window."""
INKED = 3.0
"""What is brighter than the rough ground by so many times the noise is ink, with its surroundings, ..."""
AROUND = 5
"""... a square of so many of these pixels."""
FAR_WEIGHT, ROUGH_WEIGHT = 0.02, 1e-6
"""What is farther off counts where hardly anything near is ground, and the rough ground where nothing is."""
NORMAL = 0.6745
"""The median of the absolute value of a standard normal variable."""


def smoothed(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A page, (height, width) uint8, without fine noise, float32."""
    return np.asarray(Image.fromarray(levels).filter(ImageFilter.BoxBlur(1)), np.float32)


def estimate_ground(smooth: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ground of a page.

    First roughly: a low percentile of a wide window, so that ink which covers less than most of it does not count. Then
    the mean of all that is not ink by the first: of what is near, and of what is farther off where that is little.

    Args:
        smooth: (height, width) float32 in 0..255, light ink on a dark ground, without fine noise.

    Returns:
        (height, width) float32: the levels as they would be without the ink.
    """
    side = smooth.size**0.5
    stride = max(1, int(side / SAMPLED))
    sample = smooth[::stride, ::stride]
    height, width = sample.shape
    step = max(1, int(side / stride / BLOCKS), min(LEAST_BLOCK, height, width))
    cells = blocks(sample, step)
    low = np.percentile(cells, LOW, axis=2)
    rough = windows(np.percentile(windows(low, FAR), LOW, axis=2), NEAR).mean(axis=2)
    excess = sample - spread(rough, step, height, width)
    excess -= np.median(excess)
    is_ink = Image.fromarray((excess > INKED * noise_of(excess)).astype(np.uint8))
    is_ground = 1.0 - np.asarray(is_ink.filter(ImageFilter.MaxFilter(AROUND)))
    weights = blocks(is_ground.astype(np.float32), step)
    sums = np.stack([(cells * weights).sum(axis=2), weights.sum(axis=2)])
    near, far = (np.stack([windows(part, size).mean(axis=2) for part in sums]) for size in (NEAR, FAR))
    total, weight = near + FAR_WEIGHT * far + ROUGH_WEIGHT * np.stack([rough, np.ones_like(rough)])
    return spread(total / weight, step * stride, *smooth.shape)


def noise_of(excess: NDArray[np.float32]) -> float:
    """The noise of a page, from its dark half, which has no ink.

    Args:
        excess: levels less the ground, of any shape.

    Returns:
        The standard deviation in levels of what lies about 0, at least :data:`FAINT`.
    """
    dark = excess[excess < 0]
    return max(FAINT, float(-np.median(dark) / NORMAL)) if dark.size else FAINT


def blocks(levels: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Cut into squares, the last ones filled up by repetition: (rows, columns, step²)."""
    height, width = levels.shape
    full = np.pad(levels, ((0, -height % step), (0, -width % step)), mode="edge")
    rows, columns = full.shape[0] // step, full.shape[1] // step
    return full.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, step * step)


def windows(values: NDArray[np.floating], size: int) -> NDArray[np.floating]:
    """The values of the window around each place, edges repeated: (rows, columns, size²) of (rows, columns)."""
    views = np.lib.stride_tricks.sliding_window_view(np.pad(values, size // 2, mode="edge"), (size, size))
    return views.reshape(*values.shape, size * size)


def spread(values: NDArray[np.floating], step: int, height: int, width: int) -> NDArray[np.float32]:
    """One value for each block, interpolated to (height, width) pixels."""
    rows, columns = values.shape
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((columns * step, rows * step), Image.Resampling.BILINEAR))[:height, :width]
