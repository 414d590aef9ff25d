"""The margin loss for whole images and for windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import relu

from capsonnx.model.field import STRIDE, origin_of

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["NOTHING", "margin_loss", "window_loss"]

NOTHING = -1
"""The target of an image without any class."""


def margin_loss(lengths: Tensor, targets: Tensor, *, absent_weight: float = 0.25) -> Tensor:
    """Mean over batch and classes of  T relu(0.9 - ‖v‖)² + λ (1 - T) relu(‖v‖ - 0.1)².

    From Sabour et al. (2017), with the source's λ = 0.25 and a mean over the classes, as Keras computes it.

    Args:
        lengths: ‖v‖, (batch, J) in 0..1.
        targets: (batch,) int64, the one class in each image, or :data:`NOTHING` if there is none.
        absent_weight: λ, the weight of the classes that are not in the image.

    Returns:
        A scalar, at least 0.

    >>> import torch
    >>> margin_loss(torch.tensor([[0.9, 0.1], [0.4, 0.1]]), torch.tensor([0, 0]))
    tensor(0.0625)
    """
    present = _present(targets, lengths)
    missed = present * relu(0.9 - lengths).square()
    wrong = (1 - present) * relu(lengths - 0.1).square()
    return (missed + absent_weight * wrong).mean()


def window_loss(
    lengths: Tensor, centres: Tensor, targets: Tensor, window: tuple[int, int], *, absent_weight: float = 0.25
) -> Tensor:
    """The margin loss of the sliding head, for images of one labelled symbol and perhaps pieces of others.

    Windows within 3 pixels of the labelled symbol's centre should give its class. Windows at least 8 pixels to the side
    of every symbol's centre, or 10 above or below it, should give none. All other windows are ignored, as are those
    that reach beyond the feature map.

    Args:
        lengths: the output of :func:`capsonnx.model.field.slide`, (batch, J, rows, cols).
        centres: (batch, symbols, 2), the row and column of each symbol's centre in pixels from the upper left corner,
            the labelled symbol first; infinite if there is no symbol.
        targets: (batch,) int64, the class of the first symbol, or :data:`NOTHING`.
        window: the window that was passed to :func:`capsonnx.model.field.slide`.
        absent_weight: λ, the weight of the classes that a window should not give.

    Returns:
        A scalar, at least 0: the mean over the images.
    """
    rows, cols = (
        origin + STRIDE * torch.arange(count, device=lengths.device)
        for origin, count in zip(origin_of(window), lengths.shape[2:], strict=True)
    )
    down = (rows.view(1, 1, -1, 1) - centres[:, :, 0, None, None]).abs()
    across = (cols.view(1, 1, 1, -1) - centres[:, :, 1, None, None]).abs()
    is_inside = torch.zeros_like(lengths[:, 0], dtype=torch.bool)
    down_edge, side_edge = (length // 2 for length in window)
    is_inside[:, down_edge : lengths.shape[2] - down_edge, side_edge : lengths.shape[3] - side_edge] = True
    at_centre = ((down <= 3) & (across <= 3))[:, 0] & is_inside
    apart = ((down >= 10) | (across >= 8)).all(dim=1) & is_inside
    present = _present(targets, lengths)[:, :, None, None]
    missed = (present * relu(0.9 - lengths).square()).mean(dim=1)
    wrong = absent_weight * ((1 - present) * relu(lengths - 0.1).square()).mean(dim=1)
    silent = absent_weight * relu(lengths - 0.1).square().mean(dim=1)
    return (_mean_where(missed + wrong, at_centre) + _mean_where(silent, apart)).mean()


def _present(targets: Tensor, lengths: Tensor) -> Tensor:
    """1 for the class of each image, else 0: (batch, J), of the dtype of the lengths."""
    classes = torch.arange(lengths.shape[1], device=lengths.device)
    return (targets.unsqueeze(1) == classes).to(lengths.dtype)


def _mean_where(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of each image's values (batch, rows, cols) where the mask is true, 0 if it never is: (batch,)."""
    return (values * mask).sum(dim=(1, 2)) / mask.sum(dim=(1, 2)).clamp_min(1)
