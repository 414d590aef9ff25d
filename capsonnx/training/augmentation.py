"""Augmentation: single digits, slightly deformed, at random places on black canvases or between parts of others."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import grid_sample, interpolate

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from capsonnx.training.recipes import Recipe

__all__ = ["augment", "crowd", "cut_out", "without_symbols"]

KNOT_SPACING = 7
"""The distance in pixels between the knots of the elastic displacement: about a third of a digit's height."""

CROWD_WIDTH = 30
"""The width in pixels of a crowded view; three windows of the sliding head, 26 wide, fit inside."""

PIECE = 7
"""The side in pixels of a piece of a symbol that is not a symbol itself: the width of two strokes."""

FAINT = 64
"""Ink levels up to this are ignored when finding where a digit begins and ends."""


def augment(images: Tensor, recipe: Recipe, generator: Generator) -> tuple[Tensor, Tensor]:
    """Deform a batch of images and place each on a canvas; the same images if the recipe asks for neither.

    All random numbers are drawn on the CPU, from ``generator``, so that a seed means the same on every device.

    Args:
        images: (batch, height, width) uint8.
        recipe: its ``canvas``, ``rotation``, ``scale``, ``shear``, ``stretch`` and ``elastic`` are used.
        generator: a CPU generator; its state advances.

    Returns:
        canvases: (batch, height + 0..canvas, width + 0..canvas), float32 in 0..255, or the uint8 images themselves.
        centres: (batch, 1, 2) float32, the row and column of each image's centre, in pixels from the upper left corner.
    """
    size = torch.tensor(images.shape[1:])
    if not (recipe.canvas or _deforms(recipe)):
        return images, (size / 2).repeat(len(images), 1, 1)
    canvas = size + torch.randint(0, recipe.canvas + 1, (2,), generator=generator)
    room = canvas - size
    offset = (torch.rand(len(images), 2, generator=generator) * (room + 1)).floor() - room / 2
    return _deform(images, canvas, offset, recipe, generator), (canvas / 2 + offset).unsqueeze(1)


def cut_out(canvases: Tensor, centres: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut the deformed images out of their canvases again, each around its centre.

    Args:
        canvases: (batch, rows, cols), as :func:`augment` returns them.
        centres: (batch, 1, 2), as :func:`augment` returns them.
        size: the height and width in pixels of the original images.

    Returns:
        (batch, height, width), of the dtype of the canvases.
    """
    corners = (centres[:, 0] - torch.tensor(size) / 2).round().long().to(canvases.device)
    height, width = (torch.arange(side, device=canvases.device) for side in size)
    rows, cols = corners[:, :1] + height, corners[:, 1:] + width
    each = torch.arange(len(canvases), device=canvases.device).view(-1, 1, 1)
    return canvases[each, rows.unsqueeze(2), cols.unsqueeze(1)]


def crowd(images: Tensor, recipe: Recipe, generator: Generator) -> tuple[Tensor, Tensor]:
    """Deform a batch of images and show each between others, as a window sliding over a page of them would see it.

    Each image gets another image of the batch as a neighbour on either side, each with probability
    ``recipe.neighbours``. The ink of the two overlaps by at most 4 pixels or is at most 10 pixels apart; what reaches
    beyond the view is cut off. For a whole batch the sides are either left and right, as within a line, or above and
    below, as between lines.

    Args:
        images: (batch, height, width) uint8, batch at least 1.
        recipe: its ``neighbours`` is used, and everything that :func:`augment` uses except ``canvas``.
        generator: a CPU generator; its state advances.

    Returns:
        views: (batch, height, 30) or (batch, 30, width) float32 in 0..255.
        centres: (batch, 3, 2) float32, the row and column, in pixels from the upper left corner, of the centres of the
            image itself and of its neighbours on either side; infinite where there is none.
    """
    batch, size = len(images), torch.tensor(images.shape[1:])
    is_line = torch.rand((), generator=generator) < 0.5
    aside = _integers(batch, 2, generator)  # offset from the line through all images
    offset = torch.stack([aside, torch.zeros(batch)] if is_line else [torch.zeros(batch), aside], dim=1)
    digits = _deform(images, size, offset, recipe, generator)
    if is_line:
        return _in_line(digits, aside, recipe, generator)
    views, centres = _in_line(digits.transpose(1, 2), aside, recipe, generator)
    return views.transpose(1, 2), centres.flip(2)


def _in_line(digits: Tensor, down: Tensor, recipe: Recipe, generator: Generator) -> tuple[Tensor, Tensor]:
    """What :func:`crowd` returns, with neighbours left and right, for deformed images shifted by ``down`` pixels."""
    batch, height, width = digits.shape
    first, last = _ink_columns(digits)
    shift = _integers(batch, 7, generator).to(first) + (CROWD_WIDTH - width) // 2
    views, centres = _shifted(digits, shift), [shift + width / 2]
    for side in (-1, 1):
        other = torch.randperm(batch, generator=generator).to(first.device)
        gap = torch.randint(-4, 11, (batch,), generator=generator).to(first)
        place = shift + torch.where(
            torch.tensor(side < 0, device=first.device), first - gap - last[other], last + gap - first[other]
        )
        is_there = (torch.rand(batch, generator=generator) < recipe.neighbours).to(first.device)
        neighbour = _shifted(digits[other], place) * is_there.view(-1, 1, 1)
        views = torch.maximum(views, neighbour)
        centres.append(torch.where(is_there, place + width / 2, torch.inf))
    cols = torch.stack(centres, dim=1).float()
    rows = (height / 2 + down.view(-1, 1).to(cols.device)).expand_as(cols)
    return views, torch.stack([rows, cols], dim=2)


def without_symbols(images: Tensor, generator: Generator) -> Tensor:
    """Make images in which there is nothing to read: half of them noise, half pieces of other images.

    The density and the brightness of the noise vary from image to image, from specks to snow. The pieces are 7 px
    squares, each from a random place in a random image of the batch: strokes, but no symbols.

    Args:
        images: (batch, height, width) uint8, which the pieces are cut from.
        generator: a CPU generator; its state advances.

    Returns:
        (batch, height, width) uint8.
    """
    batch, height, width = images.shape
    draw = partial(torch.rand, generator=generator)
    specks = draw(batch, height, width) < draw(batch, 1, 1).square()
    noise = (255 * draw(batch, height, width) * draw(batch, 1, 1) * specks).to(images.dtype)
    rows, cols = math.ceil(height / PIECE), math.ceil(width / PIECE)
    count = batch * rows * cols
    tops, lefts = (torch.randint(0, side - PIECE + 1, (count, 1, 1), generator=generator) for side in (height, width))
    source = torch.randint(0, batch, (count, 1, 1), generator=generator)
    across = torch.arange(PIECE)
    pieces = images.cpu()[source, tops + across.view(-1, 1), lefts + across]
    mosaic = pieces.view(batch, rows, cols, PIECE, PIECE).transpose(2, 3).reshape(batch, rows * PIECE, cols * PIECE)
    found = torch.cat([noise[: batch // 2], mosaic[batch // 2 :, :height, :width]])
    return found.to(images.device)


def _deforms(recipe: Recipe) -> bool:
    return bool(recipe.rotation or recipe.scale or recipe.shear or recipe.stretch or recipe.elastic)


def _deform(images: Tensor, canvas: Tensor, offset: Tensor, recipe: Recipe, generator: Generator) -> Tensor:
    """Deform each image onto a canvas of the given size, its centre at an offset in pixels from the canvas's centre."""
    points = _canvas_to_image(canvas, offset, recipe, generator)
    if recipe.elastic:
        points = points + _smooth_noise(len(images), canvas, recipe.elastic, generator)
    # Pixel coordinates (row, column) from the image's centre become grid_sample's (x, y), where ±1 are the edges.
    grid = (points / (torch.tensor(images.shape[1:]) / 2)).flip(-1).to(images.device)
    return grid_sample(images.unsqueeze(1).float(), grid, align_corners=False).squeeze(1)


def _canvas_to_image(canvas: Tensor, offset: Tensor, recipe: Recipe, generator: Generator) -> Tensor:
    """The position in the image of each canvas pixel, in pixels from the image's centre: (batch, rows, cols, 2)."""
    rows, cols = (torch.arange(int(length)) - (int(length) - 1) / 2 for length in canvas)
    pixels = torch.cartesian_prod(rows, cols).view(1, -1, 2) - offset.view(-1, 1, 2)
    return (pixels @ _matrices(len(offset), recipe, generator)).view(len(offset), len(rows), len(cols), 2)


def _matrices(batch: int, recipe: Recipe, generator: Generator) -> Tensor:
    """Random matrices (batch, 2, 2) from (row, column) on the canvas to the image: rotate, scale, stretch and shear."""
    angle = _uniform(batch, math.radians(recipe.rotation), generator)
    zoom = 1 + _uniform(batch, recipe.scale, generator)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2)
    if not (recipe.shear or recipe.stretch):
        return turn / zoom.view(-1, 1, 1)
    slant, stretch = _uniform(batch, recipe.shear, generator), _uniform(batch, recipe.stretch, generator).exp()
    upright = torch.stack([stretch, slant, torch.zeros(batch), 1 / stretch], dim=1).view(-1, 2, 2)
    return turn @ upright / zoom.view(-1, 1, 1)


def _smooth_noise(batch: int, canvas: Tensor, deviation: float, generator: Generator) -> Tensor:
    """A random displacement in pixels, drawn at coarse knots and interpolated between them: (batch, rows, cols, 2)."""
    rows, cols = (int(length) for length in canvas)
    knots = torch.randn(batch, 2, rows // KNOT_SPACING, cols // KNOT_SPACING, generator=generator)
    return deviation * interpolate(knots, (rows, cols), mode="bicubic").permute(0, 2, 3, 1)


def _ink_columns(images: Tensor) -> tuple[Tensor, Tensor]:
    """The first column with ink of each image, and the one after the last: (batch,) int64 each."""
    has_ink = (images.amax(dim=1) > FAINT).int()
    return has_ink.argmax(dim=1), images.shape[2] - has_ink.flip(1).argmax(dim=1)


def _shifted(images: Tensor, shift: Tensor) -> Tensor:
    """Shift each image right by its own number of pixels, in a black view :data:`CROWD_WIDTH` wide."""
    height, width = images.shape[1:]
    source = torch.arange(CROWD_WIDTH, device=shift.device) - shift.unsqueeze(1)
    is_inside = (source >= 0) & (source < width)
    columns = source.clamp(0, width - 1).unsqueeze(1).expand(-1, height, -1)
    return images.gather(2, columns) * is_inside.unsqueeze(1)


def _uniform(count: int, reach: float, generator: Generator) -> Tensor:
    """Random numbers from -reach to reach."""
    return (2 * torch.rand(count, generator=generator) - 1) * reach


def _integers(count: int, reach: int, generator: Generator) -> Tensor:
    """Random whole numbers from -reach to reach, as floats."""
    return torch.randint(-reach, reach + 1, (count,), generator=generator).float()
