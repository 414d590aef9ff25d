"""Augmentation: a batch of digits, slightly deformed, at random places on one random larger black canvas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import grid_sample, interpolate

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from capsonnx.training.recipes import Recipe

__all__ = ["augment"]

KNOT_SPACING = 7
"""Pixels between the knots of the elastic displacement: about a third of a digit's height."""


def augment(images: Tensor, recipe: Recipe, generator: Generator) -> Tensor:
    """Place and deform a batch of images as a recipe says; the same images where it says nothing.

    All randomness is drawn on the CPU, from ``generator``, so that a seed means the same on every device.

    Args:
        images: (batch, height, width) uint8.
        recipe: of which ``canvas``, ``rotation``, ``scale`` and ``elastic`` are used.
        generator: a CPU generator; its state advances.

    Returns:
        (batch, height + 0..canvas, width + 0..canvas): float32 in 0..255, or the uint8 images themselves.
    """
    if not (recipe.canvas or recipe.rotation or recipe.scale or recipe.elastic):
        return images
    size = torch.tensor(images.shape[1:])
    canvas = size + torch.randint(0, recipe.canvas + 1, (2,), generator=generator)
    points = _canvas_to_image(len(images), canvas - size, canvas, recipe, generator)
    if recipe.elastic:
        points = points + _smooth_noise(len(images), canvas, recipe.elastic, generator)
    # Pixel coordinates (row, column) from the image's centre become grid_sample's (x, y), where ±1 are the edges.
    grid = (points / (size / 2)).flip(-1).to(images.device)
    return grid_sample(images.unsqueeze(1).float(), grid, align_corners=False).squeeze(1)


def _canvas_to_image(batch: int, room: Tensor, canvas: Tensor, recipe: Recipe, generator: Generator) -> Tensor:
    """For each canvas pixel, its place in the image in pixels from the image's centre: (batch, rows, cols, 2)."""
    offset = (torch.rand(batch, 2, generator=generator) * (room + 1)).floor() - room / 2
    angle = _uniform(batch, math.radians(recipe.rotation), generator)
    zoom = 1 + _uniform(batch, recipe.scale, generator)
    rows, cols = (torch.arange(int(length)) - (int(length) - 1) / 2 for length in canvas)
    pixels = torch.cartesian_prod(rows, cols).view(1, -1, 2) - offset.view(-1, 1, 2)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2)
    return (pixels @ turn / zoom.view(-1, 1, 1)).view(batch, len(rows), len(cols), 2)


def _smooth_noise(batch: int, canvas: Tensor, deviation: float, generator: Generator) -> Tensor:
    """A displacement in pixels, drawn at coarse knots and interpolated between them: (batch, rows, cols, 2)."""
    rows, cols = (int(length) for length in canvas)
    knots = torch.randn(batch, 2, rows // KNOT_SPACING, cols // KNOT_SPACING, generator=generator)
    return deviation * interpolate(knots, (rows, cols), mode="bicubic").permute(0, 2, 3, 1)


def _uniform(count: int, reach: float, generator: Generator) -> Tensor:
    """Numbers drawn from -reach to reach."""
    return (2 * torch.rand(count, generator=generator) - 1) * reach
