"""The sliding head: it is routing, once, in every window."""

from __future__ import annotations

import pytest
import torch
from torch.linalg import vector_norm

from capsonnx.model import ORIGIN, STRIDE, WINDOW, NetworkConfig, SharedVotes, Squash, Stem, build, route, slide

EXACT = {"rtol": 0, "atol": 1e-9}


@pytest.fixture
def features() -> torch.Tensor:
    return torch.rand(2, 12, 11, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def weight() -> torch.Tensor:
    return torch.randn(4, 12, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["half", "hinton", "tanh"])
@pytest.mark.parametrize("axis", ["output", "input"])
@pytest.mark.parametrize("cell", [(4, 2), (5, 4), (7, 6)])
def test_a_cell_is_its_window_routed_once(features, weight, cell, axis, name) -> None:
    (row, col), (rows, cols) = cell, WINDOW
    window = features[:, :, row - rows // 2 : row + rows // 2, col - cols // 2 : col + cols // 2 + 1]
    assert window.shape[2:] == WINDOW
    squash = Squash(name)
    s = route(SharedVotes(window.flatten(2), weight), 1, axis=axis).sums[-1]
    expected = vector_norm(squash(s), dim=-1).mT
    torch.testing.assert_close(slide(features, weight, squash, axis=axis)[:, :, row, col], expected, **EXACT)


def test_outside_of_the_map_is_nothing(features, weight) -> None:
    padded = torch.nn.functional.pad(features, (3, 3, 5, 5))
    inside = slide(padded, weight)[:, :, 5:-5, 3:-3]
    torch.testing.assert_close(slide(features, weight), inside, **EXACT)


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (20, 1), (7, 4)])
def test_every_size_has_a_field(weight, size) -> None:
    field = slide(torch.ones(1, 12, *size, dtype=torch.float64), weight)
    assert field.shape == (1, 4, size[0] + 1, size[1])
    assert ((field >= 0) & (field < 1)).all()


def test_nothing_gives_nothing(weight) -> None:
    assert not slide(torch.zeros(1, 12, 8, 8, dtype=torch.float64), weight).any()


def test_the_origin_is_the_centre_of_the_first_window() -> None:
    """The feature columns of the window of cell (4, 2) are the first ones, and see pixels 0..27 and 0..21."""
    centre = [origin + STRIDE * cell for origin, cell in zip(ORIGIN, (4, 2), strict=True)]
    sides = [Stem.receptive_field + STRIDE * (length - 1) for length in WINDOW]
    assert [2 * middle for middle in centre] == sides
    image = torch.zeros(1, 60, 60, dtype=torch.uint8)
    image[0, 30:34, 30:34] = 255
    torch.manual_seed(0)
    network = build(NetworkConfig()).eval()
    lit = network.capsules.slide(network.features(image))[0].amax(dim=0).nonzero()
    seen = torch.tensor(ORIGIN) + STRIDE * lit
    reach = (seen - 32.0).abs().amax(dim=0)
    half = torch.tensor(sides) / 2
    assert ((reach > half - 2) & (reach < half + 2)).all()
