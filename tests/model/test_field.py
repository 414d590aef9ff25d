"""The sliding head: it is routing, once, in every window."""

from __future__ import annotations

import pytest
import torch
from torch.linalg import vector_norm

from capsonnx.model import STRIDE, VIEW, NetworkConfig, SharedVotes, Squash, build, origin_of, route, slide, window_of

EXACT = {"rtol": 0, "atol": 1e-9}
WINDOWS = [window_of(side) for side in (14, 18, 22)]


@pytest.fixture
def features() -> torch.Tensor:
    return torch.rand(2, 12, 11, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def weight() -> torch.Tensor:
    return torch.randn(4, 12, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["half", "hinton", "tanh"])
@pytest.mark.parametrize("axis", ["output", "input"])
@pytest.mark.parametrize("cell", [(5, 3), (5, 4), (6, 5)])
@pytest.mark.parametrize("window", WINDOWS)
def test_a_cell_is_its_window_routed_once(features, weight, window, cell, axis, name) -> None:
    (row, col), (rows, cols) = cell, window
    inside = features[:, :, row - rows // 2 : row + rows // 2, col - cols // 2 : col + cols // 2 + 1]
    assert inside.shape[2:] == window
    squash = Squash(name)
    s = route(SharedVotes(inside.flatten(2), weight), 1, axis=axis).sums[-1]
    expected = vector_norm(squash(s), dim=-1).mT
    torch.testing.assert_close(slide(features, weight, window, squash, axis=axis)[:, :, row, col], expected, **EXACT)


@pytest.mark.parametrize("window", WINDOWS)
def test_outside_of_the_map_is_nothing(features, weight, window) -> None:
    padded = torch.nn.functional.pad(features, (3, 3, 5, 5))
    inside = slide(padded, weight, window)[:, :, 5:-5, 3:-3]
    torch.testing.assert_close(slide(features, weight, window), inside, **EXACT)


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (20, 1), (7, 4)])
@pytest.mark.parametrize("window", WINDOWS)
def test_every_size_has_a_field(weight, window, size) -> None:
    field = slide(torch.ones(1, 12, *size, dtype=torch.float64), weight, window)
    assert field.shape == (1, 4, size[0] + 1, size[1])
    assert ((field >= 0) & (field < 1)).all()


def test_nothing_gives_nothing(weight) -> None:
    assert not slide(torch.zeros(1, 12, 8, 8, dtype=torch.float64), weight, (4, 3)).any()


@pytest.mark.parametrize("widths", [(8, 8, 8), (8, 8, 8, 8), (8, 8, 8, 8, 8), (8, 8, 8, 8, 8, 8)])
def test_the_origin_is_the_centre_of_the_first_window(widths) -> None:
    """The first window that lies inside holds the first feature columns, and sees pixels 0..27 and 0..21."""
    torch.manual_seed(0)
    network = build(NetworkConfig(widths=widths)).eval()
    receptive_field, window = network.config.receptive_field, network.capsules.window
    origin = origin_of(window)
    assert [2 * (start + STRIDE * (length // 2)) for start, length in zip(origin, window, strict=True)] == list(VIEW)
    assert [receptive_field + STRIDE * (length - 1) for length in window] == list(VIEW)
    image = torch.zeros(1, 60, 60, dtype=torch.uint8)
    image[0, 30:34, 30:34] = 255
    lit = network.capsules.slide(network.features(image))[0].amax(dim=0).nonzero()
    seen = torch.tensor(origin) + STRIDE * lit
    reach = (seen - 32.0).abs().amax(dim=0)
    half = torch.tensor(VIEW) / 2
    assert ((reach > half - 2) & (reach < half + 2)).all()
