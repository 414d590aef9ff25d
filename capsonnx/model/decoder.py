"""The decoder: from the pose of one class back to an image of its symbol (Sabour et al. 2017, section 4.1).

The poses of all classes but one are masked with zeros, and fully connected layers turn the remaining pose into pixels.
In training, the remaining class is the right one, and the squared differences from the image are added to the margin
loss. A trained decoder can draw any class by itself, and therefore the symbols of an image that holds several, one by
one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from capsonnx.model.loss import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

__all__ = ["Decoder", "DecoderConfig", "mask", "reconstruction_loss"]


@dataclass(frozen=True)
class DecoderConfig:
    """Everything that determines a decoder except its weights.

    Attributes:
        classes: the number of classes J.
        dimension: the dimension D of a pose.
        size: the height and width in pixels of the images that it draws.
        hidden: the widths of its hidden layers; Sabour et al. use 512 and 1024.
        weight: the weight of the reconstruction loss in training. The reconstruction loss is the sum of the squared
            differences of pixels in 0..1; the weight is relative to the margin loss of Sabour et al., a sum over the
            classes.
    """

    classes: int
    dimension: int
    size: tuple[int, int] = (28, 28)
    hidden: tuple[int, ...] = (512, 1024)
    weight: float = 0.0005

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> DecoderConfig:
        """Rebuild a config from the JSON of its :func:`dataclasses.asdict`.

        Raises:
            KeyError, TypeError: a value is missing, or does not belong to a config.

        >>> DecoderConfig.from_json({"classes": 2, "dimension": 4, "size": [20, 30], "hidden": [8]}).size
        (20, 30)
        """
        return cls(**{**values, "size": tuple(values["size"]), "hidden": tuple(values["hidden"])})


class Decoder(nn.Module):
    """Masked poses to images: hidden layers with ReLUs, then a sigmoid; 1,411,344 parameters with Sabour's widths."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.classes * config.dimension, *config.hidden]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], math.prod(config.size)), nn.Sigmoid())
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, poses: Tensor) -> Tensor:
        """Map poses (batch, J, D), zero but for one class, to images (batch, height, width) in 0..1, 1 for full ink."""
        images: Tensor = self.layers(poses.flatten(1))
        return images.view(-1, *self.config.size)


def mask(poses: Tensor, targets: Tensor) -> Tensor:
    """Set the poses of all classes but one to zero.

    Args:
        poses: (batch, J, D).
        targets: (batch,) int64, the class to keep, or :data:`capsonnx.model.NOTHING` for none.

    Returns:
        (batch, J, D).

    >>> mask(torch.ones(2, 3, 1), torch.tensor([1, -1])).flatten(1)
    tensor([[0., 1., 0.],
            [0., 0., 0.]])
    """
    classes = torch.arange(poses.shape[1], device=poses.device)
    return poses * (targets.unsqueeze(1) == classes).unsqueeze(2)


def reconstruction_loss(reconstructed: Tensor, images: Tensor, targets: Tensor) -> Tensor:
    """The sum of squared pixel differences of an image, averaged over the images that hold a symbol.

    Args:
        reconstructed: (batch, height, width) in 0..1.
        images: (batch, height, width) in 0..1, what should have been drawn.
        targets: (batch,) int64, the class in each image; images with :data:`capsonnx.model.NOTHING` are left out.

    Returns:
        A scalar, at least 0; 0 if no image holds a symbol.

    >>> wanted, nothing = torch.ones(2, 3, 3), torch.zeros(2, 3, 3)
    >>> reconstruction_loss(nothing, wanted, torch.tensor([4, -1]))
    tensor(9.)
    """
    is_there = targets != NOTHING
    squares = (reconstructed - images).square().sum(dim=(1, 2))
    return (squares * is_there).sum() / is_there.sum().clamp_min(1)
