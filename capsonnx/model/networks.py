"""The networks: the convolutional stem, the capsule network on it, and the baseline it is compared with.

Both take images of any height and width from 14 px: no weight depends on the image size.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import torch
from torch import nn
from torch.linalg import vector_norm

from capsonnx.contract import EVIDENCE, FIELD, LENGTHS, POSES
from capsonnx.model.field import STRIDE, slide
from capsonnx.model.routing import explain, route, squash, sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

__all__ = [
    "CapsuleLayer",
    "CapsuleNetwork",
    "Network",
    "NetworkConfig",
    "NetworkKind",
    "PooledNetwork",
    "Stem",
    "StemBias",
    "build",
]

NetworkKind: TypeAlias = Literal["capsule", "pooled", "summed"]
StemBias: TypeAlias = Literal["none", "free", "silent"]

SOURCE_WIDTHS = (64, 64, 128, 128)
"""Of the stem in bojone/Capsule."""


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that fixes a network but its weights; saved in the checkpoint and in the ONNX metadata.

    Attributes:
        kind: ``capsule``; or ``pooled`` for the baseline, a CNN with global average pooling on the same stem; or
            ``summed``, the same CNN with a sum in place of the average.
        classes: the number of classes J.
        stem_bias: of the stem's convolutions: ``none``; ``free``, as in the source; or ``silent``, at most zero. With
            ``none`` and ``silent`` black pixels give zero features, since relu(0 + b) = 0 for b ≤ 0, and the answer
            does not depend on how much black surrounds the ink.
        widths: the channels of the stem's four convolutions; the last is C, the dimension of an input capsule.
        dimension: the dimension D of an output capsule (``capsule`` only).
        routings: the number of routing iterations (``capsule`` only).
        hidden: the width of the layer between pooling and scores (``pooled`` and ``summed`` only).
    """

    kind: NetworkKind = "capsule"
    classes: int = 10
    stem_bias: StemBias = "none"
    widths: tuple[int, int, int, int] = SOURCE_WIDTHS
    dimension: int = 16
    routings: int = 3
    hidden: int = 128

    @property
    def is_silent(self) -> bool:
        """Whether black gives zero features."""
        return self.stem_bias != "free"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> NetworkConfig:
        """What :func:`dataclasses.asdict` made, back from JSON; of older files as well, whose bias is true or false.

        Raises:
            TypeError: a value is not one of a config.

        >>> NetworkConfig.from_json({"kind": "capsule", "stem_bias": True}).stem_bias
        'free'
        """
        bias = values.get("stem_bias", "none")
        return cls(
            **{
                **values,
                "stem_bias": ("free" if bias else "none") if isinstance(bias, bool) else bias,
                "widths": tuple(values.get("widths", SOURCE_WIDTHS)),
            }
        )


class Stem(nn.Sequential):
    """Images to feature columns: two convolutions, average pool 2, two more; all 3 by 3, 'valid', each with a ReLU.

    (batch, 1, height, width) to (batch, C, rows, cols), rows = (height - 4) // 2 - 4. Each column sees a square of
    14 px, and neighbours stand 2 px apart.
    """

    stride = STRIDE
    receptive_field = 14

    def __init__(self, widths: tuple[int, int, int, int], *, bias: bool) -> None:
        def convolution(inputs: int, outputs: int) -> list[nn.Module]:
            layer = nn.Conv2d(inputs, outputs, 3, bias=bias)
            nn.init.xavier_uniform_(layer.weight)  # Keras's default, which the source has
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            return [layer, nn.ReLU()]

        first, second, third, last = widths
        super().__init__(
            *convolution(1, first),
            *convolution(first, second),
            nn.AvgPool2d(2),
            *convolution(second, third),
            *convolution(third, last),
        )

    def silence(self) -> None:
        """Lower every bias above zero to zero, so that black gives zero features; call it without gradients."""
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                weight.clamp_(max=0)


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
        self.stem = Stem(config.widths, bias=config.stem_bias != "none")

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
    """The stem and one shared-weight capsule layer; in the source's widths, with biases, 279,488 parameters."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.capsules = CapsuleLayer(config.widths[-1], config.classes, config.dimension, config.routings)

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
    """The source's baseline: global average pooling, one hidden layer, sigmoid: 276,810 parameters with biases.

    Of kind ``summed`` it sums in place of averaging, as the capsules do.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.head = nn.Sequential(
            nn.Linear(config.widths[-1], config.hidden),
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
        columns = features.flatten(2)
        # The sum is divided by the columns of a 28×28 image: it then trains like the average, from the same start.
        pooled = columns.sum(dim=2) / 64 if self.config.kind == "summed" else columns.mean(dim=2)
        return (self.head(pooled),)


def build(config: NetworkConfig) -> Network:
    """A network with fresh weights, drawn from torch's global random state.

    >>> sum(weight.numel() for weight in build(NetworkConfig("capsule", stem_bias="free")).parameters())
    279488
    >>> sum(weight.numel() for weight in build(NetworkConfig("pooled", stem_bias="free")).parameters())
    276810
    """
    return CapsuleNetwork(config) if config.kind == "capsule" else PooledNetwork(config)
