"""The sliding head: the capsule layer applied to every window of the feature map, so that symbols can be located.

Inside a window the coupling is uniform, c_ij = 1/J: one iteration of :func:`capsonnx.model.routing.route`. So

    s_j = W_jᵀ Σ_{i in window} u_i / J

is an average pool and a 1x1 convolution by W, and ‖s_j‖² another 1x1 convolution of s², by ones: plain operators, with
the weights that the whole-image head has. A window sees 28 x 26 pixels, nearly a training digit: a little narrower,
because in a line the neighbours stand left and right. Of feature columns that see 22 pixels it has 4 x 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import avg_pool2d, conv2d

from capsonnx.model.squash import Squash

if TYPE_CHECKING:
    from torch import Tensor

    from capsonnx.model.config import CouplingAxis

__all__ = ["APART", "PEAK", "STRIDE", "SURE", "TOUCHING", "VIEW", "columns", "origin_of", "slide", "window_of"]

VIEW = (28, 26)
"""Height and width in pixels of what a window sees."""

STRIDE = 2
"""Pixels between neighbouring windows, as between the feature columns of :class:`capsonnx.model.networks.Stem`."""

PEAK = 0.5
"""The length in 0..1 above which a window may hold a symbol."""

APART = (20.0, 12.0)
"""Pixels, down and to the side, within which two windows see the same symbol."""

TOUCHING, SURE = (20.0, 8.0), 0.85
"""The same for two windows whose lengths are both above a sure one. All four were chosen on pages of digits held out of
the training, by scripts/study/choose_reading.py."""


def columns(size: tuple[int, int], receptive_field: int) -> tuple[int, int]:
    """Rows and columns of feature columns on an image of so many pixels, where each sees a square of so many.

    >>> columns((28, 57), 14)
    (8, 22)
    """
    rows, cols = ((side - receptive_field) // STRIDE + 1 for side in size)
    return rows, cols


def window_of(receptive_field: int) -> tuple[int, int]:
    """Rows and columns of feature columns in a window, an even and an odd number, where each sees so many pixels.

    >>> window_of(14), window_of(22)
    ((8, 7), (4, 3))
    """
    return columns(VIEW, receptive_field)


def origin_of(window: tuple[int, int]) -> tuple[float, float]:
    """Pixels from the upper left edge of the image down and to the right, to the centre of the window of cell (0, 0).

    >>> origin_of((4, 3))
    (10.0, 11.0)
    """
    down, across = (side / 2 - STRIDE * (length // 2) for side, length in zip(VIEW, window, strict=True))
    return down, across


def slide(
    features: Tensor,
    weight: Tensor,
    window: tuple[int, int],
    squash: Squash | None = None,
    *,
    axis: CouplingAxis = "output",
) -> Tensor:
    """The lengths of the output capsules of every window, routed once.

    The window of cell (row, col), of 4 x 3 feature columns, covers rows row - 2 .. row + 1 and columns col - 1 ..
    col + 1 of the feature map; what lies outside of it counts as zero, which for a silent stem is black.

    Args:
        features: (batch, C, rows, cols) floating point.
        weight: W, (J, C, D), of the dtype of ``features``.
        window: rows and columns of feature columns, as :func:`window_of` gives them.
        squash: of the layer; None: the article's.
        axis: whose couplings sum to one; ``input``: those of a window, which are then one over its columns.

    Returns:
        (batch, J, rows + 1, cols), in [0, 1).
    """
    classes, channels, dimension = weight.shape
    rows, cols = window
    uniform = rows * cols / classes if axis == "output" else 1.0
    kernel = uniform * weight.transpose(1, 2).reshape(classes * dimension, channels, 1, 1)
    # The votes first, then their mean over the window, padding included: there are fewer columns than windows. And
    # uniform times the mean, rather than a sum below it: scaling the kernel is free, scaling the map is not.
    s = avg_pool2d(conv2d(features, kernel), window, stride=1, padding=(rows // 2, cols // 2))
    groups = torch.eye(classes, dtype=s.dtype, device=s.device).repeat_interleave(dimension, dim=1)
    square = conv2d(s * s, groups[:, :, None, None])
    return (squash or Squash()).lengths(square)
