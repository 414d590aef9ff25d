"""Routing by expectation maximisation: every output capsule is a Gaussian, which the votes for it are drawn from.

Source: Hinton, Sabour and Frosst, "Matrix capsules with EM routing" (2018), which the article refers to. Adapted from
4×4 matrices with an activation beside each to vectors whose length is the activation:

* an input capsule u_i is active by a_i = ‖squash(u_i)‖, so that black, which is zero, takes no part;
* of the Gaussian of class j the variance is diagonal, in the D dimensions of a pose, and at least 0.01;
* the cost of describing the votes by it is the paper's, (β_u + log σ_jd) Σ_i r_ij, but its mean over d in place of the
  sum, and the inverse temperature rises from 1/routings to 1: with the paper's 0.01 nothing is learnt here;
* the output capsule is v_j = a_j μ_j/‖μ_j‖.

The squared distance of a vote is not linear in u_i, so this routing, alone, has to form û.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm
from torch.nn.functional import logsigmoid

from capsonnx.model.squash import normalise, squash

if TYPE_CHECKING:
    from capsonnx.model.votes import Votes

__all__ = ["ExpectationMaximisation"]

LEAST_VARIANCE = 0.01

ABSENT = -3.0
"""β_a to start from: a class without votes is of length 0.05. From 0, a length of one half, nothing is learnt: all
classes stay at the length that costs least on the whole."""

LEAST_MASS = 1e-6
"""The share of the input capsules, summed, below which an output capsule has none: what a blank image leaves it."""


class ExpectationMaximisation(nn.Module):
    """EM routing; β_a and β_u are learnt, one of each for every class."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.activation_cost = nn.Parameter(torch.full((classes,), ABSENT))
        self.vote_cost = nn.Parameter(torch.zeros(classes))

    def forward(self, votes: Votes, columns: Tensor, routings: int) -> Tensor:
        """Route.

        Args:
            votes: the prediction vectors.
            columns: u, (batch, C, N), whose lengths say how active the input capsules are.
            routings: the number of M-steps, at least 1.

        Returns:
            v, (J, batch, D), of length below one.
        """
        u_hat = votes.formed()
        active = vector_norm(squash(columns.mT), dim=2)  # (batch, N)
        classes = u_hat.shape[0]
        assigned = active * columns.new_full((classes, 1, 1), 1 / classes)  # r: (J, batch, N)
        for step in range(1, routings + 1):
            mass = assigned.sum(dim=2, keepdim=True)  # (J, batch, 1)
            mean = votes.mix(assigned.transpose(0, 1)) / mass.clamp_min(LEAST_MASS)
            square = (u_hat - mean.unsqueeze(2)).square()  # (J, batch, N, D)
            variance = (assigned.unsqueeze(3) * square).sum(dim=2) / mass.clamp_min(LEAST_MASS) + LEAST_VARIANCE
            logit = self._logit(mass, variance) * (step / routings)  # of the activation: (J, batch, 1)
            if step < routings:
                fit = (square / variance.unsqueeze(2)).sum(dim=3) + variance.log().sum(dim=2, keepdim=True)
                likely = logsigmoid(logit) - fit / 2  # of input capsule i under class j: (J, batch, N)
                assigned = active * likely.softmax(dim=0)
        return logit.sigmoid() * normalise(mean)

    def _logit(self, mass: Tensor, variance: Tensor) -> Tensor:
        """β_a less the cost of the votes, all (J, batch, 1)."""
        activation, vote = (cost.view(-1, 1, 1) for cost in (self.activation_cost, self.vote_cost))
        return activation - mass * (vote + variance.log().mean(dim=2, keepdim=True) / 2)
