"""Augmentation: ink is kept, canvases grow, the seed decides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from capsonnx.training import RECIPES
from capsonnx.training.augmentation import augment

PLAIN = dataclasses.replace(RECIPES["seed"], canvas=0)
DEFAULT = RECIPES["default"]


@pytest.fixture
def images(digits) -> torch.Tensor:
    return torch.from_numpy(digits.images[:32])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_seed_recipe_leaves_digits_as_they_are(images) -> None:
    assert augment(images, RECIPES["seed"], generator()) is images


def test_canvases_only_move_digits_by_whole_pixels(images) -> None:
    canvases = augment(images, dataclasses.replace(PLAIN, canvas=14), generator(3))
    assert canvases.shape[1] > 28
    assert canvases.shape[1:] != images.shape[1:]
    for canvas, image in zip(canvases, images, strict=True):
        windows = canvas.unfold(0, 28, 1).unfold(1, 28, 1)
        distances = (windows - image).abs().amax(dim=(2, 3))
        assert distances.min() < 0.01  # the digit is somewhere, whole; bilinear weights leave rounding only


def test_canvas_sizes_cover_the_whole_range(images) -> None:
    recipe = dataclasses.replace(PLAIN, canvas=3)
    source = generator()
    sizes = {tuple(augment(images[:1], recipe, source).shape[1:]) for _ in range(300)}
    assert sizes == {(height, width) for height in range(28, 32) for width in range(28, 32)}


def test_deformation_is_light_and_keeps_the_range(images) -> None:
    deformed = augment(images, dataclasses.replace(DEFAULT, canvas=0), generator())
    assert deformed.shape == images.shape
    assert deformed.min() >= 0
    assert deformed.max() <= 255.01
    ink, before = deformed.sum(dim=(1, 2)), images.float().sum(dim=(1, 2))
    assert (ink / before - 1).abs().mean() < 0.15
    correlation = np.corrcoef(deformed.flatten().numpy(), images.flatten().numpy())[0, 1]
    assert 0.6 < correlation < 0.99


def test_a_rotation_turns_by_its_angle() -> None:
    bar = torch.zeros(200, 29, 29, dtype=torch.uint8)
    bar[:, 14, 4:25] = 255
    turned = augment(bar, dataclasses.replace(PLAIN, rotation=10.0), generator())
    rows = torch.arange(29.0) - 14
    tilts = []
    for image in turned:
        left, right = image[:, 6], image[:, 22]
        rise = (rows @ right) / right.sum() - (rows @ left) / left.sum()
        tilts.append(float(torch.rad2deg(torch.atan(rise / 16))))
    assert 8.5 < max(tilts) < 10.5
    assert -10.5 < min(tilts) < -8.5


def test_the_seed_decides(images) -> None:
    one, same, other = (augment(images, DEFAULT, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert one.shape != other.shape or not torch.equal(one, other)
