"""Dynamic routing: which input capsules an output capsule is made of, found from how well they agree with it.

Notation: prediction vectors û_{j|i}, for input capsule i and output capsule j (:mod:`capsonnx.model.votes`); coupling
coefficients c_ij; output capsules v_j = squash(s_j). Every iteration computes

    s_j = Σ_i c_ij û_{j|i}        with        c_ij = softmax_j ⟨û_{j|i}, q_j⟩

where the query q_j comes from the iteration before, and is zero, so that c_ij = 1/J, in the first. The routings differ
in nothing but the query:

=================  =======================  ===========================================================================
``su``             q = squash(s)            the article's: Su Jianlin, kexue.fm/archives/4819
``su-normalised``  q = s/‖s‖                its author's later one: kexue.fm/archives/5112, bojone/Capsule; the default
``hinton``         q = Σ squash(s), of all  Sabour et al. (2017), b ← b + ⟨û, v⟩: agreement adds up, as û stays the same
                   iterations so far
``uniform``        q = 0                    no routing at all: the control
=================  =======================  ===========================================================================

``em``, which is of another kind, is in :mod:`capsonnx.model.em`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from capsonnx.model.squash import Squash, normalise

if TYPE_CHECKING:
    from torch import Tensor

    from capsonnx.model.config import CouplingAxis, RoutingName
    from capsonnx.model.votes import Votes

__all__ = ["Routed", "couple", "explain", "route"]


@dataclass(frozen=True)
class Routed:
    """What a routing found.

    Attributes:
        sums: s of every iteration, each (J, batch, D), before squashing.
        queries: q of every coupling but the first, which is uniform, each (J, batch, D).
    """

    sums: list[Tensor]
    queries: list[Tensor]

    @property
    def query(self) -> Tensor | None:
        """Of the last coupling, or None where it was uniform."""
        return self.queries[-1] if self.queries else None


def route(
    votes: Votes,
    routings: int,
    *,
    routing: RoutingName = "su-normalised",
    squash: Squash | None = None,
    axis: CouplingAxis = "output",
) -> Routed:
    """Route input capsules to output capsules by agreement.

    ``routings`` counts as in the source: 3 is a uniform start and two refinements. Input capsules that are zero
    contribute nothing to any sum, so black surroundings are exact, but where the coupling is shared out among input
    capsules, of which they then take their part.

    Args:
        votes: the prediction vectors.
        routings: the number of iterations, at least 1; the loop unrolls when traced. ``uniform`` needs no second.
        routing: any but ``em``.
        squash: what makes the query of ``su`` and ``hinton``; None: the article's.
        axis: over which the softmax runs.
    """
    squash = squash or Squash()
    queries: list[Tensor] = []
    found = [votes.start(axis)]
    for _ in range(0 if routing == "uniform" else routings - 1):
        v = normalise(found[-1]) if routing == "su-normalised" else squash.between(found[-1])
        queries.append(queries[-1] + v if queries and routing == "hinton" else v)
        found.append(votes.mix(couple(votes, queries[-1], axis)))
    return Routed(found, queries)


def couple(votes: Votes, query: Tensor, axis: CouplingAxis = "output") -> Tensor:
    """The coupling coefficients c of a query (J, batch, D): (batch, J, N); over the axis they sum to one."""
    logits = votes.agree(query)
    return logits.softmax(dim=1 if axis == "output" else 2)


def explain(features: Tensor, weight: Tensor, routed: Routed, *, axis: CouplingAxis = "output") -> Tensor:
    """The evidence for each class at each place: c_ij · max(0, ⟨û_{j|i}, v_j/‖v_j‖⟩), what i adds to the length of s_j.

    Args:
        features: u, (batch, C, rows, cols) floating point.
        weight: W, (J, C, D), of the dtype of ``features``.
        routed: what :func:`route` found for these features; c is the coupling of its last iteration.
        axis: the one it was routed by.

    Returns:
        (batch, J, rows, cols), at least 0; zero where u is zero.
    """
    places = features.permute(0, 2, 3, 1)  # (batch, rows, cols, C): the products below keep the places apart
    agreement = (places @ _queries(normalise(routed.sums[-1]), weight)).relu()
    if routed.query is not None:
        logits = places @ _queries(routed.query, weight)
        if axis == "output":
            evidence = agreement * logits.softmax(dim=-1)
        else:
            evidence = agreement * (logits - logits.logsumexp(dim=(1, 2), keepdim=True)).exp()
    elif axis == "output":
        evidence = agreement * (1 / weight.shape[0])
    else:
        evidence = agreement / (features.shape[2] * features.shape[3])
    return evidence.permute(0, 3, 1, 2)


def _queries(query: Tensor, weight: Tensor) -> Tensor:
    """W_j q_j of every class, side by side, for products with places: (batch, 1, C, J)."""
    return (query @ weight.mT).permute(1, 2, 0).unsqueeze(1)
