"""The decoder: what is masked, what is drawn, and what a drawing costs."""

from __future__ import annotations

import pytest
import torch

from capsonnx.model import NOTHING, Decoder, DecoderConfig, mask, reconstruction_loss

SMALL = DecoderConfig(classes=3, dimension=4, size=(5, 6), hidden=(7,))


def poses(batch: int, classes: int = 3, dimension: int = 4) -> torch.Tensor:
    return torch.randn(batch, classes, dimension, generator=torch.Generator().manual_seed(0))


def test_it_is_of_the_size_of_sabour() -> None:
    decoder = Decoder(DecoderConfig(classes=10, dimension=16))
    layers = [layer for layer in decoder.layers if isinstance(layer, torch.nn.Linear)]
    assert [layer.weight.shape for layer in layers] == [(512, 160), (1024, 512), (784, 1024)]
    assert sum(weight.numel() for weight in decoder.parameters()) == 1_411_344


def test_images_have_the_size_of_the_config_and_lie_in_0_to_1() -> None:
    images = Decoder(SMALL)(1000 * poses(2))
    assert images.shape == (2, 5, 6)
    assert images.min() >= 0
    assert images.max() <= 1
    assert images.std() > 0.1


def test_the_mask_leaves_one_class_or_none() -> None:
    given = poses(3)
    masked = mask(given, torch.tensor([2, 0, NOTHING]))
    assert torch.equal(masked[0, 2], given[0, 2])
    assert torch.equal(masked[1, 0], given[1, 0])
    assert masked.ne(0).any(dim=2).sum(dim=1).tolist() == [1, 1, 0]


def test_no_gradient_reaches_a_masked_pose() -> None:
    given = poses(1).requires_grad_()
    Decoder(SMALL)(mask(given, torch.tensor([1]))).sum().backward()
    assert given.grad is not None
    assert given.grad[0].ne(0).any(dim=1).tolist() == [False, True, False]


def test_the_loss_is_a_sum_over_pixels_and_a_mean_over_images() -> None:
    drawn, wanted = torch.zeros(2, 2, 3), torch.zeros(2, 2, 3)
    wanted[0, 0, 0], wanted[1] = 0.5, 1.0
    loss = reconstruction_loss(drawn, wanted, torch.tensor([0, 1]))
    assert loss.item() == pytest.approx((0.25 + 6) / 2)


def test_images_without_a_symbol_cost_nothing() -> None:
    wanted = torch.ones(3, 2, 2)
    one = reconstruction_loss(torch.zeros(3, 2, 2), wanted, torch.tensor([NOTHING, 1, NOTHING]))
    none = reconstruction_loss(torch.zeros(3, 2, 2), wanted, torch.full((3,), NOTHING))
    assert (one.item(), none.item()) == (4, 0)


def test_a_decoder_learns_to_tell_poses_apart() -> None:
    torch.manual_seed(0)
    decoder, given = Decoder(SMALL), mask(poses(4), torch.tensor([0, 1, 2, 0]))
    wanted = (torch.rand(4, 5, 6) > 0.5).float()
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.05)
    losses = []
    for _ in range(60):
        loss = reconstruction_loss(decoder(given), wanted, torch.tensor([0, 1, 2, 0]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 5
