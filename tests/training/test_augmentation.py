"""Augmentation: ink is kept, canvases grow, the seed decides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from capsonnx.training import RECIPES
from capsonnx.training.augmentation import augment, crowd, without_symbols

PLAIN = dataclasses.replace(RECIPES["seed"], canvas=0)
DEFAULT = RECIPES["default"]


@pytest.fixture
def images(digits) -> torch.Tensor:
    return torch.from_numpy(digits.images[:32])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_seed_recipe_leaves_digits_as_they_are(images) -> None:
    canvases, centres = augment(images, RECIPES["seed"], generator())
    assert canvases is images
    assert centres.shape == (32, 1, 2)
    assert (centres == 14).all()


def test_canvases_only_move_digits_by_whole_pixels(images) -> None:
    canvases, centres = augment(images, dataclasses.replace(PLAIN, canvas=14), generator(3))
    assert canvases.shape[1] > 28
    assert canvases.shape[1:] != images.shape[1:]
    for canvas, image, centre in zip(canvases, images, centres, strict=True):
        windows = canvas.unfold(0, 28, 1).unfold(1, 28, 1)
        distances = (windows - image).abs().amax(dim=(2, 3))
        row, col = (centre[0] - 14).int().tolist()
        assert distances[row, col] < 0.01  # the digit is there, whole; bilinear weights leave rounding only


def test_canvas_sizes_cover_the_whole_range(images) -> None:
    recipe = dataclasses.replace(PLAIN, canvas=3)
    source = generator()
    sizes = {tuple(augment(images[:1], recipe, source)[0].shape[1:]) for _ in range(300)}
    assert sizes == {(height, width) for height in range(28, 32) for width in range(28, 32)}


def test_deformation_is_light_and_keeps_the_range(images) -> None:
    deformed, _ = augment(images, dataclasses.replace(DEFAULT, canvas=0), generator())
    assert deformed.shape == images.shape
    assert deformed.min() >= 0
    assert deformed.max() <= 255.01
    ink, before = deformed.sum(dim=(1, 2)), images.float().sum(dim=(1, 2))
    assert (ink / before - 1).abs().mean() < 0.2
    correlation = np.corrcoef(deformed.flatten().numpy(), images.flatten().numpy())[0, 1]
    assert 0.6 < correlation < 0.99


def test_a_rotation_turns_by_its_angle() -> None:
    bar = torch.zeros(200, 29, 29, dtype=torch.uint8)
    bar[:, 14, 4:25] = 255
    turned, _ = augment(bar, dataclasses.replace(PLAIN, rotation=10.0), generator())
    rows = torch.arange(29.0) - 14
    tilts = []
    for image in turned:
        left, right = image[:, 6], image[:, 22]
        rise = (rows @ right) / right.sum() - (rows @ left) / left.sum()
        tilts.append(float(torch.rad2deg(torch.atan(rise / 16))))
    assert 8.5 < max(tilts) < 10.5
    assert -10.5 < min(tilts) < -8.5


def moments(images) -> tuple[torch.Tensor, ...]:
    """Of the ink of each image about its centre: the variances down and across, and the covariance."""
    rows = torch.arange(float(images.shape[1])).view(1, -1, 1)
    cols = torch.arange(float(images.shape[2])).view(1, 1, -1)
    ink = images.float() / images.float().sum(dim=(1, 2), keepdim=True)
    down, across = (at - (ink * at).sum(dim=(1, 2), keepdim=True) for at in (rows, cols))
    return tuple((ink * product).sum(dim=(1, 2)) for product in (down**2, across**2, down * across))


SQUARE = torch.zeros(200, 61, 61, dtype=torch.uint8)
SQUARE[:, 18:43, 18:43] = 255


def test_a_slant_moves_columns_by_rows() -> None:
    slanted, _ = augment(SQUARE, dataclasses.replace(PLAIN, shear=0.3), generator())
    down, across, both = moments(slanted)
    torch.testing.assert_close(down, moments(SQUARE)[0], rtol=0.02, atol=0)
    slants = both / down
    assert 0.27 < slants.max() < 0.31
    assert -0.31 < slants.min() < -0.27
    torch.testing.assert_close(across, down * (1 + slants**2), rtol=0.03, atol=0)


def test_a_stretch_keeps_the_area() -> None:
    stretched, _ = augment(SQUARE, dataclasses.replace(PLAIN, stretch=0.2), generator())
    down, across, both = moments(stretched)
    assert both.abs().max() < 0.01 * down.max()
    torch.testing.assert_close(down * across, moments(SQUARE)[0] ** 2, rtol=0.03, atol=0)
    assert 0.36 < (across / down).log().max() / 2 < 0.41
    assert -0.41 < (across / down).log().min() / 2 < -0.36


def test_in_a_crowd_digits_slant_to_the_side_whichever_way_it_goes() -> None:
    bars = torch.zeros(100, 28, 28, dtype=torch.uint8)
    bars[:, 8:20, 13:15] = 255
    for seed in (LINE, COLUMN):
        views, _ = crowd(bars, dataclasses.replace(CROWD, shear=0.3), generator(seed))
        down, across, both = moments(views)
        whole = (down - moments(bars)[0]).abs() < 1  # not cut off by the view
        assert whole.sum() > 50
        assert (both / down)[whole].abs().max() > 0.25
        assert across[whole].max() < 2.5  # a bar on its side would have 12


def test_the_seed_decides(images) -> None:
    one, same, other = (augment(images, DEFAULT, generator(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert one.shape != other.shape or not torch.equal(one, other)


CROWD = dataclasses.replace(PLAIN, neighbours=0.0)


LINE, COLUMN = 0, 1
"""Seeds of whose crowds the neighbours stand left and right, and above and below."""


def in_line(images, recipe, seed: int):
    """A crowd with its neighbours left and right, turned so where they stand above and below."""
    views, centres = crowd(images if seed == LINE else images.transpose(1, 2), recipe, generator(seed))
    return (views, centres) if seed == LINE else (views.transpose(1, 2), centres.flip(2))


def test_a_crowd_is_a_line_or_a_column_as_often(images) -> None:
    shapes = [tuple(crowd(images[:2], CROWD, generator(seed))[0].shape[1:]) for seed in range(40)]
    assert shapes[LINE] == (28, 30)
    assert shapes[COLUMN] == (30, 28)
    assert 10 <= shapes.count((28, 30)) == 40 - shapes.count((30, 28)) <= 30


@pytest.mark.parametrize("seed", [LINE, COLUMN])
def test_alone_in_a_view_a_digit_is_whole_but_for_what_is_cut_off(images, seed) -> None:
    views, centres = in_line(images, CROWD, seed)
    assert views.shape == (32, 28, 30)
    assert torch.isinf(centres[:, 1:, 1]).all()
    for view, image, (row, col) in zip(views, images.float(), centres[:, 0].tolist(), strict=True):
        down, across = int(row - 14), int(col - 14)
        assert abs(down) <= 2
        assert abs(across - 1) <= 7
        moved = torch.roll(image, (down, 0), (0, 1))
        source = torch.arange(30) - across
        inside = (source >= 0) & (source < 28)
        torch.testing.assert_close(view[4:-4, inside], moved[4:-4, source[inside]], rtol=0, atol=0.01)


@pytest.mark.parametrize("seed", [LINE, COLUMN])
def test_neighbours_only_add_ink_and_keep_their_distance(images, seed) -> None:
    lonely, _ = in_line(images, CROWD, seed)
    views, centres = in_line(images, dataclasses.replace(CROWD, neighbours=1.0), seed)
    assert (views >= lonely).all()
    assert (views > lonely).any(dim=(1, 2)).float().mean() > 0.8
    own, left, right = centres[:, :, 1].unbind(dim=1)
    assert (left < own).float().mean() > 0.95  # a thin digit may begin left of one that it overlaps by four pixels
    assert (right > own).float().mean() > 0.95
    assert (right - left).max() < 2 * (28 + 10)


def test_a_view_of_blank_images_is_blank() -> None:
    views, _ = crowd(torch.zeros(4, 28, 28, dtype=torch.uint8), DEFAULT, generator())
    assert not views.any()


def test_images_without_symbols_are_noise_and_pieces() -> None:
    images = torch.zeros(40, 20, 30, dtype=torch.uint8)
    images[:, :, ::2] = 200
    found = without_symbols(images, torch.Generator().manual_seed(0))
    assert found.shape == images.shape
    assert found.dtype == torch.uint8
    noise, pieces = found[:20], found[20:]
    assert set(pieces.unique().tolist()) == {0, 200}  # every pixel is a copy
    assert len({float(image.float().mean()) for image in noise}) > 15  # from specks, or nothing at all, to snow
    assert not torch.equal(pieces[0], pieces[1])


def test_images_without_symbols_are_the_same_for_a_seed(images) -> None:
    first, second = (without_symbols(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
