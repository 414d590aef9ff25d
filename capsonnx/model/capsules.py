"""The capsule layer: votes, routing and squash, as chosen by the config."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from capsonnx.errors import InputError
from capsonnx.model.em import ExpectationMaximisation
from capsonnx.model.field import slide, window_of
from capsonnx.model.routing import Routed, explain, route
from capsonnx.model.squash import Squash
from capsonnx.model.votes import FullVotes, SharedVotes, Votes

if TYPE_CHECKING:
    from torch import Tensor

    from capsonnx.model.config import NetworkConfig

__all__ = ["CapsuleLayer"]


class CapsuleLayer(nn.Module):
    """A fully connected capsule layer with dynamic routing; by default all input capsules share the matrices W_j.

    Args:
        config: chooses the routing, the squash and the sharing.
        places: the number of input capsules, if every place has its own matrices; None: any number.
    """

    def __init__(self, config: NetworkConfig, places: int | None = None) -> None:
        super().__init__()
        self.config, self.places = config, places
        self.routings = config.routings
        self.window = window_of(config.receptive_field)
        inputs, classes, dimension = config.widths[-1], config.classes, config.dimension
        bound = math.sqrt(6 / (inputs + classes * dimension))  # Glorot, for the source's single C x JD matrix
        self.weight = nn.Parameter(torch.empty(classes, (places or 1) * inputs, dimension).uniform_(-bound, bound))
        self.squash = Squash(config.squash)
        self.em = ExpectationMaximisation(classes) if config.routing == "em" else None

    @property
    def explains(self) -> bool:
        """Whether it can give evidence and field: this takes shared matrices and couplings that are a softmax."""
        return self.places is None and self.em is None

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, C, rows, cols), the input capsules, to output capsules (batch, J, D) shorter than one.

        Raises:
            InputError: there are more or fewer places than the layer has matrices for.
        """
        if self.em is not None:
            v: Tensor = self.em(self.votes(features), features.flatten(2), self.routings)
            return v.transpose(0, 1)
        return self.poses(self.routed(features))

    def votes(self, features: Tensor) -> Votes:
        """The prediction vectors of features (batch, C, rows, cols).

        Raises:
            InputError: there are more or fewer places than the layer has matrices for.
        """
        if self.places is None:
            return SharedVotes(features, self.weight)
        places = features.shape[2] * features.shape[3]
        if places != self.places:
            raise InputError(
                f"an image of {places} places",
                expected=f"{self.places} places, each of which has matrices of its own",
                remedy="use images of the size that it was trained on, or sharing 'shared', which takes any size",
            )
        return FullVotes(features, self.weight)

    def routed(self, features: Tensor) -> Routed:
        """Route features (batch, C, rows, cols); not for routing ``em``."""
        config = self.config
        return route(
            self.votes(features), self.routings, routing=config.routing, squash=self.squash, axis=config.coupling_axis
        )

    def poses(self, routed: Routed) -> Tensor:
        """The output capsules (batch, J, D) after the last iteration of a routing."""
        poses: Tensor = self.squash(routed.sums[-1]).transpose(0, 1)
        return poses

    def explain(self, features: Tensor, routed: Routed) -> Tensor:
        """The evidence (batch, J, rows, cols) in features (batch, C, rows, cols).

        See :func:`capsonnx.model.routing.explain`.
        """
        return explain(features, self.weight, routed, axis=self.config.coupling_axis)

    def slide(self, features: Tensor) -> Tensor:
        """The lengths (batch, J, rows + 1, cols) of every window of features (batch, C, rows, cols).

        See :func:`capsonnx.model.field.slide`.
        """
        return slide(features, self.weight, self.window, self.squash, axis=self.config.coupling_axis)
