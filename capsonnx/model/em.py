"""Routing by expectation maximisation: every output capsule is a Gaussian from which its votes are drawn.

Source: Hinton, Sabour and Frosst, "Matrix capsules with EM routing" (2018), which the article refers to. The paper's
capsules are 4×4 matrices with separate activations; here they are vectors whose length is the activation:

* an input capsule u_i has the activation a_i = ‖squash(u_i)‖, so that black, which is zero, takes no part;
* the Gaussian of class j has a diagonal variance, over the D dimensions of a pose, of at least 0.01;
* the cost of describing the votes by the Gaussian is the paper's, (β_u + log σ_jd) Σ_i r_ij, but averaged over d
  instead of summed, and the inverse temperature rises from 1/routings to 1: with the paper's 0.01 nothing is learnt
  here;
* the output capsule is v_j = a_j μ_j/‖μ_j‖.

The squared distance of a vote is not linear in u_i, so this is the only routing that has to materialise û.
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
"""The initial β_a, with which a class without votes has length 0.05. From 0, a length of one half, nothing is learnt:
all classes stay at the length with the least overall loss."""

LEAST_MASS = 1e-6
"""The summed share of the input capsules below which an output capsule counts as empty, as on a blank image."""


class ExpectationMaximisation(nn.Module):
    """EM routing; β_a and β_u are learnt, one of each per class."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.activation_cost = nn.Parameter(torch.full((classes,), ABSENT))
        self.vote_cost = nn.Parameter(torch.zeros(classes))

    def forward(self, votes: Votes, columns: Tensor, routings: int) -> Tensor:
        """Route.

        Args:
            votes: the prediction vectors.
            columns: u, (batch, C, N), whose lengths determine the activations of the input capsules.
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
            logit = self._logit(mass, variance) * (step / routings)  # the activation's logit: (J, batch, 1)
            if step < routings:
                fit = (square / variance.unsqueeze(2)).sum(dim=3) + variance.log().sum(dim=2, keepdim=True)
                likely = logsigmoid(logit) - fit / 2  # log-likelihood of i under j: (J, batch, N)
                assigned = active * likely.softmax(dim=0)
        return logit.sigmoid() * normalise(mean)

    def _logit(self, mass: Tensor, variance: Tensor) -> Tensor:
        """β_a minus the cost of the votes: (J, batch, 1)."""
        activation, vote = (cost.view(-1, 1, 1) for cost in (self.activation_cost, self.vote_cost))
        return activation - mass * (vote + variance.log().mean(dim=2, keepdim=True) / 2)
