"""Squash and dynamic routing with shared weights, in the stem's feature space.

Notation (shapes in the order used here): input capsules ``columns`` u (batch, C, N), one per feature column; shared
weights W (J, C, D); prediction vectors û_{j|i} = u_i W_j; coupling coefficients c (batch, J, N), a softmax over the
output capsules j; output capsules v (batch, J, D).

Because every input capsule shares W_j, the prediction vectors are never formed:

    s_j = Σ_i c_ij û_{j|i} = (Σ_i c_ij u_i) W_j        and        ⟨û_{j|i}, v_j⟩ = ⟨u_i, W_j v_j⟩

so the sum over positions runs over C-vectors and no (N, J, D) tensor exists. Sources: Su Jianlin,
kexue.fm/archives/4819 (the layer) and 5112 (normalised intermediate outputs); bojone/Capsule (the code).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.linalg import vector_norm

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["explain", "normalise", "route", "squash", "sums"]

SMALLEST_NORM = 1e-6
"""Vectors shorter than this count as zero, so that a blank image stays finite, forwards and backwards."""


def squash(s: Tensor) -> Tensor:
    """Shorten vectors to below length one, keeping their direction: v = s ‖s‖ / (0.5 + ‖s‖²).

    The constant is the article's 0.5, where Sabour et al. (2017) have 1: short vectors are shortened less.

    Args:
        s: (..., D) floating point.

    Returns:
        v: (..., D), with ‖v‖ = ‖s‖² / (0.5 + ‖s‖²) in [0, 1); zero, with zero gradient, where s is zero.

    >>> import torch
    >>> vector_norm(squash(torch.tensor([[3.0, 4.0], [0.0, 0.0]])), dim=-1)
    tensor([0.9804, 0.0000])
    """
    norm: Tensor = vector_norm(s, dim=-1, keepdim=True)
    return s * (norm / (0.5 + norm * norm))


def normalise(s: Tensor) -> Tensor:
    """Scale vectors to length one; vectors shorter than 1e-6 towards zero instead.

    Args:
        s: (..., D) floating point.

    Returns:
        (..., D), of length one, or ‖s‖ / 1e-6 where ‖s‖ is below 1e-6.

    >>> import torch
    >>> normalise(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    norm: Tensor = vector_norm(s, dim=-1, keepdim=True)
    return s / norm.clamp_min(SMALLEST_NORM)


def route(columns: Tensor, weight: Tensor, routings: int) -> Tensor:
    """Route input capsules to output capsules by agreement.

    Starts from the uniform coupling c_ij = 1/J; each further iteration sets the logits b_ij = ⟨û_{j|i}, v_j/‖v_j‖⟩
    (set, not accumulated) and c_ij = softmax over j of b_ij. ``routings`` counts as in the source: 3 is a uniform
    start and two refinements. Capsules that are zero contribute nothing to any sum, so black surroundings are exact.

    Args:
        columns: u, (batch, C, N) floating point.
        weight: W, (J, C, D), of the dtype of ``columns``.
        routings: the number of iterations, at least 1; the loop unrolls when traced.

    Returns:
        v, (batch, J, D): output capsules, of length below one.
    """
    return squash(sums(columns, weight, routings)[-1]).transpose(0, 1)


def explain(features: Tensor, weight: Tensor, routings: int, *, routed: list[Tensor] | None = None) -> Tensor:
    """The evidence for each class at each place: c_ij · max(0, ⟨û_{j|i}, v_j/‖v_j‖⟩), what i adds to the length of s_j.

    Args:
        features: u, (batch, C, rows, cols) floating point.
        weight: W, (J, C, D), of the dtype of ``features``.
        routings: as for :func:`route`; c is the coupling of its last iteration.
        routed: what :func:`sums` gives for these features, if they have been routed already.

    Returns:
        (batch, J, rows, cols), at least 0; zero where u is zero.
    """
    routed = sums(features.flatten(2), weight, routings) if routed is None else routed
    places = features.permute(0, 2, 3, 1)  # (batch, rows, cols, C): the products below keep the places apart
    agreement = (places @ _queries(routed[-1], weight)).relu()
    if routings == 1:
        evidence = agreement * (1 / weight.shape[0])
    else:
        evidence = agreement * (places @ _queries(routed[-2], weight)).softmax(dim=-1)
    return evidence.permute(0, 3, 1, 2)


def sums(columns: Tensor, weight: Tensor, routings: int) -> list[Tensor]:
    """The weighted sums s_j of every iteration of :func:`route`, before squashing.

    Returns:
        For each iteration (J, batch, D): this order makes each product one plain batch of matrices.
    """
    classes = weight.shape[0]
    # Σ_i c_ij u_i for the uniform coupling. A factor of shape (J, 1, 1), and not a number, makes one mixture for each
    # class at once: some runtimes multiply only batches of equal size.
    uniform = columns.new_full((classes, 1, 1), 1 / classes)
    mixture = columns.sum(dim=2) * uniform  # (J, batch, C)
    found = [mixture @ weight]
    for _ in range(routings - 1):
        query = normalise(found[-1]) @ weight.mT  # W_j v_j: (J, batch, C)
        logits = query.transpose(0, 1) @ columns  # (batch, J, N)
        coupling = logits.softmax(dim=1)
        mixture = (coupling @ columns.mT).transpose(0, 1)  # (J, batch, C)
        found.append(mixture @ weight)
    return found


def _queries(s: Tensor, weight: Tensor) -> Tensor:
    """W_j v_j/‖v_j‖ of every class, side by side, for products with places: (batch, 1, C, J)."""
    query = normalise(s) @ weight.mT  # (J, batch, C)
    return query.permute(1, 2, 0).unsqueeze(1)
