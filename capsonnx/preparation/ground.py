"""Background estimation: what the paper of a scanned page would look like without the ink, and how noisy it is.

The background is estimated wherever there is no ink and extended beneath it, as in B. Gatos, I. Pratikakis and S. J.
Perantonis, "Adaptive degraded document image binarization", Pattern Recognition 39 (2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blocks", "estimate_ground", "noise_of", "smoothed", "spread", "windows"]

# Chosen, like others in capsonnx.preparation, on pages of MNIST training digits degraded by capsonnx.exam.degrade.
FAINT = 2.5
"""The minimum noise in levels that is assumed: JPEG replaces fine noise with steps of a few levels."""
SAMPLED = 320
"""The minimum mean side (square root of the area) in pixels of a subsampled page: neighbouring pixels are alike."""
BLOCKS = 40
"""The number of blocks along the mean side of the subsampled page."""
LEAST_BLOCK = 4
"""The minimum side of a block in pixels of the subsampled page, unless that page is smaller."""
NEAR, FAR = 3, 13
"""The sides, in blocks, of the near and far windows over which the background is estimated."""
LOW = 30
"""The percentile of a window that is taken for background: ink may cover two thirds of the window."""
INKED = 3.0
"""Pixels brighter than the rough background by this many times the noise are ink, and so are their surroundings."""
AROUND = 5
"""The side, in pixels of the subsampled page, of the square around each pixel of ink that counts as ink as well."""
FAR_WEIGHT, ROUGH_WEIGHT = 0.02, 1e-6
"""The weights of the far window, which counts where hardly anything in the near one is background, and of the rough
background, which counts where nothing is."""
NORMAL = 0.6745
"""The median of the absolute value of a standard normal variable."""


def smoothed(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Remove fine noise from a page, (height, width) uint8, with a 3×3 mean filter; the result is float32."""
    return np.asarray(Image.fromarray(levels).filter(ImageFilter.BoxBlur(1)), np.float32)


def estimate_ground(smooth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate the background of a page.

    The first, rough estimate is a low percentile over a wide window, which ignores ink unless it covers most of the
    window. The second is the mean of all pixels that are not ink according to the first: of those nearby and, where
    there are few, of those farther away.

    Args:
        smooth: (height, width) float32 in 0..255, light ink on a dark background, without fine noise.

    Returns:
        (height, width) float32, the levels as they would be without the ink.
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
    """Estimate the noise of a page from the pixels darker than its background, which are not ink.

    Args:
        excess: the levels minus the background, of any shape.

    Returns:
        The standard deviation of the noise about 0, in levels, at least :data:`FAINT`.
    """
    dark = excess[excess < 0]
    return max(FAINT, float(-np.median(dark) / NORMAL)) if dark.size else FAINT


def blocks(levels: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Cut into squares, padding the last ones by repeating the edge: (height, width) to (rows, columns, step²)."""
    height, width = levels.shape
    full = np.pad(levels, ((0, -height % step), (0, -width % step)), mode="edge")
    rows, columns = full.shape[0] // step, full.shape[1] // step
    return full.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, step * step)


def windows(values: NDArray[np.floating], size: int) -> NDArray[np.floating]:
    """The window around each value, with the edges repeated: (rows, columns) to (rows, columns, size²)."""
    views = np.lib.stride_tricks.sliding_window_view(np.pad(values, size // 2, mode="edge"), (size, size))
    return views.reshape(*values.shape, size * size)


def spread(values: NDArray[np.floating], step: int, height: int, width: int) -> NDArray[np.float32]:
    """Interpolate values of blocks of ``step`` × ``step`` pixels to (height, width) pixels."""
    rows, columns = values.shape
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((columns * step, rows * step), Image.Resampling.BILINEAR))[:height, :width]
