"""The sliding head: the capsule layer applied to every window of the feature map, to locate symbols.

Inside a window the coupling is uniform, c_ij = 1/J: one iteration of :func:`capsonnx.model.routing.route`. So

    s_j = W_jᵀ Σ_{i in window} u_i / J

is an average pool and a 1x1 convolution with W, and ‖s_j‖² is a 1x1 convolution of s² with ones: plain operators, with
the weights of the whole-image head. A window sees 28 x 26 pixels, nearly a training digit; it is a little narrower
because the neighbours in a line stand left and right. With a receptive field of 22 pixels, it holds 4 x 3 feature
columns.
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
"""The height and width in pixels of what a window sees."""

STRIDE = 2
"""The distance in pixels between neighbouring windows, the same as between the feature columns of
:class:`capsonnx.model.networks.Stem`."""

PEAK = 0.5
"""The length in 0..1 above which a window may hold a symbol."""

APART = (20.0, 12.0)
"""The vertical and horizontal distance in pixels within which two windows see the same symbol."""

TOUCHING, SURE = (20.0, 8.0), 0.85
"""The same distances for two windows whose lengths are both above ``SURE``. ``PEAK``, ``APART``, ``TOUCHING`` and
``SURE`` were chosen on pages of digits held out of the training, by scripts/study/choose_reading.py."""


def columns(size: tuple[int, int], receptive_field: int) -> tuple[int, int]:
    """The rows and columns of feature columns on an image, given its size and their receptive field in pixels.

    >>> columns((28, 57), 14)
    (8, 22)
    """
    rows, cols = ((side - receptive_field) // STRIDE + 1 for side in size)
    return rows, cols


def window_of(receptive_field: int) -> tuple[int, int]:
    """The rows (even) and columns (odd) of feature columns in a window, given their receptive field in pixels.

    >>> window_of(14), window_of(22)
    ((8, 7), (4, 3))
    """
    return columns(VIEW, receptive_field)


def origin_of(window: tuple[int, int]) -> tuple[float, float]:
    """The centre of the window of cell (0, 0), in pixels down and to the right from the image's upper left corner.

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
    """The lengths of the output capsules of every window, with one iteration of routing.

    A window of 4 x 3 feature columns at cell (row, col) covers rows row - 2 .. row + 1 and columns col - 1 .. col + 1
    of the feature map. Everything outside the map counts as zero, which for a silent stem is black.

    Args:
        features: (batch, C, rows, cols) floating point.
        weight: W, (J, C, D), of the dtype of ``features``.
        window: the rows and columns of feature columns in a window, as :func:`window_of` gives them.
        squash: the squash of the layer; None: the article's.
        axis: the capsules over which couplings sum to one. With ``input``, these are the feature columns of a window,
            and each coupling is one over their number.

    Returns:
        (batch, J, rows + 1, cols), in [0, 1).
    """
    classes, channels, dimension = weight.shape
    rows, cols = window
    uniform = rows * cols / classes if axis == "output" else 1.0
    kernel = uniform * weight.transpose(1, 2).reshape(classes * dimension, channels, 1, 1)
    # The votes come first, then their mean over the window, padding included: there are fewer columns than windows. The
    # factor that turns this mean into s_j is in the kernel: scaling the kernel is free, scaling the map is not.
    s = avg_pool2d(conv2d(features, kernel), window, stride=1, padding=(rows // 2, cols // 2))
    groups = torch.eye(classes, dtype=s.dtype, device=s.device).repeat_interleave(dimension, dim=1)
    square = conv2d(s * s, groups[:, :, None, None])
    return (squash or Squash()).lengths(square)
