"""The optimizers: Adam, and Muon for the weights that are matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn
from torch.optim import Adam, Muon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor
    from torch.optim import Optimizer

    from capsonnx.model import Decoder, Network
    from capsonnx.training.recipes import Recipe

__all__ = ["MatrixMuon", "as_matrices", "make_optimizers"]

ADAM_EPSILON = 1e-7
"""The epsilon of Keras, which the source uses."""

DECODER_EPSILON = 1e-12
"""The epsilon for a decoder, whose gradients are as small as the weight of its loss: 1e-7 would slow it down."""


class MatrixMuon(Muon):
    """torch's Muon, which takes only two-dimensional weights, for the weights of convolutions and capsules.

    Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) steps along the orthogonalised momentum, so that all
    directions of a matrix learn at the same pace. Its steps are scaled to the size of Adam's (Liu et al. 2025, arXiv
    2502.16982).

    Args:
        weights: each with three dimensions or more; they must stay where they are in memory.
        lr: the learning rate.
        weight_decay: each step shrinks every weight by the fraction ``lr * weight_decay``. Muon's steps have one size,
            however small the gradients get, so without weight decay the weights would grow for as long as they are
            trained.
    """

    def __init__(self, weights: Iterable[nn.Parameter], lr: float, weight_decay: float = 0.0) -> None:
        # The matrices are separate parameters in the memory of the weights: a step on them is a step on the weights.
        self._weights = [
            (weight, [nn.Parameter(matrix) for matrix in as_matrices(weight.data, weight)]) for weight in weights
        ]
        matrices = [matrix for _, views in self._weights for matrix in views]
        super().__init__(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")

    def step(self, closure: Any = None) -> Any:
        """Take one step on all weights, using their gradients."""
        for weight, views in self._weights:
            if weight.grad is not None:
                for matrix, gradient in zip(views, as_matrices(weight.grad, weight), strict=True):
                    matrix.grad = gradient
        return super().step(closure)  # type: ignore[no-untyped-call]


def as_matrices(values: Tensor, weight: Tensor) -> list[Tensor]:
    """A weight or its gradient as matrices: one for a convolution, or W_j of each class for a capsule layer.

    Args:
        values: (outputs, inputs, height, width) or (J, C, D), the weight itself or its gradient.
        weight: the weight, whose memory layout decides the order of the columns; Muon's steps do not depend on that
            order.

    Returns:
        One matrix (outputs, inputs·height·width), or J matrices (C, D): views if ``values`` has the memory layout of
        ``weight``.
    """
    if values.dim() != 4:
        return list(values)
    return [(values if weight.is_contiguous() else values.permute(0, 2, 3, 1)).flatten(1)]


def make_optimizers(network: Network, recipe: Recipe, decoder: Decoder | None = None) -> list[tuple[Optimizer, float]]:
    """The optimizers of a recipe, each with the highest learning rate of its schedule.

    Muon trains the weights of convolutions and capsules, except the first convolution, which has one input channel.
    Adam trains the rest, or everything if the recipe has no rate for Muon. A decoder is always trained by Adam:
    orthogonalising its large matrices would take longer than the rest of the step.
    """
    matrices = [
        weight for weight in network.parameters() if recipe.muon_rate and weight.dim() > 2 and weight.shape[1] > 1
    ]
    chosen = {id(weight) for weight in matrices}
    rest = [weight for weight in network.parameters() if id(weight) not in chosen]
    groups: list[dict[str, Any]] = [{"params": rest, "eps": ADAM_EPSILON}]
    if decoder is not None:
        groups.append({"params": list(decoder.parameters()), "eps": DECODER_EPSILON})
    adam = Adam(groups, lr=recipe.learning_rate)
    if not matrices:
        return [(adam, recipe.learning_rate)]
    return [
        (MatrixMuon(matrices, recipe.muon_rate, recipe.weight_decay), recipe.muon_rate),
        (adam, recipe.learning_rate),
    ]
