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
"""Keras's, which the source has."""

DECODER_EPSILON = 1e-12
"""Of a decoder, whose gradients are as small as the weight of its loss: beside them 1e-7 would be a brake."""


class MatrixMuon(Muon):
    """torch's Muon, which knows two dimensions only, for the weights of convolutions and capsules.

    Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) steps along the orthogonalised momentum, so that all
    directions of a matrix learn at one pace. Its steps are scaled to the size of Adam's (Liu et al. 2025,
    arXiv 2502.16982).

    Args:
        weights: each of three dimensions or more; in memory as they will stay.
        lr: the learning rate.
        weight_decay: in a step every weight shrinks by this share of the learning rate. Muon's steps are of one size,
            however small the gradients get: without it weights grow for as long as they are trained.
    """

    def __init__(self, weights: Iterable[nn.Parameter], lr: float, weight_decay: float = 0.0) -> None:
        # Parameters of its own, in the memory of the weights: a step on them is a step on the weights.
        self._weights = [
            (weight, [nn.Parameter(matrix) for matrix in as_matrices(weight.data, weight)]) for weight in weights
        ]
        matrices = [matrix for _, views in self._weights for matrix in views]
        super().__init__(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")

    def step(self, closure: Any = None) -> Any:
        """One step on all weights, by their gradients."""
        for weight, views in self._weights:
            if weight.grad is not None:
                for matrix, gradient in zip(views, as_matrices(weight.grad, weight), strict=True):
                    matrix.grad = gradient
        return super().step(closure)  # type: ignore[no-untyped-call]


def as_matrices(values: Tensor, weight: Tensor) -> list[Tensor]:
    """A weight, or what goes with it, as matrices: of a convolution one, of a capsule layer W_j of each class.

    Args:
        values: (outputs, inputs, height, width) or (J, C, D), the weight itself or its gradient.
        weight: whose place in memory decides on the order of columns, which Muon's steps do not depend on.

    Returns:
        One (outputs, inputs·height·width), or J of (C, D): views of what lies in memory as the weight does.
    """
    if values.dim() != 4:
        return list(values)
    return [(values if weight.is_contiguous() else values.permute(0, 2, 3, 1)).flatten(1)]


def make_optimizers(network: Network, recipe: Recipe, decoder: Decoder | None = None) -> list[tuple[Optimizer, float]]:
    """The optimizers of a recipe, each with the highest learning rate of its schedule.

    Muon trains every weight that is a matrix with two sides longer than one, which the first convolution, of one
    input channel, is not; Adam trains the rest, or everything where the recipe has no rate for Muon. A decoder is
    always Adam's: to orthogonalise its large matrices would take longer than the rest of the step.
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
