"""Dynamic routing: find the input capsules that an output capsule is made of, by how well they agree with it.

Notation: prediction vectors û_{j|i}, for input capsule i and output capsule j (:mod:`capsonnx.model.votes`); coupling
coefficients c_ij; output capsules v_j = squash(s_j). Every iteration computes

    s_j = Σ_i c_ij û_{j|i}        with        c_ij = softmax_j ⟨û_{j|i}, q_j⟩

where the query q_j comes from the previous iteration; in the first iteration it is zero, so that c_ij = 1/J. The
routings differ only in the query:

=================  =======================  ===========================================================================
``su``             q = squash(s)            the article's: Su Jianlin, kexue.fm/archives/4819
``su-normalised``  q = s/‖s‖                its author's later one: kexue.fm/archives/5112, bojone/Capsule; the default
``hinton``         q = Σ squash(s) over     Sabour et al. (2017), b ← b + ⟨û, v⟩: agreement adds up, as û stays the same
                   all iterations so far
``uniform``        q = 0                    no routing at all: the control
=================  =======================  ===========================================================================

``em`` is a different kind of routing; see :mod:`capsonnx.model.em`.
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
    """The result of a routing.

    Attributes:
        sums: s of every iteration before squashing, each (J, batch, D).
        queries: q of every iteration but the first, whose coupling is uniform, each (J, batch, D).
    """

    sums: list[Tensor]
    queries: list[Tensor]

    @property
    def query(self) -> Tensor | None:
        """The query of the last coupling, or None if that was uniform."""
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
    contribute nothing to any sum, so black surroundings have exactly no effect. The exception is ``axis`` ``input``,
    where zero capsules also take a share of the coupling.

    Args:
        votes: the prediction vectors.
        routings: the number of iterations, at least 1; the loop is unrolled when traced. ``uniform`` never takes more
            than one.
        routing: any but ``em``.
        squash: makes the query of ``su`` and ``hinton``; None: the article's.
        axis: the capsules over which the softmax runs.
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
    """The coupling coefficients c (batch, J, N) of a query (J, batch, D); over the axis they sum to one."""
    logits = votes.agree(query)
    return logits.softmax(dim=1 if axis == "output" else 2)


def explain(features: Tensor, weight: Tensor, routed: Routed, *, axis: CouplingAxis = "output") -> Tensor:
    """The evidence for each class at each place: c_ij · max(0, ⟨û_{j|i}, v_j/‖v_j‖⟩), what i adds to the length of s_j.

    Args:
        features: u, (batch, C, rows, cols) floating point.
        weight: W, (J, C, D), of the dtype of ``features``.
        routed: the result of :func:`route` for these features; c is the coupling of its last iteration.
        axis: the axis that was passed to :func:`route`.

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
    """W_j q_j of all classes side by side, to be multiplied with the places: (batch, 1, C, J)."""
    return (query @ weight.mT).permute(1, 2, 0).unsqueeze(1)
