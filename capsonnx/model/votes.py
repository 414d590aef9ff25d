"""Votes: the prediction vectors û_{j|i} as a routing sees them, materialised or not.

A routing needs two things from the votes: their sum over input capsules, weighted by a coupling, and how much each vote
agrees with a vector. Couplings and agreements have the shape (batch, J, N). Vectors of output capsules have the shape
(J, batch, D), an order that makes each product one plain batch of matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from capsonnx.model.config import CouplingAxis

__all__ = ["FullVotes", "SharedVotes", "Votes"]


class Votes(Protocol):
    """What a routing needs from the prediction vectors."""

    def start(self, axis: CouplingAxis) -> Tensor:
        """s_j for the uniform coupling, which is 1/J over the output capsules or 1/N over the input capsules."""

    def mix(self, coupling: Tensor) -> Tensor:
        """s_j = Σ_i c_ij û_{j|i}."""

    def agree(self, vectors: Tensor) -> Tensor:
        """⟨û_{j|i}, v_j⟩."""

    def formed(self) -> Tensor:
        """û itself, (J, batch, N, D)."""


class SharedVotes:
    """û_{j|i} = u_i W_j, materialised only by :meth:`formed`.

    Because all input capsules share W_j, s_j = (Σ_i c_ij u_i) W_j and ⟨û_{j|i}, v_j⟩ = ⟨u_i, W_j v_j⟩: sums over places
    run over C-vectors, and no (J, N, D) tensor is needed.

    Args:
        features: u, (batch, C, N) or (batch, C, rows, cols) floating point.
        weight: W, (J, C, D), of the dtype of ``features``.
    """

    def __init__(self, features: Tensor, weight: Tensor) -> None:
        self._features, self._weight = features, weight
        self._columns = features.flatten(2)

    def start(self, axis: CouplingAxis) -> Tensor:
        """From the sum or the mean of the input capsules: (J, batch, D)."""
        classes = self._weight.shape[0]
        over_output = axis == "output"
        total = self._features
        while total.dim() > 2:
            total = total.sum(dim=-1) if over_output else total.mean(dim=-1)
        # The factor has the shape (J, 1, 1), instead of being a number, to make one mixture per class: some runtimes
        # multiply only batches of equal size.
        uniform = self._columns.new_full((classes, 1, 1), 1 / classes if over_output else 1.0)
        s: Tensor = total * uniform @ self._weight
        return s

    def mix(self, coupling: Tensor) -> Tensor:
        """Computed as (Σ_i c_ij u_i) W_j: (J, batch, D)."""
        mixture = (coupling @ self._columns.mT).transpose(0, 1)  # (J, batch, C)
        return mixture @ self._weight

    def agree(self, vectors: Tensor) -> Tensor:
        """Computed as ⟨u_i, W_j v_j⟩: (batch, J, N)."""
        query = vectors @ self._weight.mT  # W_j v_j: (J, batch, C)
        return query.transpose(0, 1) @ self._columns

    def formed(self) -> Tensor:
        """Computed in one product with all W_j side by side: (J, batch, N, D)."""
        classes, channels, dimension = self._weight.shape
        side_by_side = self._weight.transpose(0, 1).reshape(channels, classes * dimension)
        predictions = self._columns.mT @ side_by_side  # (batch, N, J·D)
        batch, places = predictions.shape[:2]
        return predictions.view(batch, places, classes, dimension).permute(2, 0, 1, 3)


class FullVotes:
    """û_{j|i} = u_i W_ji, with separate matrices for every place.

    Args:
        features: u, (batch, C, N) or (batch, C, rows, cols) floating point.
        weight: W, (J, N·C, D), of the dtype of ``features``.
    """

    def __init__(self, features: Tensor, weight: Tensor) -> None:
        columns = features.flatten(2)
        _, channels, places = columns.shape
        by_place = weight.view(len(weight), places, channels, -1)  # (J, N, C, D)
        self._u_hat: Tensor = (columns.permute(2, 0, 1) @ by_place).transpose(1, 2)

    def start(self, axis: CouplingAxis) -> Tensor:
        """From the sum or the mean of the prediction vectors: (J, batch, D)."""
        classes, _, places, _ = self._u_hat.shape
        return self._u_hat.sum(dim=2) * (1 / (classes if axis == "output" else places))

    def mix(self, coupling: Tensor) -> Tensor:
        """Computed as defined, Σ_i c_ij û_{j|i}: (J, batch, D)."""
        return (coupling.transpose(0, 1).unsqueeze(2) @ self._u_hat).squeeze(2)

    def agree(self, vectors: Tensor) -> Tensor:
        """Computed as defined, ⟨û_{j|i}, v_j⟩: (batch, J, N)."""
        return (self._u_hat @ vectors.unsqueeze(3)).squeeze(3).transpose(0, 1)

    def formed(self) -> Tensor:
        """Already materialised: (J, batch, N, D)."""
        return self._u_hat
