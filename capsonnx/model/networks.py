"""The networks: the convolutional stem, the capsule network on top of it, and the baseline it is compared with.

Both take images whose sides are at least the receptive field of a feature column, 14 px with the source's stem: no
weight depends on the image size, except with sharing ``full``.
"""

from __future__ import annotations

import copy
import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.linalg import vector_norm

from capsonnx.contract import EVIDENCE, FIELD, LENGTHS, OUTPUTS, POSES
from capsonnx.model.capsules import CapsuleLayer
from capsonnx.model.field import STRIDE, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from capsonnx.model.config import NetworkConfig

__all__ = ["CapsuleNetwork", "Network", "PooledNetwork", "Stem", "build"]


class Stem(nn.Sequential):
    """Images to feature columns: two convolutions, a 2x2 average pool, more convolutions; all 3x3 'valid' with a ReLU.

    Maps (batch, 1, height, width) to (batch, C, rows, cols), where rows = (height - receptive_field) // 2 + 1. Each
    column sees a square with sides of ``receptive_field`` pixels, and neighbouring columns are 2 px apart.
    """

    def __init__(self, widths: tuple[int, ...], *, bias: bool) -> None:
        def convolution(inputs: int, outputs: int) -> list[nn.Module]:
            layer = nn.Conv2d(inputs, outputs, 3, bias=bias)
            nn.init.xavier_uniform_(layer.weight)  # Keras's default, which the source uses
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            return [layer, nn.ReLU()]

        layers = [convolution(inputs, outputs) for inputs, outputs in itertools.pairwise((1, *widths))]
        super().__init__(*itertools.chain(*layers[:2], [nn.AvgPool2d(STRIDE)], *layers[2:]))

    @torch.no_grad()
    def silence(self) -> None:
        """Clamp every bias to at most zero, so that black gives zero features."""
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                weight.clamp_(max=0)


class Network(nn.Module, ABC):
    """The base of both networks: a stem, and a head that turns its feature columns into scores."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem(config.widths, bias=config.stem_bias != "none")

    def features(self, images: Tensor) -> Tensor:
        """Map images (batch, height, width), uint8 or float in 0..255, to features (batch, C, rows, cols).

        It is a separate method because training may run this part, and only this part, in bfloat16.
        """
        ink: Tensor = images.to(next(self.parameters()).dtype).unsqueeze(1) / 255
        features: Tensor = self.stem(ink)
        return features

    @property
    def output_names(self) -> tuple[str, ...]:
        """The outputs that the network has, in the order of :data:`capsonnx.contract.OUTPUTS`."""
        return (LENGTHS,)

    def constrain(self) -> None:
        """Bring the weights back into their allowed ranges; call it after each training step."""
        if self.config.stem_bias == "silent":
            self.stem.silence()

    @abstractmethod
    def classify(self, features: Tensor) -> tuple[Tensor, ...]:
        """Map features (batch, C, rows, cols) to the network's outputs, the first being the lengths (batch, J)."""

    def outputs(self, features: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Map features (batch, C, rows, cols) to the named outputs of :mod:`capsonnx.contract`, in the order given."""
        classified = dict(zip((LENGTHS, POSES), self.classify(features), strict=False))
        return {name: classified[name] for name in names}

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Map images (batch, height, width), uint8 or float in 0..255, to the outputs.

        Args:
            images: both sides must be at least the config's ``receptive_field``.

        Returns:
            The lengths (batch, J) in [0, 1), and from a capsule network also the poses (batch, J, D).
        """
        return self.classify(self.features(images))


class CapsuleNetwork(Network):
    """The stem and one capsule layer: 279,488 parameters with the source's widths, biases and shared matrices."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        places = None if config.size is None else math.prod(columns(config.size, config.receptive_field))
        self.capsules = CapsuleLayer(config, places)

    def with_routings(self, routings: int) -> CapsuleNetwork:
        """A copy with the same weights that routes for another number of iterations, at least 1."""
        network = copy.deepcopy(self)
        network.config = replace(network.config, routings=routings)
        network.capsules.routings = routings
        return network

    @property
    def output_names(self) -> tuple[str, ...]:
        """Lengths and poses, and evidence and field if the capsule layer can give them."""
        return OUTPUTS if self.capsules.explains else (LENGTHS, POSES)

    def classify(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map features (batch, C, rows, cols) to lengths (batch, J) and poses (batch, J, D)."""
        poses: Tensor = self.capsules(features)
        return vector_norm(poses, dim=-1), poses

    def outputs(self, features: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """The named outputs, also ``evidence`` (batch, J, rows, cols) and ``field`` (batch, J, rows + 1, cols)."""
        if not self.capsules.explains:
            return super().outputs(features, names)
        routed = self.capsules.routed(features)  # once, for three of the four outputs
        poses = self.capsules.poses(routed)
        found = {LENGTHS: vector_norm(poses, dim=-1), POSES: poses}
        if EVIDENCE in names:
            found[EVIDENCE] = self.capsules.explain(features, routed)
        if FIELD in names:
            found[FIELD] = self.capsules.slide(features)
        return {name: found[name] for name in names}

    def constrain(self) -> None:
        """Bring the weights back into their allowed ranges, also the constant of a learnt squash."""
        super().constrain()
        self.capsules.squash.constrain()


class PooledNetwork(Network):
    """The source's baseline: global average pooling, one hidden layer, sigmoid; 276,810 parameters with biases.

    With kind ``summed`` it sums instead of averaging, as the capsules do.
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
        """Map features (batch, C, rows, cols) to lengths (batch, J): sigmoid scores under the capsules' name."""
        # Along one axis, then the other: a single float32 sum over the 60,000 columns of a large page drifts. The sum
        # is divided by 64, the number of columns that the source's stem has on a 28×28 image, so that it trains like
        # the average, from the same start.
        if self.config.kind == "summed":
            pooled = features.sum(dim=3).sum(dim=2) / 64
        else:
            pooled = features.mean(dim=3).mean(dim=2)
        return (self.head(pooled),)


def build(config: NetworkConfig) -> Network:
    """A network with initial weights drawn from torch's global random state.

    >>> from capsonnx.model import NetworkConfig
    >>> sum(weight.numel() for weight in build(NetworkConfig("capsule", stem_bias="free")).parameters())
    279488
    >>> sum(weight.numel() for weight in build(NetworkConfig("pooled", stem_bias="free")).parameters())
    276810
    """
    return CapsuleNetwork(config) if config.kind == "capsule" else PooledNetwork(config)
