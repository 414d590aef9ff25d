"""Round weights to small integers with little harm: one scale per output, and errors that compensate each other.

Rounding one weight to the nearest step changes the output of a convolution. The weights that are still to be rounded
can compensate most of that if their inputs are correlated. This is GPTQ (Frantar et al. 2022,
arxiv.org/abs/2210.17323).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["round_rows", "second_moments"]

_MOST_WINDOWS = 5000

_DAMPING = 0.01


def second_moments(planes: NDArray[np.float32], kernel: tuple[int, int]) -> NDArray[np.float64]:
    """How the inputs of a convolution are correlated: the mean of x·xᵀ over windows drawn with a fixed seed.

    Args:
        planes: (batch, channel, height, width) float32.
        kernel: the height and width of a window.

    Returns:
        (k, k) float64, k = channel · kernel height · kernel width, in the order of a Conv's weight.
    """
    windows = sliding_window_view(planes, kernel, axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5)
    places = int(np.prod(windows.shape[:3]))
    chosen = np.random.default_rng(0).choice(places, min(_MOST_WINDOWS, places), replace=False)
    rows = windows[np.unravel_index(np.sort(chosen), windows.shape[:3])].reshape(len(chosen), -1)
    moments: NDArray[np.float64] = (rows.T @ rows).astype(np.float64) / len(rows)
    return moments


def round_rows(
    rows: NDArray[np.float32], moments: NDArray[np.float64], most: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round the weights of each output to whole steps.

    Args:
        rows: (output, k) float32.
        moments: (k, k) float64, from :func:`second_moments`.
        most: the largest magnitude of a step, at most 127.

    Returns:
        The steps (output, k) int8, and the scales (output,) float32: rows are approximately steps times scales.
    """
    scales = _best_scales(rows, most)
    size = len(moments)
    damped = moments + (_DAMPING * np.trace(moments) / size + 1e-12) * np.eye(size)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    left = rows.astype(np.float64)
    steps = np.zeros(rows.shape, np.int8)
    for index in range(size):
        steps[:, index] = _steps(left[:, index], scales, most)
        errors = (left[:, index] - steps[:, index] * scales) / upper[index, index]
        left[:, index + 1 :] -= np.outer(errors, upper[index, index + 1 :])
    return steps, scales


def _best_scales(rows: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """The scale (output,) of each row with the least squared error; a finer scale cuts off a few large weights."""
    peaks = np.abs(rows).max(axis=1)
    peaks[peaks == 0] = 1
    scales = np.linspace(0.6, 1, 21, dtype=np.float32)[:, None] * peaks / np.float32(most)
    errors = [np.square(_steps(rows, one[:, None], most) * one[:, None] - rows).sum(axis=1) for one in scales]
    best: NDArray[np.float32] = scales[np.argmin(errors, axis=0), np.arange(len(rows))]
    return best


def _steps(weights: NDArray[np.floating], scales: NDArray[np.float32], most: int) -> NDArray[np.floating]:
    steps: NDArray[np.floating] = np.clip(np.rint(weights / scales), -most, most)
    return steps
