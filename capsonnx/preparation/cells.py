"""A page as a grid of cells, each with its median level, which ink hardly affects: classified, and mapped to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.masks import eroded
from capsonnx.preparation.ground import windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ground_of", "parted", "pixels_of"]

ROUNDS = 4
"""The number of times the cells are reclassified, each time by the light estimated from the previous classes."""


def parted(medians: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Split cells into two classes by level and return a mask of the lighter class.

    The level of a class varies linearly over the page, with the light that falls on it.
    """
    is_light = medians >= _parting(medians)
    rows, cols = np.indices(medians.shape)
    places = np.stack([np.ones_like(rows), rows, cols], axis=-1)
    for _ in range(ROUNDS):
        if is_light.all() or not is_light.any():
            break
        light, dark = (places @ np.linalg.lstsq(places[of], medians[of])[0] for of in (is_light, ~is_light))
        is_light = abs(medians - light) < abs(medians - dark)
    return is_light


def _parting(values: NDArray[np.float32]) -> float:
    """Compute Otsu's threshold of values in 0..255.

    After N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979).
    """
    counts, edges = np.histogram(values, 64, (0, 256))
    below, sums = counts.cumsum(), (counts * (edges[1:] + edges[:-1]) / 2).cumsum()
    sides = np.maximum(below * (below[-1] - below), 1)
    return float(edges[1:][((sums[-1] * below / below[-1] - sums) ** 2 / sides).argmax()])


def pixels_of(cells: NDArray[np.bool_], step: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Convert a mask of cells, each ``step`` pixels wide, to a mask of pixels with the given height and width.

    A margin of half a cell along the edges of the page stays unset: a cell that shows paper may contain that much of
    something else.
    """
    pixels = cells.repeat(step, axis=0).repeat(step, axis=1)[: shape[0], : shape[1]]
    edge = -(-step // 2)
    pixels[:edge] = pixels[-edge:] = pixels[:, :edge] = pixels[:, -edge:] = False
    return pixels


def ground_of(medians: NDArray[np.float32], piece: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The levels of the cells in ``piece`` without ink, extrapolated to all other cells."""
    sure = eroded(piece)
    around = windows(np.where(sure, medians, np.nan), 5)
    known = np.where(sure, np.nanmedian(np.where(sure[..., np.newaxis], around, 0), axis=2), np.nan)
    for values in (known, known[:, ::-1], known.T, known.T[:, ::-1]):
        places = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(values.shape[1])), axis=1)
        values[:] = np.take_along_axis(values, places, axis=1)
    return known.astype(np.float32)
