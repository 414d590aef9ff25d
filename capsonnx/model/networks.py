"""The networks: the convolutional stem, the capsule network on it, and the baseline it is compared with.

Both take images of any height and width from 14 px: no weight depends on the image size.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
from torch import nn
from torch.linalg import vector_norm

from capsonnx.contract import EVIDENCE, FIELD, LENGTHS, POSES
from capsonnx.model.field import STRIDE, slide
from capsonnx.model.routing import explain, route, squash, sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = [
    "CapsuleLayer",
    "CapsuleNetwork",
    "Network",
    "NetworkConfig",
    "NetworkKind",
    "PooledNetwork",
    "Stem",
    "build",
]

NetworkKind: TypeAlias = Literal["capsule", "pooled"]


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that fixes a network but its weights; saved in the checkpoint and in the ONNX metadata.

    Attributes:
        kind: ``capsule``, or ``pooled`` for the baseline: a CNN with global average pooling on the same stem.
        classes: the number of classes J.
        stem_bias: whether the stem's convolutions have biases. Without them black pixels give zero features, and
            the answer does not depend on how much black surrounds the ink.
        dimension: the dimension D of an output capsule (``capsule`` only).
        routings: the number of routing iterations (``capsule`` only).
        hidden: the width of the layer between pooling and scores (``pooled`` only).
    """

    kind: NetworkKind = "capsule"
    classes: int = 10
    stem_bias: bool = False
    dimension: int = 16
    routings: int = 3
    hidden: int = 128


class Stem(nn.Sequential):
    """Images to feature columns: conv3-64, conv3-64, average pool 2, conv3-128, conv3-128; 'valid', ReLU after each.

    (batch, 1, height, width) to (batch, 128, rows, cols), rows = (height - 4) // 2 - 4. Each column sees a square of
    14 px, and neighbours stand 2 px apart.
    """

    channels = 128
    stride = STRIDE
    receptive_field = 14

    def __init__(self, *, bias: bool) -> None:
        def convolution(inputs: int, outputs: int) -> list[nn.Module]:
            layer = nn.Conv2d(inputs, outputs, 3, bias=bias)
            nn.init.xavier_uniform_(layer.weight)  # Keras's default, which the source has
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            return [layer, nn.ReLU()]

        super().__init__(
            *convolution(1, 64),
            *convolution(64, 64),
            nn.AvgPool2d(2),
            *convolution(64, 128),
            *convolution(128, self.channels),
        )


class CapsuleLayer(nn.Module):
    """A fully connected capsule layer whose matrix W_j is shared by all input capsules, with dynamic routing."""

    def __init__(self, inputs: int, classes: int, dimension: int, routings: int) -> None:
        super().__init__()
        self.routings = routings
        bound = math.sqrt(6 / (inputs + classes * dimension))  # Glorot's, of the source's one C x JD matrix
        self.weight = nn.Parameter(torch.empty(classes, inputs, dimension).uniform_(-bound, bound))

    def forward(self, columns: Tensor) -> Tensor:
        """Input capsules (batch, C, N) to output capsules (batch, J, D); see :func:`capsonnx.model.routing.route`."""
        return route(columns, self.weight, self.routings)

    def slide(self, features: Tensor) -> Tensor:
        """Features (batch, C, rows, cols) to (batch, J, rows + 1, cols); see :func:`capsonnx.model.field.slide`."""
        return slide(features, self.weight)


class Network(nn.Module, ABC):
    """What the two networks share: a stem, and a head that turns its feature columns into scores."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem(bias=config.stem_bias)

    def features(self, images: Tensor) -> Tensor:
        """Images (batch, height, width), uint8 or float in 0..255, to features (batch, C, rows, cols).

        A method of its own because training may run this part, and only this part, in bfloat16.
        """
        ink: Tensor = images.to(next(self.parameters()).dtype).unsqueeze(1) / 255
        features: Tensor = self.stem(ink)
        return features

    @abstractmethod
    def classify(self, features: Tensor) -> tuple[Tensor, ...]:
        """Features (batch, C, rows, cols) to the network's outputs, the first of them the lengths (batch, J)."""

    def outputs(self, features: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Features (batch, C, rows, cols) to the outputs of :mod:`capsonnx.contract` that are named, in this order."""
        classified = dict(zip((LENGTHS, POSES), self.classify(features), strict=False))
        return {name: classified[name] for name in names}

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Images (batch, height, width), uint8 or float in 0..255, at least 14 px a side, to the outputs.

        Returns:
            lengths (batch, J) in [0, 1), and from a capsule network poses (batch, J, D) as well.
        """
        return self.classify(self.features(images))


class CapsuleNetwork(Network):
    """The stem and one shared-weight capsule layer: 279,488 parameters with biases, for ten classes."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.capsules = CapsuleLayer(Stem.channels, config.classes, config.dimension, config.routings)

    def classify(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (batch, C, rows, cols) to lengths (batch, J) and poses (batch, J, D)."""
        poses: Tensor = self.capsules(features.flatten(2))
        return vector_norm(poses, dim=-1), poses

    def outputs(self, features: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Of every network's, ``evidence`` (batch, J, rows, cols) and ``field`` (batch, J, rows + 1, cols) besides."""
        routed = sums(features.flatten(2), self.capsules.weight, self.capsules.routings)  # once, for three of the four
        poses = squash(routed[-1]).transpose(0, 1)
        found = {LENGTHS: vector_norm(poses, dim=-1), POSES: poses}
        if EVIDENCE in names:
            found[EVIDENCE] = explain(features, self.capsules.weight, self.capsules.routings, routed=routed)
        if FIELD in names:
            found[FIELD] = self.capsules.slide(features)
        return {name: found[name] for name in names}


class PooledNetwork(Network):
    """The source's baseline: global average pooling, one hidden layer, sigmoid: 276,810 parameters with biases."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.head = nn.Sequential(
            nn.Linear(Stem.channels, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.classes),
            nn.Sigmoid(),
        )
        for layer in self.head:
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def classify(self, features: Tensor) -> tuple[Tensor]:
        """Features (batch, C, rows, cols) to lengths (batch, J): sigmoid scores under the capsules' name."""
        return (self.head(features.flatten(2).mean(dim=2)),)


def build(config: NetworkConfig) -> Network:
    """A network with fresh weights, drawn from torch's global random state.

    >>> sum(weight.numel() for weight in build(NetworkConfig("capsule", stem_bias=True)).parameters())
    279488
    >>> sum(weight.numel() for weight in build(NetworkConfig("pooled", stem_bias=True)).parameters())
    276810
    """
    return CapsuleNetwork(config) if config.kind == "capsule" else PooledNetwork(config)
