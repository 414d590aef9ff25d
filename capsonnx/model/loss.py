"""The margin loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import one_hot, relu

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["margin_loss"]


def margin_loss(lengths: Tensor, targets: Tensor, *, absent_weight: float = 0.25) -> Tensor:
    """Mean over batch and classes of  T relu(0.9 - ‖v‖)² + λ (1 - T) relu(‖v‖ - 0.1)².

    From Sabour et al. (2017), with the source's λ = 0.25 and, as Keras averages, a mean over the classes.

    Args:
        lengths: ‖v‖, (batch, J) in 0..1.
        targets: (batch,) int64, the one class in each image.
        absent_weight: λ, the weight of the classes that are not in the image.

    Returns:
        A scalar, at least 0.

    >>> import torch
    >>> margin_loss(torch.tensor([[0.9, 0.1], [0.4, 0.1]]), torch.tensor([0, 0]))
    tensor(0.0625)
    """
    present = one_hot(targets, lengths.shape[1]).to(lengths.dtype)
    missed = present * relu(0.9 - lengths).square()
    wrong = (1 - present) * relu(lengths - 0.1).square()
    return (missed + absent_weight * wrong).mean()
